/* record_ask.c: what whoever verifies a record brings along: keys, witnesses, what she kept from before. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/record_words.h"

#include "contest/contest.h"
#include "core/disk.h"

#include <stdio.h>
#include <unistd.h>

enum { KEY_FILE_MAX = 64 * 1024, ASKED_KEYS_MAX = 64, STATE_MODE = 0644 };

static const Str state_head = S("hustings record state 1\n");

/* ---- keys: as text, or in a file with one a line ---- */

/* Given twice, it is one all the same: a quorum counts witnesses. */
static bool is_there(const Verifier *list, int count)
{
    for (int i = 0; i < count; i++)
        if (verifier_equal(&list[i], &list[count])) return true;
    return false;
}

/* `from`: the option, or the file, that it stands in. */
NODISCARD static int add_verifier(const Cli *cli, Str from, Str text, KeyKind kind, Verifier *list, int *count)
{
    Fault fault = {.file = from};
    if (*count == ASKED_KEYS_MAX) return cli_usage(cli, "more than %d keys", ASKED_KEYS_MAX);
    if (verifier_read(cli->a, text, &list[*count], &fault)) {
        fault.found = fault_quote(cli->a, text);
        return cli_fail(cli, &fault);
    }
    if (list[*count].kind != kind)
        return cli_usage(
            cli, kind == KEY_NOTE ? "'%.*s' is the key of a witness (--witness)" : "'%.*s' is the key of a record (--key)", STR_ARG(text));
    *count += !is_there(list, *count);
    return 0;
}

NODISCARD static int add_verifiers(const Cli *cli, const char *option, Str value, KeyKind kind, Verifier *list, int *count)
{
    Str text = value, one, from = str_format(cli->a, "--%s", option);
    Fault fault = {0};
    bool is_file = access(str_c(cli->a, value), R_OK) == 0;
    if (is_file && disk_read(cli->a, value, KEY_FILE_MAX, &text, &fault)) return cli_fail(cli, &fault);
    if (is_file) from = value;
    while (text.len) {
        str_cut(text, '\n', &one, &text);
        int wrong = str_trim(one).len ? add_verifier(cli, from, str_trim(one), kind, list, count) : 0;
        if (wrong) return wrong;
    }
    return 0;
}

NODISCARD static int read_keys(const Cli *cli, const char *option, KeyKind kind, Verifier *list, int *count)
{
    Str *values = arena_new(cli->a, Str, CLI_VALUES_MAX);
    int n = cli_values(cli, option, values), wrong = 0;
    for (int i = 0; i < n && !wrong; i++) wrong = add_verifiers(cli, option, values[i], kind, list, count);
    return wrong;
}

/* ---- what was kept ---- */

typedef struct Kept {
    Verifier *keys;
    int key_count;
    Earlier *earlier;
    int earlier_count;
    Str state_text;
} Kept;

/* "hustings record state 1", "key VKEY" lines, an empty line, the note. */
NODISCARD static int read_state(const Cli *cli, Str file, Kept *kept)
{
    Str text, line;
    Fault fault = {0};
    Err e = disk_read(cli->a, file, 2 * NOTE_MAX, &text, &fault);
    if (e == ERR_MISSING) return 0; /* the first time */
    if (!e && !str_starts(text, state_head)) {
        fault.file = file;
        e = fault_set(&fault, ERR_INPUT, 1, 0, S("a file that 'hustings record verify --state' wrote"), (Str){0});
    }
    if (e) return cli_fail(cli, &fault);
    kept->state_text = text;
    text = str_slice(text, state_head.len, text.len);
    while (text.len) {
        str_cut(text, '\n', &line, &text);
        if (!line.len) break;
        Str vkey = str_starts(line, S("key ")) ? str_slice(line, 4, line.len) : line;
        int wrong = add_verifier(cli, file, vkey, KEY_NOTE, kept->keys, &kept->key_count);
        if (wrong) return wrong;
    }
    kept->earlier[kept->earlier_count++] = (Earlier){.name = file, .note = text};
    return 0;
}

NODISCARD static int read_earlier(const Cli *cli, Kept *kept)
{
    Str *values = arena_new(cli->a, Str, CLI_VALUES_MAX);
    int n = cli_values(cli, "earlier", values);
    for (int i = 0; i < n; i++) {
        Str note;
        Fault fault = {0};
        if (disk_read(cli->a, values[i], NOTE_MAX, &note, &fault)) return cli_fail(cli, &fault);
        kept->earlier[kept->earlier_count++] = (Earlier){.name = values[i], .note = note};
    }
    return 0;
}

int asking_options(const Cli *cli, Asking *asking)
{
    Kept kept = {.keys = arena_new(cli->a, Verifier, ASKED_KEYS_MAX), .earlier = arena_new(cli->a, Earlier, CLI_VALUES_MAX + 1)};
    Verifier *witnesses = arena_new(cli->a, Verifier, ASKED_KEYS_MAX);
    int witness_count = 0;
    int64_t quorum;
    int wrong = read_keys(cli, "key", KEY_NOTE, kept.keys, &kept.key_count);
    if (!wrong) wrong = read_keys(cli, "witness", KEY_COSIGN, witnesses, &witness_count);
    if (!wrong && cli_has(cli, "state")) wrong = read_state(cli, cli_value(cli, "state"), &kept);
    if (!wrong) wrong = read_earlier(cli, &kept);
    if (!wrong && !cli_number(cli, "quorum", ASKED_KEYS_MAX, &quorum)) wrong = EXIT_INPUT;
    if (wrong) return wrong;
    if (quorum > witness_count)
        return cli_usage(cli, "--quorum %lld: only %d different witnesses were given (--witness)", (long long)quorum, witness_count);
    *asking = (Asking){.state = cli_value(cli, "state"), .state_text = kept.state_text};
    asking->options = (VerifyOptions){.keys = kept.keys,
        .key_count = kept.key_count,
        .witnesses = witnesses,
        .witness_count = witness_count,
        .quorum = (int)quorum,
        .earlier = kept.earlier,
        .earlier_count = kept.earlier_count};
    return 0;
}

/* A site can keep one run waiting until another has seen more: what the slower one saw must not take the place of that, or it is forgotten. */
NODISCARD static Err check_state_is_ours(const Cli *cli, const Asking *asking, Fault *fault)
{
    Str now = {0};
    Err e = disk_read(cli->a, asking->state, 2 * NOTE_MAX, &now, fault);
    if (e && e != ERR_MISSING) return e;
    if (str_equal(now, asking->state_text)) return ERR_OK;
    fault->file = asking->state;
    return fault_set(fault, ERR_IO, 0, 0, S("what another run of this command wrote meanwhile stays: run this one again"), (Str){0});
}

int asking_keep(const Cli *cli, const Asking *asking, const VerifyReport *report)
{
    if (!asking->state.len || !report->right) return 0;
    Buf b = buf_new(cli->a);
    buf_str(&b, state_head);
    for (int i = 0; i < report->key_count; i++) buf_format(&b, "key %.*s\n", STR_ARG(report->keys[i]));
    buf_byte(&b, '\n');
    buf_str(&b, report->note);
    Fault fault = {0};
    if (check_state_is_ours(cli, asking, &fault)) return cli_fail(cli, &fault);
    fault = (Fault){0};
    return disk_replace(cli->a, asking->state, buf_done(&b), STATE_MODE, &fault) ? cli_fail(cli, &fault) : 0;
}

/* ---- what is verified ---- */

NODISCARD static int not_opened(const Cli *cli, const Asking *asking, const Fault *fault)
{
    if (cli->operand_count || fault->err != ERR_MISSING) return cli_fail(cli, fault);
    return cli_usage(cli,
        "there is no store at %.*s, which is read when nothing else is named (store.url; hustings.db when that is not set): give a site's "
        "address, a folder with a copy, or a store",
        STR_ARG(asking->where));
}

/* "/contests/SLUG/files/ADDRESS", as the record names a file that a contest keeps. */
NODISCARD static Err file_at(Db *db, Arena *a, Str path, Str *ret_bytes)
{
    Str slug, address;
    PublicationFile file;
    if (!str_starts(path, S("/contests/"))) return ERR_MISSING;
    if (!str_cut(str_slice(path, S("/contests/").len, path.len), '/', &slug, &address)) return ERR_MISSING;
    if (!str_starts(address, S("files/"))) return ERR_MISSING;
    Err e = contest_file(db, a, slug, str_slice(address, S("files/").len, address.len), &file);
    if (!e) *ret_bytes = file.bytes;
    return e;
}

int asking_open(Cli *cli, Asking *asking)
{
    Settings s;
    Fault fault = {0};
    if (cli->operand_count) asking->where = cli->operands[0];
    else {
        int wrong = settings_load(cli, &s);
        if (wrong) return wrong;
        asking->where = settings_store(&s).url;
    }
    if (source_open(cli->a, asking->where, &asking->source, &fault)) return not_opened(cli, asking, &fault);
    if (!cli->operand_count) source_key_file(asking->source, settings_record_key(&s));
    source_files_at(asking->source, file_at);
    asking->where = source_name(asking->source);
    return 0;
}

void asking_close(Asking *asking)
{
    source_close(asking->source);
    source_close(asking->against);
    asking->source = asking->against = NULL;
}

/* ---- watching ---- */

static void show_progress(void *context, int64_t done, int64_t size)
{
    (void)context;
    fprintf(stderr, "\r\033[K%3d %%  leaf %lld", size ? (int)(done * 100 / size) : 100, (long long)done);
}

RecordProgress *record_progress(void)
{
    return isatty(STDERR_FILENO) ? show_progress : NULL;
}

void record_progress_end(void)
{
    if (isatty(STDERR_FILENO)) fprintf(stderr, "\r\033[K");
}
