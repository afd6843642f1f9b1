/* help.c: hustings help and hustings version; the same table as help, man page and completion.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/cli.h"
#include "cli/version.h"
#include "count/rules.h"

#include <string.h>

static const char purpose[] = "Hustings counts the papers of a membership organisation so that anyone can count them again.";

/* --- plain text --- */

enum { HELP_WIDTH = 92 };

void help_wrap(Buf *b, const char *text, const char *margin)
{
    int column = 0, indent = (int)strlen(margin);
    for (Str rest = str_from_c(text); rest.len;) {
        size_t end = 0;
        while (end < rest.len && rest.ptr[end] != ' ' && rest.ptr[end] != '\n') end++;
        int width = str_columns(str_slice(rest, 0, end));
        if (column && column + 1 + width > HELP_WIDTH) {
            buf_byte(b, '\n');
            column = 0;
        }
        if (!column) buf_str(b, str_from_c(margin));
        else buf_byte(b, ' ');
        column = column ? column + 1 + width : indent + width;
        buf_str(b, str_slice(rest, 0, end));
        size_t next = end;
        while (next < rest.len && rest.ptr[next] == '\n') {
            buf_byte(b, '\n');
            column = 0;
            next++;
        }
        if (next == end && next < rest.len) next++;
        rest = str_slice(rest, next, rest.len);
    }
    buf_byte(b, '\n');
}

static void option_line(Buf *b, const Option *o)
{
    if (o->letter) buf_format(b, "  -%c, ", o->letter);
    else buf_str(b, S("      "));
    buf_format(b, "--%s", o->name);
    if (o->argument) buf_format(b, " %s", o->argument);
    if (o->repeats) buf_str(b, S("  (may be repeated)"));
    buf_byte(b, '\n');
    help_wrap(b, o->help, "            ");
}

void help_program(Buf *b)
{
    buf_format(b, "%s\n\n  hustings COMMAND ...\n\n", purpose);
    for (int i = 0; i < command_count; i++) buf_format(b, "  %-18s %s\n", commands[i]->name, commands[i]->summary);
    buf_str(b, S("\n'hustings COMMAND --help' says more. A first count: hustings count papers.csv --rules av-2011\n"));
}

bool help_group(Buf *b, Str word)
{
    Str start = str_format(b->arena, "%.*s ", STR_ARG(word));
    bool any = false;
    for (int i = 0; i < command_count; i++) {
        if (!str_starts(str_from_c(commands[i]->name), start)) continue;
        any = true;
        buf_format(b, "  hustings %-18s %s\n", commands[i]->name, commands[i]->summary);
    }
    return any;
}

static Str synopsis(Arena *a, const CliCommand *c)
{
    return str_format(a, "hustings %s%s%s", c->name, *c->operands ? " " : "", c->operands);
}

void help_command(Buf *b, const CliCommand *c)
{
    Str call = synopsis(b->arena, c);
    buf_format(b, "hustings %s: %s\n\n  %.*s\n\n", c->name, c->summary, STR_ARG(call));
    help_wrap(b, c->description, "");
    buf_str(b, S("\nOptions:\n"));
    for (int i = 0; i < c->option_count; i++) option_line(b, &c->options[i]);
    if (!c->examples) return;
    buf_str(b, S("\nExamples:\n"));
    for (Str rest = str_from_c(c->examples); rest.len;) {
        Str line;
        str_cut(rest, '\n', &line, &rest);
        buf_format(b, "  %.*s\n", STR_ARG(line));
    }
}

/* --- man page --- */

/* Text in roff: backslashes and leading dots made harmless, dashes real ones. */
static void roff(Buf *b, Str text)
{
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool line_start = i == 0 || text.ptr[i - 1] == '\n';
        if (line_start && (c == '.' || c == '\'')) buf_str(b, S("\\&"));
        if (c == '\\') buf_str(b, S("\\e"));
        else if (c == '-') buf_str(b, S("\\-"));
        else if (c == '\n' && i + 1 < text.len && text.ptr[i + 1] == '\n') {
            buf_str(b, S("\n.PP\n"));
            i++;
        } else {
            buf_byte(b, c);
        }
    }
}

static void roff_c(Buf *b, const char *text)
{
    roff(b, str_from_c(text));
}

static void man_command(Buf *b, const CliCommand *c)
{
    buf_str(b, S(".SS \""));
    roff(b, synopsis(b->arena, c));
    buf_str(b, S("\"\n"));
    roff_c(b, c->description);
    buf_byte(b, '\n');
    for (int i = 0; i < c->option_count; i++) {
        const Option *o = &c->options[i];
        buf_str(b, S(".TP\n.B "));
        if (o->letter) roff(b, str_format(b->arena, "-%c, ", o->letter));
        roff(b, str_format(b->arena, "--%s%s%s", o->name, o->argument ? " " : "", o->argument ? o->argument : ""));
        buf_byte(b, '\n');
        roff_c(b, o->help);
        buf_byte(b, '\n');
    }
    if (!c->examples) return;
    buf_str(b, S(".PP\nExamples:\n.PP\n.nf\n"));
    roff_c(b, c->examples);
    buf_str(b, S(".fi\n"));
}

void help_man_page(Buf *b)
{
    buf_str(b, S(".\\\" Made by 'hustings help --man' from the same table as --help.\n.TH HUSTINGS 1 \"\" \""));
    roff_c(b, HUSTINGS_VERSION);
    buf_str(b, S("\" \"Hustings\"\n.SH NAME\nhustings \\- count papers so that anyone can count them again\n"
                 ".SH SYNOPSIS\n.B hustings\n.I COMMAND\n[options]\n.SH DESCRIPTION\n"));
    roff_c(b, purpose);
    buf_str(b, S("\n.SH COMMANDS\n"));
    for (int i = 0; i < command_count; i++) man_command(b, commands[i]);
    buf_str(b, S(".SH \"EXIT STATUS\"\n0: done. 1: done, and something stays to be looked at: a tie, an audit\\(aqs questions, a record "
                 "that is wrong. "
                 "2: the input or the call cannot be used; a path at which there is no file is one. 3: the system failed: what is there "
                 "cannot be read, or not be written.\n"
                 ".SH ENVIRONMENT\n.TP\n.B NO_COLOR\nif set, no colours on a terminal.\n"));
}

/* --- bash completion --- */

static void completion_words(Buf *b, const Option *o)
{
    if (strcmp(o->words, "FILES") == 0) {
        buf_str(b, S("COMPREPLY=($(compgen -f -- \"$cur\"))"));
        return;
    }
    buf_str(b, S("COMPREPLY=($(compgen -W \""));
    if (strcmp(o->words, "RULES") == 0) {
        for (int i = 0; i < rules_preset_count(); i++) {
            Str name = rules_preset_name(i);
            buf_format(b, "%s%.*s", i ? " " : "", STR_ARG(name));
        }
        buf_str(b, S("\" -- \"$cur\") $(compgen -f -- \"$cur\"))"));
        return;
    }
    buf_format(b, "%s\" -- \"$cur\"))", o->words);
}

static void completion_command(Buf *b, const CliCommand *c)
{
    buf_format(b, strchr(c->name, ' ') ? "    \"%s\")\n" : "    \"%s \"*)\n", c->name);
    buf_str(b, S("        case \"$prev\" in\n"));
    for (int i = 0; i < c->option_count; i++) {
        const Option *o = &c->options[i];
        if (!o->words) continue;
        buf_format(b, "        --%s", o->name);
        if (o->letter) buf_format(b, "|-%c", o->letter);
        buf_str(b, S(") "));
        completion_words(b, o);
        buf_str(b, S("; return ;;\n"));
    }
    buf_str(b, S("        esac\n        options=\""));
    for (int i = 0; i < c->option_count; i++) buf_format(b, "%s--%s", i ? " " : "", c->options[i].name);
    buf_str(b, S("\" ;;\n"));
}

/* Commands of two words are offered word by word. */
static Str first_word(const CliCommand *c)
{
    Str head, rest;
    str_cut(str_from_c(c->name), ' ', &head, &rest);
    return head;
}

static bool begins_group(int i)
{
    return strchr(commands[i]->name, ' ') && (i == 0 || !str_equal(first_word(commands[i]), first_word(commands[i - 1])));
}

static void completion_first_words(Buf *b)
{
    for (int i = 0; i < command_count; i++) {
        if (strchr(commands[i]->name, ' ') && !begins_group(i)) continue;
        Str word = first_word(commands[i]);
        buf_format(b, "%s%.*s", i ? " " : "", STR_ARG(word));
    }
}

static void completion_second_words(Buf *b, Str group)
{
    buf_format(
        b, "    if [ \"$COMP_CWORD\" -eq 2 ] && [ \"${COMP_WORDS[1]}\" = %.*s ]; then\n        COMPREPLY=($(compgen -W \"", STR_ARG(group));
    for (int i = 0; i < command_count; i++)
        if (strchr(commands[i]->name, ' ') && str_equal(first_word(commands[i]), group))
            buf_format(b, " %s", commands[i]->name + group.len + 1);
    buf_str(b, S("\" -- \"$cur\"))\n        return\n    fi\n"));
}

void help_completion(Buf *b)
{
    buf_str(b, S("# bash completion for hustings; made by 'hustings help --completion' from the same table as --help.\n"
                 "_hustings()\n{\n    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} options=\n"
                 "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        COMPREPLY=($(compgen -W \""));
    completion_first_words(b);
    buf_str(b, S("\" -- \"$cur\"))\n        return\n    fi\n"));
    for (int i = 0; i < command_count; i++)
        if (begins_group(i)) completion_second_words(b, first_word(commands[i]));
    buf_str(b, S("    case \"${COMP_WORDS[1]} ${COMP_WORDS[2]}\" in\n"));
    for (int i = 0; i < command_count; i++) completion_command(b, commands[i]);
    buf_str(b, S("    esac\n    case \"$cur\" in\n    -*) COMPREPLY=($(compgen -W \"$options\" -- \"$cur\")) ;;\n"
                 "    *) COMPREPLY=($(compgen -f -- \"$cur\")) ;;\n    esac\n}\ncomplete -o filenames -F _hustings hustings\n"));
}

/* --- the commands --- */

static const Option help_options[] = {
    {"man", 0, NULL, false, "the man page, in roff: hustings help --man | man -l -", NULL},
    {"completion", 0, NULL, false, "completion for bash: source <(hustings help --completion)", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

static int run_help(Cli *cli)
{
    Buf b = buf_new(cli->a);
    if (cli_has(cli, "man")) {
        help_man_page(&b);
    } else if (cli_has(cli, "completion")) {
        help_completion(&b);
    } else if (cli->operand_count) {
        Str name = cli->operands[0];
        for (int i = 1; i < cli->operand_count; i++) name = str_format(cli->a, "%.*s %.*s", STR_ARG(name), STR_ARG(cli->operands[i]));
        const CliCommand *about = find_command(name);
        if (about) help_command(&b, about);
        else if (!help_group(&b, name)) return cli_usage(cli, "there is no command '%.*s'", STR_ARG(name));
    } else {
        help_program(&b);
    }
    return cli_write(cli, buf_done(&b), EXIT_DONE);
}

const CliCommand command_help = {
    .name = "help",
    .operands = "[COMMAND]",
    .summary = "show help; the man page; completion for bash",
    .description =
        "Shows what a command does and every option it takes; of a first word (people, record, roll, demo) the commands that begin "
        "with it.",
    .examples = "hustings help count  # all about counting\n",
    .options = help_options,
    .option_count = COUNT_OF(help_options),
    .run = run_help,
};

static const Option version_options[] = {HELP_OPTION};

static int run_version(Cli *cli)
{
    return cli_write(cli, S(HUSTINGS_VERSION "\n"), EXIT_DONE);
}

const CliCommand command_version = {
    .name = "version",
    .operands = "",
    .summary = "show the version",
    .description = "Shows the version of this program.",
    .options = version_options,
    .option_count = COUNT_OF(version_options),
    .run = run_version,
};
