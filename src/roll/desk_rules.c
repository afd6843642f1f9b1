/* desk_rules.c: the rules of a draft by a form.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/desk.h"

/* What a group of ticks offers: words, and how many memberships have each. */
typedef struct Offer {
    Str words[FIELD_REPEATS_MAX];
    int64_t memberships[FIELD_REPEATS_MAX];
    int count;
} Offer;

static void offer_word(Offer *offer, Str word, int64_t memberships)
{
    int at = 0;
    while (at < offer->count && !str_equal(offer->words[at], word)) at++;
    if (at == FIELD_REPEATS_MAX) return;
    if (at == offer->count) offer->words[offer->count++] = word;
    offer->memberships[at] += memberships;
}

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

/* What was typed, or what the draft has. */
static int chosen_of(Req *req, const char *field, const RuleWords *kept, const Str **ret_chosen)
{
    if (req->route->method == POST) return req_texts(req, field, ret_chosen);
    *ret_chosen = kept->words;
    return kept->count;
}

static void put_ticks(Req *req, View *view, const char *name, const Offer *offer, const Str *chosen, int count)
{
    View *array = view_put_array(view, str_from_c(name));
    for (int i = 0; i < offer->count; i++) {
        View *v = view_add_object(array);
        view_put_str(v, S("field"), str_from_c(name));
        view_put_str(v, S("value"), offer->words[i]);
        view_put_str(v, S("id"), str_format(req->arena, "%s-%.*s", name, STR_ARG(offer->words[i])));
        view_put_str(v, S("memberships"), shown_count(req->arena, offer->memberships[i]));
        view_put_bool(v, S("chosen"), is_chosen(chosen, count, offer->words[i]));
    }
}

/* The words that the draft has, in its order, and those that are in use: what is ticked is never left out because nobody has it today. */
static void put_words(Req *req, View *view, const char *name, const UnitFigure *figures, int count, int which, const RuleWords *kept)
{
    Offer *offer = arena_new(req->arena, Offer, 1);
    const Str *chosen;
    int chosen_count = chosen_of(req, name, kept, &chosen);
    for (int i = 0; i < chosen_count; i++) offer_word(offer, chosen[i], 0);
    for (int i = 0; i < count; i++)
        if (figure_name(&figures[i], which).len) offer_word(offer, figure_name(&figures[i], which), figures[i].memberships);
    put_ticks(req, view, name, offer, chosen, chosen_count);
}

static void put_statuses(Req *req, View *view, const UnitFigure *figures, int count, uint32_t kept)
{
    Offer *offer = arena_new(req->arena, Offer, 1);
    RuleWords *words = arena_new(req->arena, RuleWords, 1);
    const Str *chosen;
    for (Status s = STATUS_APPLIED; s < STATUS__COUNT; s++) {
        offer_word(offer, status_name(s), 0);
        if (kept & 1u << s) words->words[words->count++] = status_name(s);
    }
    for (int i = 0; i < count; i++)
        if (figures[i].status.len) offer_word(offer, figures[i].status, figures[i].memberships);
    int chosen_count = chosen_of(req, "statuses", words, &chosen);
    put_ticks(req, view, "statuses", offer, chosen, chosen_count);
}

static Err put_choices(Req *req, View *view, const RollRules *kept)
{
    UnitFigure *figures;
    int count;
    Err e = unit_figures(req->db, req->arena, req_text(req, "unit"), &figures, &count);
    if (e) return e;
    put_statuses(req, view, figures, count, kept->statuses);
    put_words(req, view, "sections", figures, count, 1, &kept->sections);
    put_words(req, view, "declared", figures, count, 1, &kept->declared);
    put_words(req, view, "classes", figures, count, 2, &kept->classes);
    return ERR_OK;
}

/* ---- what was sent ---- */

typedef struct Asked {
    Req *req;
    View *rules;
} Asked;

/* The array for a member: these words, or any but these. */
static View *words_array(const Asked *asked, const char *field, const char *how)
{
    bool but = how && str_equal(req_text(asked->req, how), S("not"));
    Str name = str_from_c(field);
    return but ? view_put_array(view_put_object(asked->rules, name), S("not")) : view_put_array(asked->rules, name);
}

static void words_asked(const Asked *asked, const char *field, const char *how)
{
    const Str *words;
    int count = req_texts(asked->req, field, &words);
    if (!count) return;
    View *array = words_array(asked, field, how);
    for (int i = 0; i < count; i++) view_add_str(array, words[i]);
}

/* Words with blanks or commas between. */
static int split(Arena *a, Str text, Str **ret_words)
{
    Str *words = arena_new(a, Str, text.len / 2 + 1);
    int count = 0;
    for (size_t at = 0, end; at < text.len; at = end + 1) {
        for (end = at; end < text.len && text.ptr[end] != ' ' && text.ptr[end] != ','; end++) {
        }
        if (end > at) words[count++] = str_slice(text, at, end);
    }
    *ret_words = words;
    return count;
}

/* The ticked ones, those that `order` names first. */
static Err sections_asked(const Asked *asked)
{
    Req *req = asked->req;
    const Str *ticked;
    Str *first;
    int count = req_texts(req, "sections", &ticked), first_count = split(req->arena, req_text(req, "order"), &first);
    for (int i = 0; i < first_count; i++)
        if (!is_chosen(ticked, count, first[i])) return req_wrong(req, "order", "%.*s is not ticked among the sections", STR_ARG(first[i]));
    if (!count) return ERR_OK;
    View *array = words_array(asked, "sections", "sections_how");
    for (int i = 0; i < first_count; i++) view_add_str(array, first[i]);
    for (int i = 0; i < count; i++)
        if (!is_chosen(first, first_count, ticked[i])) view_add_str(array, ticked[i]);
    return ERR_OK;
}

/* A slip of the pen would be a unit without members, and the roll empty without a word. */
static Err units_asked(const Asked *asked, Db *db)
{
    Req *req = asked->req;
    Str *words;
    int count = split(req->arena, req_text(req, "units"), &words);
    if (!count) return ERR_OK;
    View *array = words_array(asked, "units", "units_how");
    for (int i = 0; i < count; i++) {
        bool below = false;
        Err e = unit_is_below(db, req->arena, words[i], req_text(req, "unit"), &below);
        if (e && e != ERR_MISSING) return e;
        if (!below) return req_wrong(req, "units", "There is no unit %.*s here or below", STR_ARG(words[i]));
        view_add_str(array, words[i]);
    }
    return ERR_OK;
}

/* The form as rules; the fault's words begin with the field's name. */
static Err rules_asked(Req *req, Db *db, RollRules *ret_rules)
{
    View *v = view_object(req->arena);
    Asked asked = {req, v};
    view_put_str(v, S("freeze"), req_text(req, "freeze"));
    if (req_given(req, "months")) view_put_i64(v, S("months"), req_number(req, "months"));
    if (req_given(req, "grace_days")) view_put_i64(v, S("grace_days"), req_number(req, "grace_days"));
    if (req_text(req, "joined_by").len) view_put_str(v, S("joined_by"), req_text(req, "joined_by"));
    words_asked(&asked, "statuses", NULL);
    words_asked(&asked, "classes", "classes_how");
    words_asked(&asked, "declared", NULL);
    view_put_bool(v, S("fee_paid"), req_ticked(req, "fee_paid"));
    view_put_str(v, S("one_paper"), req_text(req, "one_paper").len ? req_text(req, "one_paper") : S("person"));
    Err e = sections_asked(&asked);
    if (!e) e = units_asked(&asked, db);
    if (e) return e;
    Fault fault = {0};
    e = rules_from(req->arena, v, ret_rules, &fault);
    if (!e) return ERR_OK;
    Str field, words;
    if (!str_cut(fault.expected, ':', &field, &words)) return req_wrong(req, NULL, "%.*s", STR_ARG(fault.expected));
    words = str_trim(words);
    return req_wrong(req, str_c(req->arena, field), "Expected %.*s", STR_ARG(words));
}

static Err new_form(Req *req, View *view)
{
    Err e = desk_unit_put(req, view);
    RollRules *none = arena_new(req->arena, RollRules, 1);
    none->statuses = 1u << STATUS_ACTIVE;
    return e ? e : put_choices(req, view, none);
}

static Err new_write(Req *req, Db *db, View *answer)
{
    RollRules *rules = arena_new(req->arena, RollRules, 1);
    Str slug = req_text(req, "slug");
    Err e = rules_asked(req, db, rules);
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

static Str joined(Arena *a, const RuleWords *words)
{
    Buf b = buf_new(a);
    for (int i = 0; i < words->count; i++) buf_format(&b, "%s%.*s", i ? " " : "", STR_ARG(words->words[i]));
    return buf_done(&b);
}

static void prefill_how(Req *req, const char *field, const RuleWords *words)
{
    req_prefill(req, field, words->but ? S("not") : S("one"));
}

static void prefill(Req *req, const Roll *roll)
{
    const RollRules *r = &roll->rules;
    req_prefill(req, "title", roll->title);
    req_prefill(req, "freeze", day_iso(req->arena, r->freeze));
    req_prefill(req, "months", number_text(req->arena, r->months));
    req_prefill(req, "grace_days", number_text(req->arena, r->grace_days));
    req_prefill(req, "joined_by", day_iso(req->arena, r->joined_by));
    prefill_how(req, "sections_how", &r->sections);
    if (r->sections.count > 1 && !r->sections.but) req_prefill(req, "order", joined(req->arena, &r->sections));
    prefill_how(req, "classes_how", &r->classes);
    prefill_how(req, "units_how", &r->units);
    req_prefill(req, "units", joined(req->arena, &r->units));
    req_prefill(req, "fee_paid", r->fee_paid ? S("yes") : S(""));
    req_prefill(req, "one_paper", r->once_per_section ? S("section") : S("person"));
}

/* Title and rules as the form showed them: what somebody else has changed since is not written over. */
static Str digest_text(Req *req, const Roll *roll)
{
    Str all = str_format(req->arena, "%.*s\n%.*s", STR_ARG(roll->title), STR_ARG(roll->rules_text));
    return sha256_hex(req->arena, sha256(all));
}

static Err rules_form(Req *req, View *view)
{
    Roll roll = {0};
    Err e = shown_desk(req, req->db, view, &roll);
    if (!e) e = desk_unit_put(req, view);
    if (!e) e = put_choices(req, view, &roll.rules);
    if (e) return e;
    if (req->route->method == GET) prefill(req, &roll);
    view_put_str(view, S("was"), req->route->method == GET ? digest_text(req, &roll) : req_text(req, "was"));
    return ERR_OK;
}

static Err rules_write_form(Req *req, Db *db, View *answer)
{
    Roll roll = {0};
    RollRules *rules = arena_new(req->arena, RollRules, 1);
    Err e = shown_desk(req, db, NULL, &roll);
    if (!e && req_text(req, "was").len && !str_equal(req_text(req, "was"), digest_text(req, &roll)))
        e = req_wrong(
            req, NULL, "Somebody else changed this draft since you opened the form: open it again, so that her change is not lost");
    if (!e) e = rules_asked(req, db, rules);
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
static const Choice how_choices[] = {{"one", "may take part, and no others"}, {"not", "may not take part, and all others may"}, {0}};

#define HOW_FIELD(name, says)                                                            \
    {                                                                                    \
        (name), FIELD_CHOICE, .choices = how_choices, .label = (says), .standard = "one" \
    }
#define TITLE_FIELD                                                                                        \
    {                                                                                                      \
        "title", FIELD_LINE, .required = true, .min = 3, .max = ROLL_TITLE_MAX, .label = "What it is for", \
                             .hint = "“Selection, Leeds North, 2013”. Public."                         \
    }
#define RULE_FIELDS                                                                                                                     \
    {"freeze", FIELD_DAY, .required = true, .label = "Freeze date", .hint = "What counts is the state of that day"},                    \
        {"months", FIELD_NUMBER, .min = 0, .max = RULE_MONTHS_MAX, .label = "Months of membership without a break before it",           \
            .standard = "0"},                                                                                                           \
        {"grace_days", FIELD_NUMBER, .min = 0, .max = RULE_GRACE_MAX, .label = "A lapse of at most so many days is no break",           \
            .standard = "0"},                                                                                                           \
        {"joined_by", FIELD_DAY, .label = "Joined by", .hint = "Only if the rules name such a day, apart from the freeze date"},        \
        {"statuses", FIELD_LINE, .repeats = true, .max = 80, .label = "Statuses"},                                                      \
        {"sections", FIELD_LINE, .repeats = true, .max = 80, .label = "Sections"},                                                      \
        {"classes", FIELD_LINE, .repeats = true, .max = 80, .label = "Classes"},                                                        \
        {"declared", FIELD_LINE, .repeats = true, .max = 80, .label = "Declared"},                                                      \
        {"units", FIELD_LINE, .max = 6000, .label = "Units",                                                                            \
            .hint =                                                                                                                     \
                "Their short names, with blanks between: leeds york. Those below them count, too. Empty: this unit and all below it."}, \
        HOW_FIELD("sections_how", "Those that are ticked"), HOW_FIELD("classes_how", "Those that are ticked"),                          \
        HOW_FIELD("units_how", "Those units"),                                                                                          \
        {"order", FIELD_LINE, .max = 6000, .label = "Order of the sections",                                                            \
            .hint = "Who is in several of them and stands on the roll once stands there by the first that she is in. Their names with " \
                    "blanks between: members affiliates. Empty: as ticked."},                                                           \
        {"fee_paid", FIELD_TICK, .label = "The fee is paid on the freeze date, and a first payment was received by then"},              \
    {                                                                                                                                   \
        "one_paper", FIELD_CHOICE, .choices = paper_choices, .label = "A person stands on the roll", .standard = "person"               \
    }
static const Field new_fields[] = {{"unit", FIELD_SLUG, .required = true}, TITLE_FIELD,
    {"slug", FIELD_SLUG, .required = true, .max = 60, .label = "Address",
        .hint = "Lower-case letters, digits, hyphens: leeds-north-2013. It never changes."},
    RULE_FIELDS, {0}};
static const Field rules_fields[] = {DESK_FIELDS, TITLE_FIELD, RULE_FIELDS, {"was", FIELD_LINE, .max = 64}, {0}};

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
