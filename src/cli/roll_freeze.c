/* roll_freeze.c: hustings roll freeze, check and sweep: rolls from a list of members, with no server.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "cli/roster.h"

#include "formats/file.h"
#include "roll/freeze.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { PUBLISHED_MOST = 16 << 20, PROOF_MOST = 64 << 10, SWEEP_BEFORE = 24, SWEEP_AFTER = 3 };
#define HASHES_MOST ((size_t)1 << 30)
#define ENTRIES_MOST ((size_t)8 << 30)

/* ---- what all of them read ---- */

static Err read_rules(Cli *cli, RollRules *ret_rules, Fault *fault)
{
    Str path = cli_value(cli, "rules"), text;
    Err e = file_read_all(cli->a, str_c(cli->a, path), RULE_TEXT_MAX, &text, fault);
    if (!e && (e = rules_read(cli->a, text, ret_rules, fault))) fault->file = path;
    return e;
}

static int read_both(Cli *cli, Roster **ret_roster, RollRules *ret_rules)
{
    Fault fault = {0};
    if (cli->operand_count != 1) return cli_usage(cli, "expected one list of members");
    if (!cli_value(cli, "rules").len) return cli_usage(cli, "expected --rules FILE: who may take part (docs/roll-rules.md)");
    if (read_rules(cli, ret_rules, &fault)) return cli_fail(cli, &fault);
    return cli_roster(cli, (RosterWanted){.skip_bad = cli_has(cli, "skip-bad"), .no_phones = true}, ret_roster);
}

/* ---- freeze ---- */

static Str slug_of_path(Str path)
{
    for (size_t i = path.len; i > 0; i--)
        if (path.ptr[i - 1] == '/') return str_slice(path, i, path.len);
    return path;
}

/* Readable by nobody else from the first byte on, and never over what is there. */
static Err write_new(Arena *a, Str folder, const char *name, mode_t mode, Str bytes, Fault *fault)
{
    Str path = str_format(a, "%.*s/%s", STR_ARG(folder), name);
    int fd = open(str_c(a, path), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
    size_t at = 0;
    for (ssize_t n = 0; fd >= 0 && at < bytes.len && n >= 0; at += n > 0 ? (size_t)n : 0) n = write(fd, bytes.ptr + at, bytes.len - at);
    bool good = fd >= 0 && at == bytes.len && fsync(fd) == 0;
    int why = errno;
    if (fd >= 0 && close(fd) != 0) good = false;
    if (good) return ERR_OK;
    fault->file = path;
    return fault_set(fault, ERR_IO, 0, 0, S("a new file that can be written"), str_copy(a, str_from_c(strerror(why))));
}

static Str now_iso(Arena *a)
{
    int64_t now = cli_now();
    time_t seconds = (time_t)(now / 1000);
    struct tm t;
    gmtime_r(&seconds, &t);
    return str_format(a, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec,
        (int)(now % 1000));
}

/* roll.json last: a folder without it is no frozen roll. */
static Err write_folder(Cli *cli, Str folder, const Frozen *frozen, const RollPublished *published, Fault *fault)
{
    Buf hashes = buf_new(cli->a), entries = buf_new(cli->a);
    for (int i = 0; i < frozen->count; i++) {
        buf_str(&hashes, (Str){(const char *)frozen->entries[i].hash.bytes, SHA256_BYTES});
        buf_str(&entries, frozen->entries[i].text);
        buf_byte(&entries, '\n');
    }
    if (mkdir(str_c(cli->a, folder), 0700) != 0) {
        Str why = errno == EEXIST ? S("one that is") : str_copy(cli->a, str_from_c(strerror(errno)));
        fault->file = folder;
        return fault_set(fault, errno == EEXIST ? ERR_INPUT : ERR_IO, 0, 0, S("a folder that is not there yet and can be made"), why);
    }
    Err e = write_new(cli->a, folder, "entries.jsonl", 0600, buf_done(&entries), fault);
    if (!e) e = write_new(cli->a, folder, "hashes.bin", 0644, buf_done(&hashes), fault);
    return e ? e : write_new(cli->a, folder, "roll.json", 0644, published->text, fault);
}

static int tell_frozen(Cli *cli, const RollPublished *p, Str folder)
{
    Str root = sha256_hex(cli->a, p->root), digest = sha256_hex(cli->a, sha256(p->text));
    Str text = str_format(cli->a,
        "%.*s: %lld of %lld memberships stand on the roll.\nroot       %.*s\nroll.json  %.*s (SHA-256)\n\nGive roll.json and hashes.bin to "
        "everybody; "
        "keep entries.jsonl: it names members (mode 0600).\n",
        STR_ARG(folder), (long long)p->count, (long long)p->memberships, STR_ARG(root), STR_ARG(digest));
    return cli_write(cli, text, EXIT_DONE);
}

static int run_freeze(Cli *cli)
{
    Roster *roster = NULL;
    RollRules *rules = arena_new(cli->a, RollRules, 1);
    Fault fault = {0};
    Str folder = cli_value(cli, "out"), title = cli_value(cli, "title");
    if (!folder.len) return cli_usage(cli, "expected --out FOLDER: where the frozen roll is written");
    while (folder.len > 1 && str_ends(folder, S("/"))) folder.len--;
    int wrong = read_both(cli, &roster, rules);
    if (wrong) return wrong;
    Frozen frozen = {0};
    Str slug = slug_of_path(folder);
    if (!str_is_clean_text(slug) || str_find(slug, ' ') < slug.len || slug.len > ROLL_SLUG_MAX)
        return cli_usage(cli, "--out: expected a folder whose name has no blanks: it becomes the name of the roll");
    Rolled rolled = rules_apply(cli->a, rules, roster);
    if (roll_freeze(cli->a, slug, rules, roster, &rolled, roll_random, &frozen, &fault)) return cli_fail(cli, &fault);
    RollPublished published = {.title = title.len ? title : slug, .unit = S(""), .version = 1, .frozen = now_iso(cli->a)};
    roll_publish(cli->a, &frozen, roster, &rolled, &published);
    if (write_folder(cli, folder, &frozen, &published, &fault)) return cli_fail(cli, &fault);
    return tell_frozen(cli, &published, folder);
}

/* ---- check ---- */

static bool is_folder(Cli *cli, Str path)
{
    struct stat about;
    return stat(str_c(cli->a, path), &about) == 0 && S_ISDIR(about.st_mode);
}

static Err read_in(Cli *cli, Str folder, const char *name, size_t most, Str *ret_text, Fault *fault)
{
    Str path = str_format(cli->a, "%.*s/%s", STR_ARG(folder), name);
    return file_read_all(cli->a, str_c(cli->a, path), most, ret_text, fault);
}

static Err read_published(Cli *cli, Str path, RollPublished *ret_published, Fault *fault)
{
    Str text, file = is_folder(cli, path) ? str_format(cli->a, "%.*s/roll.json", STR_ARG(path)) : path;
    Err e = file_read_all(cli->a, str_c(cli->a, file), PUBLISHED_MOST, &text, fault);
    if (!e && (e = roll_published_read(cli->a, text, ret_published, fault))) fault->file = file;
    return e;
}

static Err check_folder(Cli *cli, Str folder, const RollPublished *p, bool *ret_entries, Fault *fault)
{
    Str hashes, entries = {0};
    Err e = read_in(cli, folder, "hashes.bin", HASHES_MOST, &hashes, fault);
    *ret_entries = access(str_c(cli->a, str_format(cli->a, "%.*s/entries.jsonl", STR_ARG(folder))), F_OK) == 0;
    if (!e && *ret_entries) e = read_in(cli, folder, "entries.jsonl", ENTRIES_MOST, &entries, fault);
    if (!e && *ret_entries && !entries.ptr) entries = S("");
    return e ? e : roll_check(cli->a, p, hashes, entries, fault);
}

static int tell_whole(Cli *cli, const RollPublished *p, bool entries)
{
    Str root = sha256_hex(cli->a, p->root), digest = sha256_hex(cli->a, sha256(p->text)), freeze = day_words(cli->a, p->rules.freeze);
    return cli_write(cli,
        str_format(cli->a,
            "Right: %.*s, version %lld, freeze date %.*s. %lld %s the root %.*s.\nroll.json has the SHA-256 %.*s: compare it with the "
            "public record's.\n",
            STR_ARG(p->roll), (long long)p->version, STR_ARG(freeze), (long long)p->count,
            entries ? "entries and their hashes have" : "hashes have", STR_ARG(root), STR_ARG(digest)),
        EXIT_DONE);
}

static int check_proof(Cli *cli, const RollPublished *published)
{
    RollProof proof;
    Str text;
    Fault fault = {0};
    Err e = file_read_all(cli->a, str_c(cli->a, cli->operands[1]), PROOF_MOST, &text, &fault);
    if (!e) e = roll_proof_read(cli->a, text, &proof, &fault);
    if (!e) e = roll_proof_check(cli->a, &proof, published, &fault);
    if (e) {
        if (!fault.file.len) fault.file = cli->operands[1];
        return cli_fail(cli, &fault);
    }
    Str digest = sha256_hex(cli->a, sha256(published->text));
    return cli_write(cli,
        str_format(cli->a,
            "Right: entry %lld of %lld of the roll %.*s, version %lld:\n%.*s\nIt is under the root that roll.json names. roll.json has the "
            "SHA-256 %.*s: compare it "
            "with the public record's.\n",
            (long long)proof.number, (long long)proof.size, STR_ARG(proof.roll), (long long)proof.version, STR_ARG(proof.entry),
            STR_ARG(digest)),
        EXIT_DONE);
}

static int run_check(Cli *cli)
{
    RollPublished *p = arena_new(cli->a, RollPublished, 1);
    Fault fault = {0};
    bool entries = false;
    if (cli->operand_count < 1 || cli->operand_count > 2) return cli_usage(cli, "expected a folder, or roll.json and a member's proof");
    if (cli->operand_count == 1 && !is_folder(cli, cli->operands[0]))
        return cli_usage(cli, "expected a member's proof after roll.json, or a whole folder");
    if (read_published(cli, cli->operands[0], p, &fault)) return cli_fail(cli, &fault);
    if (cli->operand_count == 2) return check_proof(cli, p);
    if (check_folder(cli, cli->operands[0], p, &entries, &fault)) return cli_fail(cli, &fault);
    return tell_whole(cli, p, entries);
}

/* ---- sweep ---- */

static bool day_option(Cli *cli, const char *name, Day standard, Day *ret_day)
{
    *ret_day = standard;
    if (!cli_has(cli, name) || day_read(cli_value(cli, name), ret_day)) return true;
    Str shown = fault_quote(cli->a, cli_value(cli, name));
    cli_usage(cli, "--%s: expected a date like 2013-03-12, found %.*s", name, STR_ARG(shown));
    return false;
}

static void sweep_json(Buf *out, Arena *a, const RollRules *rules, const SweepDay *days, int count)
{
    View *v = view_object(a);
    view_put(v, S("rules"), rules_view(a, rules));
    View *array = view_put_array(v, S("days"));
    for (int i = 0; i < count; i++) {
        View *day = view_add_object(array);
        view_put_str(day, S("freeze"), day_iso(a, days[i].day));
        view_put_i64(day, S("on"), days[i].on);
        view_put_i64(day, S("gained"), days[i].gained);
        view_put_i64(day, S("lost"), days[i].lost);
    }
    view_json(v, out, true);
}

static void sweep_rows(Buf *out, Arena *a, const RollRules *rules, const SweepDay *days, int count, bool csv)
{
    buf_str(out, csv ? S("freeze,on,gained,lost\n") : S("freeze date        on    gained      lost\n"));
    for (int i = 0; i < count; i++) {
        Str day = day_iso(a, days[i].day);
        bool own = days[i].day == rules->freeze;
        if (csv) buf_format(out, "%.*s,%d,%d,%d\n", STR_ARG(day), days[i].on, days[i].gained, days[i].lost);
        else buf_format(out, "%.*s%c %9d %9d %9d\n", STR_ARG(day), own ? '*' : ' ', days[i].on, days[i].gained, days[i].lost);
    }
    if (!csv) buf_str(out, S("* the rules' own date; gained and lost are against it\n"));
}

static int run_sweep(Cli *cli)
{
    Roster *roster = NULL;
    RollRules *rules = arena_new(cli->a, RollRules, 1);
    Fault fault = {0};
    Day first = DAY_NONE, last = DAY_NONE;
    SweepDay *days = NULL;
    int count = 0;
    Str format = cli_value(cli, "format");
    bool json = str_equal(format, S("json")), csv = str_equal(format, S("csv"));
    if (format.ptr && !json && !csv && !str_equal(format, S("text")))
        return cli_usage(cli, "--format: expected text, json or csv, found '%.*s'", STR_ARG(format));
    int wrong = read_both(cli, &roster, rules);
    if (wrong) return wrong;
    if (!day_option(cli, "from", day_add_months(rules->freeze, -SWEEP_BEFORE), &first)) return EXIT_INPUT;
    if (!day_option(cli, "to", day_add_months(rules->freeze, SWEEP_AFTER), &last)) return EXIT_INPUT;
    if (rules_sweep(cli->a, rules, roster, first, last, &days, &count, &fault)) return cli_fail(cli, &fault);
    Buf out = buf_new(cli->a);
    if (json) sweep_json(&out, cli->a, rules, days, count);
    else sweep_rows(&out, cli->a, rules, days, count, csv);
    return cli_write(cli, buf_done(&out), EXIT_DONE);
}

/* ---- the commands ---- */

// clang-format off
#define LIST_OPTIONS ROSTER_OPTIONS \
    {"rules", 'r', "FILE", false, "who may take part, as JSON (docs/roll-rules.md)", "FILES"}, \
    {"skip-bad", 0, NULL, false, "leave out rows that cannot be read, and say how many; else nothing is done", NULL},
// clang-format on

static const Option freeze_options[] = {
    LIST_OPTIONS{"out", 0, "FOLDER", false, "a new folder, whose name becomes that of the roll", "FILES"},
    {"title", 't', "TEXT", false, "what it is for", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_roll_freeze = {
    .name = "roll freeze",
    .operands = "LIST.csv",
    .summary = "freeze a roll from a list of members, without a server",
    .description = "Applies rules to a list of members (docs/people-columns.md) and writes who may take part to a new folder: roll.json "
                   "and hashes.bin, which may "
                   "be published and name nobody, and entries.jsonl, which does. roll.json has the root of a Merkle tree over the entries, "
                   "each with a random "
                   "salt: none can be added, taken away or changed after.\n\n"
                   "Exit status: 0 frozen; 2 the input or the call cannot be used (nothing was written); 3 the system failed.",
    .examples = "hustings roll freeze members.csv --rules rules.json --out leeds-2013  # freeze it\n"
                "hustings roll check leeds-2013  # all of it\n",
    .options = freeze_options,
    .option_count = COUNT_OF(freeze_options),
    .run = run_freeze,
};

static const Option check_options[] = {OUTPUT_OPTION, HELP_OPTION};

const CliCommand command_roll_check = {
    .name = "roll check",
    .operands = "FOLDER | ROLL.json PROOF",
    .summary = "check a frozen roll, or a member's entry on it",
    .description = "With a folder: makes the root again from all hashes, every hash from its entry when those are there, and counts the "
                   "totals again. With roll.json "
                   "(or the folder) and a proof, as a member downloads it: is her entry under that root? Neither asks any server. That "
                   "roll.json is the published "
                   "one, its SHA-256 in the public record says (entry roll.frozen).\n\n"
                   "Exit status: 0 right; 2 wrong, or the call cannot be used; 3 what is there could not be read.",
    .examples = "hustings roll check leeds-2013\n"
                "hustings roll check roll.json my-entry.txt\n",
    .options = check_options,
    .option_count = COUNT_OF(check_options),
    .run = run_check,
};

static const Option sweep_options[] = {
    LIST_OPTIONS{"from", 0, "DAY", false, "the first freeze date (default: 24 months before the rules' own)", NULL},
    {"to", 0, "DAY", false, "the last one (default: 3 months after it)", NULL},
    {"format", 'f', "FORMAT", false, "text, json or csv", "text json csv"},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_roll_sweep = {
    .name = "roll sweep",
    .operands = "LIST.csv",
    .summary = "who would gain or lose a vote, were the freeze date another",
    .description = "For every day from --from to --to: how many would stand on the roll by that freeze date, and against the rules' own "
                   "date how many would gain a "
                   "place and how many would lose theirs.\n\n"
                   "Exit status: 0 done; 2 the input or the call cannot be used; 3 the system failed.",
    .examples = "hustings roll sweep members.csv --rules rules.json --from 2012-01-01 --to 2013-06-30 --format csv\n",
    .options = sweep_options,
    .option_count = COUNT_OF(sweep_options),
    .run = run_sweep,
};
