/* Lists of members brought in: who a row is, what is written and found, what is taken back, and files that are damaged, on both engines: "sqlite" or "postgres"
 * is the program's argument. SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "persons.h"

#include "people/import_own.h"
#include "people/search.h"
#include "people/text.h"

#include <stdlib.h>
#include <string.h>
#define ZLIB_CONST /* zlib takes what it reads as const then */
#include <zlib.h>

static int64_t now_is(void)
{
    return NOW;
}

/* ---- a list on its way ---- */

typedef struct Sending {
    const char *unit;
    Str bytes, id;
    ImportOptions options;
} Sending;

static Err run_hold(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    Sending *s = context;
    (void)fault;
    Err e = import_hold(db, a, str_from_c(s->unit), S("list.csv"), s->bytes, &s->options, carol, now, &s->id);
    return e ? e : import_choose(db, a, s->id, &s->options, carol, now);
}

static Err run_start(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    const Sending *s = context;
    return import_start(db, a, s->id, now, fault);
}

static Err run_take_back(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    return import_take_back(db, a, *(Str *)context, carol, S(""), now, fault);
}

static ImportWork work_on(const Place *p, Str id)
{
    return (ImportWork){.store = p->store, .id = id, .now = now_is};
}

static Import import_at(const Place *p, Str id)
{
    Import i;
    assert_int_equal(import_find(p->db, p->a, scope_all(), id, &i), ERR_OK);
    return i;
}

static Sending checked(Place *p, const char *unit, const char *csv, bool skip)
{
    Fault fault = {0};
    Sending s = {.unit = unit, .bytes = str_from_c(csv), .options = {.skip = skip, .country = S("GB")}};
    assert_int_equal(doing(p, LEAF_NONE, run_hold, &s), ERR_OK);
    ImportWork work = work_on(p, s.id);
    if (import_check(&work, p->a, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    return s;
}

static Str brought(Place *p, const char *unit, const char *csv)
{
    Fault fault = {0};
    Sending s = checked(p, unit, csv, true);
    assert_int_equal(doing(p, LEAF_NONE, run_start, &s), ERR_OK);
    ImportWork work = work_on(p, s.id);
    if (import_apply(&work, p->a, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    assert_same(import_at(p, s.id).state, "done");
    return s.id;
}

static ImportUndone taken_back(Place *p, Str id)
{
    Fault fault = {0};
    assert_int_equal(doing(p, LEAF_NONE, run_take_back, &id), ERR_OK);
    ImportWork work = work_on(p, id);
    if (import_undo(&work, p->a, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    Import i = import_at(p, id);
    assert_same(i.state, "undone");
    return i.undone;
}

/* rows, added, more, changed, same, bad */
static void assert_counts(ImportCounts c, int rows, int added, int more, int changed, int same, int bad)
{
    const int64_t found[] = {c.rows, c.added, c.more, c.changed, c.same, c.bad};
    const int wanted[] = {rows, added, more, changed, same, bad};
    for (int i = 0; i < COUNT_OF(wanted); i++)
        if (found[i] != wanted[i]) fail_msg("count %d is %lld, not %d", i, (long long)found[i], wanted[i]);
}

/* person.id of whom the list calls so; empty: nobody. */
static Str who(Place *p, const char *identifier)
{
    DbRows rows;
    Str keys = str_format(p->a, "[\"%s\"]", identifier);
    assert_int_equal(db_query(p->db, p->a, "import_by_identifier", DB_VALUES(db_string(keys)), &rows), ERR_OK);
    return db_next(&rows) ? db_text(&rows, "id") : S("");
}

static int found(Place *p, const char *unit, const char *typed)
{
    SearchAnswer answer;
    assert_int_equal(search_people(p->db, p->a, below(unit), str_from_c(typed), 0, &answer), ERR_OK);
    return answer.mended ? 0 : answer.count;
}

/* ---- tests ---- */

static void a_list_is_checked_then_written_then_known(void **state)
{
    static const char csv[] = "id,given_name,family_name,email,unit\nA1,Ada,Poll,ada@example.org,leeds\nB2,Bo,Vane,,leeds-east\n";
    engine_or_skip();
    Place p = place(state);
    Sending s = checked(&p, "leeds", csv, false);
    assert_counts(import_at(&p, s.id).checked, 2, 2, 0, 0, 0, 0);
    assert_int_equal(who(&p, "A1").len, 0);
    Import done = import_at(&p, brought(&p, "leeds", csv));
    assert_counts(done.applied, 2, 2, 0, 0, 0, 0);
    assert_true(done.leaf >= 0);
    assert_int_equal(import_percent(&done), 100);
    Person ada = person_at(&p, "leeds", who(&p, "A1"));
    assert_same(ada.values.of[COL_EMAIL], "ada@example.org");
    assert_int_equal(ada.membership_count, 1);
    assert_int_equal(finding(&p, "leeds-east", who(&p, "B2")), ERR_OK);
    assert_counts(import_at(&p, brought(&p, "leeds", csv)).applied, 2, 0, 0, 0, 2, 0);
    assert_int_equal(person_at(&p, "leeds", who(&p, "A1")).version, 1);
    leave(&p);
}

/* What the reading thread made ready for the search is not hers when a later row says more of her. */
static void who_has_several_rows_is_found_by_all_of_them(void **state)
{
    static const char csv[] =
        "id,given_name,family_name,email,unit\nA1,Ada,Poll,,leeds\nA1,,,quill@example.org,leeds-east\nB2,Bo,Vane,bo@example.org,leeds\n";
    engine_or_skip();
    Place p = place(state);
    assert_counts(import_at(&p, brought(&p, "leeds", csv)).applied, 3, 2, 1, 0, 0, 0);
    assert_int_equal(person_at(&p, "leeds", who(&p, "A1")).membership_count, 2);
    assert_int_equal(found(&p, "leeds", "quill@example.org"), 1);
    assert_int_equal(found(&p, "leeds-east", "Poll"), 1);
    assert_int_equal(found(&p, "leeds-east", "Vane"), 0);
    assert_int_equal(found(&p, "leeds", "Vane"), 1);
    assert_int_equal(found(&p, "york", "Poll"), 0);
    leave(&p);
}

static void a_row_is_known_by_its_id_or_by_address_and_name(void **state)
{
    engine_or_skip();
    Place p = place(state);
    brought(&p, "labour",
        "id,given_name,family_name,email,unit\nA1,Zo\xc3\xab,Poll-Denby,zoe@example.org,leeds\nY1,Yan,Kerr,yan@example.org,york\n");
    ImportCounts c = import_at(
        &p, brought(&p, "leeds",
                "given_name,family_name,email,locality\nZOE,poll denby,Zoe@Example.org,Ripon\nBo,Poll-Denby,zoe@example.org,Ripon\n"))
                         .applied;
    assert_counts(c, 2, 1, 0, 1, 0, 0);
    Person zoe = person_at(&p, "leeds", who(&p, "A1"));
    assert_same(zoe.values.of[COL_LOCALITY], "Ripon");
    assert_same(zoe.values.of[COL_GIVEN_NAME], "ZOE");
    /* Of whom only somebody outside knows, neither the id nor the address is hers to use. */
    c = import_at(&p, brought(&p, "leeds", "id,given_name,family_name,email\nY1,Yan,Kerr,yan@example.org\n")).applied;
    assert_counts(c, 1, 0, 0, 0, 0, 1);
    c = import_at(&p, brought(&p, "leeds", "given_name,family_name,email\nYan,Kerr,yan@example.org\n")).applied;
    assert_counts(c, 1, 1, 0, 0, 0, 0);
    assert_same(person_at(&p, "york", who(&p, "Y1")).values.of[COL_LOCALITY], "");
    leave(&p);
}

/* One row as the reading thread hands it over. Numbers need no library for being compared. */
static ImportCounts matched(const Place *p, const char *person)
{
    ImportRow row = {.line = 2, .number = 1, .first_of_member = true, .values = values_of_text(person)};
    ImportChunk chunk = {.rows = &row, .count = 1, .last = true};
    Str headings[COL__COUNT] = {{0}};
    ImportMatch m = {.a = p->a, .db = p->db, .unit = S("leeds"), .now = NOW, .dry = true, .headings = headings};
    for (PeopleColumn c = 0; c < COL__COUNT; c++)
        if (row.values.of[c].len) m.given |= column_bit(c);
    row.fresh = m.given;
    row.values.of[COL_UNIT] = S("leeds");
    row.folded = text_fold(p->a, person_name(p->a, &row.values));
    assert_int_equal(import_match(&m, &chunk), ERR_OK);
    free(m.made);
    return m.counts;
}

static void a_row_is_known_by_number_and_name(void **state)
{
    engine_or_skip();
    Place p = place(state);
    add_person(&p, "id=A1;given_name=Ada;family_name=Poll;phone=+442079460000", "unit=leeds;section=members", NULL);
    add_person(&p, "given_name=Yan;family_name=Kerr;phone=+442079460001", "unit=york;section=members", NULL);
    assert_counts(matched(&p, "given_name=ada;family_name=POLL;phone=+442079460000;locality=Ripon"), 1, 0, 0, 1, 0, 0);
    assert_counts(matched(&p, "given_name=Ada;family_name=Poll;phone=+442079460000"), 1, 0, 0, 0, 1, 0);
    assert_counts(matched(&p, "given_name=Bo;family_name=Poll;phone=+442079460000"), 1, 1, 0, 0, 0, 0);
    assert_counts(matched(&p, "id=B2;given_name=Ada;family_name=Poll;phone=+442079460000"), 1, 1, 0, 0, 0, 0);
    assert_counts(matched(&p, "given_name=Yan;family_name=Kerr;phone=+442079460001"), 1, 1, 0, 0, 0, 0);
    leave(&p);
}

static Err run_rename(Db *db, Arena *a, int64_t now, void *context, Fault *fault)
{
    Values v = values_of_text("given_name=Corrected");
    Hand hand = {.by = S("Carol Count"), .now = now};
    (void)fault;
    return person_change(db, a, *(Str *)context, 0, &v, &hand, NULL);
}

static void what_is_taken_back_is_as_it_was(void **state)
{
    engine_or_skip();
    Place p = place(state);
    static const char one[] =
        "id,given_name,family_name,locality,class,unit\nA1,Ada,Poll,Leeds,standard,leeds\nB2,Bo,Vane,Leeds,standard,leeds\n";
    static const char two[] = "id,given_name,family_name,locality,class,unit\nA1,Ada,Poll,Ripon,youth,leeds\nB2,Bo,Vane,Ripon,standard,"
                              "leeds\nC3,Cai,Kerr,Ripon,standard,leeds\n"
                              "A1,Ada,Poll,Ripon,standard,leeds-east\n";
    brought(&p, "leeds", one);
    Str ada = who(&p, "A1"), bo = who(&p, "B2"), later = brought(&p, "leeds", two), cai = who(&p, "C3");
    assert_counts(import_at(&p, later).applied, 4, 1, 1, 2, 0, 0);
    assert_int_equal(person_at(&p, "leeds", ada).membership_count, 2);
    assert_int_equal(found(&p, "leeds-east", "Poll"), 1);
    assert_int_equal(doing(&p, LEAF_NONE, run_rename, &bo), ERR_OK);
    ImportUndone u = taken_back(&p, later);
    assert_true(u.gone == 1 && u.put_back == 1 && u.alone == 1);
    Person after = person_at(&p, "leeds", ada);
    assert_same(after.values.of[COL_LOCALITY], "Leeds");
    assert_int_equal(after.membership_count, 1);
    assert_same(after.memberships[0].values.of[COL_CLASS], "standard");
    assert_same(person_at(&p, "leeds", bo).values.of[COL_LOCALITY], "Ripon");
    assert_int_equal(finding(&p, "leeds", cai), ERR_MISSING);
    assert_int_equal(found(&p, "leeds", "Kerr"), 0);
    assert_int_equal(found(&p, "leeds-east", "Poll"), 0);
    assert_int_equal(found(&p, "leeds", "Poll"), 1);
    assert_int_equal(doing(&p, LEAF_NONE, run_take_back, &later), ERR_CONFLICT);
    leave(&p);
}

static void all_or_nothing_or_without_the_bad_rows(void **state)
{
    static const char csv[] = "id,family_name,joined\nX1,Good,2012-01-01\nX2,Bad,2012-02-31\nX3,Elsewhere,\n";
    engine_or_skip();
    Place p = place(state);
    Str rows;
    Sending s = checked(&p, "leeds", csv, false);
    assert_counts(import_at(&p, s.id).checked, 3, 2, 0, 0, 0, 1);
    assert_int_equal(doing(&p, LEAF_NONE, run_start, &s), ERR_CONFLICT);
    assert_int_equal(import_bad_rows(p.db, p.a, s.id, &rows), ERR_OK);
    assert_says(rows, "\r\n3,8,");
    assert_int_equal(who(&p, "X1").len, 0);
    assert_counts(import_at(&p, brought(&p, "leeds", csv)).applied, 3, 2, 0, 0, 0, 1);
    assert_true(who(&p, "X1").len && who(&p, "X3").len && !who(&p, "X2").len);
    leave(&p);
}

/* One at the machine that was killed: it counts as interrupted after some minutes, and keeps others from its units until it is taken back. */
static void one_that_stands_still_keeps_others_from_its_units(void **state)
{
    static const char csv[] = "id,family_name\nX1,Good\n";
    engine_or_skip();
    Place p = place(state);
    Fault fault = {0};
    Str id, again;
    bool resumed = true;
    ImportOptions options = {.country = S("GB")};
    assert_int_equal(
        import_at_machine(p.store, p.a, S("leeds"), S("list.csv"), 23, S("d1"), &options, carol, NOW, &id, &resumed, &fault), ERR_OK);
    assert_false(resumed);
    assert_int_equal(doing(&p, LEAF_NONE, run_start, &(Sending){.id = id}), ERR_CONFLICT); /* it was not checked */
    Sending s = checked(&p, "leeds", csv, false);
    assert_int_equal(doing(&p, LEAF_NONE, run_start, &s), ERR_OK);
    Import at_work = import_at(&p, s.id);
    assert_same(at_work.state, "applying");
    assert_false(import_is_interrupted(&at_work, NOW + DAY_MS)); /* the server has its file, and goes on by itself */
    at_work.held = false;
    assert_false(import_is_interrupted(&at_work, NOW + IMPORT_SILENT_MINUTES * INT64_C(60000)));
    assert_true(import_is_interrupted(&at_work, NOW + IMPORT_SILENT_MINUTES * INT64_C(60000) + 1));
    Sending above = checked(&p, "north", csv, false), aside = checked(&p, "york", csv, false);
    assert_int_equal(doing_at(&p, LEAF_NONE, run_start, &above, NOW, &fault), ERR_CONFLICT);
    assert_says(fault.expected, "people undo");
    assert_int_equal(doing(&p, LEAF_NONE, run_start, &aside), ERR_OK);
    taken_back(&p, s.id);
    assert_int_equal(doing(&p, LEAF_NONE, run_start, &above), ERR_OK);
    assert_int_equal(
        import_at_machine(p.store, p.a, S("leeds"), S("list.csv"), 23, S("d1"), &options, carol, NOW, &again, &resumed, &fault), ERR_OK);
    assert_false(resumed); /* nothing of the first was written: there is nothing to go on with */
    leave(&p);
}

/* ---- files ---- */

static Str packed(Arena *a, Str text)
{
    z_stream z = {0};
    size_t room = text.len + 256;
    Bytef *out = arena_new(a, Bytef, room);
    assert_int_equal(deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (z_const Bytef *)text.ptr;
    z.avail_in = (uInt)text.len;
    z.next_out = out;
    z.avail_out = (uInt)room;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    Str done = {(const char *)out, z.total_out};
    deflateEnd(&z);
    return done;
}

static Sending held(Place *p, Str bytes)
{
    Sending s = {.unit = "leeds", .bytes = bytes, .options = {.country = S("GB")}};
    assert_int_equal(doing(p, LEAF_NONE, run_hold, &s), ERR_OK);
    return s;
}

static Err looked(const Place *p, Str id, ImportLook *ret_look, Fault *fault)
{
    Import i = import_at(p, id);
    return import_look(p->db, p->a, &i, ret_look, fault);
}

static Str damaged_at(Arena *a, Str bytes, size_t at)
{
    char *copy = arena_new(a, char, bytes.len);
    memcpy(copy, bytes.ptr, bytes.len);
    copy[at] = (char)~copy[at];
    return (Str){copy, bytes.len};
}

static void a_packed_file_is_looked_into_and_a_damaged_one_is_refused(void **state)
{
    engine_or_skip();
    Place p = place(state);
    ImportLook look;
    Fault fault = {0};
    Str whole = packed(p.a, S("Mem no,Surname\nX1,Good\nX2,Better\n"));
    assert_int_equal(looked(&p, held(&p, whole).id, &look, &fault), ERR_OK);
    assert_int_equal(look.header.count, 2);
    assert_int_equal(look.row_count, 2);
    assert_same(look.cells[3], "Better");
    /* Marks in its head that mean nothing; a block of a kind that does not exist. */
    Str marks = damaged_at(p.a, whole, 3), block = str_copy(p.a, S("\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\x07\x00\x00\x00"));
    const Str damaged[] = {marks, block};
    for (int i = 0; i < COUNT_OF(damaged); i++) {
        Sending s = held(&p, damaged[i]);
        fault = (Fault){0};
        assert_int_equal(looked(&p, s.id, &look, &fault), ERR_INPUT);
        assert_says(fault.expected, "gzip");
        ImportWork work = work_on(&p, s.id);
        assert_int_equal(import_check(&work, p.a, &fault), ERR_INPUT);
        assert_same(import_at(&p, s.id).state, "refused");
        assert_says(import_at(&p, s.id).fault, "gzip");
    }
    leave(&p);
}

/* What is there of it can be looked at; it is refused when it is read to its end. */
static void a_packed_file_that_was_cut_off_is_refused(void **state)
{
    engine_or_skip();
    Place p = place(state);
    ImportLook look;
    Fault fault = {0};
    Str whole = packed(p.a, S("Mem no,Surname\nX1,Good\nX2,Better\n"));
    Sending s = held(&p, str_slice(whole, 0, whole.len - 4)), nothing = held(&p, str_slice(whole, 0, 10));
    assert_int_equal(looked(&p, s.id, &look, &fault), ERR_OK);
    assert_int_equal(look.header.count, 2);
    assert_int_equal(looked(&p, nothing.id, &look, &fault), ERR_INPUT);
    assert_says(fault.expected, "names of the columns");
    const Str ids[] = {s.id, nothing.id};
    for (int i = 0; i < COUNT_OF(ids); i++) {
        ImportWork work = work_on(&p, ids[i]);
        fault = (Fault){0};
        assert_int_equal(import_check(&work, p.a, &fault), ERR_INPUT);
        assert_says(import_at(&p, ids[i]).fault, "gzip");
    }
    leave(&p);
}

int main(int argc, char **argv)
{
    on_postgres = argc > 1 && strcmp(argv[1], "postgres") == 0;
    const struct CMUnitTest tests[] = {
        arena_test(a_list_is_checked_then_written_then_known),
        arena_test(who_has_several_rows_is_found_by_all_of_them),
        arena_test(a_row_is_known_by_its_id_or_by_address_and_name),
        arena_test(a_row_is_known_by_number_and_name),
        arena_test(what_is_taken_back_is_as_it_was),
        arena_test(all_or_nothing_or_without_the_bad_rows),
        arena_test(one_that_stands_still_keeps_others_from_its_units),
        arena_test(a_packed_file_is_looked_into_and_a_damaged_one_is_refused),
        arena_test(a_packed_file_that_was_cut_off_is_refused),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
