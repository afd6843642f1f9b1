/* saved.c: criteria, in words and as ranges, and the people who meet them.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/saved.h"

#include "core/json.h"
#include "people/search_text.h"
#include "people/text.h"

enum { RANGES = 8, BOUND_MOST = 32, UNITS_AT_ONCE = 4, UNITS_OF_TEXT = 64, TEXTS_AT_ONCE = 20000 };

/* ---- checking ---- */

static Err wrong(const char **ret_field, const char *field, Fault *fault, const char *expected)
{
    *ret_field = field;
    return fault_set(fault, ERR_INPUT, 0, 0, str_from_c(expected), (Str){0});
}

static bool is_date(Str s)
{
    Day day;
    return !s.len || day_read(s, &day);
}

static bool next_area(Str *rest, Str *ret_area)
{
    size_t at = 0;
    while (at < rest->len && (rest->ptr[at] == ',' || rest->ptr[at] == ' ')) at++;
    size_t from = at;
    while (at < rest->len && rest->ptr[at] != ',') at++;
    *ret_area = str_trim(str_slice(*rest, from, at));
    *rest = str_slice(*rest, at, rest->len);
    return ret_area->len > 0;
}

/* "ls6, bd, sw1a 1" -> "LS6, BD, SW1A 1". */
static bool settle_areas(Arena *a, Str *areas)
{
    Buf b = buf_new(a);
    Str area, rest = *areas;
    int count = 0;
    for (; next_area(&rest, &area); count++) {
        if (count == SAVED_AREAS_MAX || area.len > 12) return false;
        if (count) buf_str(&b, S(", "));
        for (size_t i = 0; i < area.len; i++) {
            char c = area.ptr[i];
            bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            if (!letter && !(c >= '0' && c <= '9') && c != ' ' && c != '-') return false;
            buf_byte(&b, (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c));
        }
    }
    *areas = buf_done(&b);
    return true;
}

/* Nothing of it is in the index: nobody can be looked for with it. */
static bool is_unreadable(Arena *a, const Typed *typed)
{
    return typed->unreadable.len || !typed_match(a, typed, FIT_PART, NULL, 0, false).len;
}

Err criteria_check(Arena *a, Criteria *c, const char **ret_field, Fault *fault)
{
    if (!is_date(c->joined_from)) return wrong(ret_field, "joined_from", fault, "a date, as 2013-06-25");
    if (!is_date(c->joined_to)) return wrong(ret_field, "joined_to", fault, "a date, as 2013-06-25");
    if (c->joined_from.len && c->joined_to.len && str_compare(c->joined_from, c->joined_to) > 0)
        return wrong(ret_field, "joined_to", fault, "a day not before the other");
    if (c->age_from && c->age_to && c->age_from > c->age_to) return wrong(ret_field, "age_to", fault, "no less than the other age");
    if (c->status.len && status_of(c->status) == STATUS_NONE) return wrong(ret_field, "status", fault, "a status, as active");
    if (c->status.len) c->status = status_name(status_of(c->status));
    if (!settle_areas(a, &c->areas)) return wrong(ret_field, "areas", fault, "at most four areas, as LS6, BD");
    c->recruiter = text_fold(a, c->recruiter);
    if (c->text.len) {
        Typed typed = typed_read(a, c->text);
        if (is_unreadable(a, &typed)) return wrong(ret_field, "text", fault, "a part of a name, three digits of a number, or a postcode");
    }
    return ERR_OK;
}

/* ---- as JSON ---- */

typedef struct TextField {
    const char *name;
    size_t at;
} TextField;
static const TextField text_fields[] = {{"unit", offsetof(Criteria, unit)}, {"status", offsetof(Criteria, status)},
    {"section", offsetof(Criteria, section)}, {"class", offsetof(Criteria, class)}, {"joined_from", offsetof(Criteria, joined_from)},
    {"joined_to", offsetof(Criteria, joined_to)}, {"areas", offsetof(Criteria, areas)}, {"language", offsetof(Criteria, language)},
    {"recruiter", offsetof(Criteria, recruiter)}, {"text", offsetof(Criteria, text)}};

static Str *text_field(Criteria *c, const TextField *field)
{
    return (Str *)(void *)((char *)c + field->at);
}

Str criteria_write(Arena *a, const Criteria *criteria)
{
    Criteria c = *criteria;
    View *v = view_object(a);
    for (int i = 0; i < COUNT_OF(text_fields); i++) {
        Str text = *text_field(&c, &text_fields[i]);
        if (text.len) view_put_str(v, str_from_c(text_fields[i].name), text);
    }
    if (c.joined_this_year) view_put_bool(v, S("joined_this_year"), true);
    if (c.age_from) view_put_i64(v, S("age_from"), c.age_from);
    if (c.age_to) view_put_i64(v, S("age_to"), c.age_to);
    if (c.may) view_put_i64(v, S("may"), c.may);
    Buf b = buf_new(a);
    view_json(v, &b, false);
    return str_trim(str_slice(buf_done(&b), 0, b.len - 1));
}

static int64_t number_in(const View *v, const char *key)
{
    const View *n = view_get(v, str_from_c(key));
    return n && (view_kind(n) == VIEW_I64 || view_kind(n) == VIEW_BOOL) ? view_i64(n) : 0;
}

Err criteria_read(Arena *a, Str json, Criteria *ret_criteria)
{
    View *v;
    Fault fault = {0};
    Criteria c = {0};
    Err e = json_read(a, json, &v, &fault);
    if (e) return e;
    for (int i = 0; i < COUNT_OF(text_fields); i++) {
        const View *text = view_get(v, str_from_c(text_fields[i].name));
        if (text && view_kind(text) == VIEW_STR) *text_field(&c, &text_fields[i]) = view_str(text);
    }
    c.joined_this_year = number_in(v, "joined_this_year") != 0;
    c.age_from = number_in(v, "age_from");
    c.age_to = number_in(v, "age_to");
    c.may = number_in(v, "may");
    *ret_criteria = c;
    return ERR_OK;
}

/* ---- in words ---- */

/* Clauses joined by commas, the last by "and". */
typedef struct Clauses {
    Arena *a;
    Str list[24];
    int count;
} Clauses;

static void clause(Clauses *c, Str text)
{
    if (c->count < COUNT_OF(c->list)) c->list[c->count++] = text;
}

static void clause_of(Clauses *c, const char *format, Str value)
{
    if (value.len) clause(c, str_format(c->a, format, STR_ARG(value)));
}

static void say_joined(Clauses *out, const Criteria *c)
{
    if (c->joined_this_year) clause(out, S("joined this year"));
    if (c->joined_from.len && c->joined_to.len)
        clause(out, str_format(out->a, "joined from %.*s to %.*s", STR_ARG(c->joined_from), STR_ARG(c->joined_to)));
    else if (c->joined_from.len) clause(out, str_format(out->a, "joined on %.*s or later", STR_ARG(c->joined_from)));
    else if (c->joined_to.len) clause(out, str_format(out->a, "joined on %.*s or before", STR_ARG(c->joined_to)));
}

static void say_age(Clauses *out, const Criteria *c)
{
    if (c->age_from && c->age_to)
        clause(out, str_format(out->a, "are %lld to %lld years old", (long long)c->age_from, (long long)c->age_to));
    else if (c->age_from) clause(out, str_format(out->a, "are %lld years old or more", (long long)c->age_from));
    else if (c->age_to) clause(out, str_format(out->a, "are %lld years old or less", (long long)c->age_to));
}

static void say_reach(Clauses *out, int64_t may)
{
    static const struct {
        int64_t bits;
        const char *words, *has;
    } ways[] = {{REACH_RUNG, "may be rung", "have a telephone number"}, {REACH_TEXTED, "may be sent texts", NULL},
        {REACH_MAILED, "may be sent e-mail", "have an e-mail address"}, {REACH_WRITTEN, "may be sent letters", "have a postal address"}};
    int64_t said = 0;
    for (int i = 0; i < COUNT_OF(ways); i++) {
        if ((may & ways[i].bits) != ways[i].bits) continue;
        clause(out, str_from_c(ways[i].words));
        said |= ways[i].bits;
    }
    for (int i = 0; i < COUNT_OF(ways); i++) {
        int64_t has = ways[i].bits & ~INT64_C(15);
        if (ways[i].has && (may & has) && !(said & has)) clause(out, str_from_c(ways[i].has));
    }
}

Str criteria_words(Arena *a, const Criteria *c)
{
    Clauses out = {.a = a};
    clause_of(&out, "are in the section %.*s", c->section);
    clause_of(&out, "are of the class %.*s", c->class);
    say_joined(&out, c);
    say_age(&out, c);
    clause_of(&out, "live in %.*s", c->areas);
    clause_of(&out, "speak %.*s", c->language);
    clause_of(&out, "were recruited by %.*s", c->recruiter);
    clause_of(&out, "have \"%.*s\" in their name, number, postcode or e-mail address", c->text);
    say_reach(&out, c->may);
    Buf b = buf_new(a);
    bool active = str_equal(c->status, status_name(STATUS_ACTIVE));
    if (active) buf_str(&b, S("active members"));
    else if (c->status.len) buf_format(&b, "people whose membership is %.*s", STR_ARG(c->status));
    else buf_str(&b, S("all people, whatever their status,"));
    for (int i = 0; i < out.count; i++) {
        buf_str(&b, i == 0 ? (active || !c->status.len ? S(" who ") : S(", who ")) : i == out.count - 1 ? S(" and ") : S(", "));
        buf_str(&b, out.list[i]);
    }
    Str words = buf_done(&b);
    return str_ends(words, S(",")) ? str_slice(words, 0, words.len - 1) : words;
}

/* ---- as values of the statements ---- */

typedef struct Ranges {
    Str from[RANGES], before[RANGES];
    int count;
} Ranges;

static void range_add(Ranges *r, Str from, Str before)
{
    if (r->count == RANGES) return;
    r->from[r->count] = from;
    r->before[r->count++] = before;
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "LS": LS and a digit. "LS1": LS1 and a blank, or a letter (SW1: SW1A), but not LS12. Anything longer, or with a blank in it: what begins so. */
static void range_of(Arena *a, Ranges *r, Str area)
{
    bool letters = true, blank = str_find(area, ' ') < area.len;
    for (size_t i = 0; i < area.len; i++) letters = letters && !is_digit(area.ptr[i]) && area.ptr[i] != ' ';
    if (letters && area.len <= 2) {
        range_add(r, str_format(a, "%.*s0", STR_ARG(area)), str_format(a, "%.*s:", STR_ARG(area)));
    } else if (!blank && area.len <= 4 && !is_digit(area.ptr[0])) {
        range_add(r, str_format(a, "%.*s ", STR_ARG(area)), str_format(a, "%.*s!", STR_ARG(area)));
        range_add(r, str_format(a, "%.*sA", STR_ARG(area)), str_format(a, "%.*s[", STR_ARG(area)));
    } else {
        range_add(r, area, str_format(a, "%.*s\x7f", STR_ARG(area)));
    }
}

static Str year_begins(Arena *a, int64_t now)
{
    int year, month, day;
    day_parts(day_at(now), &year, &month, &day);
    return day_iso(a, day_of(year, 1, 1));
}

static Str born_before(Arena *a, int64_t now, int64_t years)
{
    return day_iso(a, day_add_months(day_at(now), (int)(-12 * years)));
}

/* Whose birthday is not known has an empty text there, which is before all others. */
static void bind_age(Arena *a, const Criteria *c, int64_t now, DbValue *out)
{
    Str from = c->age_from || c->age_to ? S("0") : S(""), to = S("9");
    if (c->age_to) from = day_iso(a, day_add_months(day_at(now), (int)(-12 * (c->age_to + 1))) + 1);
    if (c->age_from) to = born_before(a, now, c->age_from);
    out[0] = db_string(from);
    out[1] = db_string(to);
}

static DbValue text_value(Str s)
{
    return db_string(s.len ? s : S(""));
}

static int bind_areas(Arena *a, const Criteria *c, DbValue *out)
{
    Ranges r = {0};
    Str area;
    for (Str rest = c->areas; next_area(&rest, &area);) range_of(a, &r, area);
    if (!r.count) range_add(&r, S(""), S("\x7f"));
    for (int i = 0; i < RANGES; i++) {
        out[2 * i] = text_value(i < r.count ? r.from[i] : S(""));
        out[2 * i + 1] = text_value(i < r.count ? r.before[i] : S(""));
    }
    return 2 * RANGES;
}

/* `typed` is read from the criteria's text. */
static int bind(Db *db, Arena *a, Scope scope, const Criteria *c, const Typed *typed, int64_t now, DbValue *out)
{
    int n = 0;
    Str from = c->joined_from.len ? c->joined_from : S(""), match = S("");
    if (c->joined_this_year && str_compare(from, year_begins(a, now)) < 0) from = year_begins(a, now);
    if (c->text.len) match = typed_match(a, typed, FIT_PART, NULL, 0, db_engine(db) == ENGINE_POSTGRES);
    out[n++] = text_value(scope.unit);
    out[n++] = text_value(c->status);
    out[n++] = text_value(c->section);
    out[n++] = text_value(c->class);
    out[n++] = db_string(from);
    out[n++] = db_string(c->joined_to.len ? c->joined_to : S("9"));
    bind_age(a, c, now, out + n);
    n += 2;
    out[n++] = db_number(c->may);
    out[n++] = text_value(c->language);
    out[n++] = text_value(c->recruiter);
    n += bind_areas(a, c, out + n);
    out[n++] = db_string(match);
    return n;
}

/* ---- asking ---- */

/* The criteria's own unit, when it lies in the scope; else nobody is meant. */
static Err narrow(Db *db, Arena *a, Scope *scope, const Criteria *c)
{
    DbRows rows;
    if (!c->unit.len) return ERR_OK;
    Err e = scope->unit.len ? db_one(db, a, "people_unit_is_below", DB_VALUES(db_string(c->unit), db_string(scope->unit)), &rows) : ERR_OK;
    if (!e) scope->unit = c->unit;
    return e;
}

static Err is_top(Db *db, Arena *a, Scope scope, bool *ret_top)
{
    DbRows rows;
    *ret_top = !scope.unit.len;
    if (*ret_top) return ERR_OK;
    Err e = db_query(db, a, "search_tops", DB_NO_VALUES, &rows);
    if (!e && rows.count == 1 && db_next(&rows)) *ret_top = str_equal(db_text(&rows, "slug"), scope.unit);
    return e;
}

/* The index knows groups of three letters and not their order, and nothing of two digits: it finds all who are meant, and others beside them. Nobody is rung
 * who was not meant, so each is looked at again. */
static bool is_meant(const Criteria *c, const Typed *typed, Str text)
{
    return !c->text.len || typed_fit(typed, text) >= 0;
}

/* criteria_check refuses it; whatever was kept before it did rings nobody. */
static bool means_nobody(Arena *a, const Criteria *c, const Typed *typed)
{
    return c->text.len && is_unreadable(a, typed);
}

/* The next of those whom the index finds; *ret_after moves behind them. */
static Err count_chunk(Db *db, Arena *a, const char *statement, const DbValue *bound, int bound_count, const Typed *typed,
    int64_t *ret_after, int64_t *ret_people, bool *ret_last)
{
    DbRows rows;
    Err e = db_query(db, a, statement, bound, bound_count, &rows);
    if (e) return e;
    while (db_next(&rows)) {
        *ret_people += typed_fit(typed, db_text(&rows, "text")) >= 0;
        *ret_after = db_i64(&rows, "number");
    }
    *ret_last = rows.count < TEXTS_AT_ONCE;
    return ERR_OK;
}

/* However many there are, the memory is that of one chunk. */
static Err count_texts(Db *db, const char *statement, DbValue *bound, int count, const Typed *typed, int64_t *ret_people)
{
    Arena chunk;
    arena_init(&chunk, ARENA_LIMIT_DEFAULT);
    int64_t after = 0, people = 0;
    bool last = false;
    Err e = ERR_OK;
    while (!e && !last) {
        bound[count] = db_number(after);
        bound[count + 1] = db_number(TEXTS_AT_ONCE);
        e = count_chunk(db, &chunk, statement, bound, count + 2, typed, &after, &people, &last);
        arena_clear(&chunk);
    }
    if (!e) *ret_people = people;
    return e;
}

static Err count_facts(Db *db, Arena *a, const char *statement, const DbValue *bound, int count, int64_t *ret_people)
{
    DbRows rows;
    Err e = db_one(db, a, statement, bound, count, &rows);
    if (!e) *ret_people = db_i64(&rows, "people");
    return e;
}

Err saved_count(Db *db, Arena *a, Scope scope, const Criteria *c, int64_t now, int64_t *ret_people)
{
    DbValue bound[BOUND_MOST];
    bool top = false;
    Typed typed = typed_read(a, c->text);
    Err e = means_nobody(a, c, &typed) ? ERR_MISSING : narrow(db, a, &scope, c);
    if (e == ERR_MISSING) {
        *ret_people = 0;
        return ERR_OK;
    }
    if (!e) e = is_top(db, a, scope, &top);
    if (e) return e;
    int count = bind(db, a, scope, c, &typed, now, bound);
    if (c->text.len) return count_texts(db, top ? "saved_texts_all" : "saved_texts", bound, count, &typed, ret_people);
    return count_facts(db, a, top ? "saved_count_all" : "saved_count", bound, count, ret_people);
}

/* A walk asks for the people of a few units at a time, in the order of units and numbers. */
typedef struct Walk {
    Db *db;
    Arena *a;
    const Criteria *criteria;
    Typed typed;
    DbValue bound[BOUND_MOST];
    int bound_count;
    AudienceCursor at; /* behind whom it goes on */
    AudiencePerson *people;
    int count, most;
} Walk;

/* The units of the scope that are not behind it, in the order of bytes. */
static Err units_from(Walk *w, Str scope, Str after, Str **ret_units, int *ret_count)
{
    DbRows rows;
    Err e = db_query(w->db, w->a, "search_units", DB_VALUES(db_string(scope)), &rows);
    if (e) return e;
    Str *units = *ret_units = arena_new(w->a, Str, (size_t)rows.count + 1);
    *ret_count = 0;
    while (db_next(&rows)) {
        Str unit = db_text(&rows, "unit");
        if (str_compare(unit, after) >= 0) units[(*ret_count)++] = unit;
    }
    return ERR_OK;
}

static void walk_take(Walk *w, DbRows *rows)
{
    w->people = arena_grow(w->a, AudiencePerson, w->people, (size_t)w->count, (size_t)(w->count + rows->count + 1));
    while (db_next(rows)) {
        Str unit = db_text(rows, "unit");
        w->at = (AudienceCursor){unit, db_i64(rows, "number")};
        if (!is_meant(w->criteria, &w->typed, db_text(rows, "text"))) continue;
        w->people[w->count++] = (AudiencePerson){.id = db_text(rows, "person"), .unit = unit, .after = w->at};
    }
}

/* Of units from that of `w->at` to `until`: behind it, until there are enough or no more. */
static Err walk_units(Walk *w, Str until)
{
    DbRows rows;
    int asked, n = w->bound_count;
    w->bound[n + 1] = text_value(until);
    do {
        asked = w->most - w->count;
        w->bound[n] = text_value(w->at.unit);
        w->bound[n + 2] = db_number(w->at.number);
        w->bound[n + 3] = db_number(asked);
        Err e = db_query(w->db, w->a, "saved_people", w->bound, n + 4, &rows);
        if (e) return e;
        walk_take(w, &rows);
    } while (rows.count == asked && w->count < w->most);
    return ERR_OK;
}

Err saved_people(Db *db, Arena *a, Scope scope, const Criteria *c, int64_t now, AudienceCursor after, int most, AudiencePerson **ret_people,
    int *ret_count)
{
    Walk w = {.db = db, .a = a, .criteria = c, .typed = typed_read(a, c->text), .people = arena_new(a, AudiencePerson, 1), .most = most};
    Str *units = NULL;
    int count = 0, at_once = c->text.len ? UNITS_OF_TEXT : UNITS_AT_ONCE;
    Err e = means_nobody(a, c, &w.typed) ? ERR_MISSING : narrow(db, a, &scope, c);
    if (e == ERR_MISSING) {
        *ret_people = w.people;
        *ret_count = 0;
        return ERR_OK;
    }
    if (e) return e;
    ASSERT(scope.unit.len);
    w.bound_count = bind(db, a, scope, c, &w.typed, now, w.bound);
    e = units_from(&w, scope.unit, after.unit, &units, &count);
    for (int i = 0; i < count && !e && w.count < most; i += at_once) {
        int last = i + at_once < count ? i + at_once - 1 : count - 1;
        w.at = (AudienceCursor){units[i], i == 0 && str_equal(units[0], after.unit) ? after.number : 0};
        e = walk_units(&w, units[last]);
    }
    if (e) return e;
    *ret_people = w.people;
    *ret_count = w.count;
    return ERR_OK;
}

/* ---- what is kept ---- */

static Err saved_of(Arena *a, const DbRows *rows, Saved *s)
{
    *s = (Saved){.unit = db_text(rows, "unit"),
        .id = db_text(rows, "id"),
        .name = db_text(rows, "name"),
        .owner = db_text(rows, "owner"),
        .saved_by = db_text(rows, "saved_by"),
        .version = db_i64(rows, "version"),
        .added = db_i64(rows, "added"),
        .changed = db_i64(rows, "changed")};
    return criteria_read(a, db_text(rows, "criteria"), &s->criteria) ? ERR_IO : ERR_OK;
}

Err saved_find(Db *db, Arena *a, Str unit, Str id, Saved *ret_saved)
{
    DbRows rows;
    Err e = db_one(db, a, "saved_find", DB_VALUES(db_string(unit), db_string(id)), &rows);
    return e ? e : saved_of(a, &rows, ret_saved);
}

Err saved_list(Db *db, Arena *a, Str unit, Saved **ret_list, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, "saved_list", DB_VALUES(db_string(unit)), &rows);
    if (e) return e;
    Saved *list = *ret_list = arena_new(a, Saved, (size_t)rows.count + 1);
    for (*ret_count = 0; !e && db_next(&rows); (*ret_count)++) e = saved_of(a, &rows, &list[*ret_count]);
    return e;
}

Err saved_add(Db *db, Arena *a, const Saved *s, int64_t now)
{
    return db_run(db, "saved_add",
        DB_VALUES(db_string(s->unit), db_string(s->id), db_string(s->name), db_string(criteria_write(a, &s->criteria)),
            text_value(s->owner), text_value(s->saved_by), db_number(now)));
}

Err saved_change(Db *db, Arena *a, const Saved *s, int64_t now)
{
    int64_t changed = 0;
    Err e = db_run_counted(db, "saved_set",
        DB_VALUES(db_string(s->unit), db_string(s->id), db_number(s->version), db_string(s->name),
            db_string(criteria_write(a, &s->criteria)), text_value(s->owner), text_value(s->saved_by), db_number(now)),
        &changed);
    return e ? e : changed ? ERR_OK : ERR_CONFLICT;
}

Err saved_drop(Db *db, Str unit, Str id)
{
    int64_t changed = 0;
    Err e = db_run_counted(db, "saved_drop", DB_VALUES(db_string(unit), db_string(id)), &changed);
    return e ? e : changed ? ERR_OK : ERR_MISSING;
}
