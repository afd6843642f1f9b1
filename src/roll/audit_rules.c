/* audit_rules.c: the thresholds of an audit as JSON.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/audit.h"

#include "core/json.h"

/* Every number that may be said, and its bounds. surge_tail is "one in so many", for a view has whole numbers only. */
typedef struct Number {
    const char *name;
    size_t offset;
    int least, most;
} Number;
#define NUMBER(name, field, least, most)               \
    {                                                  \
        name, offsetof(AuditRules, field), least, most \
    }
static const Number numbers[] = {
    NUMBER("payer_most", payer_most, 1, 1000),
    NUMBER("household_most", household_most, 1, 1000),
    NUMBER("receipt_grace_days", receipt_grace_days, 0, 3660),
    NUMBER("backdated_days", backdated_days, 0, 3660),
    NUMBER("window_days", window_days, 1, 3660),
    NUMBER("recruits_most", recruits_most, 1, 100000),
    NUMBER("surge_days", surge_days, 1, 366),
};
enum { ONE_IN_LEAST = 10, ONE_IN_MOST = 1000000000 };

static int *number_at(AuditRules *rules, const Number *n)
{
    return (int *)(void *)((char *)rules + n->offset);
}

/* "payer_most: a whole number", and what stands there instead. */
static Err refuse(Fault *fault, Arena *a, Str name, const char *expected, const View *found)
{
    return fault_set(fault, ERR_INPUT, 0, 0, str_format(a, "%.*s: %s", STR_ARG(name), expected), json_quote(a, found));
}

static Err read_leave_out(Arena *a, AuditRules *rules, const View *list, Fault *fault)
{
    if (view_kind(list) != VIEW_ARRAY) return refuse(fault, a, S("leave_out"), "a list of checks", list);
    for (const View *v = view_first(list); v; v = view_next(v)) {
        AuditCheck c = 0;
        while (c < AUDIT__COUNT && !(view_kind(v) == VIEW_STR && str_equal(view_str(v), audit_check_name(c)))) c++;
        if (c == AUDIT__COUNT) return refuse(fault, a, S("leave_out"), "names of checks, as one-payer", v);
        rules->asked[c] = false;
    }
    return ERR_OK;
}

static Err read_member(Arena *a, AuditRules *rules, const View *v, Fault *fault)
{
    Str name = view_key(v);
    if (str_equal(name, S("leave_out"))) return read_leave_out(a, rules, v, fault);
    if (view_kind(v) != VIEW_I64) return refuse(fault, a, name, "a whole number", v);
    int64_t value = view_i64(v);
    if (str_equal(name, S("surge_one_in"))) {
        if (value < ONE_IN_LEAST || value > ONE_IN_MOST) return refuse(fault, a, name, "a number from 10 to 1,000,000,000", v);
        rules->surge_tail = 1.0 / (double)value;
        return ERR_OK;
    }
    for (int i = 0; i < COUNT_OF(numbers); i++) {
        if (!str_equal(name, str_from_c(numbers[i].name))) continue;
        if (value < numbers[i].least || value > numbers[i].most)
            return refuse(fault, a, name, str_c(a, str_format(a, "a number from %d to %d", numbers[i].least, numbers[i].most)), v);
        *number_at(rules, &numbers[i]) = (int)value;
        return ERR_OK;
    }
    return fault_set(fault, ERR_INPUT, 0, 0,
        S("payer_most, household_most, receipt_grace_days, backdated_days, window_days, recruits_most, surge_days, "
          "surge_one_in or leave_out"),
        fault_quote(a, name));
}

Err audit_rules_read(Arena *a, Str json, Day freeze, AuditRules *ret_rules, Fault *fault)
{
    View *value = NULL;
    *ret_rules = audit_rules_standard(freeze);
    Err e = json_read(a, json, &value, fault);
    if (!e && view_kind(value) != VIEW_OBJECT) e = refuse(fault, a, S("rules of an audit"), "an object, as {\"payer_most\": 4}", value);
    for (const View *v = e ? NULL : view_first(value); v && !e; v = view_next(v)) e = read_member(a, ret_rules, v, fault);
    return e;
}

Str audit_rules_write(Arena *a, const AuditRules *rules)
{
    AuditRules copy = *rules;
    View *v = view_object(a);
    for (int i = 0; i < COUNT_OF(numbers); i++) view_put_i64(v, str_from_c(numbers[i].name), *number_at(&copy, &numbers[i]));
    view_put_i64(v, S("surge_one_in"), (int64_t)(1 / rules->surge_tail + 0.5));
    View *out = view_put_array(v, S("leave_out"));
    for (AuditCheck c = 0; c < AUDIT__COUNT; c++)
        if (!rules->asked[c]) view_add_str(out, audit_check_name(c));
    Buf b = buf_new(a);
    view_json(v, &b, false);
    return buf_done(&b);
}
