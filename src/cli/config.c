/* config.c: hustings config, and how every command finds its settings.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/settings.h"

#include "formats/file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- finding them --- */

static const char *const usual_places[] = {"hustings.conf", "/etc/hustings/hustings.conf"};

/* The file that was named, or one in a usual place, or none. */
static Str find_file(const Cli *cli)
{
    if (cli_has(cli, "config")) return cli_value(cli, "config");
    const char *named = getenv("HUSTINGS_CONFIG");
    if (named && *named) return str_from_c(named);
    for (int i = 0; i < COUNT_OF(usual_places); i++)
        if (access(usual_places[i], F_OK) == 0) return str_from_c(usual_places[i]);
    return (Str){0};
}

static Err read_file(Settings *s, Str path, Fault *fault)
{
    Str text;
    fault->file = path;
    Err e = file_read_all(s->a, str_c(s->a, path), SETTINGS_TEXT_MAX, &text, fault);
    return e ? e : settings_read(s, path, text, fault);
}

/* Options of this command that are settings: its rows have their help from the same table. */
static Err take_options(const Cli *cli, Settings *s, Fault *fault)
{
    for (int i = 0; i < cli->given_count; i++)
        for (int id = 0; id < SETTING__COUNT; id++) {
            const Setting *setting = &settings_table[id];
            if (!setting->option || strcmp(setting->option, cli->given[i].option->name) != 0) continue;
            if (strcmp(setting->help, cli->given[i].option->help) != 0) continue;
            Err e = settings_set(s, (SettingId)id, cli->given[i].value, fault);
            if (e) return e;
        }
    return ERR_OK;
}

static Err load(const Cli *cli, Settings *s, Fault *fault)
{
    settings_init(cli->a, s);
    Str path = find_file(cli);
    Err e = path.len ? read_file(s, path, fault) : ERR_OK;
    if (!e) e = settings_environment(s, environ, fault);
    if (!e) e = take_options(cli, s, fault);
    return e ? e : settings_finish(s, fault);
}

int settings_load(Cli *cli, Settings *ret_settings)
{
    Fault fault = {0};
    return load(cli, ret_settings, &fault) ? cli_fail(cli, &fault) : EXIT_DONE;
}

/* --- who acts --- */

bool settings_name_fits(Arena *a, Str name)
{
    return setting_is_name(name) && !str_is_blank(name) && str_equal(act_line(a, name, ACT_NAME_MAX), name);
}

int settings_officer(Cli *cli, const Settings *s, Officer *ret_officer)
{
    Str name = settings_text(s, RECORD_OFFICER);
    if (name.len && !settings_name_fits(cli->a, name))
        return cli_usage(cli, "--by: expected a name that can stand on a line as it is typed");
    if (!name.len)
        return cli_usage(cli,
            "expected your name: --by NAME, or record.officer in the file of settings (HUSTINGS_RECORD_OFFICER); this is an act, "
            "and the public record will say for ever who did it");
    *ret_officer = (Officer){.name = name, .role = S("operator")};
    return EXIT_DONE;
}

/* --- check --- */

static bool holds_password(const Settings *s)
{
    return s->values[STORE_URL].source == FROM_FILE && str_starts(settings_text(s, STORE_URL), S("postgres"));
}

static int check(Cli *cli, Str path)
{
    Settings s;
    Fault fault = {0};
    settings_init(cli->a, &s);
    if (read_file(&s, path, &fault) || settings_finish(&s, &fault)) return cli_fail(cli, &fault);
    int given = 0;
    for (int id = 0; id < SETTING__COUNT; id++) given += s.values[id].source == FROM_FILE;
    Buf b = buf_new(cli->a);
    buf_format(&b, "%.*s: good; it sets %d of %d settings\n", STR_ARG(path), given, SETTING__COUNT);
    struct stat about;
    bool readable = stat(str_c(cli->a, path), &about) == 0 && (about.st_mode & S_IROTH);
    if (readable && holds_password(&s)) buf_str(&b, S("note: everybody on this machine can read it, and store.url may hold a password\n"));
    return cli_write(cli, buf_done(&b), EXIT_DONE);
}

static int check_usual(Cli *cli)
{
    Str path = find_file(cli);
    if (path.len) return check(cli, path);
    return cli_write(
        cli, S("no file: neither ./hustings.conf nor /etc/hustings/hustings.conf; the standard values are in force\n"), EXIT_DONE);
}

/* --- show --- */

static Str source_shown(Arena *a, const Settings *s, SettingId id)
{
    switch (s->values[id].source) {
    case FROM_STANDARD: return S("standard");
    case FROM_FILE: return str_format(a, "%.*s:%lld", STR_ARG(s->file), (long long)s->values[id].line);
    case FROM_ENVIRONMENT: return setting_variable(a, id);
    case FROM_OPTION: return str_format(a, "--%s", settings_table[id].option);
    }
    ASSERT(!"a source without words");
    return (Str){0};
}

static int show(Cli *cli)
{
    Settings s;
    int wrong = settings_load(cli, &s);
    if (wrong) return wrong;
    Buf b = buf_new(cli->a);
    for (int id = 0; id < SETTING__COUNT; id++) {
        const Setting *setting = &settings_table[id];
        Str value = settings_text(&s, (SettingId)id), source = source_shown(cli->a, &s, (SettingId)id);
        if (setting->kind == SETTING_STORE) value = store_url_shown(cli->a, value);
        Str line = str_format(cli->a, "%s.%s = %.*s", setting->section, setting->key, STR_ARG(value));
        buf_format(&b, "%-52.*s # %.*s\n", STR_ARG(line), STR_ARG(source));
    }
    return cli_write(cli, buf_done(&b), EXIT_DONE);
}

/* --- example and table --- */

/* The packaged server keeps everything where the system's own backups look for it. */
static Str system_value(SettingId id)
{
    if (id == STORE_URL) return S("/var/lib/hustings/hustings.db");
    return id == RECORD_KEY ? S("/var/lib/hustings/record-key") : (Str){0};
}

static void example_setting(Buf *out, SettingId id, bool system)
{
    const Setting *setting = &settings_table[id];
    buf_byte(out, '\n');
    help_wrap(out, setting->help, "# ");
    if (setting->kind == SETTING_CHOICE || setting->kind == SETTING_SWITCH) buf_format(out, "# One of: %s\n", setting->words);
    Str value = system ? system_value(id) : (Str){0};
    if (value.len) buf_format(out, "%s = %.*s\n", setting->key, STR_ARG(value));
    else if (setting->standard[0]) buf_format(out, "#%s = %s\n", setting->key, setting->standard);
    else buf_format(out, "#%s =\n", setting->key);
}

static void example(Buf *out, bool system)
{
    buf_str(out,
        S("# hustings.conf: settings of a Hustings server, as 'hustings config example' writes them.\n"
          "# A line that begins with '#' is a comment; those with a setting show its standard value. Each may also be given in the\n"
          "# environment (server.listen: HUSTINGS_SERVER_LISTEN), and some as an option of 'hustings serve'; both win over this file.\n"
          "# 'hustings config check' reads it and says what is wrong; 'hustings config show' says what is in force, and from where.\n"));
    for (int id = 0; id < SETTING__COUNT; id++) {
        bool new_section = id == 0 || strcmp(settings_table[id - 1].section, settings_table[id].section) != 0;
        if (new_section) buf_format(out, "\n[%s]\n", settings_table[id].section);
        example_setting(out, (SettingId)id, system);
    }
}

static void markdown_row(Buf *out, SettingId id)
{
    const Setting *setting = &settings_table[id];
    buf_format(out, "| `%s.%s` |", setting->section, setting->key);
    if (setting->standard[0]) buf_format(out, " `%s` |", setting->standard);
    else buf_str(out, S(" |"));
    if (setting->option) buf_format(out, " `--%s` |", setting->option);
    else buf_str(out, S(" |"));
    buf_format(out, " %s", setting->help);
    if (setting->kind == SETTING_CHOICE || setting->kind == SETTING_SWITCH) buf_format(out, " (one of: %s)", setting->words);
    if (setting->kind == SETTING_NUMBER) buf_format(out, " (%lld to %lld)", (long long)setting->least, (long long)setting->most);
    buf_str(out, S(" |\n"));
}

static void markdown(Buf *out, bool system)
{
    (void)system;
    buf_str(out, S("| setting | standard value | option | what it is |\n|---|---|---|---|\n"));
    for (int id = 0; id < SETTING__COUNT; id++) markdown_row(out, (SettingId)id);
}

static int write_made(Cli *cli, void (*make)(Buf *out, bool system))
{
    Buf b = buf_new(cli->a);
    make(&b, cli_has(cli, "system"));
    return cli_write(cli, buf_done(&b), EXIT_DONE);
}

/* --- the command --- */

static const Option options[] = {
    ALL_SETTINGS_OPTIONS{"system", 0, NULL, false, "with 'example': the file as the Debian package installs it", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

static int run(Cli *cli)
{
    Str verb = cli->operand_count ? cli->operands[0] : (Str){0};
    if (str_equal(verb, S("check")) && cli->operand_count == 2) return check(cli, cli->operands[1]);
    if (str_equal(verb, S("check")) && cli->operand_count == 1) return check_usual(cli);
    if (str_equal(verb, S("show")) && cli->operand_count == 1) return show(cli);
    if (str_equal(verb, S("example")) && cli->operand_count == 1) return write_made(cli, example);
    if (str_equal(verb, S("table")) && cli->operand_count == 1) return write_made(cli, markdown);
    return cli_usage(cli, "expected 'check', 'check FILE', 'show', 'example' or 'table'");
}

const CliCommand command_config = {
    .name = "config",
    .operands = "check [FILE] | show | example | table",
    .summary = "check, show or write the settings of a server",
    .description =
        "Settings come from a file (--config, else the variable HUSTINGS_CONFIG, else ./hustings.conf, else /etc/hustings/hustings.conf), "
        "from the environment (server.listen is HUSTINGS_SERVER_LISTEN), which wins over the file, and from options, which win over "
        "both.\n\n"
        "'check' reads the file and says what is wrong, with the line. 'show' lists what is in force and where each value comes from; "
        "passwords "
        "are left out. 'example' writes a commented file with every setting and its standard value. 'table' writes the same as a table in "
        "Markdown, as in docs/configuration.md.",
    .examples = "hustings config example > hustings.conf  # a file to begin with\n"
                "hustings config check /etc/hustings/hustings.conf  # before a restart\n"
                "HUSTINGS_SERVER_LISTEN=[::1]:9000 hustings config show  # what would be in force\n",
    .options = options,
    .option_count = COUNT_OF(options),
    .run = run,
};
