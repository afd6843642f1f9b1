/* cli.h: the commands, their options and their help, from one table.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: --help, the man page, the shell completion and the parser all read the same table, so none can be forgotten.
 * A command is a CliCommand in its own file (count.c, compare.c, ...), listed in main.c. It returns the exit status:
 *   0 done   1 done, and something stays to be looked at (a tie, an audit's questions)   2 unusable input or call   3 the system failed
 * A path of input that names no file is 2; what is there and cannot be read is 3, as is a file that cannot be written.
 * Adding one: a file with a CliCommand, a line in `commands` (main.c) and in meson.build.
 */
#ifndef HUSTINGS_CLI_CLI_H
#define HUSTINGS_CLI_CLI_H

#include "core/err.h"

enum { EXIT_DONE = 0, EXIT_OPEN = 1, EXIT_INPUT = 2, EXIT_SYSTEM = 3 };
enum { CLI_OPTIONS_MAX = 24, CLI_VALUES_MAX = 1024 };

typedef struct Option {
    const char *name;     /* without the dashes */
    char letter;          /* 'o' for -o, or 0 */
    const char *argument; /* what to call its value in help; NULL: a switch */
    bool repeats;
    const char *help;
    const char *words; /* for completion: the values it may take, separated by spaces; or "FILES" */
} Option;

typedef struct Cli Cli;

typedef struct CliCommand {
    const char *name;
    const char *operands;    /* "[SECTION=]FILE..." */
    const char *summary;     /* one line */
    const char *description; /* paragraphs separated by empty lines */
    const char *examples;    /* lines: command, two spaces and '#', what it does */
    const Option *options;
    int option_count;
    int (*run)(Cli *cli);
} CliCommand;

struct Cli {
    Arena *a;
    const CliCommand *command;
    Str *operands;
    int operand_count;
    struct {
        const Option *option;
        Str value;
    } given[CLI_VALUES_MAX];
    int given_count;
};

extern const CliCommand *const commands[];
extern const int command_count;

const CliCommand *find_command(Str name);

/* The value of an option (the last given), or an empty Str with NULL pointer; how often a switch was given; the i-th value of a repeated one. */
Str cli_value(const Cli *cli, const char *name);
bool cli_has(const Cli *cli, const char *name);
int cli_values(const Cli *cli, const char *name, Str *ret_values); /* room for CLI_VALUES_MAX */

/* A number from 0 to `most`; 0 when not given. False after telling what is wrong. */
NODISCARD bool cli_number(const Cli *cli, const char *name, int64_t most, int64_t *ret_number);

/* Milliseconds since 1970, UTC. */
int64_t cli_now(void);

/* Say on standard error what went wrong and return the exit status for it. */
int cli_fail(const Cli *cli, const Fault *fault);
int cli_usage(const Cli *cli, const char *format, ...) PRINTF_LIKE(2, 3);

/* Write all of `text` to the file of --output, or to standard output; the exit status is `done`, or EXIT_SYSTEM. */
int cli_write(const Cli *cli, Str text, int done);

/* help.c: texts from the table. */
/* Paragraphs wrapped at words, each line after `margin`. */
void help_wrap(Buf *b, const char *text, const char *margin);
void help_program(Buf *b);
void help_command(Buf *b, const CliCommand *command);
/* The commands of two words that begin with this one, a line each; false: none do. */
bool help_group(Buf *b, Str word);
void help_man_page(Buf *b);
void help_completion(Buf *b);

#define HELP_OPTION                                      \
    {                                                    \
        "help", 'h', NULL, false, "show this help", NULL \
    }
#define OUTPUT_OPTION                                                                                           \
    {                                                                                                           \
        "output", 'o', "FILE", false, "write to FILE (whole or not at all) instead of standard output", "FILES" \
    }

#endif
