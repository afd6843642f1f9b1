/* person.c: persons and their memberships in the store.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/person.h"

#include "core/json.h"
#include "people/account.h"
#include "people/search.h"
#include "people/text.h"
#include "people/unit.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { LIST_FEW = 20000 }; /* people.sql: above so many memberships the whole index is walked, which is then dense enough */

/* ---- texts ---- */

Str person_name(Arena *a, const Values *person)
{
    Str given = person->of[COL_GIVEN_NAME], family = person->of[COL_FAMILY_NAME];
    if (!given.len || !family.len) return given.len ? given : family;
    char *name = arena_new(a, char, given.len + 1 + family.len);
    memcpy(name, given.ptr, given.len);
    name[given.len] = ' ';
    memcpy(name + given.len + 1, family.ptr, family.len);
    return (Str){name, given.len + 1 + family.len};
}

Str person_name_key(Arena *a, const Values *person)
{
    Str given = person->of[COL_GIVEN_NAME], family = person->of[COL_FAMILY_NAME];
    Buf b = buf_new(a);
    buf_str(&b, family);
    buf_byte(&b, ' ');
    buf_str(&b, given);
    return text_fold(a, buf_done(&b));
}

Str person_email_key(Arena *a, Str email)
{
    Buf b = buf_new(a);
    for (size_t i = 0; i < email.len; i++) {
        char c = email.ptr[i];
        buf_byte(&b, (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c));
    }
    return buf_done(&b);
}

static bool is_name(Arena *a, Str s)
{
    Str name;
    const char *expected;
    return text_name(a, s, &name, &expected);
}

void person_settle(Arena *a, Values *values)
{
    Str name = str_trim(values->of[COL_NAME]);
    size_t cut = name.len;
    if (values->of[COL_GIVEN_NAME].len || values->of[COL_FAMILY_NAME].len || !name.len) return;
    do {
        while (cut && name.ptr[cut - 1] == ' ') cut--;
        while (cut && name.ptr[cut - 1] != ' ') cut--;
    } while (cut && !is_name(a, str_slice(name, cut, name.len))); /* "Ada Poll (2)": a name has a letter in it */
    if (!is_name(a, str_slice(name, 0, cut))) cut = 0;
    values->of[COL_GIVEN_NAME] = str_trim(str_slice(name, 0, cut));
    values->of[COL_FAMILY_NAME] = str_slice(name, cut, name.len);
}

enum { ID_BYTES = 16, ID_TIME_BYTES = 6, ID_RANDOM_BYTES = ID_BYTES - ID_TIME_BYTES, ID_CHARS = 22 };

static Str id_text(Arena *a, int64_t now, const uint8_t random[ID_RANDOM_BYTES])
{
    uint8_t bytes[ID_BYTES];
    for (int i = 0; i < ID_TIME_BYTES; i++) bytes[i] = (uint8_t)(now >> (8 * (ID_TIME_BYTES - 1 - i)));
    memcpy(bytes + ID_TIME_BYTES, random, ID_RANDOM_BYTES);
    char *text = arena_new(a, char, ID_CHARS + 1);
    sodium_bin2base64(text, ID_CHARS + 1, bytes, sizeof bytes, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
    return (Str){text, ID_CHARS};
}

Str person_new_id(Arena *a, int64_t now)
{
    uint8_t random[ID_RANDOM_BYTES];
    randombytes_buf(random, sizeof random);
    return id_text(a, now, random);
}

static int by_bytes(const void *one, const void *two)
{
    return str_compare(*(const Str *)one, *(const Str *)two);
}

/* The system is asked for randomness once, not for each. */
Str *person_new_ids(Arena *a, int count, int64_t now)
{
    Str *ids = arena_new(a, Str, (size_t)count + 1);
    uint8_t *random = arena_new(a, uint8_t, (size_t)count * ID_RANDOM_BYTES);
    randombytes_buf(random, (size_t)count * ID_RANDOM_BYTES);
    for (int i = 0; i < count; i++) ids[i] = id_text(a, now, random + (size_t)i * ID_RANDOM_BYTES);
    qsort(ids, (size_t)count, sizeof *ids, by_bytes);
    return ids;
}

/* ---- reading ---- */

/* The statements have the columns under their own names, but the organisation's own id. */
static const char *column_name(PeopleColumn column)
{
    return column == COL_ID ? "identifier" : people_columns[column].name;
}

static Values values_of(const DbRows *rows, bool of_person)
{
    Values v = {0};
    for (PeopleColumn i = 0; i < COL__COUNT; i++)
        if (people_columns[i].of_person == of_person && i != COL_NAME) v.of[i] = db_text(rows, column_name(i));
    return v;
}

static Err read_memberships(Db *db, Arena *a, Scope scope, Str id, Membership **ret_memberships, int *ret_count)
{
    DbRows rows;
    const char *expected;
    Err e = db_query(db, a, "people_memberships", DB_VALUES(db_string(id), db_string(scope.unit)), &rows);
    if (e) return e;
    Membership *m = *ret_memberships = arena_new(a, Membership, (size_t)rows.count + 1);
    *ret_count = rows.count;
    for (; db_next(&rows); m++) {
        *m = (Membership){.id = db_text(&rows, "id"), .unit = db_text(&rows, "unit"), .unit_name = db_text(&rows, "unit_name")};
        m->values = values_of(&rows, false);
        /* What cannot be read was put there by hand: it is shown as it is, in its column. */
        if (!spells_read(a, m->values.of[COL_HISTORY], &m->history, &m->history_count, &expected)) m->history_count = 0;
    }
    return ERR_OK;
}

static Err find_gone(Db *db, Arena *a, Str id, Str *ret_merged_into)
{
    DbRows rows;
    if (!ret_merged_into) return ERR_MISSING;
    *ret_merged_into = S("");
    Err e = db_one(db, a, "people_person_gone", DB_VALUES(db_string(id)), &rows);
    if (!e) *ret_merged_into = db_text(&rows, "merged_into");
    return e ? e : ERR_MISSING;
}

Err person_find(Db *db, Arena *a, Scope scope, Str id, Person *ret_person, Str *ret_merged_into)
{
    DbRows rows;
    Err e = db_one(db, a, "people_person", DB_VALUES(db_string(id), db_string(scope.unit)), &rows);
    if (e == ERR_MISSING) return find_gone(db, a, id, ret_merged_into);
    if (e) return e;
    Person p = {.id = db_text(&rows, "id"),
        .version = db_i64(&rows, "version"),
        .added = db_i64(&rows, "added"),
        .changed = db_i64(&rows, "changed"),
        .values = values_of(&rows, true)};
    p.name = person_name(a, &p.values);
    e = read_memberships(db, a, scope, id, &p.memberships, &p.membership_count);
    if (e) return e;
    *ret_person = p;
    return ERR_OK;
}

Err person_by_identifier(Db *db, Arena *a, Str identifier, Str *ret_id)
{
    DbRows rows;
    Err e = db_one(db, a, "people_person_by_identifier", DB_VALUES(db_string(identifier)), &rows);
    if (!e) *ret_id = db_text(&rows, "id");
    return e;
}

Err person_by_email(Db *db, Arena *a, Scope scope, Str email, int most, Str *ret_ids, int *ret_count)
{
    DbRows rows;
    Str key = person_email_key(a, str_trim(email));
    Err e = db_query(db, a, "people_person_by_email", DB_VALUES(db_string(key), db_string(scope.unit), db_number(most)), &rows);
    if (e) return e;
    for (*ret_count = 0; db_next(&rows); (*ret_count)++) ret_ids[*ret_count] = db_text(&rows, "id");
    return ERR_OK;
}

/* ---- lists ---- */

static Err query_list(Db *db, Arena *a, const PersonListing *l, bool many, DbRows *ret_rows)
{
    DbValue scope = db_string(l->scope.unit), status = db_string(l->status.len ? l->status : S("")),
            section = db_string(l->section.len ? l->section : S("")), most = db_number(l->most);
    if (l->newest)
        return db_query(db, a, many ? "people_list_newest_many" : "people_list_newest_few",
            DB_VALUES(scope, status, section, db_number(l->after ? l->after : INT64_MAX), most), ret_rows);
    return db_query(db, a, many ? "people_list_name_many" : "people_list_name_few",
        DB_VALUES(scope, status, section, db_string(l->after ? l->after_key : S("")), db_number(l->after), most), ret_rows);
}

Err person_list(Db *db, Arena *a, const PersonListing *l, PersonLine **ret_lines, int *ret_count)
{
    DbRows rows;
    ASSERT(l->scope.unit.len);
    DbValue status = db_string(l->status.len ? l->status : S("")), section = db_string(l->section.len ? l->section : S(""));
    Err e = db_one(db, a, "people_list_size", DB_VALUES(db_string(l->scope.unit), status, section, db_number(LIST_FEW + 1)), &rows);
    if (!e) e = query_list(db, a, l, db_i64(&rows, "memberships") > LIST_FEW, &rows);
    if (e) return e;
    PersonLine *line = *ret_lines = arena_new(a, PersonLine, (size_t)rows.count + 1);
    *ret_count = rows.count;
    for (; db_next(&rows); line++) {
        Values v = {0};
        v.of[COL_GIVEN_NAME] = db_text(&rows, "given_name");
        v.of[COL_FAMILY_NAME] = db_text(&rows, "family_name");
        *line = (PersonLine){.id = db_text(&rows, "id"),
            .name = person_name(a, &v),
            .locality = db_text(&rows, "locality"),
            .postcode = db_text(&rows, "postcode"),
            .number = db_i64(&rows, "number"),
            .added = db_i64(&rows, "added"),
            .key = db_text(&rows, "name_key")};
    }
    return ERR_OK;
}

/* ---- the change log ---- */

static Str text_in(const View *object, const char *key)
{
    const View *v = object ? view_get(object, str_from_c(key)) : NULL;
    return v && view_kind(v) == VIEW_STR ? view_str(v) : S("");
}

static void read_values(const View *values, PersonChange *c)
{
    for (const View *v = values ? view_first(values) : NULL; v && c->value_count < COL__COUNT; v = view_next(v)) {
        PeopleColumn column = people_column(view_key(v));
        const View *was = view_first(v), *is = was ? view_next(was) : NULL;
        if (column == COL__COUNT || !is) continue;
        c->values[c->value_count].column = column;
        c->values[c->value_count].was = view_str(was);
        c->values[c->value_count++].is = view_str(is);
    }
}

static Err read_change(Arena *a, const DbRows *row, PersonChange *ret_change)
{
    View *what;
    Fault fault = {0};
    if (json_read(a, db_text(row, "what"), &what, &fault)) return ERR_IO; /* we wrote it: somebody changed it by hand */
    PersonChange c = {.version = db_i64(row, "version"),
        .at = db_i64(row, "at"),
        .by = db_text(row, "made_by"),
        .reason = db_text(row, "reason"),
        .membership = text_in(what, "membership"),
        .unit = text_in(what, "unit"),
        .added = text_in(what, "added")};
    const View *person = view_get(what, S("person"));
    read_values(person ? person : view_get(what, S("values")), &c);
    *ret_change = c;
    return ERR_OK;
}

static Err keep_in_scope(Db *db, Arena *a, Scope scope, PersonChange *c, int *count)
{
    bool within = true;
    if (c->unit.len && scope.unit.len) {
        Err e = unit_is_below(db, a, c->unit, scope.unit, &within);
        if (e) return e;
    }
    *count += within;
    return ERR_OK;
}

Err person_changes(Db *db, Arena *a, Scope scope, Str id, int most, PersonChange **ret_changes, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, "people_changes", DB_VALUES(db_string(id), db_number(most)), &rows);
    if (e) return e;
    PersonChange *changes = arena_new(a, PersonChange, (size_t)rows.count + 1);
    int count = 0;
    while (!e && db_next(&rows)) {
        e = read_change(a, &rows, &changes[count]);
        if (!e) e = keep_in_scope(db, a, scope, &changes[count], &count);
    }
    *ret_changes = changes;
    *ret_count = count;
    return e;
}

static Str json_of(Arena *a, const View *what)
{
    Buf b = buf_new(a);
    view_json(what, &b, false);
    Str text = buf_done(&b);
    return str_slice(text, 0, text.len - 1); /* without the newline */
}

static Err log_change(Db *db, Arena *a, Str person, int64_t version, const View *what, const Hand *hand)
{
    Str text = json_of(a, what);
    return db_run(db, "people_change_add",
        DB_VALUES(db_string(person), db_number(version), db_number(hand->now), db_string(hand->by), db_string(text),
            db_string(hand->reason.len ? hand->reason : S(""))));
}

/* ---- values bound to statements ---- */

static DbValue text_value(Str text)
{
    return db_string(text.len ? text : S(""));
}

/* From identifier to consent_since: the columns in their order, with the name's key in the place of the whole name and the e-mail's behind it. */
static int bind_values(Arena *a, const Values *v, DbValue *out)
{
    int n = 0;
    for (PeopleColumn i = COL_ID; i <= COL_CONSENT_SINCE; i++) {
        out[n++] = i == COL_NAME ? db_string(person_name_key(a, v)) : text_value(v->of[i]);
        if (i == COL_EMAIL) out[n++] = db_string(person_email_key(a, v->of[i]));
    }
    return n;
}

int person_bind(Arena *a, const Values *person, Str id, int64_t number, Str import, int64_t now, DbValue *out)
{
    int n = 0;
    out[n++] = db_string(id);
    out[n++] = db_number(number);
    n += bind_values(a, person, out + n);
    out[n++] = text_value(import);
    out[n++] = db_number(now);
    return n;
}

static int bind_membership_values(const Values *v, DbValue *out)
{
    int n = 0;
    for (PeopleColumn i = COL_SECTION; i <= COL_DECLARED; i++) out[n++] = text_value(v->of[i]);
    return n;
}

int membership_bind(const Values *membership, Str person, Str id, Str import, int64_t now, DbValue *out)
{
    int n = 0;
    out[n++] = text_value(membership->of[COL_UNIT]);
    out[n++] = db_string(person);
    out[n++] = db_string(id);
    n += bind_membership_values(membership, out + n);
    out[n++] = text_value(import);
    out[n++] = db_number(now);
    return n;
}

/* ---- adding ---- */

enum { VALUES_MOST = 32 };

static Str import_of(const Hand *hand)
{
    return str_starts(hand->by, S("import ")) ? str_slice(hand->by, 7, hand->by.len) : S("");
}

Err person_numbers(Db *db, Arena *a, int64_t count, int64_t *ret_first)
{
    DbRows rows;
    Err e = db_one(db, a, "people_numbers_next", DB_NO_VALUES, &rows);
    if (e) return e == ERR_MISSING ? ERR_IO : e;
    *ret_first = db_i64(&rows, "next");
    return db_run(db, "people_numbers_set", DB_VALUES(db_number(*ret_first + count)));
}

static Err check_identifier(Db *db, Arena *a, Str identifier)
{
    Str other;
    if (!identifier.len) return ERR_OK;
    Err e = person_by_identifier(db, a, identifier, &other);
    return e == ERR_MISSING ? ERR_OK : e ? e : ERR_CONFLICT;
}

static Err check_unit(Db *db, Arena *a, Str slug)
{
    Unit unit;
    Err e = unit_find(db, a, slug, &unit);
    return e == ERR_MISSING ? ERR_INPUT : e;
}

static Err insert_membership(Db *db, Arena *a, Str person, const Values *given, const Hand *hand, Str *ret_id)
{
    DbValue bound[VALUES_MOST];
    Values v = *given;
    Err e = check_unit(db, a, v.of[COL_UNIT]);
    if (e) return e;
    membership_settle(a, &v);
    Str id = person_new_id(a, hand->now);
    int count = membership_bind(&v, person, id, import_of(hand), hand->now, bound);
    e = db_run(db, "people_membership_add", bound, count);
    if (!e && ret_id) *ret_id = id;
    return e;
}

static Err log_added(Db *db, Arena *a, Str person, const Hand *hand)
{
    if (import_of(hand).len) return ERR_OK; /* her row says which import it was */
    View *what = view_object(a);
    view_put_str(what, S("added"), S("by hand"));
    return log_change(db, a, person, 1, what, hand);
}

Err person_add(Db *db, Arena *a, const Values *person, const Values *memberships, int count, const Hand *hand, Str *ret_id)
{
    DbValue bound[VALUES_MOST];
    int64_t number;
    Values v = *person;
    person_settle(a, &v);
    Err e = check_identifier(db, a, v.of[COL_ID]);
    if (!e) e = person_numbers(db, a, 1, &number);
    if (e) return e;
    Str id = person_new_id(a, hand->now);
    int bound_count = person_bind(a, &v, id, number, import_of(hand), hand->now, bound);
    e = db_run(db, "people_person_add", bound, bound_count);
    for (int i = 0; i < count && !e; i++) e = insert_membership(db, a, id, &memberships[i], hand, NULL);
    if (!e) e = log_added(db, a, id, hand);
    if (!e) e = search_put(db, a, id);
    if (!e) *ret_id = id;
    return e;
}

/* ---- changing ---- */

/* The next version of a person who is there, and who is as whoever changes her has seen her. */
static Err next_version(Db *db, Arena *a, Str id, int64_t version, Person *ret_person)
{
    Err e = person_find(db, a, scope_all(), id, ret_person, NULL);
    if (e) return e;
    return version && version != ret_person->version ? ERR_CONFLICT : ERR_OK;
}

/* Take over what is given and differs; what that was goes into `values`: {"email":["old","new"]}. How many. */
static int take_over(Values *now, const Values *given, bool of_person, View *values)
{
    int changed = 0;
    for (PeopleColumn i = 0; i < COL__COUNT; i++) {
        if (people_columns[i].of_person != of_person || i == COL_NAME) continue;
        if (!given->of[i].ptr || str_equal(given->of[i], now->of[i])) continue;
        View *pair = view_put_array(values, str_from_c(people_columns[i].name));
        view_add_str(pair, now->of[i].len ? now->of[i] : S(""));
        view_add_str(pair, given->of[i]);
        now->of[i] = given->of[i];
        changed++;
    }
    return changed;
}

static Err set_person(Db *db, Arena *a, const Person *p, const Values *v, int64_t now)
{
    DbValue bound[VALUES_MOST];
    int n = 0;
    bound[n++] = db_string(p->id);
    bound[n++] = db_number(p->version + 1);
    n += bind_values(a, v, bound + n);
    bound[n++] = db_number(now);
    return db_run(db, "people_person_set", bound, n);
}

Err person_change(Db *db, Arena *a, Str id, int64_t version, const Values *values, const Hand *hand, bool *ret_changed)
{
    Person p;
    Values given = *values;
    Err e = next_version(db, a, id, version, &p);
    if (e) return e;
    if (given.of[COL_NAME].len) person_settle(a, &given);
    View *what = view_object(a);
    Values now = p.values;
    int changed = take_over(&now, &given, true, view_put_object(what, S("person")));
    if (ret_changed) *ret_changed = changed > 0;
    if (!changed) return ERR_OK;
    if (!str_equal(now.of[COL_ID], p.values.of[COL_ID])) e = check_identifier(db, a, now.of[COL_ID]);
    if (!e) e = set_person(db, a, &p, &now, hand->now);
    if (!e && !str_equal(now.of[COL_EMAIL], p.values.of[COL_EMAIL]))
        e = account_email_changed(db, a, id, p.values.of[COL_EMAIL], hand->now);
    if (!e) e = search_put(db, a, id);
    return e ? e : log_change(db, a, id, p.version + 1, what, hand);
}

/* After a membership was written. */
static Err raise_version(Db *db, Arena *a, const Person *p, const View *what, const Hand *hand)
{
    Err e = db_run(db, "people_person_version", DB_VALUES(db_string(p->id), db_number(p->version + 1), db_number(hand->now)));
    if (!e) e = search_put(db, a, p->id);
    return e ? e : log_change(db, a, p->id, p->version + 1, what, hand);
}

static View *of_membership(Arena *a, Str id, Str unit)
{
    View *what = view_object(a);
    view_put_str(what, S("membership"), id);
    view_put_str(what, S("unit"), unit);
    return what;
}

Err membership_add(Db *db, Arena *a, Str person, const Values *values, const Hand *hand, Str *ret_id)
{
    Person p;
    Str id;
    Err e = next_version(db, a, person, 0, &p);
    if (!e) e = insert_membership(db, a, person, values, hand, &id);
    if (e) return e;
    View *what = of_membership(a, id, values->of[COL_UNIT]);
    view_put_str(what, S("added"), import_of(hand).len ? S("by an import") : S("by hand"));
    e = raise_version(db, a, &p, what, hand);
    if (!e && ret_id) *ret_id = id;
    return e;
}

Err membership_settle_change(Arena *a, const Values *was, Values *given, int64_t now)
{
    Spell *spells;
    int count;
    const char *expected;
    bool touched = given->of[COL_STATUS].ptr || given->of[COL_STATUS_SINCE].ptr || given->of[COL_STATUS_REASON].ptr;
    if (given->of[COL_HISTORY].len) {
        membership_settle(a, given);
        return ERR_OK;
    }
    given->of[COL_HISTORY] = (Str){0};
    if (!touched || !spells_read(a, was->of[COL_HISTORY], &spells, &count, &expected) || !count) return ERR_OK;
    Spell *last = &spells[count - 1];
    Status status = given->of[COL_STATUS].len ? status_of(given->of[COL_STATUS]) : last->status;
    Day since = last->since;
    if (given->of[COL_STATUS_SINCE].ptr && !day_read(given->of[COL_STATUS_SINCE], &since)) since = DAY_NONE;
    Str reason = given->of[COL_STATUS_REASON].ptr ? given->of[COL_STATUS_REASON] : last->reason;
    if (status != last->status) {
        bool same_day = !given->of[COL_STATUS_SINCE].len || str_equal(given->of[COL_STATUS_SINCE], was->of[COL_STATUS_SINCE]);
        if (same_day) since = day_at(now);
        if (!given->of[COL_STATUS_REASON].ptr || str_equal(reason, last->reason)) reason = S("");
        if (count < SPELLS_MAX) last = &spells[count++];
    }
    *last = (Spell){.status = status, .since = since, .reason = reason};
    given->of[COL_HISTORY] = spells_write(a, spells, count);
    given->of[COL_STATUS] = status_name(status);
    given->of[COL_STATUS_SINCE] = day_iso(a, since);
    given->of[COL_STATUS_REASON] = reason;
    return spells_read(a, given->of[COL_HISTORY], &spells, &count, &expected) ? ERR_OK : ERR_INPUT;
}

static const Membership *membership_of(const Person *p, Str id)
{
    for (int i = 0; i < p->membership_count; i++)
        if (str_equal(p->memberships[i].id, id)) return &p->memberships[i];
    return NULL;
}

static Err set_membership(Db *db, Str person, Str id, const Values *v)
{
    DbValue bound[VALUES_MOST];
    int n = 0;
    bound[n++] = db_string(person);
    bound[n++] = db_string(id);
    bound[n++] = text_value(v->of[COL_UNIT]);
    n += bind_membership_values(v, bound + n);
    return db_run(db, "people_membership_set", bound, n);
}

Err membership_change(Db *db, Arena *a, Str person, Str membership, const Values *values, const Hand *hand, bool *ret_changed)
{
    Person p;
    Values given = *values;
    Err e = next_version(db, a, person, 0, &p);
    const Membership *m = e ? NULL : membership_of(&p, membership);
    if (!e && !m) e = ERR_MISSING;
    if (!e && given.of[COL_UNIT].ptr && !str_equal(given.of[COL_UNIT], m->unit)) e = check_unit(db, a, given.of[COL_UNIT]);
    if (e) return e;
    e = membership_settle_change(a, &m->values, &given, hand->now);
    if (e) return e;
    View *what = of_membership(a, m->id, m->unit);
    Values now = m->values;
    int changed = take_over(&now, &given, false, view_put_object(what, S("values")));
    if (ret_changed) *ret_changed = changed > 0;
    if (!changed) return ERR_OK;
    e = set_membership(db, person, m->id, &now);
    return e ? e : raise_version(db, a, &p, what, hand);
}

/* ---- erasing ---- */

/* Each takes away what points at a person, given an id of hers. Whoever keeps rows about persons adds a statement here, or in a room above this one has a Room.forget. */
static const char *const erase_statements[] = {
    "account_end_sessions",
    "account_drop_links",
    "account_password_drop",
    "email_change_drop",
    "account_drop_mail",
    "account_drop_requests",
    "people_erase_memberships",
    "people_erase_changes",
    "people_erase_roles",
    "saved_forget_owner",
    "people_export_forget",
    "import_forget",
    "import_forget_report",
    "import_forget_bad",
    "not_same_forget",
    "merge_forget",
    "people_erase_person",
    "people_gone_forget",
};

Err person_erase(Db *db, Arena *a, Str id, const Hand *hand)
{
    Person p;
    RoleHeld *roles;
    Str *ids = NULL;
    int role_count, count = 0;
    Err e = person_find(db, a, scope_all(), id, &p, NULL);
    if (!e) e = roles_of(db, a, id, hand->now, &roles, &role_count);
    if (!e && role_count) e = ERR_CONFLICT;
    if (!e) e = person_ids(db, a, id, &ids, &count);
    if (!e) e = search_drop(db, a, id);
    for (int i = count - 1; i >= 0 && !e; i--) /* she last: what was merged into her is found by her id */
        for (int k = 0; k < COUNT_OF(erase_statements) && !e; k++) e = db_run(db, erase_statements[k], DB_VALUES(db_string(ids[i])));
    return e ? e : db_run(db, "people_gone_add", DB_VALUES(db_string(id), db_string(S("")), db_number(hand->now)));
}

Err person_ids(Db *db, Arena *a, Str id, Str **ret_ids, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, "people_merged_into", DB_VALUES(db_string(id)), &rows);
    if (e) return e;
    Str *ids = arena_new(a, Str, (size_t)rows.count + 1);
    *ret_count = 0;
    ids[(*ret_count)++] = id;
    while (db_next(&rows)) ids[(*ret_count)++] = db_text(&rows, "id");
    *ret_ids = ids;
    return ERR_OK;
}
