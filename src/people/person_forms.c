/* person_forms.c: the secretary adds a person, changes what is held of her and of her memberships, and erases her.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * What was typed is checked before the transaction (`prepare`), in the same way as an import checks it, and handed to the write in an Edit.
 * Nobody's change is lost: a form knows the version it was made from, and when that is over it comes back with what is there now beside what was typed.
 */
#include "people/home.h"
#include "people/labels.h"
#include "people/phone.h"
#include "people/shown.h"
#include "people/table.h"
#include "people/text.h"

static const char NO_ACT[] =
    "none: what is held of a member, and who changed it, is in her own log; nothing of her stands in the public record";

/* From prepare to write, and to the form when it is shown again. */
typedef struct Edit {
    Values values;
    bool met; /* somebody else changed her meanwhile */
} Edit;

/* ---- what was typed ---- */

static Str country_of(const Req *req)
{
    Str typed = req_text(req, "country"), country;
    const char *expected;
    return typed.len && text_country(req->arena, typed, &country, &expected) ? country : home_country();
}

static Err take_value(Req *req, PeopleColumn column, const ValueOptions *options, Values *values)
{
    const char *name = people_columns[column].name, *expected = "";
    Str typed = req_text(req, name), value = S("");
    Fault fault = {0};
    if (people_columns[column].kind == PEOPLE_PHONE && typed.len && phone_load(&fault))
        return req_wrong(req, name, "Telephone numbers cannot be checked on this machine: %.*s", STR_ARG(fault.expected));
    if (!value_read(req->arena, column, typed, options, &value, &expected))
        return req_wrong(req, name, "%s must be %s", column_labels[column], expected);
    values->of[column] = value.len ? value : S("");
    return ERR_OK;
}

static Err take_values(Req *req, const PeopleColumn *columns, int count, Str country, Values *values)
{
    const ValueOptions options = {.country = country};
    Err e = ERR_OK;
    for (int i = 0; i < count; i++)
        if (take_value(req, columns[i], &options, values)) e = ERR_INPUT;
    return e;
}

static void take_consent(Req *req, Values *values)
{
    const Str *ways;
    Buf b = buf_new(req->arena);
    int count = req_texts(req, "consent", &ways);
    for (int i = 0; i < count; i++) buf_format(&b, "%s%.*s", i ? " " : "", STR_ARG(ways[i]));
    values->of[COL_CONSENT] = buf_done(&b);
    if (!values->of[COL_CONSENT].len) values->of[COL_CONSENT] = S("");
}

static const PeopleColumn person_columns[] = {COL_GIVEN_NAME, COL_FAMILY_NAME, COL_BORN, COL_LANGUAGE, COL_ID, COL_EMAIL, COL_PHONE,
    COL_PHONE_OTHER, COL_CONSENT_SINCE, COL_ADDRESS, COL_ADDRESS_MORE, COL_LOCALITY, COL_POSTCODE, COL_COUNTRY};
static const PeopleColumn short_columns[] = {
    COL_SECTION, COL_CLASS, COL_STATUS, COL_JOINED, COL_FIRST_RECEIPT, COL_PAID_UNTIL, COL_METHOD, COL_PAYER};
static const PeopleColumn membership_columns[] = {COL_SECTION, COL_CLASS, COL_STATUS, COL_STATUS_SINCE, COL_STATUS_REASON, COL_JOINED,
    COL_RECORDED, COL_FIRST_RECEIPT, COL_PAID_UNTIL, COL_PAYER, COL_BANK, COL_METHOD, COL_RECRUITER, COL_MANDATE, COL_SIGNATURE, COL_DEVICE,
    COL_DECLARED};

static Err take_person(Req *req, Values *values)
{
    Err e = take_values(req, person_columns, COUNT_OF(person_columns), country_of(req), values);
    take_consent(req, values);
    if (!values->of[COL_GIVEN_NAME].len && !values->of[COL_FAMILY_NAME].len) return req_wrong(req, "family_name", "Enter a name");
    return e;
}

static Edit *new_edit(Req *req)
{
    Edit *edit = arena_new(req->arena, Edit, 1);
    req->room = edit;
    return edit;
}

static Err prepare_person(Req *req, View *view)
{
    (void)view;
    return take_person(req, &new_edit(req)->values);
}

static Err prepare_new(Req *req, View *view)
{
    Edit *edit = new_edit(req);
    (void)view;
    Err e = take_person(req, &edit->values);
    Err second = take_values(req, short_columns, COUNT_OF(short_columns), home_country(), &edit->values);
    return e ? e : second;
}

static Err prepare_membership(Req *req, View *view)
{
    (void)view;
    return take_values(req, membership_columns, COUNT_OF(membership_columns), home_country(), &new_edit(req)->values);
}

/* As the change log names her: "Ada Poll, secretary of Leeds". */
static Hand hand_of(Req *req)
{
    Str by = str_format(req->arena, "%.*s, %.*s", STR_ARG(req->officer.name), STR_ARG(req->officer.role));
    return (Hand){.by = by, .reason = req_text(req, "reason"), .now = req->now};
}

/* The unit that was typed, by its address or name, in the scope alone; none: the path's. */
static Err take_unit(Req *req, Db *db, Values *values)
{
    Unit unit;
    Str typed = req_text(req, "in_unit");
    if (!typed.len) typed = req_text(req, "unit");
    Err e = unit_named(db, req->arena, access_scope(req), typed, &unit);
    if (e == ERR_MISSING) return req_wrong(req, "in_unit", "There is no such unit here or below");
    if (e == ERR_CONFLICT) return req_wrong(req, "in_unit", "Several units have that name: give the address of one, as in leeds");
    if (!e) values->of[COL_UNIT] = unit.slug;
    return e;
}

static void put_unit_head(Req *req, View *view, Err *e)
{
    Unit unit;
    if (!*e) *e = shown_unit_head(req, view, &unit);
}

static void go_to_person(Req *req, Str id, const char *said)
{
    req_redirect(req, "/units/%.*s/people/%.*s", STR_ARG(req_text(req, "unit")), STR_ARG(id));
    req_flash(req, "%s", said);
}

/* ---- adding a person ---- */

static Err new_page(Req *req, View *view)
{
    Err e = ERR_OK;
    put_unit_head(req, view, &e);
    if (!e && req->route->method == GET) req_prefill(req, "in_unit", req_text(req, "unit"));
    return e;
}

static Err new_write(Req *req, Db *db, View *answer)
{
    Edit *edit = req->room;
    Values membership = edit->values;
    Hand hand = hand_of(req);
    Str id;
    Err e = take_unit(req, db, &membership);
    if (e) return e;
    membership.of[COL_RECORDED] = day_iso(req->arena, day_at(req->now));
    e = person_add(db, req->arena, &edit->values, &membership, 1, &hand, &id);
    if (e == ERR_CONFLICT && edit->values.of[COL_ID].len) return req_wrong(req, "id", "Somebody else has that id");
    if (e) return e;
    view_put_str(answer, S("id"), id);
    go_to_person(req, id, "She is on the list.");
    return ERR_OK;
}

/* ---- changing what is held of her ---- */

static void prefill_values(Req *req, const PeopleColumn *columns, int count, const Values *values)
{
    for (int i = 0; i < count; i++)
        req_prefill(req, people_columns[columns[i]].name, shown_typed(req->arena, columns[i], values->of[columns[i]]));
}

static void prefill_consent(Req *req, Str consent)
{
    for (Str rest = consent, way; rest.len;) {
        str_cut(rest, ' ', &way, &rest);
        req_prefill(req, "consent", way);
    }
}

/* The version that the form is made from: what it was, unless what somebody else wrote meanwhile is shown beside it. */
static void put_version(Req *req, View *view, const Person *p)
{
    const Edit *edit = req->room;
    bool again = req->route->method == POST && !(edit && edit->met);
    view_put_i64(view, S("made_from"), again ? req_number(req, "version") : p->version);
    view_put_bool(view, S("is_met"), edit && edit->met);
}

static Err change_page(Req *req, View *view)
{
    Person p;
    Err e = shown_person_head(req, view, &p);
    if (e) return e;
    put_version(req, view, &p);
    if (req->route->method != GET) return ERR_OK;
    prefill_values(req, person_columns, COUNT_OF(person_columns), &p.values);
    prefill_consent(req, p.values.of[COL_CONSENT]);
    return ERR_OK;
}

/* What is there now beside what was typed, for each column in which they differ. */
static Err tell_both(Req *req, const Values *now, const PeopleColumn *columns, int count)
{
    Edit *edit = req->room;
    edit->met = true;
    Err told = req_wrong(req, NULL,
        "Somebody changed this while you wrote. Where it says something else than you typed, both are shown: look, then save again");
    for (int i = 0; i < count; i++) {
        Str is = now->of[columns[i]], typed = edit->values.of[columns[i]];
        if (str_equal(is, typed)) continue;
        told = req_wrong(req, people_columns[columns[i]].name, is.len ? "%s: it says “%.*s” now" : "%s: it is empty now%.*s",
            column_labels[columns[i]], STR_ARG(is));
    }
    return told;
}

static Err change_write(Req *req, Db *db, View *answer)
{
    const Edit *edit = req->room;
    Person p;
    Hand hand = hand_of(req);
    bool changed = false;
    Err e = shown_person(req, db, &p);
    if (e) return e;
    if (p.version != req_number(req, "version")) return tell_both(req, &p.values, person_columns, COUNT_OF(person_columns));
    e = person_change(db, req->arena, p.id, p.version, &edit->values, &hand, &changed);
    if (e == ERR_CONFLICT && edit->values.of[COL_ID].len) return req_wrong(req, "id", "Somebody else has that id");
    if (e) return e;
    view_put_bool(answer, S("changed"), changed);
    go_to_person(req, p.id, changed ? "What is held of her was changed." : "Nothing was changed: it is what was there.");
    return ERR_OK;
}

/* ---- memberships ---- */

static const Membership *membership_here(const Req *req, const Person *p)
{
    for (int i = 0; i < p->membership_count; i++)
        if (str_equal(p->memberships[i].id, req_text(req, "membership"))) return &p->memberships[i];
    return NULL;
}

static Err membership_new_page(Req *req, View *view)
{
    Person p;
    Err e = shown_person_head(req, view, &p);
    if (e || req->route->method != GET) return e;
    req_prefill(req, "in_unit", req_text(req, "unit"));
    req_prefill(req, "recorded", day_iso(req->arena, day_at(req->now)));
    return ERR_OK;
}

static Err membership_new_write(Req *req, Db *db, View *answer)
{
    Edit *edit = req->room;
    Values values = edit->values;
    Hand hand = hand_of(req);
    Person p;
    Str id;
    Err e = shown_person(req, db, &p);
    if (!e) e = take_unit(req, db, &values);
    if (!e) e = membership_add(db, req->arena, p.id, &values, &hand, &id);
    if (e) return e;
    view_put_str(answer, S("id"), id);
    go_to_person(req, p.id, "The membership was added.");
    return ERR_OK;
}

static Err membership_page(Req *req, View *view)
{
    Person p;
    Err e = shown_person_head(req, view, &p);
    if (e) return e;
    const Membership *m = membership_here(req, &p);
    if (!m) return req_fail(req, ERR_MISSING, "She has no such membership here.");
    put_version(req, view, &p);
    view_put_str(view, S("unit_name"), m->unit_name);
    if (req->route->method != GET) return ERR_OK;
    req_prefill(req, "in_unit", m->unit);
    prefill_values(req, membership_columns, COUNT_OF(membership_columns), &m->values);
    return ERR_OK;
}

static Err membership_write(Req *req, Db *db, View *answer)
{
    Edit *edit = req->room;
    Values values = edit->values;
    Hand hand = hand_of(req);
    Person p;
    bool changed = false;
    Err e = shown_person(req, db, &p);
    if (e) return e;
    const Membership *m = membership_here(req, &p);
    if (!m) return req_fail(req, ERR_MISSING, "She has no such membership here.");
    if (p.version != req_number(req, "version")) return tell_both(req, &m->values, membership_columns, COUNT_OF(membership_columns));
    e = take_unit(req, db, &values);
    if (!e) e = membership_change(db, req->arena, p.id, m->id, &values, &hand, &changed);
    if (e == ERR_INPUT && !values.of[COL_HISTORY].len)
        return req_wrong(req, "status_since", "This must not be before the status that came before it");
    if (e) return e;
    view_put_bool(answer, S("changed"), changed);
    go_to_person(req, p.id, changed ? "The membership was changed." : "Nothing was changed: it is what was there.");
    return ERR_OK;
}

/* ---- erasing ---- */

static Err erase_page(Req *req, View *view)
{
    Person p;
    Err e = shown_person_head(req, view, &p);
    if (!e) view_put_i64(view, S("membership_count"), p.membership_count);
    return e;
}

static Err erase_write(Req *req, Db *db, View *answer)
{
    Person p, whole;
    Hand hand = hand_of(req);
    Err e = shown_person(req, db, &p);
    if (!e) e = person_find(db, req->arena, scope_all(), p.id, &whole, NULL);
    if (e) return e;
    if (whole.membership_count > p.membership_count)
        return req_wrong(req, NULL, "She has a membership elsewhere, so a secretary above both units must do this");
    e = shown_erase(req, db, p.id, &hand);
    if (e == ERR_CONFLICT) return req_wrong(req, NULL, "She holds a role: a steward must end it first");
    if (e) return e;
    view_put_str(answer, S("id"), p.id);
    req_redirect(req, "/units/%.*s/people", STR_ARG(req_text(req, "unit")));
    req_flash(req, "She was erased.");
    return ERR_OK;
}

/* ---- the table ---- */

static const Choice consent_choices[] = {
    {"phone", "Telephone calls"}, {"sms", "Text messages"}, {"email", "E-mail"}, {"post", "Letters by post"}, {0}};
static const Choice status_choices[] = {{"active", "Active"}, {"applied", "Applied"}, {"lapsed", "Lapsed"}, {"suspended", "Suspended"},
    {"resigned", "Resigned"}, {"expelled", "Expelled"}, {"died", "Died"}, {0}};

// clang-format off
#define LINE(column, text, help) {.name = (column), .kind = FIELD_LINE, .max = 200, .label = (text), .hint = (help)}
#define DATE(column, text) {.name = (column), .kind = FIELD_DAY, .label = (text)}
#define PERSON_FIELD {"person", FIELD_TOKEN, .required = true}
#define VERSION_FIELD {"version", FIELD_NUMBER, .required = true, .min = 1, .max = 1000000000}
#define REASON_FIELD {.name = "reason", .kind = FIELD_LINE, .max = 300, .label = "Why", .hint = "For her change log, which she may read."}
#define PERSON_FIELDS \
    LINE("given_name", "Given names", NULL), LINE("family_name", "Family name", NULL), DATE("born", "Date of birth"), \
    {"language", FIELD_LINE, .max = 20, .label = "Language", .hint = "Its short form: en, cy, pl."}, \
    LINE("id", "Id in your own list", "Membership number, or what else your list calls her: hers alone."), \
    {"email", FIELD_LINE, .max = 254, .label = "E-mail address"}, \
    {"phone", FIELD_LINE, .max = 40, .label = "Telephone"}, {"phone_other", FIELD_LINE, .max = 40, .label = "Another telephone"}, \
    {"consent", FIELD_CHOICE, .repeats = true, .choices = consent_choices, .label = "May be reached by", .hint = "Only what she agreed to."}, \
    DATE("consent_since", "Agreed on"), \
    LINE("address", "Street and number", NULL), LINE("address_more", "Address, second line", NULL), LINE("locality", "Town", NULL), \
    {"postcode", FIELD_LINE, .max = 20, .label = "Postcode"}, {"country", FIELD_LINE, .max = 60, .label = "Country", .hint = "Two letters: GB, IE, FR."}
#define IN_UNIT_FIELD {.name = "in_unit", .kind = FIELD_LINE, .max = 120, .label = "Unit", .hint = "Its address or name: this unit, or one below it."}
#define STATUS_FIELD {"status", FIELD_CHOICE, .required = true, .choices = status_choices, .label = "Status", .standard = "active"}
#define MEMBERSHIP_FIELDS \
    IN_UNIT_FIELD, LINE("section", "Section", "A word of your rules: members, affiliates."), LINE("class", "Class", "standard, youth, supporter."), \
    STATUS_FIELD, DATE("status_since", "Status since"), LINE("status_reason", "Reason of the status", NULL), \
    DATE("joined", "Joined"), DATE("recorded", "Written down"), DATE("first_receipt", "First payment"), DATE("paid_until", "Paid until"), \
    LINE("payer", "Who pays", NULL), LINE("bank", "Account or cheque", NULL), LINE("method", "How it is paid", "direct-debit, card, cheque, cash, union."), \
    LINE("recruiter", "Recruited by", NULL), LINE("mandate", "Payment mandate", "Its digest or reference."), \
    LINE("signature", "Signed form", "Its digest or reference."), LINE("device", "Joined from", NULL), DATE("declared", "Declared support")

static const Field unit_fields[] = {UNIT_FIELD, {0}};
static const Field person_fields[] = {UNIT_FIELD, PERSON_FIELD, {0}};
static const Field membership_path_fields[] = {UNIT_FIELD, PERSON_FIELD, {"membership", FIELD_TOKEN, .required = true}, {0}};
static const Field new_fields[] = {UNIT_FIELD, PERSON_FIELDS, IN_UNIT_FIELD, LINE("section", "Section", "A word of your rules: members, affiliates."),
    LINE("class", "Class", "standard, youth, supporter."), STATUS_FIELD, DATE("joined", "Joined"), DATE("first_receipt", "First payment"),
    DATE("paid_until", "Paid until"), LINE("method", "How it is paid", "direct-debit, card, cheque, cash, union."), LINE("payer", "Who pays", NULL), REASON_FIELD, {0}};
static const Field change_fields[] = {UNIT_FIELD, PERSON_FIELD, VERSION_FIELD, PERSON_FIELDS, REASON_FIELD, {0}};
static const Field membership_new_fields[] = {UNIT_FIELD, PERSON_FIELD, MEMBERSHIP_FIELDS, REASON_FIELD, {0}};
static const Field membership_fields[] = {UNIT_FIELD, PERSON_FIELD, {"membership", FIELD_TOKEN, .required = true}, VERSION_FIELD, MEMBERSHIP_FIELDS, REASON_FIELD, {0}};
static const Field erase_fields[] = {UNIT_FIELD, PERSON_FIELD,
    {"reason", FIELD_LINE, .required = true, .min = 3, .max = 300, .label = "Why", .hint = "That she asked, and when. It is not kept: nothing is left that it could be written beside."},
    {"sure", FIELD_TICK, .required = true, .label = "She asked for it, and I know that it cannot be undone"}, {0}};
// clang-format on

static const Route routes[] = {
    {GET, "/units/:unit/people/new", WHO_SECRETARY, "Add a person", NULL, unit_fields, .page = new_page, .html = "person_new",
        .posts = "/units/:unit/people/new"},
    {POST, "/units/:unit/people/new", WHO_SECRETARY, "Add a person", "With one membership in this unit or below it.", new_fields,
        .prepare = prepare_new, .write = new_write, .act = NO_ACT, .form = "person_new", .form_page = new_page, .rate = RATE_WRITE},
    {GET, "/units/:unit/people/:person/change", WHO_SECRETARY, "Change", NULL, person_fields, .page = change_page, .html = "person_change",
        .posts = "/units/:unit/people/:person/change"},
    {POST, "/units/:unit/people/:person/change", WHO_SECRETARY, "Change",
        "What is held of her. `version` is the one the change was made from: when it is over, nothing is changed.", change_fields,
        .prepare = prepare_person, .write = change_write, .act = NO_ACT, .form = "person_change", .form_page = change_page,
        .rate = RATE_WRITE},
    {GET, "/units/:unit/people/:person/memberships/new", WHO_SECRETARY, "Add a membership", NULL, person_fields,
        .page = membership_new_page, .html = "membership_new", .posts = "/units/:unit/people/:person/memberships/new"},
    {POST, "/units/:unit/people/:person/memberships/new", WHO_SECRETARY, "Add a membership", "In this unit or one below it.",
        membership_new_fields, .prepare = prepare_membership, .write = membership_new_write, .act = NO_ACT, .form = "membership_new",
        .form_page = membership_new_page, .rate = RATE_WRITE},
    {GET, "/units/:unit/people/:person/memberships/:membership", WHO_SECRETARY, "Change a membership", NULL, membership_path_fields,
        .page = membership_page, .html = "membership_change", .posts = "/units/:unit/people/:person/memberships/:membership"},
    {POST, "/units/:unit/people/:person/memberships/:membership", WHO_SECRETARY, "Change a membership",
        "A status that differs is one more spell of its history.", membership_fields, .prepare = prepare_membership,
        .write = membership_write, .act = NO_ACT, .form = "membership_change", .form_page = membership_page, .rate = RATE_WRITE},
    {GET, "/units/:unit/people/:person/erase", WHO_SECRETARY, "Erase", NULL, person_fields, .page = erase_page, .html = "person_erase",
        .posts = "/units/:unit/people/:person/erase"},
    {POST, "/units/:unit/people/:person/erase", WHO_SECRETARY, "Erase", "All that is held of her, for good.", erase_fields,
        .write = erase_write, .act = NO_ACT, .form = "person_erase", .form_page = erase_page, .rate = RATE_WRITE},
};

const Room people_forms_room = {.name = "people", .routes = routes, .route_count = COUNT_OF(routes)};
