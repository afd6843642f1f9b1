/* search_pages.c: finding people, and the searches that are saved. What is typed to find somebody is sent and not put into an address, for addresses are kept
 * by browsers and proxies.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "core/log.h"
#include "people/saved.h"
#include "people/search.h"
#include "people/shown.h"

#include <time.h>

enum { LIST_MOST = 50, SEARCH_FROM_MOST = SEARCH_MOST };

static Str path_of(Req *req, const char *rest)
{
    return str_format(req->arena, "/units/%.*s%s", STR_ARG(req_text(req, "unit")), rest);
}

/* Who keeps the list may also take it away. */
static Err put_secretary(Req *req, View *view)
{
    bool secretary = false;
    Err e = shown_secretary(req, &secretary);
    view_put_bool(view, S("is_secretary"), secretary);
    return e;
}

/* ---- finding ---- */

static void put_found(Req *req, View *array, const SearchFound *f)
{
    View *v = view_add_object(array);
    view_put_str(v, S("name"), f->name);
    view_put_str(v, S("path"), str_format(req->arena, "/units/%.*s/people/%.*s", STR_ARG(req_text(req, "unit")), STR_ARG(f->id)));
    view_put_str(v, S("id"), f->id);
    view_put_str(v, S("locality"), f->values.of[COL_LOCALITY]);
    view_put_str(v, S("postcode"), f->values.of[COL_POSTCODE]);
    view_put_str(v, S("units"), f->units);
}

static void put_pages(View *view, const SearchAnswer *answer, int64_t from)
{
    int64_t last = from + answer->count;
    view_put_bool(view, S("is_paged"), from > 0 || last < answer->in_all);
    view_put_bool(view, S("has_next"), last < answer->in_all);
    view_put_i64(view, S("next"), last);
    view_put_bool(view, S("has_previous"), from > 0);
    view_put_i64(view, S("previous"), from > SEARCH_PAGE ? from - SEARCH_PAGE : 0);
    view_put_i64(view, S("first"), from + 1);
    view_put_i64(view, S("last"), last);
}

static Err search_form(Req *req, View *view)
{
    Unit unit;
    view_put_bool(view, S("asked"), false);
    Err e = shown_unit_head(req, view, &unit);
    return e ? e : put_secretary(req, view);
}

static Err search_page(Req *req, View *view)
{
    Unit unit;
    SearchAnswer answer;
    int64_t from = req_number(req, "from") / SEARCH_PAGE * SEARCH_PAGE;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = search_people(req->db, req->arena, (Scope){unit.slug}, req_text(req, "words"), (int)from, &answer);
    if (e) return e;
    if (answer.unreadable.len) return req_wrong(req, "words", "%.*s", STR_ARG(answer.unreadable));
    View *found = view_put_array(view, S("found"));
    for (int i = 0; i < answer.count; i++) put_found(req, found, &answer.found[i]);
    view_put_bool(view, S("asked"), true);
    view_put_str(view, S("words"), req_text(req, "words"));
    view_put_str(view, S("searched"), answer.searched);
    view_put_bool(view, S("mended"), answer.mended);
    view_put_i64(view, S("in_all"), answer.in_all);
    view_put_str(view, S("in_all_words"), shown_number(req->arena, answer.in_all));
    view_put_bool(view, S("is_one"), answer.in_all == 1);
    view_put_bool(view, S("none"), answer.in_all == 0);
    view_put_bool(view, S("more"), answer.more);
    put_pages(view, &answer, from);
    return put_secretary(req, view);
}

/* ---- criteria as fields ---- */

static const Choice status_choices[] = {{"active", "Active"}, {"applied", "Applied"}, {"lapsed", "Lapsed"}, {"suspended", "Suspended"},
    {"resigned", "Resigned"}, {"expelled", "Expelled"}, {"any", "Any"}, {0}};

static const struct {
    const char *name;
    int64_t bits;
} reaches[] = {{"may_be_rung", REACH_RUNG}, {"may_be_texted", REACH_TEXTED}, {"may_be_mailed", REACH_MAILED},
    {"may_be_written", REACH_WRITTEN}, {"has_phone", HAS_PHONE}};

static Criteria criteria_of(Req *req)
{
    Criteria c = {.unit = req_text(req, "below"),
        .status = req_text(req, "status"),
        .section = req_text(req, "section"),
        .class = req_text(req, "class"),
        .joined_from = req_text(req, "joined_from"),
        .joined_to = req_text(req, "joined_to"),
        .joined_this_year = req_ticked(req, "joined_this_year"),
        .age_from = req_number(req, "age_from"),
        .age_to = req_number(req, "age_to"),
        .areas = req_text(req, "areas"),
        .language = req_text(req, "language"),
        .recruiter = req_text(req, "recruiter"),
        .text = req_text(req, "text")};
    if (str_equal(c.status, S("any"))) c.status = S("");
    for (int i = 0; i < COUNT_OF(reaches); i++)
        if (req_ticked(req, reaches[i].name)) c.may |= reaches[i].bits;
    return c;
}

static Err checked_criteria(Req *req, Db *db, Criteria *c)
{
    const char *field;
    bool below = true;
    *c = criteria_of(req);
    Err e = criteria_check(req->arena, c, &field, &req->fault);
    if (e) return req_wrong(req, field, "Expected %.*s", STR_ARG(req->fault.expected));
    if (c->unit.len) e = unit_is_below(db, req->arena, c->unit, req_text(req, "unit"), &below);
    if (e && e != ERR_MISSING) return e;
    return e || !below ? req_wrong(req, "below", "There is no such unit below this one") : ERR_OK;
}

static void prefill_number(Req *req, const char *field, int64_t number)
{
    if (number) req_prefill(req, field, str_format(req->arena, "%lld", (long long)number));
}

static void prefill(Req *req, const Saved *s)
{
    const Criteria *c = &s->criteria;
    req_prefill(req, "name", s->name);
    req_prefill(req, "below", c->unit);
    req_prefill(req, "status", c->status.len ? c->status : S("any"));
    req_prefill(req, "section", c->section);
    req_prefill(req, "class", c->class);
    req_prefill(req, "joined_from", c->joined_from);
    req_prefill(req, "joined_to", c->joined_to);
    if (c->joined_this_year) req_prefill(req, "joined_this_year", S("yes"));
    prefill_number(req, "age_from", c->age_from);
    prefill_number(req, "age_to", c->age_to);
    req_prefill(req, "areas", c->areas);
    req_prefill(req, "language", c->language);
    req_prefill(req, "recruiter", c->recruiter);
    req_prefill(req, "text", c->text);
    int64_t left = c->may;
    for (int i = 0; i < COUNT_OF(reaches); i++) {
        if ((c->may & reaches[i].bits) != reaches[i].bits || !(left & reaches[i].bits)) continue;
        req_prefill(req, reaches[i].name, S("yes"));
        left &= ~reaches[i].bits;
    }
    prefill_number(req, "version", s->version);
}

/* ---- the list of searches ---- */

/* Counting most of half a million people takes a quarter of a second. A list of searches counts as long as nobody waits; the others say how many when opened. */
enum { COUNTING_MS = 400 };

typedef struct Counting {
    struct timespec begun;
} Counting;

static Counting counting_begin(void)
{
    Counting c;
    clock_gettime(CLOCK_MONOTONIC, &c.begun);
    return c;
}

static bool counting_over(const Counting *c)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (t.tv_sec - c->begun.tv_sec) * 1000 + (t.tv_nsec - c->begun.tv_nsec) / 1000000 >= COUNTING_MS;
}

/* `counting` NULL: count it, however long that takes. */
static Err put_count(Req *req, View *view, const Saved *s, const Counting *counting)
{
    int64_t people = 0;
    bool counted = !counting || !counting_over(counting);
    Err e = counted ? saved_count(req->db, req->arena, (Scope){s->unit}, &s->criteria, req->now, &people) : ERR_OK;
    view_put_bool(view, S("is_counted"), counted);
    if (e || !counted) return e;
    view_put_i64(view, S("people"), people);
    view_put_str(view, S("people_words"), shown_number(req->arena, people));
    view_put_bool(view, S("is_one"), people == 1);
    return ERR_OK;
}

static Err put_below(Req *req, View *view, const Criteria *c)
{
    Unit below;
    view_put_bool(view, S("has_below"), c->unit.len > 0);
    if (!c->unit.len) return ERR_OK;
    Err e = unit_find(req->db, req->arena, c->unit, &below);
    if (!e) view_put_str(view, S("below"), below.name);
    return e == ERR_MISSING ? ERR_OK : e;
}

static Err put_saved(Req *req, View *v, const Saved *s, const Counting *counting)
{
    view_put_str(v, S("id"), s->id);
    view_put_str(v, S("name"), s->name);
    view_put_str(v, S("selects"), criteria_words(req->arena, &s->criteria));
    view_put_str(v, S("path"), str_format(req->arena, "/units/%.*s/searches/%.*s", STR_ARG(s->unit), STR_ARG(s->id)));
    view_put_str(v, S("saved_by"), s->saved_by);
    view_put_str(v, S("changed"), time_iso(req->arena, s->changed));
    view_put_str(v, S("changed_words"), time_words(req->arena, s->changed));
    Err e = put_below(req, v, &s->criteria);
    return e ? e : put_count(req, v, s, counting);
}

static Err searches_page(Req *req, View *view)
{
    Unit unit;
    Saved *list;
    int count;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = saved_list(req->db, req->arena, unit.slug, &list, &count);
    if (e) return e;
    const Counting counting = counting_begin();
    View *searches = view_put_array(view, S("searches"));
    for (int i = 0; i < count && !e; i++) e = put_saved(req, view_add_object(searches), &list[i], &counting);
    view_put_bool(view, S("has_searches"), count > 0);
    view_put_str(view, S("new_path"), path_of(req, "/searches/new"));
    return e;
}

/* ---- one: its people ---- */

static Err find_saved(Req *req, Db *db, Saved *s)
{
    Err e = saved_find(db, req->arena, req_text(req, "unit"), req_text(req, "search"), s);
    return e == ERR_MISSING ? req_fail(req, e, "There is no such search here: it may have been deleted.") : e;
}

static Err put_person(Req *req, View *array, const AudiencePerson *p)
{
    Person person;
    Err e = person_find(req->db, req->arena, (Scope){req_text(req, "unit")}, p->id, &person, NULL);
    if (e) return e == ERR_MISSING ? ERR_OK : e;
    View *v = view_add_object(array);
    view_put_str(v, S("id"), p->id);
    view_put_str(v, S("name"), person.name);
    view_put_str(v, S("path"), str_format(req->arena, "/units/%.*s/people/%.*s", STR_ARG(req_text(req, "unit")), STR_ARG(p->id)));
    view_put_str(v, S("locality"), person.values.of[COL_LOCALITY]);
    view_put_str(v, S("postcode"), person.values.of[COL_POSTCODE]);
    Buf units = buf_new(req->arena);
    for (int i = 0; i < person.membership_count; i++) buf_format(&units, "%s%.*s", i ? ", " : "", STR_ARG(person.memberships[i].unit_name));
    view_put_str(v, S("units"), buf_done(&units));
    return ERR_OK;
}

static Err saved_page(Req *req, View *view)
{
    Unit unit;
    Saved s;
    AudiencePerson *people;
    int count = 0;
    AudienceCursor after = {req_text(req, "after_unit"), req_number(req, "after")};
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = find_saved(req, req->db, &s);
    if (!e) e = put_saved(req, view, &s, NULL);
    if (!e) e = saved_people(req->db, req->arena, (Scope){unit.slug}, &s.criteria, req->now, after, LIST_MOST + 1, &people, &count);
    if (e) return e;
    View *found = view_put_array(view, S("found"));
    int shown = count > LIST_MOST ? LIST_MOST : count;
    for (int i = 0; i < shown && !e; i++) e = put_person(req, found, &people[i]);
    view_put_bool(view, S("none"), count == 0);
    view_put_bool(view, S("has_next"), count > LIST_MOST);
    if (count > LIST_MOST)
        view_put_str(view, S("next_path"),
            str_format(req->arena, "/units/%.*s/searches/%.*s?after_unit=%.*s&after=%lld", STR_ARG(unit.slug), STR_ARG(s.id),
                STR_ARG(people[shown - 1].after.unit), (long long)people[shown - 1].after.number));
    view_put_str(view, S("list_path"), path_of(req, "/searches"));
    view_put_str(
        view, S("export_path"), str_format(req->arena, "/units/%.*s/people/export?search=%.*s", STR_ARG(unit.slug), STR_ARG(s.id)));
    req_title(req, s.name);
    return e ? e : put_secretary(req, view);
}

/* ---- making and changing one ---- */

/* What there is in the unit to choose from, for whoever types it. */
static Err put_words_of_unit(Req *req, View *view)
{
    DbRows rows;
    View *sections = view_put_array(view, S("sections"));
    Err e = db_query(req->db, req->arena, "saved_choices", DB_VALUES(db_string(req_text(req, "unit"))), &rows);
    Str seen[64];
    int count = 0;
    while (!e && db_next(&rows)) {
        const Str words[] = {db_text(&rows, "section"), db_text(&rows, "class")};
        for (int w = 0; w < COUNT_OF(words); w++) {
            int i = 0;
            while (i < count && !str_equal(seen[i], words[w])) i++;
            if (!words[w].len || i < count || count == COUNT_OF(seen)) continue;
            seen[count++] = words[w];
            view_add_str(sections, words[w]);
        }
    }
    view_put_bool(view, S("has_choices"), count > 0);
    return e;
}

static Err builder_form(Req *req, View *view)
{
    Unit unit;
    Err e = shown_unit_head(req, view, &unit);
    view_put_str(view, S("list_path"), path_of(req, "/searches"));
    view_put_bool(view, S("counted"), false);
    view_put_bool(view, S("is_edit"), str_ends(str_from_c(req->route->path), S("/edit")));
    return e ? e : put_words_of_unit(req, view);
}

static Err edit_form(Req *req, View *view)
{
    Saved s;
    Err e = builder_form(req, view);
    if (!e) e = find_saved(req, req->db, &s);
    if (!e && req->route->method == GET) prefill(req, &s);
    return e;
}

/* Counts without saving: nothing is kept, so it is no command. */
static Err count_page(Req *req, View *view)
{
    Unit unit;
    Criteria c;
    int64_t people;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = checked_criteria(req, req->db, &c);
    if (!e) e = saved_count(req->db, req->arena, (Scope){unit.slug}, &c, req->now, &people);
    if (e) return e;
    view_put_str(view, S("list_path"), path_of(req, "/searches"));
    view_put_bool(view, S("counted"), true);
    view_put_bool(view, S("is_edit"), false);
    view_put_i64(view, S("people"), people);
    view_put_str(view, S("people_words"), shown_number(req->arena, people));
    view_put_bool(view, S("is_one"), people == 1);
    view_put_str(view, S("selects"), criteria_words(req->arena, &c));
    return put_words_of_unit(req, view);
}

static Saved saved_from(Req *req, const Criteria *c)
{
    return (Saved){.unit = req_text(req, "unit"),
        .name = req_text(req, "name"),
        .criteria = *c,
        .owner = req->person,
        .saved_by = str_format(req->arena, "%.*s, %.*s", STR_ARG(req->officer.name), STR_ARG(req->officer.role))};
}

static Err saved_done(Req *req, View *answer, const Saved *s, const char *words)
{
    view_put_str(answer, S("id"), s->id);
    req_redirect(req, "/units/%.*s/searches/%.*s", STR_ARG(s->unit), STR_ARG(s->id));
    req_flash(req, "%s", words);
    return ERR_OK;
}

static Err add_write(Req *req, Db *db, View *answer)
{
    Unit unit;
    Criteria c;
    Err e = shown_unit(req, db, &unit);
    if (!e) e = checked_criteria(req, db, &c);
    if (e) return e;
    Saved s = saved_from(req, &c);
    s.id = req_new_id(req);
    e = saved_add(db, req->arena, &s, req->now);
    return e ? e : saved_done(req, answer, &s, "The search was saved.");
}

static Err change_write(Req *req, Db *db, View *answer)
{
    Criteria c;
    Saved was;
    Err e = find_saved(req, db, &was);
    if (!e) e = checked_criteria(req, db, &c);
    if (e) return e;
    Saved s = saved_from(req, &c);
    s.id = was.id;
    s.version = req_number(req, "version");
    e = saved_change(db, req->arena, &s, req->now);
    if (e == ERR_CONFLICT) return req_fail(req, e, "Somebody else changed this search while you did: open it again.");
    return e ? e : saved_done(req, answer, &s, "The search was changed.");
}

static Err drop_form(Req *req, View *view)
{
    Unit unit;
    Saved s;
    Err e = shown_unit_head(req, view, &unit);
    if (!e) e = find_saved(req, req->db, &s);
    return e ? e : put_saved(req, view, &s, NULL);
}

static Err drop_write(Req *req, Db *db, View *answer)
{
    Str unit = req_text(req, "unit");
    Err e = saved_drop(db, unit, req_text(req, "search"));
    if (e == ERR_MISSING) return req_fail(req, e, "There is no such search here: it may have been deleted.");
    if (e) return e;
    view_put_bool(answer, S("deleted"), true);
    req_redirect(req, "/units/%.*s/searches", STR_ARG(unit));
    req_flash(req, "The search was deleted. Nobody was changed by that.");
    return ERR_OK;
}

/* ---- the table ---- */

static const Field unit_fields[] = {UNIT_FIELD, {0}};
static const Field search_fields[] = {UNIT_FIELD,
    {"words", FIELD_LINE, .required = true, .max = SEARCH_TYPED_MAX, .label = "Whom do you look for?",
        .hint =
            "A part of a name, telephone number, postcode, e-mail address or membership number; several together find whoever has all."},
    {"from", FIELD_NUMBER, .min = 0, .max = SEARCH_FROM_MOST}, {0}};

#define SEARCH_FIELD                            \
    {                                           \
        "search", FIELD_TOKEN, .required = true \
    }
#define CRITERIA_FIELDS                                                                                                                    \
    {"below", FIELD_SLUG, .label = "Only in one unit below", .hint = "Its address, as in leeds-north; empty: all of this unit."},          \
        {"status", FIELD_CHOICE, .choices = status_choices, .label = "Membership", .standard = "active"},                                  \
        {"section", FIELD_SLUG, .label = "Section"}, {"class", FIELD_SLUG, .label = "Class of membership"},                                \
        {"joined_this_year", FIELD_TICK, .label = "Joined this year"}, {"joined_from", FIELD_DAY, .label = "Joined on this day or later"}, \
        {"joined_to", FIELD_DAY, .label = "Joined on this day or before"},                                                                 \
        {"age_from", FIELD_NUMBER, .min = 0, .max = SAVED_AGE_MAX, .label = "Age from",                                                    \
            .hint = "Whose date of birth is not known is left out."},                                                                      \
        {"age_to", FIELD_NUMBER, .min = 0, .max = SAVED_AGE_MAX, .label = "Age to"},                                                       \
        {"areas", FIELD_LINE, .max = 60, .label = "Postcode areas", .hint = "At most four, with commas, as in LS6, BD."},                  \
        {"language", FIELD_SLUG, .max = 10, .label = "Language", .hint = "Its two letters, as in cy."},                                    \
        {"recruiter", FIELD_LINE, .max = 100, .label = "Recruited by", .hint = "As the list says it: a name or a number."},                \
        {"text", FIELD_LINE, .max = SEARCH_TYPED_MAX, .label = "Has in the name, number or postcode"},                                     \
        {"may_be_rung", FIELD_TICK, .label = "May be rung: agreed, and has a number"},                                                     \
        {"may_be_texted", FIELD_TICK, .label = "May be sent texts"}, {"may_be_mailed", FIELD_TICK, .label = "May be sent e-mail"},         \
        {"may_be_written", FIELD_TICK, .label = "May be sent letters"},                                                                    \
    {                                                                                                                                      \
        "has_phone", FIELD_TICK, .label = "Has a telephone number"                                                                         \
    }
#define NAME_FIELD(must)                                                                              \
    {                                                                                                 \
        "name", FIELD_LINE, .required = (must), .max = SAVED_NAME_MAX, .label = "Name of the search", \
                            .hint = "The officers of this unit see it, as in New members to be rung." \
    }

static const Field add_fields[] = {UNIT_FIELD, NAME_FIELD(true), CRITERIA_FIELDS, {0}};
static const Field count_fields[] = {UNIT_FIELD, NAME_FIELD(false), CRITERIA_FIELDS, {0}};
static const Field edit_fields[] = {UNIT_FIELD, SEARCH_FIELD, NAME_FIELD(true), CRITERIA_FIELDS,
    {"version", FIELD_NUMBER, .required = true, .min = 1, .max = 1000000000}, {0}};
static const Field saved_fields[] = {
    UNIT_FIELD, SEARCH_FIELD, {.name = "after_unit", .kind = FIELD_SLUG}, {"after", FIELD_NUMBER, .min = 0, .max = INT64_MAX}, {0}};
static const Field drop_fields[] = {UNIT_FIELD, SEARCH_FIELD, {0}};

#define NO_ACT "none: a search selects people and changes nothing of theirs"

static const Route routes[] = {
    {GET, "/units/:unit/search", WHO_ORGANISER, "Find people", "The form.", unit_fields, .page = search_form, .html = "search",
        .posts = "/units/:unit/search"},
    {POST, "/units/:unit/search", WHO_ORGANISER, "Find people",
        "By a part of a name, number, postcode, e-mail address or membership number; what is typed stands in no address.", search_fields,
        .page = search_page, .html = "search", .form = "search", .form_page = search_form, .rate = RATE_READ},
    {GET, "/units/:unit/searches", WHO_ORGANISER, "Saved searches", "Those of the unit, each with how many people it selects now.",
        unit_fields, .page = searches_page, .html = "searches"},
    {GET, "/units/:unit/searches/new", WHO_ORGANISER, "New search", "The form.", unit_fields, .page = builder_form, .html = "search_build",
        .posts = "/units/:unit/searches/new"},
    {POST, "/units/:unit/searches/count", WHO_ORGANISER, "New search", "How many people these criteria select; nothing is kept.",
        count_fields, .page = count_page, .html = "search_build", .form = "search_build", .form_page = builder_form, .rate = RATE_WORK},
    {POST, "/units/:unit/searches/new", WHO_ORGANISER, "New search", "Saves a search.", add_fields, .write = add_write, .act = NO_ACT,
        .form = "search_build", .form_page = builder_form, .rate = RATE_WRITE},
    {GET, "/units/:unit/searches/:search", WHO_ORGANISER, "Saved search", "Whom it selects now, fifty a page.", saved_fields,
        .page = saved_page, .html = "search_saved"},
    {GET, "/units/:unit/searches/:search/edit", WHO_ORGANISER, "Change a search", "The form.", drop_fields, .page = edit_form,
        .html = "search_build", .posts = "/units/:unit/searches/:search/edit"},
    {POST, "/units/:unit/searches/:search/edit", WHO_ORGANISER, "Change a search",
        "Changes a saved search, unless somebody else did meanwhile.", edit_fields, .write = change_write, .act = NO_ACT,
        .form = "search_build", .form_page = edit_form, .rate = RATE_WRITE},
    {GET, "/units/:unit/searches/:search/delete", WHO_ORGANISER, "Delete a search", "Asks.", drop_fields, .page = drop_form,
        .html = "search_delete", .posts = "/units/:unit/searches/:search/delete"},
    {POST, "/units/:unit/searches/:search/delete", WHO_ORGANISER, "Delete a search", "Deletes a saved search.", drop_fields,
        .write = drop_write, .act = NO_ACT, .form = "search_delete", .form_page = drop_form, .rate = RATE_WRITE},
};

/* After a restore, a move or an upgrade the index is made anew, beside the serving. */
static void make_index(Store *store, int64_t now)
{
    Fault fault = {0};
    int64_t done = 0;
    Err e = search_rebuild(store, &(SearchRebuild){.now = now}, &done, &fault);
    if (e) log_line(LOG_ERROR, "people index", "made=%lld err=%d", (long long)done, (int)e);
    else if (done) log_line(LOG_INFO, "people index", "made=%lld", (long long)done);
}

const Room people_search_room = {.name = "people", .routes = routes, .route_count = COUNT_OF(routes), .begin = make_index};
