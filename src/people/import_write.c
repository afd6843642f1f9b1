/* import_write.c: a chunk written: new persons, changed ones, the change log, and what was there before.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/import_own.h"

#include "db/sql.h"
#include "people/search.h"

#include <stdlib.h>

enum { IN_BULK = 2000 };

/* ---- rows of a statement ---- */

Str json_texts(Arena *a, const Str *texts, int count)
{
    Buf b = buf_new(a);
    buf_byte(&b, '[');
    for (int i = 0; i < count; i++) {
        if (i) buf_byte(&b, ',');
        view_json_text(&b, texts[i]);
    }
    buf_byte(&b, ']');
    return buf_done(&b);
}

Rows rows_begin(Db *db, Arena *a, bool in_bulk, const char *one, const char *many)
{
    return (Rows){.db = db, .a = a, .one = one, .many = many, .in_bulk = in_bulk};
}

Err rows_end(Rows *rows)
{
    if (!rows->count) return ERR_OK;
    buf_byte(&rows->json, ']');
    rows->count = 0;
    return db_run(rows->db, rows->many, DB_VALUES(db_string(buf_done(&rows->json))));
}

Err rows_add(Rows *rows, const DbValue *values, int value_count)
{
    if (!rows->in_bulk) return db_run(rows->db, rows->one, values, value_count);
    if (!rows->count) rows->json = buf_new(rows->a);
    buf_byte(&rows->json, rows->count++ ? ',' : '[');
    for (int i = 0; i < value_count; i++) {
        buf_byte(&rows->json, i ? ',' : '[');
        if (values[i].kind == DB_I64) buf_i64(&rows->json, values[i].number);
        else view_json_text(&rows->json, values[i].bytes);
    }
    buf_byte(&rows->json, ']');
    return rows->count == IN_BULK ? rows_end(rows) : ERR_OK;
}

/* ---- what is written ---- */

typedef struct Writing {
    const ImportMatch *m;
    Str import, by, reason;
    bool touches; /* what was there before is kept */
    Str *gone;    /* memberships that are taken away */
    int gone_count, gone_room;
    Rows persons, memberships, persons_put, memberships_put, log, touched;
} Writing;

static DbValue text(Str s)
{
    return db_string(s.len ? s : S(""));
}

/* ---- new persons ---- */

typedef struct New {
    const Held *held;
    const HeldMembership *membership;
} New;

/* The order of their table, so that each is written beside the one before it. */
static int by_place(const void *one, const void *other)
{
    const New *p = one, *q = other;
    int order = str_compare(p->membership->unit, q->membership->unit);
    return order ? order : str_compare(p->membership->id, q->membership->id);
}

static Err write_person(Writing *w, const Held *held)
{
    DbValue bound[SQL_VALUES_MAX];
    int n = person_bind(w->m->a, &held->values, held->id, held->number, w->import, w->m->now, bound);
    return rows_add(&w->persons, bound, n);
}

static Err write_memberships(Writing *w, New *memberships, int count)
{
    DbValue bound[SQL_VALUES_MAX];
    Err e = ERR_OK;
    if (count) qsort(memberships, (size_t)count, sizeof *memberships, by_place);
    for (int i = 0; i < count && !e; i++) {
        const New *m = &memberships[i];
        int n = membership_bind(&m->membership->values, m->held->id, m->membership->id, w->import, w->m->now, bound);
        e = rows_add(&w->memberships, bound, n);
    }
    return e;
}

static Err write_all_new(Writing *w)
{
    const ImportMatch *m = w->m;
    int persons = 0, memberships = 0;
    int64_t number = 0;
    for (int i = 0; i < m->held_count; i++) {
        if (!m->held[i]->is_new) continue;
        persons++;
        memberships += m->held[i]->membership_count;
    }
    if (!persons) return ERR_OK;
    Err e = person_numbers(m->db, m->a, persons, &number);
    if (e) return e;
    /* In the order of the file. */
    Str *ids = person_new_ids(m->a, persons, m->now), *membership_ids = person_new_ids(m->a, memberships, m->now);
    New *new_memberships = arena_new(m->a, New, (size_t)memberships + 1);
    memberships = 0;
    for (int i = 0; i < m->held_count && !e; i++) {
        Held *held = m->held[i];
        if (!held->is_new) continue;
        held->id = *ids++;
        held->number = number++;
        e = write_person(w, held);
        for (int k = 0; k < held->membership_count; k++) {
            HeldMembership *h = &held->memberships[k];
            h->id = *membership_ids++;
            new_memberships[memberships++] = (New){held, h};
        }
    }
    return e ? e : write_memberships(w, new_memberships, memberships);
}

/* ---- the change log ---- */

static void put_pairs(Buf *b, const Values *before, const Values *now, Columns changed)
{
    bool first = true;
    for (PeopleColumn c = 0; c < COL__COUNT; c++) {
        if (!(changed & column_bit(c))) continue;
        if (!first) buf_byte(b, ',');
        first = false;
        buf_format(b, "\"%s\":[", people_columns[c].name);
        view_json_text(b, before->of[c]);
        buf_byte(b, ',');
        view_json_text(b, now->of[c]);
        buf_byte(b, ']');
    }
}

static Err add_log(Writing *w, Str person, int64_t version, Str what)
{
    const DbValue values[] = {
        db_string(person), db_number(version), db_number(w->m->now), db_string(w->by), db_string(what), text(w->reason)};
    return rows_add(&w->log, values, COUNT_OF(values));
}

static Str person_what(Arena *a, const Held *held)
{
    Buf b = buf_new(a);
    buf_str(&b, S("{\"person\":{"));
    put_pairs(&b, &held->before, &held->values, held->changed);
    buf_str(&b, S("}}"));
    return buf_done(&b);
}

static Str membership_what(Arena *a, const HeldMembership *h)
{
    Buf b = buf_new(a);
    buf_str(&b, S("{\"membership\":"));
    view_json_text(&b, h->id);
    buf_str(&b, S(",\"unit\":"));
    view_json_text(&b, h->unit);
    if (h->is_new) {
        buf_str(&b, S(",\"added\":\"by an import\"}"));
        return buf_done(&b);
    }
    static const Values nothing = {0};
    Columns filled = 0;
    for (PeopleColumn c = 0; c < COL__COUNT; c++) filled |= h->before.of[c].len ? column_bit(c) : 0;
    buf_str(&b, S(",\"values\":{"));
    put_pairs(&b, &h->before, h->is_gone ? &nothing : &h->values, h->is_gone ? filled : h->changed);
    buf_str(&b, S("}}"));
    return buf_done(&b);
}

/* ---- what was there before ---- */

static void put_befores(Buf *b, const Values *before, Columns changed)
{
    bool first = true;
    buf_byte(b, '{');
    for (PeopleColumn c = 0; c < COL__COUNT; c++) {
        if (!(changed & column_bit(c))) continue;
        if (!first) buf_byte(b, ',');
        first = false;
        buf_format(b, "\"%s\":", people_columns[c].name);
        view_json_text(b, before->of[c]);
    }
    buf_byte(b, '}');
}

static void put_changed_memberships(Buf *b, const Held *held)
{
    bool first = true;
    for (int i = 0; i < held->membership_count; i++) {
        const HeldMembership *h = &held->memberships[i];
        if (h->is_new || !h->changed) continue;
        if (!first) buf_byte(b, ',');
        first = false;
        view_json_text(b, h->id);
        buf_byte(b, ':');
        put_befores(b, &h->before, h->changed);
    }
}

static void put_added_memberships(Buf *b, const Held *held)
{
    bool first = true;
    for (int i = 0; i < held->membership_count; i++) {
        if (!held->memberships[i].is_new) continue;
        if (!first) buf_byte(b, ',');
        first = false;
        view_json_text(b, held->memberships[i].id);
    }
}

static Err add_touched(Writing *w, const Held *held, int64_t version)
{
    Buf b = buf_new(w->m->a);
    buf_str(&b, S("{\"person\":"));
    put_befores(&b, &held->before, held->changed);
    buf_str(&b, S(",\"memberships\":{"));
    put_changed_memberships(&b, held);
    buf_str(&b, S("},\"added\":["));
    put_added_memberships(&b, held);
    buf_str(&b, S("]}"));
    const DbValue values[] = {
        db_string(w->import), db_string(held->id), db_number(version), db_number(held->version), db_string(buf_done(&b))};
    return rows_add(&w->touched, values, COUNT_OF(values));
}

/* ---- changed persons ---- */

static Err take_away(Writing *w, Str id)
{
    if (w->gone_count == w->gone_room) {
        int room = w->gone_room ? w->gone_room * 2 : 16;
        w->gone = arena_grow(w->m->a, Str, w->gone, (size_t)w->gone_room, (size_t)room);
        w->gone_room = room;
    }
    w->gone[w->gone_count++] = id;
    return ERR_OK;
}

static Err put_membership(Writing *w, const Held *held, const HeldMembership *h)
{
    DbValue bound[SQL_VALUES_MAX];
    int n = membership_bind(&h->values, held->id, h->id, w->import, w->m->now, bound);
    if (h->is_gone) return take_away(w, h->id);
    if (h->is_new) return rows_add(&w->memberships, bound, n);
    /* people_membership_set: person, id, unit, and the values; without import and time at the end */
    DbValue unit = bound[0];
    bound[0] = bound[1];
    bound[1] = bound[2];
    bound[2] = unit;
    return rows_add(&w->memberships_put, bound, n - 2);
}

/* people_person_set: id, version, the values, when; person_bind has the import before the last. */
static Err put_person(Writing *w, const Held *held, int64_t version)
{
    DbValue bound[SQL_VALUES_MAX];
    int n = person_bind(w->m->a, &held->values, held->id, version, w->import, w->m->now, bound);
    bound[n - 2] = bound[n - 1];
    return rows_add(&w->persons_put, bound, n - 1);
}

static bool is_membership_changed(const HeldMembership *h)
{
    return h->changed || h->is_new || h->is_gone;
}

static bool is_changed(const Held *held)
{
    bool changed = held->changed != 0;
    for (int i = 0; i < held->membership_count; i++) changed |= is_membership_changed(&held->memberships[i]);
    return changed;
}

/* Each change is a version: of the person, of each of her memberships. */
static Err write_changed(Writing *w, Held *held)
{
    Arena *a = w->m->a;
    int64_t version = held->version;
    Err e = held->changed ? add_log(w, held->id, ++version, person_what(a, held)) : ERR_OK;
    for (int i = 0; i < held->membership_count && !e; i++) {
        HeldMembership *h = &held->memberships[i];
        if (!is_membership_changed(h)) continue;
        if (h->is_new) h->id = person_new_id(a, w->m->now);
        e = put_membership(w, held, h);
        if (!e) e = add_log(w, held->id, ++version, membership_what(a, h));
    }
    if (!e) e = put_person(w, held, version);
    if (!e && w->touches) e = add_touched(w, held, version);
    return e;
}

static Err write_all_changed(Writing *w)
{
    Err e = ERR_OK;
    for (int i = 0; i < w->m->held_count && !e; i++) {
        Held *held = w->m->held[i];
        if (!held->is_new && is_changed(held)) e = write_changed(w, held);
    }
    return e;
}

/* Persons before what hangs on them; what is new before what is changed. */
static Err end_all(Writing *w)
{
    Rows *const all[] = {&w->persons, &w->memberships, &w->persons_put, &w->memberships_put, &w->log, &w->touched};
    Err e = ERR_OK;
    for (int i = 0; i < COUNT_OF(all) && !e; i++) e = rows_end(all[i]);
    if (!e && w->gone_count)
        e = db_run(w->m->db, "import_undo_membership", DB_VALUES(db_string(json_texts(w->m->a, w->gone, w->gone_count))));
    return e;
}

/* ---- so that they are found ---- */

static Values *values_of(Arena *a, const Held *held)
{
    Values *values = arena_new(a, Values, (size_t)held->membership_count);
    for (int i = 0; i < held->membership_count; i++) values[i] = held->memberships[i].values;
    return values;
}

static Err find_new(const Writing *w)
{
    const ImportMatch *m = w->m;
    SearchPerson *persons = arena_new(m->a, SearchPerson, (size_t)m->held_count);
    int count = 0;
    for (int i = 0; i < m->held_count; i++) {
        Held *held = m->held[i];
        if (!held->is_new) continue;
        persons[count++] = (SearchPerson){.id = held->id,
            .number = held->number,
            .person = &held->values,
            .memberships = held->membership_count == 1 ? &held->memberships[0].values : values_of(m->a, held),
            .membership_count = held->membership_count,
            .ready = held->membership_count == 1 && !held->changed ? held->ready : NULL};
    }
    return count ? search_add(m->db, m->a, search_make(m->a, persons, count), count) : ERR_OK;
}

static Err find_changed(const Writing *w)
{
    const ImportMatch *m = w->m;
    Str *ids = arena_new(m->a, Str, (size_t)m->held_count);
    int count = 0;
    for (int i = 0; i < m->held_count; i++)
        if (!m->held[i]->is_new && is_changed(m->held[i])) ids[count++] = m->held[i]->id;
    return count ? search_put_many(m->db, m->a, ids, count) : ERR_OK;
}

Err import_write(const ImportMatch *m, Str import, Str reason, bool touches, bool in_bulk)
{
    Arena *a = m->a;
    Writing w = {.m = m, .import = import, .by = str_format(a, "import %.*s", STR_ARG(import)), .reason = reason, .touches = touches};
    w.persons = rows_begin(m->db, a, in_bulk, "people_person_add", "import_persons_add");
    w.memberships = rows_begin(m->db, a, in_bulk, "people_membership_add", "import_memberships_add");
    w.persons_put = rows_begin(m->db, a, in_bulk, "people_person_set", "import_persons_put");
    w.memberships_put = rows_begin(m->db, a, in_bulk, "people_membership_set", "import_memberships_put");
    w.log = rows_begin(m->db, a, in_bulk, "people_change_add", "import_changes_add");
    w.touched = rows_begin(m->db, a, in_bulk, "import_touched_add", "import_touched_add_all");
    Err e = write_all_new(&w);
    if (!e) e = write_all_changed(&w);
    if (!e) e = end_all(&w);
    if (!e) e = find_new(&w);
    return e ? e : find_changed(&w);
}
