/* desk_rules.c: the rules of a draft by a form.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/desk.h"

static Str figure_name(const UnitFigure *f, int which)
{
    return which == 0 ? f->status : which == 1 ? f->section : f->class;
}

static bool is_chosen(const Str *chosen, int count, Str value)
{
    for (int i = 0; i < count; i++)
        if (str_equal(chosen[i], value)) return true;
    return false;
}

/* The words that are in use, each with how many memberships have it, to be ticked. */
static void put_ticks(
    Req *req, View *view, const char *name, const UnitFigure *figures, int count, int which, const Str *chosen, int chosen_count)
{
    View *array = view_put_array(view, str_from_c(name));
    for (int i = 0; i < count; i++) {
        Str value = figure_name(&figures[i], which);
        int64_t memberships = 0;
        bool before = !value.len;
        for (int j = 0; j < count; j++) {
            if (!str_equal(figure_name(&figures[j], which), value)) continue;
            before = before || j < i;
            memberships += figures[j].memberships;
        }
        if (before) continue;
        View *v = view_add_object(array);
        view_put_str(v, S("field"), str_from_c(name));
        view_put_str(v, S("value"), value);
        view_put_str(v, S("id"), str_format(req->arena, "%s-%.*s", name, STR_ARG(value)));
        view_put_str(v, S("memberships"), shown_count(req->arena, memberships));
        view_put_bool(v, S("chosen"), is_chosen(chosen, chosen_count, value));
    }
}

/* What was typed, or what the draft has. */
static int chosen_of(Req *req, const char *field, const RuleWords *kept, const Str **ret_chosen)
{
    if (req->route->method == POST) return req_texts(req, field, ret_chosen);
    *ret_chosen = kept ? kept->words : NULL;
    return kept && !kept->but ? kept->count : 0;
}

static Err put_choices(Req *req, View *view, const RollRules *kept)
{
    UnitFigure *figures;
    int count, chosen_count;
    const Str *chosen;
    RuleWords statuses = {0};
    Err e = unit_figures(req->db, req->arena, req_text(req, "unit"), &figures, &count);
    if (e) return e;
    for (Status s = STATUS_APPLIED; s < STATUS__COUNT; s++)
        if ((kept ? kept->statuses : 1u << STATUS_ACTIVE) & 1u << s) statuses.words[statuses.count++] = status_name(s);
    chosen_count = chosen_of(req, "statuses", &statuses, &chosen);
    put_ticks(req, view, "statuses", figures, count, 0, chosen, chosen_count);
    chosen_count = chosen_of(req, "sections", kept ? &kept->sections : NULL, &chosen);
    put_ticks(req, view, "sections", figures, count, 1, chosen, chosen_count);
    chosen_count = chosen_of(req, "declared", kept ? &kept->declared : NULL, &chosen);
    put_ticks(req, view, "declared", figures, count, 1, chosen, chosen_count);
    chosen_count = chosen_of(req, "classes", kept ? &kept->classes : NULL, &chosen);
    put_ticks(req, view, "classes", figures, count, 2, chosen, chosen_count);
    return ERR_OK;
}

static void put_words_asked(Req *req, View *rules, const char *field)
{
    const Str *words;
    int count = req_texts(req, field, &words);
    if (!count) return;
    View *array = view_put_array(rules, str_from_c(field));
    for (int i = 0; i < count; i++) view_add_str(array, words[i]);
}

/* Units, separated by blanks or commas. */
static void put_units_asked(Req *req, View *rules)
{
    Str rest = req_text(req, "units"), word;
    View *array = NULL;
    while (rest.len) {
        size_t end = 0;
        while (end < rest.len && rest.ptr[end] != ' ' && rest.ptr[end] != ',') end++;
        word = str_slice(rest, 0, end);
        rest = str_slice(rest, end < rest.len ? end + 1 : end, rest.len);
        if (!word.len) continue;
        if (!array) array = view_put_array(rules, S("units"));
        view_add_str(array, word);
    }
}

/* The form as rules; the fault's words begin with the field's name. */
static Err rules_asked(Req *req, RollRules *ret_rules)
{
    View *v = view_object(req->arena);
    view_put_str(v, S("freeze"), req_text(req, "freeze"));
    if (req_given(req, "months")) view_put_i64(v, S("months"), req_number(req, "months"));
    if (req_given(req, "grace_days")) view_put_i64(v, S("grace_days"), req_number(req, "grace_days"));
    if (req_text(req, "joined_by").len) view_put_str(v, S("joined_by"), req_text(req, "joined_by"));
    put_words_asked(req, v, "statuses");
    put_words_asked(req, v, "sections");
    put_words_asked(req, v, "classes");
    put_words_asked(req, v, "declared");
    put_units_asked(req, v);
    view_put_bool(v, S("fee_paid"), req_ticked(req, "fee_paid"));
    view_put_str(v, S("one_paper"), req_text(req, "one_paper").len ? req_text(req, "one_paper") : S("person"));
    Fault fault = {0};
    Err e = rules_from(req->arena, v, ret_rules, &fault);
    if (!e) return ERR_OK;
    Str field, words;
    if (!str_cut(fault.expected, ':', &field, &words)) return req_wrong(req, NULL, "%.*s", STR_ARG(fault.expected));
    words = str_trim(words);
    return req_wrong(req, str_c(req->arena, field), "Expected %.*s", STR_ARG(words));
}

static Err new_form(Req *req, View *view)
{
    Err e = desk_unit_put(req, view);
    return e ? e : put_choices(req, view, NULL);
}

static Err new_write(Req *req, Db *db, View *answer)
{
    RollRules *rules = arena_new(req->arena, RollRules, 1);
    Str slug = req_text(req, "slug");
    Err e = rules_asked(req, rules);
    if (!e) e = roll_add(db, req->arena, req_text(req, "unit"), slug, req_text(req, "title"), rules, req->now, &req->fault);
    if (e == ERR_CONFLICT) return req_wrong(req, "slug", "%.*s", STR_ARG(req->fault.expected));
    if (e) return e;
    view_put_str(answer, S("roll"), slug);
    req_redirect(req, "/units/%.*s/rolls/%.*s", STR_ARG(req_text(req, "unit")), STR_ARG(slug));
    req_flash(req, "The draft is kept. Nobody sees it but the officers of this unit. Look at the preview before you freeze it.");
    return ERR_OK;
}

static Str number_text(Arena *a, int number)
{
    return str_format(a, "%d", number);
}

static void prefill(Req *req, const Roll *roll)
{
    const RollRules *r = &roll->rules;
    Buf units = buf_new(req->arena);
    for (int i = 0; i < r->units.count; i++) buf_format(&units, "%s%.*s", i ? " " : "", STR_ARG(r->units.words[i]));
    req_prefill(req, "title", roll->title);
    req_prefill(req, "freeze", day_iso(req->arena, r->freeze));
    req_prefill(req, "months", number_text(req->arena, r->months));
    req_prefill(req, "grace_days", number_text(req->arena, r->grace_days));
    req_prefill(req, "joined_by", day_iso(req->arena, r->joined_by));
    req_prefill(req, "units", buf_done(&units));
    req_prefill(req, "fee_paid", r->fee_paid ? S("yes") : S(""));
    req_prefill(req, "one_paper", r->once_per_section ? S("section") : S("person"));
}

static Err rules_form(Req *req, View *view)
{
    Roll roll = {0};
    Err e = shown_desk(req, req->db, view, &roll);
    if (!e) e = desk_unit_put(req, view);
    if (!e) e = put_choices(req, view, &roll.rules);
    if (!e && req->route->method == GET) prefill(req, &roll);
    return e;
}

static Err rules_write_form(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    RollRules *rules = arena_new(req->arena, RollRules, 1);
    Err e = shown_desk(req, db, NULL, &roll);
    if (!e) e = rules_asked(req, rules);
    if (!e) e = roll_change(db, req->arena, &roll, req_text(req, "title"), rules, req->now, &req->fault);
    if (e) return shown_refusal(req, e);
    view_put_str(answer, S("roll"), roll.slug);
    req_redirect(req, "/units/%.*s/rolls/%.*s", STR_ARG(roll.unit), STR_ARG(roll.slug));
    req_flash(req, "The rules of the draft were changed.");
    return ERR_OK;
}

/* ---- the table ---- */

static const Field unit_fields[] = {{"unit", FIELD_SLUG, .required = true}, {0}};
static const Field desk_fields[] = {DESK_FIELDS, {0}};
static const Choice paper_choices[] = {
    {"person", "Once, however many memberships she has"}, {"section", "Once in each section in which she is a member"}, {0}};
#define TITLE_FIELD                                                                                        \
    {                                                                                                      \
        "title", FIELD_LINE, .required = true, .min = 3, .max = ROLL_TITLE_MAX, .label = "What it is for", \
                             .hint = "“Selection, Leeds North, 2013”. Public."                         \
    }
#define RULE_FIELDS                                                                                                                     \
    {"freeze", FIELD_LINE, .required = true, .max = 10, .label = "Freeze date",                                                         \
        .hint = "What counts is the state of that day: 2013-03-12"},                                                                    \
        {"months", FIELD_NUMBER, .min = 0, .max = RULE_MONTHS_MAX, .label = "Months of membership without a break before it",           \
            .standard = "0"},                                                                                                           \
        {"grace_days", FIELD_NUMBER, .min = 0, .max = RULE_GRACE_MAX, .label = "A lapse of at most so many days is no break",           \
            .standard = "0"},                                                                                                           \
        {"joined_by", FIELD_LINE, .max = 10, .label = "Joined by",                                                                      \
            .hint = "Only if the rules name such a day, apart from the freeze date: 2013-01-31"},                                       \
        {"statuses", FIELD_LINE, .repeats = true, .max = 80, .label = "Statuses"},                                                      \
        {"sections", FIELD_LINE, .repeats = true, .max = 80, .label = "Sections"},                                                      \
        {"classes", FIELD_LINE, .repeats = true, .max = 80, .label = "Classes"},                                                        \
        {"declared", FIELD_LINE, .repeats = true, .max = 80, .label = "Declared"},                                                      \
        {"units", FIELD_LINE, .max = 2000, .label = "Only these units",                                                                 \
            .hint =                                                                                                                     \
                "Their short names, with blanks between: leeds york. Those below them count, too. Empty: this unit and all below it."}, \
        {"fee_paid", FIELD_TICK, .label = "The fee is paid on the freeze date, and a first payment was received by then"},              \
    {                                                                                                                                   \
        "one_paper", FIELD_CHOICE, .choices = paper_choices, .label = "A person stands on the roll", .standard = "person"               \
    }
static const Field new_fields[] = {{"unit", FIELD_SLUG, .required = true}, TITLE_FIELD,
    {"slug", FIELD_SLUG, .required = true, .max = 60, .label = "Address",
        .hint = "Lower-case letters, digits, hyphens: leeds-north-2013. It never changes."},
    RULE_FIELDS, {0}};
static const Field rules_fields[] = {DESK_FIELDS, TITLE_FIELD, RULE_FIELDS, {0}};

static const Route routes[] = {
    {GET, "/units/:unit/new-roll", WHO_RETURNING, "A new roll", NULL, unit_fields, .page = new_form, .html = "desk_new",
        .posts = "/units/:unit/new-roll"},
    {POST, "/units/:unit/new-roll", WHO_RETURNING, "A new roll", "Keeps a draft.", new_fields, .write = new_write,
        .act = "none: a draft decides nothing; the freeze does", .form = "desk_new", .form_page = new_form, .rate = RATE_WRITE},
    {GET, DESK "/rules", WHO_RETURNING, "Rules", NULL, desk_fields, .page = rules_form, .html = "desk_rules", .posts = DESK "/rules"},
    {POST, DESK "/rules", WHO_RETURNING, "Rules", "Changes the rules of a draft.", rules_fields, .write = rules_write_form,
        .act = "none: a draft decides nothing; the freeze does", .form = "desk_rules", .form_page = rules_form, .rate = RATE_WRITE},
};

const Room roll_rules_room = {.name = "roll", .routes = routes, .route_count = COUNT_OF(routes)};
