/* rules.c: rules as JSON and in words. What they say of a membership is in apply.c.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/rules.h"

#include "core/json.h"

#include <string.h>

static const Str members[] = {S("freeze"), S("months"), S("grace_days"), S("joined_by"), S("statuses"), S("sections"), S("classes"),
    S("units"), S("fee_paid"), S("declared"), S("one_paper")};

/* ---- reading ---- */

typedef struct Reading {
    Arena *a;
    const View *object;
    Fault *fault;
} Reading;

static Err wrong(Reading *in, Str member, const char *expected, Str found)
{
    return fault_set(in->fault, ERR_INPUT, 0, 0, str_format(in->a, "%.*s: %s", STR_ARG(member), expected), found);
}

/* NULL: it is not there. */
static const View *member(const Reading *in, Str name)
{
    const View *v = view_get(in->object, name);
    return v && view_kind(v) != VIEW_NULL ? v : NULL;
}

static Err read_day(Reading *in, Str name, Day *ret_day)
{
    const View *v = member(in, name);
    Day day;
    if (!v) return ERR_OK;
    if (view_kind(v) == VIEW_STR && day_read(view_str(v), &day) && day >= day_of(1900, 1, 1) && day < day_of(2100, 1, 1)) {
        *ret_day = day;
        return ERR_OK;
    }
    return wrong(in, name, "a day from 1900 to 2099 such as \"2013-03-12\"", json_quote(in->a, v));
}

static Err read_number(Reading *in, Str name, int most, int *ret_number)
{
    const View *v = member(in, name);
    if (!v) return ERR_OK;
    if (view_kind(v) == VIEW_I64 && view_i64(v) >= 0 && view_i64(v) <= most) {
        *ret_number = (int)view_i64(v);
        return ERR_OK;
    }
    return wrong(in, name, str_c(in->a, str_format(in->a, "a whole number from 0 to %d", most)), json_quote(in->a, v));
}

static bool is_word(Str word)
{
    if (!word.len || word.len > 80) return false;
    for (size_t i = 0; i < word.len; i++) {
        char c = word.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && i && i + 1 < word.len))) return false;
    }
    return true;
}

static bool has_word(const RuleWords *words, Str word)
{
    for (int i = 0; i < words->count; i++)
        if (str_equal(words->words[i], word)) return true;
    return false;
}

static Err add_word(Reading *in, Str name, RuleWords *words, const View *v)
{
    bool good = view_kind(v) == VIEW_STR && is_word(view_str(v));
    if (!good) return wrong(in, name, "words of lower-case letters, digits and inner hyphens", json_quote(in->a, v));
    if (has_word(words, view_str(v))) return wrong(in, name, "each word once", json_quote(in->a, v));
    if (words->count == RULE_WORDS_MAX) return wrong(in, name, "at most 64 words", json_quote(in->a, v));
    words->words[words->count++] = str_copy(in->a, view_str(v));
    return ERR_OK;
}

static void sort_words(RuleWords *words)
{
    for (int i = 1; i < words->count; i++)
        for (int j = i; j > 0 && str_compare(words->words[j], words->words[j - 1]) < 0; j--) {
            Str word = words->words[j];
            words->words[j] = words->words[j - 1];
            words->words[j - 1] = word;
        }
}

/* ["members"] or {"not":["supporter"]} */
static Err read_words(Reading *in, Str name, bool may_exclude, RuleWords *ret_words)
{
    RuleWords words = {.given = true};
    const View *v = member(in, name), *list = v;
    if (!v) return ERR_OK;
    if (may_exclude && view_kind(v) == VIEW_OBJECT) {
        list = view_get(v, S("not"));
        words.but = true;
        if (!list || view_next(view_first(v))) return wrong(in, name, "a list of words, or {\"not\": [...]}", json_quote(in->a, v));
    }
    if (view_kind(list) != VIEW_ARRAY || !view_first(list))
        return wrong(in, name, may_exclude ? "a list of words, or {\"not\": [...]}" : "a list of words", json_quote(in->a, v));
    for (const View *word = view_first(list); word; word = view_next(word)) {
        Err e = add_word(in, name, &words, word);
        if (e) return e;
    }
    *ret_words = words;
    return ERR_OK;
}

static Err read_statuses(Reading *in, uint32_t *ret_statuses)
{
    const View *v = member(in, S("statuses"));
    uint32_t statuses = 0;
    *ret_statuses = 1u << STATUS_ACTIVE;
    if (!v) return ERR_OK;
    if (view_kind(v) != VIEW_ARRAY || !view_first(v)) return wrong(in, S("statuses"), "a list such as [\"active\"]", json_quote(in->a, v));
    for (const View *word = view_first(v); word; word = view_next(word)) {
        Status status = view_kind(word) == VIEW_STR ? status_of(view_str(word)) : STATUS_NONE;
        if (status == STATUS_NONE || !str_equal(status_name(status), view_str(word)))
            return wrong(in, S("statuses"), "applied, active, lapsed, suspended, resigned, expelled or died", json_quote(in->a, word));
        statuses |= 1u << status;
    }
    *ret_statuses = statuses;
    return ERR_OK;
}

static Err read_choices(Reading *in, RollRules *rules)
{
    const View *fee = member(in, S("fee_paid")), *paper = member(in, S("one_paper"));
    if (fee && view_kind(fee) != VIEW_BOOL) return wrong(in, S("fee_paid"), "true or false", json_quote(in->a, fee));
    if (fee) rules->fee_paid = view_i64(fee);
    if (!paper) return ERR_OK;
    Str word = view_kind(paper) == VIEW_STR ? view_str(paper) : S("");
    rules->once_per_section = str_equal(word, S("section"));
    if (rules->once_per_section || str_equal(word, S("person"))) return ERR_OK;
    return wrong(in, S("one_paper"), "\"person\" or \"section\"", json_quote(in->a, paper));
}

static Err check_members(Reading *in)
{
    for (const View *v = view_first(in->object); v; v = view_next(v)) {
        bool known = false;
        for (int i = 0; i < COUNT_OF(members); i++) known |= str_equal(members[i], view_key(v));
        if (!known)
            return fault_set(in->fault, ERR_INPUT, 0, 0,
                S("freeze, months, grace_days, joined_by, statuses, sections, classes, units, fee_paid, declared or one_paper"),
                fault_quote(in->a, view_key(v)));
    }
    if (!member(in, S("freeze"))) return wrong(in, S("freeze"), "a day such as \"2013-03-12\"", S("none"));
    return ERR_OK;
}

Err rules_from(Arena *a, const View *object, RollRules *ret_rules, Fault *fault)
{
    Reading in = {a, object, fault};
    if (view_kind(object) != VIEW_OBJECT)
        return fault_set(fault, ERR_INPUT, 0, 0, S("rules as an object: {\"freeze\": \"2013-03-12\"}"), S("something else"));
    RollRules *rules = arena_new(a, RollRules, 1);
    *rules = (RollRules){.freeze = DAY_NONE, .joined_by = DAY_NONE};
    Err e = check_members(&in);
    if (!e) e = read_day(&in, S("freeze"), &rules->freeze);
    if (!e) e = read_number(&in, S("months"), RULE_MONTHS_MAX, &rules->months);
    if (!e) e = read_number(&in, S("grace_days"), RULE_GRACE_MAX, &rules->grace_days);
    if (!e) e = read_day(&in, S("joined_by"), &rules->joined_by);
    if (!e) e = read_statuses(&in, &rules->statuses);
    if (!e) e = read_words(&in, S("sections"), true, &rules->sections);
    if (!e) e = read_words(&in, S("classes"), true, &rules->classes);
    if (!e) e = read_words(&in, S("units"), true, &rules->units);
    if (!e) e = read_words(&in, S("declared"), false, &rules->declared);
    if (!e) e = read_choices(&in, rules);
    if (e) return e;
    if (rules->sections.but) sort_words(&rules->sections);
    sort_words(&rules->classes);
    sort_words(&rules->units);
    sort_words(&rules->declared);
    *ret_rules = *rules;
    return ERR_OK;
}

Err rules_read(Arena *a, Str json, RollRules *ret_rules, Fault *fault)
{
    View *object;
    if (json.len > RULE_TEXT_MAX) return fault_set(fault, ERR_LIMIT, 0, 0, S("rules of at most 16 KiB"), S("more"));
    Err e = json_read(a, json, &object, fault);
    return e ? e : rules_from(a, object, ret_rules, fault);
}

/* ---- writing ---- */

static void put_words(View *object, Str name, const RuleWords *words)
{
    if (!words->given) {
        view_put_null(object, name);
        return;
    }
    View *array = words->but ? view_put_array(view_put_object(object, name), S("not")) : view_put_array(object, name);
    for (int i = 0; i < words->count; i++) view_add_str(array, words->words[i]);
}

static void put_day(Arena *a, View *object, Str name, Day day)
{
    if (day == DAY_NONE) view_put_null(object, name);
    else view_put_str(object, name, day_iso(a, day));
}

View *rules_view(Arena *a, const RollRules *rules)
{
    View *v = view_object(a);
    put_day(a, v, S("freeze"), rules->freeze);
    view_put_i64(v, S("months"), rules->months);
    view_put_i64(v, S("grace_days"), rules->grace_days);
    put_day(a, v, S("joined_by"), rules->joined_by);
    View *statuses = view_put_array(v, S("statuses"));
    for (Status s = STATUS_APPLIED; s < STATUS__COUNT; s++)
        if (rules->statuses & 1u << s) view_add_str(statuses, status_name(s));
    put_words(v, S("sections"), &rules->sections);
    put_words(v, S("classes"), &rules->classes);
    put_words(v, S("units"), &rules->units);
    view_put_bool(v, S("fee_paid"), rules->fee_paid);
    put_words(v, S("declared"), &rules->declared);
    view_put_str(v, S("one_paper"), rules->once_per_section ? S("section") : S("person"));
    return v;
}

Str rules_write(Arena *a, const RollRules *rules)
{
    Buf b = buf_new(a);
    view_json(rules_view(a, rules), &b, false);
    return str_slice(buf_done(&b), 0, b.len - 1);
}

Sha256 rules_digest(Arena *a, const RollRules *rules)
{
    return sha256(rules_write(a, rules));
}

/* ---- in words ---- */

/* "members, affiliates or supporters" */
static Str listed(Arena *a, const RuleWords *words)
{
    Buf b = buf_new(a);
    for (int i = 0; i < words->count; i++) {
        if (i) buf_str(&b, i + 1 == words->count ? S(" or ") : S(", "));
        buf_str(&b, words->words[i]);
    }
    return buf_done(&b);
}

static Str status_list(Arena *a, uint32_t statuses)
{
    RuleWords words = {0};
    for (Status s = STATUS_APPLIED; s < STATUS__COUNT; s++)
        if (statuses & 1u << s) words.words[words.count++] = status_name(s);
    return listed(a, &words);
}

static void say_words(Arena *a, View *array, const char *what, const RuleWords *words)
{
    if (!words->given) return;
    Str list = listed(a, words);
    view_add_str(array, str_format(a, "The %s %s %.*s.", what, words->but ? "is any but" : "is", STR_ARG(list)));
}

static void say_months(Arena *a, const RollRules *rules, View *array)
{
    Str day = day_words(a, rules->freeze), by = day_words(a, rules->joined_by);
    if (rules->months)
        view_add_str(array, str_format(a, "Before %.*s the membership has lasted %d month%s without a break.", STR_ARG(day), rules->months,
                                rules->months == 1 ? "" : "s"));
    if (rules->grace_days)
        view_add_str(array,
            str_format(a, "A lapse of at most %d day%s, mended since, is no break.", rules->grace_days, rules->grace_days == 1 ? "" : "s"));
    if (rules->joined_by != DAY_NONE) view_add_str(array, str_format(a, "The membership began by %.*s.", STR_ARG(by)));
}

void rules_words(Arena *a, const RollRules *rules, View *array)
{
    Str day = day_words(a, rules->freeze), statuses = status_list(a, rules->statuses), declared = listed(a, &rules->declared);
    view_add_str(array, str_format(a, "What counts is the state of %.*s, the freeze date.", STR_ARG(day)));
    view_add_str(array, str_format(a, "On that day the membership is %.*s.", STR_ARG(statuses)));
    say_months(a, rules, array);
    say_words(a, array, "section", &rules->sections);
    say_words(a, array, "class", &rules->classes);
    if (rules->units.given) {
        Str units = listed(a, &rules->units);
        view_add_str(array, str_format(a, "The unit is %s%.*s, or below it.", rules->units.but ? "any but " : "", STR_ARG(units)));
    }
    if (rules->fee_paid) view_add_str(array, S("The fee is paid until that day or later, and the first payment was received by then."));
    if (rules->declared.given)
        view_add_str(array, str_format(a, "In the section %.*s a declaration of support was made by that day.", STR_ARG(declared)));
    view_add_str(array, rules->once_per_section ? S("Whoever has memberships in several sections stands on the roll once in each.")
                                                : S("Whoever has several memberships stands on the roll once."));
}

/* ---- reasons ---- */

static const struct {
    Str name, title;
} reasons[] = {
    [REASON_ON] = {S("on"), S("On the roll")},
    [REASON_NOT_YET] = {S("not-yet"), S("Not a member yet on the freeze date")},
    [REASON_STATUS] = {S("status"), S("Lapsed, suspended or otherwise not counted on the freeze date")},
    [REASON_JOINED] = {S("joined"), S("Began after the day by which one had to join")},
    [REASON_MONTHS] = {S("months"), S("Not a member for long enough without a break")},
    [REASON_SECTION] = {S("section"), S("In another section")},
    [REASON_CLASS] = {S("class"), S("In another class")},
    [REASON_UNIT] = {S("unit"), S("In another unit")},
    [REASON_FEE] = {S("fee"), S("Fee not paid on the freeze date")},
    [REASON_DECLARED] = {S("declared"), S("No declaration of support by the freeze date")},
    [REASON_TWICE] = {S("twice"), S("On the roll by another membership of the same person")},
};
_Static_assert(COUNT_OF(reasons) == REASON__COUNT, "a name for each reason");

Str reason_name(RollReason reason)
{
    return reasons[reason].name;
}

Str reason_title(RollReason reason)
{
    return reasons[reason].title;
}
