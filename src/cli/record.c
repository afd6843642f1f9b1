/* record.c: hustings record verify, show and copy. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/record_words.h"

#include "core/disk.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PROOF_MAX = 1024 * 1024 };

/* ---- verify ---- */

typedef struct Watch {
    Arena *a;
    Tally kinds, officers;
} Watch;

static void watch_leaf(void *context, const Leaf *leaf)
{
    Watch *w = context;
    tally_add(w->a, &w->kinds, leaf->title, S(""));
    tally_add(w->a, &w->officers, leaf->by.name, leaf->by.role);
}

/* ERR_IO: it could not be read, and nothing is said of it. */
static int ended(const Cli *cli, const Fault *fault)
{
    record_progress_end();
    return cli_fail(cli, fault);
}

static int tell(Cli *cli, const Told *told)
{
    Buf b = buf_new(cli->a);
    if (cli_has(cli, "json")) buf_str(&b, verdict_json(cli->a, told));
    else verdict_words(&b, told);
    return cli_write(cli, buf_done(&b), told->report->right ? EXIT_DONE : RECORD_WRONG);
}

static int verify_record(Cli *cli, Asking *asking)
{
    Watch *watch = arena_new(cli->a, Watch, 1);
    VerifyReport *report = arena_new(cli->a, VerifyReport, 1);
    Fault fault = {0};
    watch->a = cli->a;
    if (cli_has(cli, "against") && source_open(cli->a, cli_value(cli, "against"), &asking->against, &fault)) return cli_fail(cli, &fault);
    asking->options.against = asking->against;
    asking->options.files = cli_has(cli, "files");
    asking->options.leaf = watch_leaf;
    asking->options.progress = record_progress();
    asking->options.context = watch;
    if (record_verify(cli->a, asking->source, &asking->options, report, &fault)) return ended(cli, &fault);
    record_progress_end();
    tally_sort(&watch->kinds);
    tally_sort(&watch->officers);
    int wrong = asking_keep(cli, asking, report);
    if (wrong) return wrong;
    Told told = {.report = report,
        .officers = &watch->officers,
        .kinds = &watch->kinds,
        .where = asking->where,
        .against = cli_value(cli, "against"),
        .with_files = asking->options.files,
        .state = asking->state};
    return tell(cli, &told);
}

/* ---- verify: one proof ---- */

static void proof_words(Buf *b, const VerifyReport *r, const Leaf *leaf)
{
    buf_format(b, "A proof of the record of %.*s, as it was signed with %lld leaves\n", STR_ARG(r->checkpoint.origin),
        (long long)r->checkpoint.size);
    for (int i = 0; i < r->witness_count; i++)
        buf_format(
            b, "  witness      %.*s %s\n", STR_ARG(r->witnesses[i].name), r->witnesses[i].good ? "has cosigned it" : "has not cosigned it");
    buf_byte(b, '\n');
    if (leaf->title.len) leaf_words(b, leaf);
    buf_byte(b, '\n');
    findings_words(b, r);
    if (r->right) buf_format(b, "RIGHT: this act is leaf %lld of that record.\n", (long long)leaf->number);
    else buf_str(b, S("WRONG: this proves nothing.\n"));
}

static Str proof_json(Arena *a, const Told *told, const Leaf *leaf)
{
    View *v = view_object(a);
    view_put_bool(v, S("right"), told->report->right);
    view_put_str(v, S("origin"), told->report->checkpoint.origin);
    view_put_i64(v, S("size"), told->report->checkpoint.size);
    leaf_view(a, view_put_object(v, S("act")), leaf);
    View *list = view_put_array(v, S("findings"));
    for (int i = 0; i < told->report->finding_count && i < FINDINGS_MAX; i++) view_add_str(list, told->report->findings[i].words);
    Buf b = buf_new(a);
    view_json(v, &b, true);
    return buf_done(&b);
}

static int verify_proof(Cli *cli, const Asking *asking, Str file)
{
    Str text, entry = {0};
    Leaf leaf = {.power = -1};
    VerifyReport *report = arena_new(cli->a, VerifyReport, 1);
    Fault fault = {0};
    if (!asking->options.key_count) return cli_usage(cli, "a proof is checked with the record's key: give --key, or a --state that has it");
    if (disk_read(cli->a, file, PROOF_MAX, &text, &fault)) return cli_fail(cli, &fault);
    if (cli_has(cli, "entry") && disk_read(cli->a, cli_value(cli, "entry"), ACT_ENTRY_MAX, &entry, &fault)) return cli_fail(cli, &fault);
    if (cli_has(cli, "entry") && !entry.len) return cli_usage(cli, "--entry: the file is empty, and no act");
    fault.file = file;
    if (record_verify_proof(cli->a, text, entry, &asking->options, report, &leaf, &fault)) return cli_fail(cli, &fault);
    Buf b = buf_new(cli->a);
    if (cli_has(cli, "json")) buf_str(&b, proof_json(cli->a, &(Told){.report = report}, &leaf));
    else proof_words(&b, report, &leaf);
    return cli_write(cli, buf_done(&b), report->right ? EXIT_DONE : RECORD_WRONG);
}

/* A proof keeps its first line, whatever name it was saved under. */
static bool begins_as_proof(const char *path)
{
    static const char head[] = "c2sp.org/tlog-proof@v1\n";
    char start[sizeof head - 1] = {0};
    int file = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (file < 0) return false;
    ssize_t n = read(file, start, sizeof start);
    close(file);
    return n == (ssize_t)sizeof start && memcmp(start, head, sizeof start) == 0;
}

static bool is_proof(const Cli *cli)
{
    if (!cli->operand_count) return false;
    return str_ends(cli->operands[0], S(".tlog-proof")) || cli_has(cli, "entry") || begins_as_proof(str_c(cli->a, cli->operands[0]));
}

static int run_verify(Cli *cli)
{
    Asking asking;
    if (cli->operand_count > 1) return cli_usage(cli, "expected one record, found %d", cli->operand_count);
    int status = asking_options(cli, &asking);
    if (status) return status;
    if (is_proof(cli)) return verify_proof(cli, &asking, cli->operands[0]);
    status = asking_open(cli, &asking);
    if (!status) status = verify_record(cli, &asking);
    asking_close(&asking);
    return status;
}

static const Option verify_options[] = {
    KEY_OPTIONS,
    {"against", 'a', "WHERE", false, "another copy or view of the same record: the first leaf that differs is told, with both texts",
        "FILES"},
    {"files", 'f', NULL, false, "read every file that a leaf names, and compare its digest", NULL},
    {"entry", 0, "FILE", false, "WHERE is a proof, and this is the entry that it proves (our own proofs bring it along)", "FILES"},
    {"json", 0, NULL, false, "the report as JSON", NULL},
    STORE_OPTIONS OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_record_verify = {
    .name = "record verify",
    .operands = "[WHERE]",
    .summary = "check all of a public record, and name the first leaf that is wrong",
    .description =
        "WHERE is a site's address (https://vote.example.org), a folder with a copy, a store (a SQLite file or postgres://...), or one "
        "proof "
        "(leaf-7.tlog-proof, under any name); without it, the store that is set up (hustings.db when nothing is set). From a folder and a "
        "proof everything is checked offline.\n\n"
        "Every entry is held against its hash, every hash against those above it, all of them against the checkpoint that the log signed, "
        "and that against "
        "the checkpoints that you kept. Of a store, every column that says again what an entry says is checked as well.\n\n"
        "Without --key, --earlier or an older --state the record's own word is taken for whose it is. With --state the key and the newest "
        "checkpoint are "
        "remembered, so that from the second time on a rewritten record is found out, also one that was signed with the log's own key.\n\n"
        "Exit status: 0 right; 1 wrong; 2 unusable call or input; 3 it could not be read.",
    .examples = "hustings record verify https://vote.example.org --state vote.state  # remembers, and compares with the last time\n"
                "hustings record verify copy/ --against https://vote.example.org  # where do they differ?\n"
                "hustings record verify leaf-7.tlog-proof --key vote.example.org/record+1b2c3d4e+AZ...  # one act, offline\n",
    .options = verify_options,
    .option_count = COUNT_OF(verify_options),
    .run = run_verify,
};

/* ---- show ---- */

typedef struct Show {
    Str contest, unit, kind;
    int64_t since, leaf; /* -1: all */
    bool json, csv;
    int64_t shown;
    bool has_contest, has_unit, has_kind; /* is there any leaf with what was asked for? */
    Arena scratch;
} Show;

static bool is_wanted(const Show *s, const Leaf *leaf)
{
    return (!s->contest.len || str_equal(s->contest, leaf->contest)) && (!s->unit.len || str_equal(s->unit, leaf->unit)) &&
           (!s->kind.len || str_equal(s->kind, leaf->kind)) && leaf->at >= s->since && (s->leaf < 0 || leaf->number == s->leaf);
}

/* RFC 4180; what a spreadsheet would take for a formula gets a "'" in front. */
static void csv_field(Buf *b, Str text, bool last)
{
    buf_byte(b, '"');
    if (text.len && strchr("=+-@\t\r", text.ptr[0])) buf_byte(b, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') buf_byte(b, '"');
        buf_byte(b, text.ptr[i]);
    }
    buf_str(b, last ? S("\"\r\n") : S("\","));
}

static void csv_row(Buf *b, const Leaf *leaf)
{
    Arena *a = b->arena;
    buf_format(b, "%lld,", (long long)leaf->number);
    csv_field(b, utc_words(a, leaf->at), false);
    csv_field(b, leaf->kind, false);
    csv_field(b, leaf->says, false);
    csv_field(b, leaf->by.name, false);
    csv_field(b, leaf->by.role, false);
    csv_field(b, leaf->contest, false);
    csv_field(b, leaf->unit, false);
    csv_field(b, leaf->reason, false);
    csv_field(b, leaf->until ? utc_words(a, leaf->until) : S(""), true);
}

static void csv_head(const Show *s)
{
    if (s->csv && !s->shown) printf("leaf,at,act,says,by,role,contest,unit,reason,until\r\n");
}

static void show_leaf(void *context, const Leaf *leaf)
{
    Show *s = context;
    s->has_contest = s->has_contest || str_equal(s->contest, leaf->contest);
    s->has_unit = s->has_unit || str_equal(s->unit, leaf->unit);
    s->has_kind = s->has_kind || str_equal(s->kind, leaf->kind);
    if (!is_wanted(s, leaf)) return;
    csv_head(s);
    Buf b = buf_new(&s->scratch);
    if (s->json) {
        View *v = view_object(&s->scratch);
        leaf_view(&s->scratch, v, leaf);
        view_json(v, &b, false);
    } else if (s->csv) csv_row(&b, leaf);
    else leaf_words(&b, leaf);
    fwrite(b.ptr, 1, b.len, stdout);
    s->shown++;
    arena_recycle(&s->scratch);
}

/* "2026-11-22": its first moment, UTC. */
static bool read_day(Str text, int64_t *ret_ms)
{
    int64_t year, month, day;
    if (text.len != 10 || text.ptr[4] != '-' || text.ptr[7] != '-') return false;
    if (!str_to_i64(str_slice(text, 0, 4), &year) || !str_to_i64(str_slice(text, 5, 7), &month) ||
        !str_to_i64(str_slice(text, 8, 10), &day))
        return false;
    struct tm t = {.tm_year = (int)year - 1900, .tm_mon = (int)month - 1, .tm_mday = (int)day}, again;
    time_t seconds = timegm(&t);
    gmtime_r(&seconds, &again);
    *ret_ms = (int64_t)seconds * 1000;
    return again.tm_mday == (int)day && again.tm_mon == (int)month - 1 && year >= 1970;
}

/* A kind that neither this version nor the record knows was mistyped. */
static int no_such_kind(const Cli *cli, const Show *show)
{
    Buf b = buf_new(cli->a);
    for (int i = 0; i < act_kind_count; i++) buf_format(&b, "%s%s", i ? ", " : "", act_kinds[i].name);
    Str kinds = buf_done(&b), found = fault_quote(cli->a, show->kind);
    return cli_usage(cli, "--kind: expected one of %.*s, found %.*s", STR_ARG(kinds), STR_ARG(found));
}

static void nothing_about(Buf *b, const char *what, Str slug, bool has)
{
    if (!slug.len || has) return;
    Str shown = fault_quote(b->arena, slug);
    buf_format(b, "Nothing about the %s %.*s is in the record.\n", what, STR_ARG(shown));
}

static int show_record(Cli *cli, Asking *asking, Show *show)
{
    VerifyReport *report = arena_new(cli->a, VerifyReport, 1);
    Fault fault = {0};
    asking->options.leaf = show_leaf;
    asking->options.context = show;
    if (record_verify(cli->a, asking->source, &asking->options, report, &fault)) return cli_fail(cli, &fault);
    if (report->right && show->kind.len && !show->has_kind && !act_kind(show->kind)) return no_such_kind(cli, show);
    csv_head(show);
    if (fflush(stdout) != 0 || ferror(stdout)) {
        fprintf(stderr, "hustings record show: the list could not be written\n");
        return EXIT_SYSTEM;
    }
    int wrong = asking_keep(cli, asking, report);
    if (wrong) return wrong;
    Buf b = buf_new(cli->a);
    findings_words(&b, report);
    nothing_about(&b, "contest", show->contest, show->has_contest);
    nothing_about(&b, "unit", show->unit, show->has_unit);
    Str shown = number_words(cli->a, show->shown), of = number_words(cli->a, report->checkpoint.size);
    buf_format(&b, "%s: %.*s of %.*s leaves are shown.\n", report->right ? "RIGHT" : "WRONG", STR_ARG(shown), STR_ARG(of));
    fprintf(stderr, "%.*s", STR_ARG(buf_done(&b)));
    return report->right ? EXIT_DONE : RECORD_WRONG;
}

static int run_show(Cli *cli)
{
    Asking asking;
    Show show = {.contest = cli_value(cli, "contest"), .unit = cli_value(cli, "unit"), .kind = cli_value(cli, "kind"), .leaf = -1};
    show.json = cli_has(cli, "json");
    show.csv = cli_has(cli, "csv");
    if (cli->operand_count > 1) return cli_usage(cli, "expected one record, found %d", cli->operand_count);
    if (show.json && show.csv) return cli_usage(cli, "--json or --csv, not both");
    Str since = cli_value(cli, "since"), found = fault_quote(cli->a, since);
    if (cli_has(cli, "since") && !read_day(since, &show.since))
        return cli_usage(cli, "--since: expected a day, 2026-11-22, found %.*s", STR_ARG(found));
    if (cli_has(cli, "leaf") && !cli_number(cli, "leaf", TREE_SIZE_MAX, &show.leaf)) return EXIT_INPUT;
    int status = asking_options(cli, &asking);
    if (!status) status = asking_open(cli, &asking);
    if (status) return status;
    arena_init(&show.scratch, ARENA_LIMIT_DEFAULT);
    status = show_record(cli, &asking, &show);
    arena_clear(&show.scratch);
    asking_close(&asking);
    return status;
}

static const Option show_options[] = {
    {"contest", 'C', "SLUG", false, "only acts about this contest", NULL},
    {"unit", 'u', "SLUG", false, "only acts about this unit", NULL},
    {"kind", 'K', "KIND", false, "only acts of this kind: contest.published, role.given...", NULL},
    {"since", 0, "DAY", false, "only acts from this day on (UTC)", NULL},
    {"leaf", 'n', "N", false, "only this leaf", NULL},
    KEY_OPTIONS,
    {"json", 0, NULL, false, "a line of JSON an act", NULL},
    {"csv", 0, NULL, false, "a table", NULL},
    STORE_OPTIONS HELP_OPTION,
};

const CliCommand command_record_show = {
    .name = "record show",
    .operands = "[WHERE]",
    .summary = "list what the apparatus did, by a record that is verified on the way",
    .description = "WHERE is as for 'hustings record verify'. An act is listed when its entry has the hash that the record keeps for it; "
                   "whether all of the "
                   "record is right is said at the end, on standard error, and by the exit status.\n\n"
                   "Exit status: 0 right; 1 wrong; 2 unusable call or input; 3 it could not be read.",
    .examples = "hustings record show https://vote.example.org --contest labour-2010  # all that was done about it\n"
                "hustings record show copy/ --since 2026-11-01 --csv > acts.csv  # a table of what was done since\n",
    .options = show_options,
    .option_count = COUNT_OF(show_options),
    .run = run_show,
};

/* ---- copy ---- */

static int copy_record(Cli *cli, Asking *asking, Str folder)
{
    VerifyReport *report = arena_new(cli->a, VerifyReport, 1);
    Fault fault = {0};
    asking->options.files = !cli_has(cli, "no-files");
    asking->options.progress = record_progress();
    if (record_copy(cli->a, asking->source, folder, &asking->options, report, &fault)) {
        record_progress_end();
        if (fault.err != ERR_CONFLICT) return cli_fail(cli, &fault);
        cli_fail(cli, &fault);
        return RECORD_WRONG;
    }
    record_progress_end();
    int wrong = asking_keep(cli, asking, report);
    if (wrong) return wrong;
    Buf b = buf_new(cli->a);
    findings_words(&b, report);
    Str leaves = number_words(cli->a, report->checkpoint.size);
    if (report->right)
        buf_format(&b, "%.*s holds a copy of %.*s leaves, all verified; %lld files.\n", STR_ARG(folder), STR_ARG(leaves),
            (long long)report->files_checked);
    else buf_format(&b, "Nothing was added to %.*s: the record is wrong.\n", STR_ARG(folder));
    return cli_write(cli, buf_done(&b), report->right ? EXIT_DONE : RECORD_WRONG);
}

static int run_copy(Cli *cli)
{
    Asking asking;
    if (cli->operand_count != 2) return cli_usage(cli, "expected a record and a folder, found %d", cli->operand_count);
    int status = asking_options(cli, &asking);
    if (!status) status = asking_open(cli, &asking);
    if (status) return status;
    status = copy_record(cli, &asking, cli->operands[1]);
    asking_close(&asking);
    return status;
}

static const Option copy_options[] = {
    KEY_OPTIONS,
    {"no-files", 0, NULL, false, "leave the files out that leaves name", NULL},
    OUTPUT_OPTION,
    HELP_OPTION,
};

const CliCommand command_record_copy = {
    .name = "record copy",
    .operands = "WHERE FOLDER",
    .summary = "keep a verified copy of a public record, which any web server can serve",
    .description = "WHERE is as for 'hustings record verify'. The copy is verified while it is made. In a FOLDER that holds an older copy "
                   "only what is new is "
                   "fetched, and a record that does not extend that copy is refused: the copy stays, as evidence.\n\n"
                   "FOLDER can be verified, and served as it is: it has what the site serves under /record/.\n\n"
                   "Exit status: 0 copied; 1 the record is wrong, or not an extension of the copy; 2 unusable call or input; 3 it could "
                   "not be read or written.",
    .examples = "hustings record copy https://vote.example.org vote/ --state vote.state  # every night, from cron\n",
    .options = copy_options,
    .option_count = COUNT_OF(copy_options),
    .run = run_copy,
};
