/* audit.c: the run of all checks, and what they share.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/audit_own.h"

#include "core/sha256.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *name, *title, *asks, *usual;
    PeopleColumn columns[6];
    int column_count;
} checks[AUDIT__COUNT] = {
    [AUDIT_PAYER] = {"one-payer", "One payer for many", "Who paid for these memberships, and does each member know of hers?",
        "A treasurer who hands in the subscriptions of a meeting; an employer; a large family.",
        {COL_PAYER, COL_METHOD, COL_BANK, COL_JOINED}, 4},
    [AUDIT_BANK] = {"one-account", "One account or cheque for many", "Whose account is this, and does each member know of her membership?",
        "A family; a club that pays from its own account; a treasurer's cheque for cash that was collected.",
        {COL_BANK, COL_PAYER, COL_METHOD, COL_JOINED}, 4},
    [AUDIT_PHONE] = {"one-phone", "One telephone number for many", "Whose number is this, and can each member be reached by it?",
        "A household; a home; a volunteer who put her own number where people had none.", {COL_PHONE, COL_POSTCODE, COL_JOINED}, 3},
    [AUDIT_EMAIL] = {"one-email", "One e-mail address for many",
        "Who reads this address, and does each member know that letters for her go there?",
        "A household; a branch address given for members who have none.", {COL_EMAIL, COL_POSTCODE, COL_JOINED}, 3},
    [AUDIT_DEVICE] = {"one-device", "One device for many", "Who sat at this device, and were the members with her?",
        "A tablet at a stall; a library; an office or hall with one address on the network.", {COL_DEVICE, COL_RECRUITER, COL_JOINED}, 3},
    [AUDIT_ADDRESS] = {"one-address", "Many at one address", "Do these people live there, and did they join themselves?",
        "A hall of residence, a home, a house of many flats.", {COL_POSTCODE, COL_JOINED, COL_METHOD, COL_PAYER}, 4},
    [AUDIT_RECEIPT] = {"before-receipt", "Joined before the first receipt",
        "On what day were these people accepted, and by which paper does it show?",
        "Forms that came without a cheque; a direct debit that the bank refused at first.", {COL_JOINED, COL_FIRST_RECEIPT, COL_RECORDED},
        3},
    [AUDIT_BACKDATED] = {"backdated", "Joined long before it was written down",
        "When did these forms come in, and who set the date of joining?",
        "A heap of forms that lay; a list that was moved from another system.", {COL_JOINED, COL_RECORDED, COL_FIRST_RECEIPT}, 3},
    [AUDIT_SURGE] = {"surge", "A burst of joins", "What brought so many to this unit in these days?",
        "A visit, a stall, a local campaign; a selection that people want to take part in, which is their right.",
        {COL_JOINED, COL_RECORDED, COL_RECRUITER, COL_METHOD}, 4},
    [AUDIT_MANDATE] = {"mandate", "Missing or doubled payment mandates", "Where are the mandates for these payments, and who signed them?",
        "Mandates that were not scanned; a couple with one account.", {COL_MANDATE, COL_BANK, COL_METHOD, COL_JOINED}, 4},
    [AUDIT_SIGNATURE] = {"signature", "Missing or doubled signatures", "Who signed these forms?",
        "Forms that were not scanned; one scan filed twice.", {COL_SIGNATURE, COL_JOINED, COL_RECORDED}, 3},
    [AUDIT_TWO_NAMES] = {"two-names", "One person under two names", "Are these two people, or one who is on the list twice?",
        "Twins; a married name; a name typed twice.", {COL_BORN, COL_EMAIL, COL_PHONE, COL_POSTCODE, COL_SECTION}, 5},
    [AUDIT_TWO_SECTIONS] = {"two-sections", "One person in two sections", "Is this one person with two papers, and do the rules allow it?",
        "A member who belongs to an affiliated union as well, where the rules give a paper in each section.",
        {COL_BORN, COL_SECTION, COL_EMAIL, COL_POSTCODE}, 4},
    [AUDIT_RECRUITER] = {"one-recruiter", "Recruits of one recruiter just before the freeze",
        "Did these people join themselves, and did they pay themselves?", "A good campaigner in the weeks when people want to join.",
        {COL_RECRUITER, COL_JOINED, COL_METHOD, COL_PAYER}, 4},
    [AUDIT_REVIVED] = {"revived", "Lapsed, then revived before the freeze",
        "Who asked these people to come back, and did they pay themselves?", "A letter to all who had lapsed; a renewal that ran late.",
        {COL_STATUS, COL_HISTORY, COL_PAYER}, 3},
};

Str audit_check_name(AuditCheck check)
{
    return str_from_c(checks[check].name);
}

Str audit_check_title(AuditCheck check)
{
    return str_from_c(checks[check].title);
}

AuditRules audit_rules_standard(Day freeze)
{
    AuditRules rules = {.freeze = freeze,
        .payer_most = 4,
        .household_most = 5,
        .receipt_grace_days = 14,
        .backdated_days = 60,
        .window_days = 90,
        .recruits_most = 10,
        .surge_days = 14,
        .surge_tail = 0.001};
    for (int i = 0; i < AUDIT__COUNT; i++) rules.asked[i] = true;
    return rules;
}

Str audit_check_rule(Arena *a, AuditCheck check, const AuditRules *o)
{
    switch (check) {
    case AUDIT_PAYER:
        return str_format(a,
            "One payer for more than %d members, what a union pays for its own aside; the gravest when they live at different addresses.",
            o->payer_most);
    case AUDIT_BANK:
    case AUDIT_PHONE:
    case AUDIT_EMAIL:
        return str_format(a, "The same for more than %d members, or for three or more at three addresses.", o->household_most);
    case AUDIT_DEVICE: return str_format(a, "The same for more than %d members.", o->household_most);
    case AUDIT_ADDRESS:
        return str_format(a,
            "More than %d members at one address. A question when so many joined within 30 days and most of them have no means of payment "
            "of their own; otherwise a note.",
            o->household_most);
    case AUDIT_RECEIPT:
        return str_format(a,
            "The share of members who joined more than %d days (and: more than %d days) before their first receipt, beside that of all "
            "other units (binomial tail).",
            o->receipt_grace_days, o->receipt_grace_days * 4);
    case AUDIT_BACKDATED:
        return str_format(a,
            "The share of members whose date of joining is more than %d days before the day it was written down, beside that of all other "
            "units (binomial tail).",
            o->backdated_days);
    case AUDIT_SURGE:
        return str_format(a,
            "Joins within %d days beside what is expected of the unit: its own share of the organisation, times what all other units had "
            "in those days (Poisson tail, for all units and windows "
            "together below %g). A household, and one recruiter's day, count once.",
            o->surge_days, o->surge_tail);
    case AUDIT_MANDATE:
    case AUDIT_SIGNATURE:
        return check == AUDIT_MANDATE ? S("The same mandate at two or more addresses; direct debits without a mandate, beside the share of "
                                          "all other units (binomial tail).")
                                      : S("The same signature for two or more members; members without one, beside the share of all other "
                                          "units (binomial tail).");
    case AUDIT_TWO_NAMES:
        return S("Two entries born on one day that share telephone, e-mail or postcode, with names that differ in at most two letters, or "
                 "in the family name alone.");
    case AUDIT_TWO_SECTIONS: return S("The same, in two sections; and, as a note, how many stand in two sections under one id.");
    case AUDIT_RECRUITER:
        return str_format(a, "More than %d recruits of one recruiter in the %d days before the freeze.", o->recruits_most, o->window_days);
    case AUDIT_REVIVED:
        return str_format(a,
            "The share of members who were revived in the %d days before the freeze, beside that of all other units (binomial tail).",
            o->window_days);
    case AUDIT__COUNT: break;
    }
    ASSERT(false);
}

/* ---- asking ---- */

static Str key_of(Arena *a, AuditCheck check, Str key)
{
    enum { KEY_DIGITS = 24 };
    Str whole = str_format(a, "%s %.*s", checks[check].name, STR_ARG(key));
    return str_slice(sha256_hex(a, sha256(whole)), 0, KEY_DIGITS);
}

AuditQuestion *ask(Finder *f, AuditCheck check, AuditWeight weight, const uint32_t *rows, int count, Str key)
{
    Audit *audit = f->audit;
    if (audit->question_count == f->capacity) {
        int more = f->capacity * 2 + 64;
        audit->questions = arena_grow(f->a, AuditQuestion, audit->questions, (size_t)f->capacity, (size_t)more);
        f->capacity = more;
    }
    AuditQuestion *q = &audit->questions[audit->question_count++];
    uint32_t *kept = arena_new(f->a, uint32_t, (size_t)count);
    if (count) memcpy(kept, rows, (size_t)count * sizeof *kept);
    *q = (AuditQuestion){.check = check,
        .weight = weight,
        .key = key_of(f->a, check, key),
        .unit = count ? f->unit_of[rows[0]] : -1,
        .asks = str_from_c(checks[check].asks),
        .because = S(""),
        .usual = str_from_c(checks[check].usual),
        .rows = kept,
        .row_count = count,
        .column_count = checks[check].column_count};
    for (int i = 1; i < count; i++)
        if (f->unit_of[rows[i]] != q->unit) q->unit = -1;
    memcpy(q->columns, checks[check].columns, sizeof checks[check].columns);
    return q;
}

/* ---- groups ---- */

static int by_number(const void *x, const void *y)
{
    uint64_t a = *(const uint64_t *)x, b = *(const uint64_t *)y;
    return (a > b) - (a < b);
}

void group_rows(Finder *f, AuditCheck check, ValueOf *value, EachGroup *each)
{
    int count = 0;
    for (int i = 0; i < f->r->count; i++) {
        uint32_t v = value(&f->r->rows[i]);
        if (v) f->pairs[count++] = (uint64_t)v << 32 | (uint32_t)i;
        else f->audit->unlooked[check]++;
    }
    qsort(f->pairs, (size_t)count, sizeof *f->pairs, by_number);
    Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    for (int i = 0, j; i < count; i = j) {
        for (j = i + 1; j < count && f->pairs[j] >> 32 == f->pairs[i] >> 32; j++) {
        }
        if (j - i < 2) continue;
        uint32_t *rows = arena_new(&scratch, uint32_t, (size_t)(j - i));
        for (int k = i; k < j; k++) rows[k - i] = (uint32_t)f->pairs[k];
        each(f, check, rows, j - i);
        arena_recycle(&scratch);
    }
    arena_clear(&scratch);
}

int count_different(Finder *f, const uint32_t *rows, int count, ValueOf *value)
{
    int n = 0, none = 0;
    for (int i = 0; i < count; i++) {
        uint32_t v = value(&f->r->rows[rows[i]]);
        if (v) f->other[n++] = v;
        else none++;
    }
    qsort(f->other, (size_t)n, sizeof *f->other, by_number);
    int different = none;
    for (int i = 0; i < n; i++) different += i == 0 || f->other[i] != f->other[i - 1];
    return different;
}

/* ---- chances ---- */

/* ln of the sum of terms that begin with exp(ln_term) and go on by `ratio(k)`. */
static double ln_sum(double ln_term, double term_ratio)
{
    return ln_term + log1p(term_ratio);
}

double binomial_tail(int k, int n, double p)
{
    if (k <= n * p) return 0; /* nothing out of the way: a chance of about one */
    double ln_term = lgamma(n + 1.0) - lgamma(k + 1.0) - lgamma(n - k + 1.0) + k * log(p) + (n - k) * log1p(-p), rest = 0, term = 1;
    for (int i = k; i < n && term > 1e-12; i++) {
        term *= (double)(n - i) / (i + 1) * p / (1 - p);
        rest += term;
    }
    return ln_sum(ln_term, rest);
}

double poisson_tail(int k, double mean)
{
    if (k <= mean) return 0;
    double ln_term = k * log(mean) - mean - lgamma(k + 1.0), rest = 0, term = 1;
    for (int i = k; term > 1e-12; i++) {
        term *= mean / (i + 1);
        rest += term;
    }
    return ln_sum(ln_term, rest);
}

Str odds_words(Arena *a, double ln_chance)
{
    double tenth = -ln_chance / log(10);
    if (tenth > 9) return S("less than 1 in 1,000,000,000");
    int64_t one_in = (int64_t)pow(10, tenth);
    if (one_in < 1000) return str_format(a, "1 in %lld", (long long)(one_in > 1 ? one_in : 1));
    if (one_in < 1000000) return str_format(a, "1 in %lld,%03lld", (long long)(one_in / 1000), (long long)(one_in % 1000));
    return str_format(
        a, "1 in %lld,%03lld,%03lld", (long long)(one_in / 1000000), (long long)(one_in / 1000 % 1000), (long long)(one_in % 1000));
}

/* ---- unit by unit ---- */

/* Of a list of one unit there is no other to compare it with: two in a hundred is taken for usual, and the question says so. */
#define USUAL_SHARE 0.02
enum { UNITS_ROWS_LEAST = 50, HITS_LEAST = 5 };

typedef struct Share {
    int looked, hits;
} Share;

static void tell_unit(Finder *f, AuditCheck check, AuditWeight weight, int unit, int threshold, const uint32_t *rows, Share own,
    Share others, double ln_chance)
{
    Str slug = roster_text(f->r, f->r->units[unit].slug);
    AuditQuestion *q = ask(f, check, weight, rows, own.hits, str_format(f->a, "unit %.*s over %d", STR_ARG(slug), threshold));
    Str days = threshold ? str_format(f->a, " by more than %d days", threshold) : S("");
    if (others.looked >= UNITS_ROWS_LEAST)
        q->because = str_format(f->a, "%d of %d memberships here%.*s; in all other units %d of %d. By chance: %.*s.", own.hits, own.looked,
            STR_ARG(days), others.hits, others.looked, STR_ARG(odds_words(f->a, ln_chance)));
    else
        q->because = str_format(f->a,
            "%d of %d memberships here%.*s. There is no other unit to compare with; 2 in 100 were taken for usual. By chance: %.*s.",
            own.hits, own.looked, STR_ARG(days), STR_ARG(odds_words(f->a, ln_chance)));
}

static int rows_of_unit(const Finder *f, IsIt *is, int threshold, int unit, uint32_t *rows)
{
    int count = 0;
    for (int i = 0; i < f->r->count; i++)
        if (f->unit_of[i] == unit && is(f, &f->r->rows[i], threshold) == 1) rows[count++] = (uint32_t)i;
    return count;
}

void compare_units(Finder *f, AuditCheck check, AuditWeight weight, IsIt *is, int threshold)
{
    Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    Share *shares = arena_new(&scratch, Share, (size_t)f->r->unit_count), all = {0};
    int unlooked = 0;
    for (int i = 0; i < f->r->count; i++) {
        int yes = is(f, &f->r->rows[i], threshold);
        unlooked += yes < 0;
        if (yes < 0) continue;
        shares[f->unit_of[i]].looked++;
        shares[f->unit_of[i]].hits += yes;
        all.looked++;
        all.hits += yes;
    }
    f->audit->unlooked[check] = unlooked;
    for (int u = 0; u < f->r->unit_count; u++) {
        Share own = shares[u], others = {all.looked - own.looked, all.hits - own.hits};
        if (own.hits < HITS_LEAST) continue;
        double p = others.looked >= UNITS_ROWS_LEAST ? (others.hits + 0.5) / (others.looked + 1) : USUAL_SHARE;
        double ln_chance = binomial_tail(own.hits, own.looked, p) + log(f->r->unit_count);
        if (ln_chance >= log(f->rules->surge_tail)) continue;
        uint32_t *rows = arena_new(&scratch, uint32_t, (size_t)own.hits);
        ASSERT(rows_of_unit(f, is, threshold, u, rows) == own.hits);
        tell_unit(f, check, weight, u, threshold, rows, own, others, ln_chance);
    }
    arena_clear(&scratch);
}

/* ---- the run ---- */

static int order_of_questions(const void *x, const void *y)
{
    const AuditQuestion *a = x, *b = y;
    if (a->weight != b->weight) return a->weight > b->weight ? -1 : 1;
    if (a->check != b->check) return a->check < b->check ? -1 : 1;
    if (a->row_count != b->row_count) return a->row_count > b->row_count ? -1 : 1;
    return str_compare(a->key, b->key);
}

/* The same question twice (of two thresholds, say): the graver stays. */
static void drop_repeated(Audit *audit)
{
    int kept = 0;
    for (int i = 0; i < audit->question_count; i++) {
        const AuditQuestion *q = &audit->questions[i];
        bool again = false;
        for (int j = kept; j-- > 0 && !again;) {
            const AuditQuestion *p = &audit->questions[j];
            again = q->unit >= 0 && p->check == q->check && p->unit == q->unit &&
                    (q->check == AUDIT_RECEIPT || q->check == AUDIT_BACKDATED);
        }
        if (!again) audit->questions[kept++] = *q;
    }
    audit->question_count = kept;
}

static void count_units(Finder *f)
{
    Audit *audit = f->audit;
    audit->units = arena_new(f->a, AuditUnit, (size_t)f->r->unit_count);
    audit->unit_count = f->r->unit_count;
    for (int u = 0; u < audit->unit_count; u++) audit->units[u].unit = u;
    for (int i = 0; i < f->r->count; i++) audit->units[f->unit_of[i]].members++;
    uint32_t *seen = arena_new(f->a, uint32_t, (size_t)f->r->count); /* the checks in whose evidence a row was counted */
    for (int i = 0; i < audit->question_count; i++) {
        const AuditQuestion *q = &audit->questions[i];
        for (int k = 0; k < q->row_count; k++) {
            uint32_t bit = UINT32_C(1) << q->check;
            if (seen[q->rows[k]] & bit) continue;
            seen[q->rows[k]] |= bit;
            audit->rows[q->check]++;
            audit->units[f->unit_of[q->rows[k]]].rows[q->check]++;
        }
    }
}

/* A Ref is a place in the pool, not a small number: a table by Ref would be as large as four pools. */
typedef struct UnitSlug {
    Ref slug;
    int unit;
} UnitSlug;

static int compare_slugs(const void *x, const void *y)
{
    Ref p = ((const UnitSlug *)x)->slug, q = ((const UnitSlug *)y)->slug;
    return (p > q) - (p < q);
}

/* Slugs are texts of the pool, so the unit of a row is found by its Ref. */
static int *units_of_rows(Arena *a, const Roster *r)
{
    int *unit_of = arena_new(a, int, (size_t)r->count + 1);
    UnitSlug *sorted = arena_new(a, UnitSlug, (size_t)r->unit_count + 1);
    for (int u = 0; u < r->unit_count; u++) sorted[u] = (UnitSlug){r->units[u].slug, u};
    qsort(sorted, (size_t)r->unit_count, sizeof *sorted, compare_slugs);
    for (int i = 0; i < r->count; i++) {
        UnitSlug wanted = {r->rows[i].unit, 0}, *found = bsearch(&wanted, sorted, (size_t)r->unit_count, sizeof *sorted, compare_slugs);
        ASSERT(found);
        unit_of[i] = found->unit;
    }
    return unit_of;
}

Err audit_run(Arena *a, const AuditRules *rules, const Roster *roster, Audit *ret_audit, Fault *fault)
{
    *ret_audit = (Audit){.rules = *rules, .memberships = roster->count};
    if (roster->count == 0) return fault_setf(fault, a, ERR_INPUT, "a list with at least one membership");
    Finder f = {.a = a, .rules = &ret_audit->rules, .r = roster, .audit = ret_audit, .unit_of = units_of_rows(a, roster)};
    f.pairs = malloc((size_t)roster->count * 2 * sizeof *f.pairs);
    if (!f.pairs) out_of_memory((size_t)roster->count * 2 * sizeof *f.pairs);
    f.other = f.pairs + roster->count;
    audit_sharing(&f);
    audit_dates(&f);
    audit_surges(&f);
    audit_likeness(&f);
    free(f.pairs);
    if (ret_audit->question_count)
        qsort(ret_audit->questions, (size_t)ret_audit->question_count, sizeof *ret_audit->questions, order_of_questions);
    drop_repeated(ret_audit);
    count_units(&f);
    return ERR_OK;
}
