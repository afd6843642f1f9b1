/* What a reviewer found by attacking the record, kept so that it stays mended.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * On either engine where a store is wanted; the program's argument says which.
 */
#include "db/stores.h"
#include "record/maker.h"

#include "core/disk.h"
#include "record/seal.h"
#include "record/witness.h"

#include <sqlite3.h>

/* ---- a witness ---- */

enum { WITNESSED = 1700000000 };

static WitnessState *witness_at(Arena *a, const Folder *f, const Verifier *log)
{
    WitnessState *witness = NULL;
    Fault fault = {0};
    WitnessOptions options = {.folder = str_format(a, "%s/state", f->path),
        .key_file = str_format(a, "%s/key", f->path),
        .name = S("witness.example"),
        .logs = log,
        .log_count = 1};
    if (witness_open(a, &options, &witness, &fault)) fail_msg("%.*s", STR_ARG(fault_text(a, &fault)));
    return witness;
}

/* The checkpoint of an empty log is public, and so is its signature: whoever has them may send the line as often as a note has room for. */
static Str same_line_64_times(Arena *a, const Signer *log)
{
    Checkpoint c = {.origin = log->verifier.name, .root = tree_empty()};
    Str text = checkpoint_text(a, &c), line = note_sign(a, log, text, 0);
    Buf note = buf_new(a);
    buf_format(&note, "%.*s\n", STR_ARG(text));
    for (int i = 0; i < NOTE_SIGNATURES_MAX; i++) buf_str(&note, line);
    return add_checkpoint_text(a, &(AddCheckpoint){.checkpoint = buf_done(&note)});
}

/* What it wrote down had a signature more than a note may have, and it never started again. */
static void a_line_sent_64_times_is_no_end_of_a_witness(void **state)
{
    Arena *a = *state;
    Folder f = folder_new(a);
    Signer log;
    WitnessAnswer answer = {0};
    Fault fault = {0};
    Str kept;
    Note *note = arena_new(a, Note, 1);
    signer_new(S("log.example"), KEY_NOTE, &log);
    WitnessState *witness = witness_at(a, &f, &log.verifier);
    assert_int_equal(witness_add(witness, a, same_line_64_times(a, &log), WITNESSED, &answer, &fault), ERR_OK);
    assert_int_equal(answer.status, 200);
    assert_int_equal(witness_checkpoint(witness, a, sha256_hex(a, sha256(S("log.example"))), &kept), ERR_OK);
    assert_int_equal(note_read(a, kept, note, &fault), ERR_OK);
    assert_int_equal(note->signature_count, 2);
    assert_int_equal(note_check(note, &log.verifier, NULL), ERR_OK);
    witness_close(witness);
    witness_close(witness_at(a, &f, &log.verifier));
    folder_remove(&f);
}

/* ---- a copy ---- */

/* Anybody can write a checkpoint of 2^52 leaves that nobody signed; looking for all their tiles to take them away again had no end. */
static void a_copy_of_a_boundless_record_ends(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 300);
    Folder f = made_folder(m, 300), copy = folder_new(a);
    Checkpoint boundless = {.origin = S(MADE_ORIGIN), .size = TREE_SIZE_MAX, .root = tree_empty()};
    Signer stranger;
    RecordSource *source;
    VerifyOptions options = {.keys = &m->signer.verifier, .key_count = 1};
    VerifyReport *report = arena_new(a, VerifyReport, 1);
    Fault fault = {0};
    signer_new(S(MADE_ORIGIN), KEY_NOTE, &stranger);
    Str text = checkpoint_text(a, &boundless), line = note_sign(a, &stranger, text, 0), bundle;
    folder_put(&f, "checkpoint", str_format(a, "%.*s\n%.*s", STR_ARG(text), STR_ARG(line)));
    assert_int_equal(source_open(a, str_from_c(f.path), &source, &fault), ERR_OK);
    assert_int_equal(record_copy(a, source, str_from_c(copy.path), &options, report, &fault), ERR_OK);
    assert_false(report->right);
    source_close(source);
    /* As it was: empty. */
    Str first = str_format(a, "%s/%.*s", copy.path, STR_ARG(tile_path(a, -1, 0, TILE_WIDTH)));
    assert_int_equal(disk_read(a, first, SIZE_MAX, &bundle, &fault), ERR_MISSING);
    folder_remove(&f);
    folder_remove(&copy);
}

/* ---- an entry has one meaning, and nothing in it changes how a line is seen ---- */

static Act an_act(void)
{
    return (Act){.kind = "export.made", .by = {S("Ada Poll"), S("operator")}, .says = S("Everything was exported.")};
}

static Err entry_of(Arena *a, const Act *act, Str *ret_entry, ActFile *ret_side)
{
    Fault fault = {0};
    return act_entry(a, act, WITNESSED * INT64_C(1000), ret_entry, ret_side, &fault);
}

static Str utf8(char bytes[4], uint32_t point)
{
    size_t n = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    static const unsigned char first[] = {0, 0, 0xC0, 0xE0, 0xF0};
    for (size_t i = n; i-- > 1; point >>= 6) bytes[i] = (char)(0x80 | (point & 0x3F));
    bytes[0] = (char)(first[n] | point);
    return (Str){bytes, n};
}

/* Controls end or rewrite a line of a terminal; the others break lines, or turn the direction of what comes behind them. */
static bool changes_the_line(uint32_t point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) || (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x206F);
}

static void try_character(Arena *a, uint32_t point)
{
    char bytes[4];
    Str entry, text = utf8(bytes, point), around = str_format(a, "a%.*sb", STR_ARG(text));
    ActFile side;
    Leaf leaf;
    Fault fault = {0};
    Act act = an_act();
    act.reason = around;
    Err expected = changes_the_line(point) ? ERR_INPUT : ERR_OK, e = entry_of(a, &act, &entry, &side);
    if (e != expected) fail_msg("U+%04X in a reason: %d", point, e);
    if (!e) assert_int_equal(act_read(a, entry, &leaf, &fault), ERR_OK);
    if (!e) assert_same_str(leaf.reason, around);
    /* In data everything may stand but zero, which is no text. */
    View *data = view_object(a);
    view_put_str(data, S("k"), (Str){around.ptr, text.len + 2});
    act = an_act();
    act.data = data;
    e = entry_of(a, &act, &entry, &side);
    if (e != (point ? ERR_OK : ERR_INPUT)) fail_msg("U+%04X in data: %d", point, e);
    if (e) return;
    assert_int_equal(act_read(a, entry, &leaf, &fault), ERR_OK);
    assert_same_str(view_str(view_get(leaf.data, S("k"))), around);
}

static void every_character_is_kept_or_refused(void **state)
{
    Arena *a = *state;
    for (uint32_t point = 0; point <= 0x10FFFF; point++) {
        if (point >= 0xD800 && point < 0xE000) continue;
        if (point > 0x3100 && point % 61) continue; /* enough of the planes in which all are alike */
        if (point == 0) continue;                   /* below */
        try_character(a, point);
        arena_recycle(a);
    }
    View *data = view_object(a);
    view_put_str(data, S("k"), (Str){"a\0b", 3});
    Act act = an_act();
    act.data = data;
    Str entry;
    ActFile side;
    assert_int_equal(entry_of(a, &act, &entry, &side), ERR_INPUT);
}

/* 64 KiB of "0,0,0..." took 2.6 MB to read, and whoever verifies holds three thousand entries. */
static void values_have_a_bound(void **state)
{
    Arena *a = *state;
    ActFile side;
    Leaf leaf;
    Fault fault = {0};
    Str entry;
    for (int count = ACT_VALUES_MAX - 2; count <= ACT_VALUES_MAX + 1; count++) {
        View *data = view_object(a), *zeros = view_put_array(data, S("zeros"));
        for (int i = 0; i < count; i++) view_add_i64(zeros, 0);
        Act act = an_act();
        act.data = data;
        assert_int_equal(entry_of(a, &act, &entry, &side), ERR_OK);
        assert_int_equal(act_read(a, entry, &leaf, &fault), ERR_OK);
        bool fits = count + 1 <= ACT_VALUES_MAX;
        assert_int_equal(leaf.data != NULL, fits);
        assert_int_equal(side.bytes.len > 0, !fits);
        assert_int_equal(leaf.file_count, !fits);
    }
    Buf b = buf_new(a);
    buf_str(&b, str_slice(entry, 0, str_find(entry, '[') - S(",\"files\":").len));
    buf_str(&b, S(",\"data\":{\"zeros\":[0"));
    for (int i = 1; i < ACT_VALUES_MAX; i++) buf_str(&b, S(",0"));
    buf_str(&b, S("]}}"));
    assert_int_equal(act_read(a, buf_done(&b), &leaf, &fault), ERR_INPUT);
}

/* ---- what strangers write is shown as it is written ---- */

static void an_origin_rewrites_no_line(void **state)
{
    Arena *a = *state;
    Checkpoint c;
    Fault fault = {0};
    for (uint32_t point = 1; point < 0x3000; point++) {
        char bytes[4];
        Str one = utf8(bytes, point);
        Str text = str_format(a, "log.example/%.*s\n0\n47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n", STR_ARG(one));
        if (point == '\n') continue;
        if ((checkpoint_read(text, &c, &fault) != ERR_OK) != changes_the_line(point)) fail_msg("U+%04X in an origin", point);
    }
}

/* Two views of one record, the other's entry written by somebody who knows terminals. */
static void a_difference_is_shown_as_it_is_written(void **state)
{
    Arena *a = *state;
    Made *m = made_new(a, 3), *other = made_copy(m);
    Folder f = made_folder(m, 3), there;
    RecordSource *source, *against;
    VerifyReport *r = arena_new(a, VerifyReport, 1);
    Fault fault = {0};
    made_set(other, 1,
        S("\x1b[2J\xc2\x9b"
          "2J\xe2\x80\xae\xe2\x80\xac\xff so it is \xc3\xa9"));
    there = made_folder(other, 3);
    assert_int_equal(source_open(a, str_from_c(f.path), &source, &fault), ERR_OK);
    assert_int_equal(source_open(a, str_from_c(there.path), &against, &fault), ERR_OK);
    VerifyOptions options = {.keys = &m->signer.verifier, .key_count = 1, .against = against};
    assert_int_equal(record_verify(a, source, &options, r, &fault), ERR_OK);
    bool shown = false;
    for (int i = 0; i < r->finding_count && i < FINDINGS_MAX; i++)
        shown |= has(r->findings[i].words, "\\x1b[2J\\xc2\\x9b2J\\xe2\\x80\\xae\\xe2\\x80\\xac\\xff so it is \xc3\xa9");
    assert_true(shown);
    source_close(source);
    source_close(against);
    folder_remove(&f);
    folder_remove(&there);
}

/* ---- memory does not grow with what a record says ---- */

/* Every leaf names a key and brings a note along, or is none at all. */
static void a_record_of_nothing_but_keys_takes_no_memory(void **state)
{
    Arena *a = *state, own;
    Made *m = made_new(a, 0);
    RecordSource *source;
    VerifyReport *r = arena_new(a, VerifyReport, 1);
    Fault fault = {0};
    Str note = made_note_of(m, S("something\n"));
    Signer key;
    signer_new(S(MADE_ORIGIN), KEY_NOTE, &key);
    while (m->count < MADE_MAX) {
        View *data = view_object(a);
        view_put_str(data, S("vkey"), verifier_text(a, &key.verifier));
        view_put_str(data, S("signed"), note);
        made_add(m, &(Act){.kind = "record.key_added", .by = {S("Ada Poll"), S("operator")}, .says = S("A key."), .data = data});
        if (m->count % 2) made_set(m, m->count - 1, S("no entry"));
    }
    Folder f = made_folder(m, MADE_MAX);
    VerifyOptions options = {.keys = &m->signer.verifier, .key_count = 1};
    arena_init(&own, 2 << 20); /* less than those notes would take */
    assert_int_equal(source_open(a, str_from_c(f.path), &source, &fault), ERR_OK);
    assert_int_equal(record_verify(&own, source, &options, r, &fault), ERR_OK);
    assert_int_equal(r->wrong_count, MADE_MAX / 2);
    source_close(source);
    arena_clear(&own);
    folder_remove(&f);
}

/* ---- offers of a role are no powers ---- */

/* Two links; one is used, the other is not yet over when something else happens two hours later. As http/session.c does it. */
static Err run_offers(Db *db, Command *c)
{
    Officer carol = {S("Carol Count"), S("operator")}, ada = {S("Ada Poll"), S("steward")};
    const int64_t minute = 60 * 1000;
    int64_t offer = -1, number;
    Act offered = {.kind = "role.offered", .by = carol, .says = S("A link was made."), .until = c->now + 15 * minute}, later = offered;
    Err e = record_act(db, c->arena, &offered, c->now, &offer, &c->fault);
    View *data = view_object(c->arena);
    view_put_i64(data, S("offer"), offer);
    Act given = {.kind = "role.given", .by = ada, .says = S("It was used."), .until = c->now + 600 * minute, .data = data};
    Power power = {.ended = "role.ended", .holder = ada.name, .what = S("the role of steward")};
    if (!e) e = record_power_give(db, c->arena, &given, &power, c->now + minute, &number, &c->fault);
    later.until = c->now + 300 * minute;
    if (!e) e = record_act(db, c->arena, &later, c->now + 119 * minute, NULL, &c->fault);
    Act last = an_act();
    return e ? e : record_act(db, c->arena, &last, c->now + 120 * minute, NULL, &c->fault);
}

/* Every steward who signed in made her store's record look wrong. */
static void a_store_whose_steward_signed_in_is_right(void **state)
{
    engine_or_skip();
    Arena *a = *state;
    Str url = fresh_url(a), keys_folder = str_format(a, "%s/keys", folder);
    Store *store = open_at(a, url);
    Db *db = reader(store);
    RecordKeys keys;
    RecordSource *source;
    VerifyReport *r = arena_new(a, VerifyReport, 1);
    Fault fault = {0};
    bool made;
    assert_int_equal(mkdir(str_c(a, keys_folder), 0700), 0);
    assert_int_equal(record_keys_open(a, str_format(a, "%.*s/key", STR_ARG(keys_folder)), S(MADE_ORIGIN), &keys, &made, &fault), ERR_OK);
    Command c = {.name = "test", .leaf = LEAF_ONE, .run = run_offers, .arena = a, .now = MADE_START};
    if (store_run(store, &c)) fail_msg("%.*s", STR_ARG(c.fault.expected));
    assert_int_equal(record_seal(store, db, a, &keys, MADE_START, &made, &fault), ERR_OK);
    db_close(db);
    store_close(store);
    VerifyOptions options = {.keys = &keys.signers[0].verifier, .key_count = 1};
    assert_int_equal(source_open(a, url, &source, &fault), ERR_OK);
    assert_int_equal(record_verify(a, source, &options, r, &fault), ERR_OK);
    for (int i = 0; i < r->finding_count; i++) print_error("%.*s\n", STR_ARG(r->findings[i].words));
    assert_true(r->right && r->leaves == 4 && r->finding_count == 0);
    source_close(source);
    record_keys_wipe(&keys);
}

/* ---- the index begins where it should ---- */

/* "witness > ? OR witness = ? AND id > ?" reads all that the witness has ever cosigned; that there is an index does not show it. */
static void the_next_cosigner_is_found_at_once(void **state)
{
    if (on_postgres) skip();
    Arena *a = *state;
    Str url = fresh_url(a);
    store_close(open_at(a, url));
    sqlite3 *db;
    sqlite3_stmt *plan;
    const Statement *next = sql_statement("record_cosigner_next");
    assert_non_null(next);
    assert_int_equal(sqlite3_open(str_c(a, url), &db), SQLITE_OK);
    Str sql = str_format(a, "EXPLAIN QUERY PLAN %.*s", STR_ARG(next->sqlite));
    assert_int_equal(sqlite3_prepare_v2(db, sql.ptr, (int)sql.len, &plan, NULL), SQLITE_OK);
    assert_int_equal(sqlite3_step(plan), SQLITE_ROW);
    assert_non_null(strstr((const char *)sqlite3_column_text(plan, 3), "(witness,id)>(?,?)"));
    sqlite3_finalize(plan);
    sqlite3_close(db);
}

/* ---- made at random, but always the same ---- */

static uint64_t dice = 1;

static uint32_t roll(uint32_t sides)
{
    dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (uint32_t)(dice >> 33) % sides;
}

static Str random_text(Arena *a)
{
    static const uint32_t from[] = {1, 0x20, 0x20, 0x7F, 0xA0, 0x2000, 0xD7F0, 0xFFF0, 0x1F5F0};
    Buf b = buf_new(a);
    for (uint32_t n = roll(8); n; n--) {
        char bytes[4];
        buf_str(&b, utf8(bytes, from[roll(COUNT_OF(from))] + roll(16)));
    }
    if (roll(40) == 0) buf_byte(&b, (char)roll(256)); /* which is no text, mostly */
    return buf_done(&b);
}

static int64_t random_number(void)
{
    static const int64_t edges[] = {0, 1, -1, INT64_MAX, INT64_MIN, INT64_C(1) << 53, -(INT64_C(1) << 53) - 1};
    return roll(2) ? edges[roll(COUNT_OF(edges))] : (int64_t)roll(1000) - 500;
}

static void fill_at_random(Arena *a, View *parent, int depth)
{
    bool object = view_kind(parent) == VIEW_OBJECT;
    for (uint32_t n = roll(5); n; n--) {
        Str key = object ? str_format(a, "%.*s%d", STR_ARG(random_text(a)), (int)n) : S("");
        if (object && view_get(parent, key)) continue;
        switch (roll(depth < 20 ? 7 : 4)) {
        case 0: object ? view_put_bool(parent, key, roll(2)) : view_add_i64(parent, 7); break;
        case 1: object ? view_put_null(parent, key) : view_add_str(parent, S("")); break;
        case 2: object ? view_put_str(parent, key, random_text(a)) : view_add_str(parent, random_text(a)); break;
        case 3: object ? view_put_i64(parent, key, random_number()) : view_add_i64(parent, random_number()); break;
        case 4:
        case 5: fill_at_random(a, object ? view_put_object(parent, key) : view_add_object(parent), depth + 1); break;
        default: fill_at_random(a, object ? view_put_array(parent, key) : view_add_array(parent), depth + 1); break;
        }
    }
    /* What the functions of a view do not put there, but a copy can. */
    if (!object && roll(20) == 0) {
        View *from = view_object(a);
        view_put_bool(from, S("b"), true);
        view_add(parent, view_copy(a, view_first(from)));
    }
}

static Str json_of(Arena *a, const View *view)
{
    Buf b = buf_new(a);
    view_json(view, &b, false);
    return buf_done(&b);
}

/* What was read, written again, is what was read. */
static void assert_written_so(Arena *a, const Leaf *leaf)
{
    Act act = {.kind = str_c(a, leaf->kind),
        .by = leaf->by,
        .says = leaf->says,
        .contest = leaf->contest,
        .unit = leaf->unit,
        .reason = leaf->reason,
        .until = leaf->until,
        .ends_power = leaf->power >= 0,
        .power = leaf->power,
        .files = leaf->files,
        .file_count = leaf->file_count,
        .data = leaf->data};
    Str again;
    ActFile side;
    Fault fault = {0};
    Err e = act_entry(a, &act, leaf->at, &again, &side, &fault);
    if (e && !act_kind(leaf->kind)) return; /* of a kind that is not ours to write */
    if (e == ERR_INPUT && str_starts(fault.expected, S("the power that ends"))) return;
    if (e == ERR_INPUT && str_starts(fault.expected, S("another name for a file than data.json"))) return; /* the data, put aside */
    if (e) fail_msg("read but not to be written: %.*s: %.*s", STR_ARG(fault.expected), STR_ARG(leaf->entry));
    assert_same_str(again, leaf->entry);
}

/* One to three bytes of it changed, put in, or taken out. */
static Str spoiled(Arena *a, Str entry)
{
    static const char bytes[] = "\"\\,:{}[]0123456789-+eEu.tfn \t\n\x7f\xc2\xe2\x80/";
    Str s = entry;
    for (uint32_t n = 1 + roll(3); n; n--) {
        size_t at = roll((uint32_t)s.len), behind = at + roll(2);
        const char *one = &bytes[roll(sizeof bytes)];
        s = str_format(a, "%.*s%.*s%.*s", STR_ARG(str_slice(s, 0, at)), (int)roll(2), one, STR_ARG(str_slice(s, behind, s.len)));
    }
    return s;
}

static int try_at_random(Arena *a)
{
    View *data = view_object(a);
    fill_at_random(a, data, 0);
    Act act = an_act();
    act.data = data;
    act.says = roll(2) ? S("Everything was exported.") : random_text(a);
    Str entry;
    ActFile side;
    Leaf leaf;
    Fault fault = {0};
    if (entry_of(a, &act, &entry, &side)) return 0;
    assert_int_equal(act_read(a, entry, &leaf, &fault), ERR_OK);
    if (leaf.data) assert_same_str(json_of(a, leaf.data), json_of(a, data));
    assert_written_so(a, &leaf);
    for (int i = 0; i < 20; i++)
        if (act_read(a, spoiled(a, entry), &leaf, &fault) == ERR_OK) assert_written_so(a, &leaf);
    return 1;
}

static void what_is_written_is_read_and_nothing_else(void **state)
{
    Arena *a = *state;
    int written = 0;
    for (int i = 0; i < 20000; i++) {
        written += try_at_random(a);
        arena_recycle(a);
    }
    assert_true(written > 5000 && written < 20000); /* some of what is thrown together cannot be written, and is refused */
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {
        arena_test(a_line_sent_64_times_is_no_end_of_a_witness),
        arena_test(a_copy_of_a_boundless_record_ends),
        arena_test(every_character_is_kept_or_refused),
        arena_test(values_have_a_bound),
        arena_test(an_origin_rewrites_no_line),
        arena_test(a_difference_is_shown_as_it_is_written),
        arena_test(a_record_of_nothing_but_keys_takes_no_memory),
        arena_test(a_store_whose_steward_signed_in_is_right),
        arena_test(the_next_cosigner_is_found_at_once),
        arena_test(what_is_written_is_read_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
