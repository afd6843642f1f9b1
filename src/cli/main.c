/* main.c: find the command, read its options from its table, run it.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/cli.h"
#include "core/clock.h"
#include "contest/child.h"
#include "formats/file.h"

#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

extern const CliCommand command_count_papers, command_compare, command_reconcile, command_rules, command_convert, command_config,
    command_serve, command_publish, command_unpublish, command_contests, command_sign_in, command_routes, command_openapi, command_backup,
    command_restore, command_move, command_export, command_help, command_version, command_witness, command_record_key, command_record_seal,
    command_record_verify, command_record_show, command_record_copy, command_record_recover, command_people_units, command_people_role,
    command_people_show, command_demo_people, command_roll_audit, command_roll_freeze, command_roll_check, command_roll_sweep,
    command_people_search, command_people_audience, command_people_reindex, command_people_duplicates, command_people_merge;
extern const CliCommand command_people_import, command_people_imports, command_people_undo, command_people_export;
extern const CliCommand command_people_columns;

const CliCommand *const commands[] = {
    &command_count_papers,
    &command_compare,
    &command_reconcile,
    &command_rules,
    &command_convert,
    &command_config,
    &command_serve,
    &command_publish,
    &command_unpublish,
    &command_contests,
    &command_sign_in,
    &command_routes,
    &command_openapi,
    &command_backup,
    &command_restore,
    &command_move,
    &command_export,
    &command_record_verify,
    &command_record_show,
    &command_record_copy,
    &command_record_recover,
    &command_record_key,
    &command_record_seal,
    &command_witness,
    &command_people_units,
    &command_people_columns,
    &command_people_role,
    &command_people_show,
    &command_people_search,
    &command_people_audience,
    &command_people_reindex,
    &command_people_duplicates,
    &command_people_merge,
    &command_demo_people,
    &command_roll_audit,
    &command_roll_freeze,
    &command_roll_check,
    &command_roll_sweep,
    &command_people_import,
    &command_people_imports,
    &command_people_undo,
    &command_people_export,
    &command_help,
    &command_version,
};
const int command_count = COUNT_OF(commands);

const CliCommand *find_command(Str name)
{
    for (int i = 0; i < command_count; i++)
        if (str_equal(str_from_c(commands[i]->name), name)) return commands[i];
    return NULL;
}

/* --- what was given --- */

Str cli_value(const Cli *cli, const char *name)
{
    for (int i = cli->given_count - 1; i >= 0; i--)
        if (strcmp(cli->given[i].option->name, name) == 0) return cli->given[i].value;
    return (Str){0};
}

bool cli_has(const Cli *cli, const char *name)
{
    return cli_value(cli, name).ptr != NULL;
}

int cli_values(const Cli *cli, const char *name, Str *ret_values)
{
    int count = 0;
    for (int i = 0; i < cli->given_count; i++)
        if (strcmp(cli->given[i].option->name, name) == 0) ret_values[count++] = cli->given[i].value;
    return count;
}

bool cli_number(const Cli *cli, const char *name, int64_t most, int64_t *ret_number)
{
    *ret_number = 0;
    if (!cli_has(cli, name)) return true;
    Str value = cli_value(cli, name);
    if (str_to_i64(value, ret_number) && *ret_number >= 0 && *ret_number <= most) return true;
    Str shown = fault_quote(cli->a, value);
    cli_usage(cli, "--%s: expected a whole number from 0 to %lld, found %.*s", name, (long long)most, STR_ARG(shown));
    return false;
}

/* --- telling --- */

int cli_fail(const Cli *cli, const Fault *fault)
{
    Str text = fault_text(cli->a, fault);
    fprintf(stderr, "hustings %s: %.*s\n", cli->command->name, STR_ARG(text));
    return fault->err == ERR_IO ? EXIT_SYSTEM : EXIT_INPUT;
}

int cli_usage(const Cli *cli, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    fprintf(stderr, "hustings %s: ", cli->command->name);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\nTry 'hustings %s --help'.\n", cli->command->name);
    return EXIT_INPUT;
}

int cli_write(const Cli *cli, Str text, int done)
{
    const char *path = cli_has(cli, "output") ? str_c(cli->a, cli_value(cli, "output")) : "-";
    Fault fault = {0};
    if (file_write_all(cli->a, path, text, &fault) == ERR_OK) return done;
    cli_fail(cli, &fault);
    return EXIT_SYSTEM;
}

/* --- reading options --- */

static const Option *find_option(const CliCommand *command, Str name, bool letter)
{
    for (int i = 0; i < command->option_count; i++) {
        const Option *o = &command->options[i];
        if (letter ? o->letter && name.len == 1 && name.ptr[0] == o->letter : str_equal(str_from_c(o->name), name)) return o;
    }
    return NULL;
}

/* Take the option at argv[*at] with its value (--name=value, --name value, -o value, -ovalue). 0, or an exit status. */
static int take_option(Cli *cli, int argc, char **argv, int *at)
{
    Str word = str_from_c(argv[*at]), name, value = {0};
    bool is_long = str_starts(word, S("--"));
    if (is_long) {
        if (!str_cut(str_slice(word, 2, word.len), '=', &name, &value)) value = (Str){0};
        else if (!value.ptr || !value.len) value = S("");
    } else {
        name = str_slice(word, 1, 2);
        if (word.len > 2) value = str_slice(word, 2, word.len);
    }
    const Option *option = find_option(cli->command, name, !is_long);
    if (!option) return cli_usage(cli, "there is no option %s", argv[*at]);
    if (!option->argument && value.ptr) return cli_usage(cli, "--%s takes no value", option->name);
    if (option->argument && !value.ptr) {
        if (*at + 1 == argc) return cli_usage(cli, "--%s needs a value: %s", option->name, option->argument);
        value = str_from_c(argv[++*at]);
    }
    if (!option->repeats && option->argument && cli_has(cli, option->name)) return cli_usage(cli, "--%s was given twice", option->name);
    if (cli->given_count == CLI_VALUES_MAX) return cli_usage(cli, "more than %d options", CLI_VALUES_MAX);
    cli->given[cli->given_count].option = option;
    cli->given[cli->given_count++].value = option->argument ? value : S("yes");
    return 0;
}

static int read_arguments(Cli *cli, int argc, char **argv)
{
    bool options_end = false;
    for (int i = 0; i < argc; i++) {
        Str word = str_from_c(argv[i]);
        if (!options_end && str_equal(word, S("--"))) {
            options_end = true;
        } else if (!options_end && word.len > 1 && word.ptr[0] == '-') {
            int wrong = take_option(cli, argc, argv, &i);
            if (wrong) return wrong;
        } else {
            cli->operands[cli->operand_count++] = word;
        }
    }
    return 0;
}

int64_t cli_now(void)
{
    return clock_utc();
}

static int run_command(Arena *a, const CliCommand *command, int argc, char **argv)
{
    Cli *cli = arena_new(a, Cli, 1);
    *cli = (Cli){.a = a, .command = command, .operands = arena_new(a, Str, (size_t)argc + 1)};
    int wrong = read_arguments(cli, argc, argv);
    if (wrong) return wrong;
    if (cli_has(cli, "help")) {
        Buf b = buf_new(a);
        help_command(&b, command);
        return cli_write(cli, buf_done(&b), EXIT_DONE);
    }
    return command->run(cli);
}

/* The command that the first words name: one, or two ("record verify"). */
static const CliCommand *command_meant(Arena *a, int count, char **words, int *ret_used)
{
    *ret_used = 1;
    if (strcmp(words[0], "--help") == 0 || strcmp(words[0], "-h") == 0) return &command_help;
    if (strcmp(words[0], "--version") == 0 || strcmp(words[0], "-V") == 0) return &command_version;
    const CliCommand *one = find_command(str_from_c(words[0]));
    if (one || count < 2) return one;
    *ret_used = 2;
    return find_command(str_format(a, "%s %s", words[0], words[1]));
}

/* For somebody who said the first word of a command and no second: what begins with it; she may have asked for that. */
static int tell_group(Arena *a, int count, char **words)
{
    Buf b = buf_new(a);
    bool any = help_group(&b, str_from_c(words[0])), asked = count > 1 && (strcmp(words[1], "--help") == 0 || strcmp(words[1], "-h") == 0);
    if (any && asked) printf("%.*s", STR_ARG(buf_done(&b)));
    else if (any) fprintf(stderr, "hustings %s: expected one of these:\n%.*s", words[0], STR_ARG(buf_done(&b)));
    else fprintf(stderr, "hustings: there is no command '%s'. Try 'hustings help'.\n", words[0]);
    return any && asked ? EXIT_DONE : EXIT_INPUT;
}

/* A mapped file that another program cuts short while it is read ends in SIGBUS: say so, and leave as after any other failure of the system. */
static void on_bus_error(int number)
{
    static const char message[] = "hustings: a file became shorter while it was read; nothing was counted\n";
    (void)number;
    ssize_t written = write(STDERR_FILENO, message, sizeof message - 1);
    (void)written;
    _exit(EXIT_SYSTEM);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], CHILD_WORD) == 0) return child_main();
    signal(SIGBUS, on_bus_error);
    Arena arena;
    arena_init(&arena, ARENA_LIMIT_DEFAULT);
    int status = EXIT_INPUT;
    int used = 1;
    const CliCommand *command = argc > 1 ? command_meant(&arena, argc - 1, argv + 1, &used) : NULL;
    if (command) {
        status = run_command(&arena, command, argc - 1 - used, argv + 1 + used);
    } else if (argc > 1) {
        status = tell_group(&arena, argc - 1, argv + 1);
    } else {
        Buf b = buf_new(&arena);
        help_program(&b);
        fprintf(stderr, "%.*s", STR_ARG(buf_done(&b)));
    }
    arena_clear(&arena);
    return status;
}
