/* apply.c: what rules say of each membership, on their own freeze date and on every other.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * For one membership everything but the day is fixed, and each rule about days holds on a stretch of them: the status counts from a spell's day to the next;
 * `months` hold from a day on (day_add_months never goes back when its day goes on); paid until; received and declared by. So the freeze dates on which it
 * stands on the roll are a few intervals, found without trying days, and a sweep adds up their ends.
 */
#include "roll/rules.h"

#include <stdlib.h>
#include <string.h>

#define DAY_NEVER_ENDS INT32_MAX

/* ---- membership as stretches of days ---- */

/* From `from` until the day before `to` the status counts; without a break since `begun`. */
typedef struct Stretch {
    Day begun, from, to;
} Stretch;

typedef struct Spells {
    const RollRules *rules;
    const Roster *roster;
    const RosterRow *row;
    uint32_t next; /* spell */
    bool before;   /* the time before the first spell is still to come */
    Day begun, ended;
    bool broken; /* since `ended` there was more than a lapse */
} Spells;

static const RosterSpell *spell_at(const Spells *s, uint32_t i)
{
    return &s->roster->spells[s->row->spell + i];
}

static bool has_time_before(const Spells *s)
{
    const RosterRow *row = s->row;
    if (!row->spell_count) return true;
    const RosterSpell *first = spell_at(s, 0);
    return row->joined != DAY_NONE && first->since != DAY_NONE && row->joined < first->since && first->status != STATUS_APPLIED;
}

static Spells spells_of(const RollRules *rules, const Roster *roster, const RosterRow *row)
{
    Spells s = {.rules = rules, .roster = roster, .row = row, .begun = DAY_NONE, .ended = DAY_NONE, .broken = true};
    s.before = has_time_before(&s);
    return s;
}

/* The days of a spell; a day out of order counts as the latest day before it. */
static Day spell_since(const Spells *s, uint32_t i)
{
    Day since = spell_at(s, i)->since;
    for (uint32_t j = 0; j < i; j++)
        if (spell_at(s, j)->since > since) since = spell_at(s, j)->since;
    return since;
}

static bool next_spell(Spells *s, Status *ret_status, Day *ret_from, Day *ret_to)
{
    if (s->before) {
        s->before = false;
        *ret_status = STATUS_ACTIVE;
        *ret_from = s->row->joined;
        *ret_to = s->row->spell_count ? spell_since(s, 0) : DAY_NEVER_ENDS;
        return true;
    }
    if (s->next == s->row->spell_count) return false;
    uint32_t i = s->next++;
    *ret_status = spell_at(s, i)->status;
    *ret_from = spell_since(s, i);
    *ret_to = s->next < s->row->spell_count ? spell_since(s, s->next) : DAY_NEVER_ENDS;
    return true;
}

static bool counts(const RollRules *rules, Status status)
{
    return rules->statuses & 1u << status;
}

static bool goes_on(const Spells *s, Day from)
{
    if (s->broken) return false;
    return from == s->ended || (s->ended != DAY_NONE && (int64_t)from - s->ended <= s->rules->grace_days);
}

static bool next_stretch(Spells *s, Stretch *ret_stretch)
{
    Status status;
    Day from, to;
    while (next_spell(s, &status, &from, &to)) {
        if (from == to) continue;
        if (!counts(s->rules, status)) {
            s->broken |= status != STATUS_LAPSED;
            continue;
        }
        if (!goes_on(s, from)) s->begun = from;
        s->broken = false;
        s->ended = to;
        *ret_stretch = (Stretch){s->begun, from, to};
        return true;
    }
    return false;
}

/* The first freeze date before which so many months have passed since `begun`. */
static Day long_enough_from(Day begun, int months)
{
    if (!months) return INT32_MIN;
    if (begun == DAY_NONE || begun >= day_of(2100, 1, 1)) return DAY_NEVER_ENDS;
    Day day = day_add_months(begun, months);
    if (day == DAY_NONE) return DAY_NEVER_ENDS;
    while (day_add_months(day - 1, -months) >= begun) day--;
    while (day_add_months(day, -months) < begun) day++;
    return day;
}

/* ---- words and units ---- */

static bool words_have(const RuleWords *words, Str word)
{
    if (!words->given) return true;
    for (int i = 0; i < words->count; i++)
        if (str_equal(words->words[i], word)) return !words->but;
    return words->but;
}

static int unit_index(const Roster *roster, Ref slug)
{
    for (int i = 0; i < roster->unit_count; i++)
        if (roster->units[i].slug == slug) return i;
    return -1;
}

static bool units_have(const RollRules *rules, const Roster *roster, Ref slug)
{
    const RuleWords *words = &rules->units;
    if (!words->given) return true;
    int unit = unit_index(roster, slug);
    bool named = false;
    for (int steps = 0; unit >= 0 && steps <= roster->unit_count; steps++) {
        for (int i = 0; i < words->count; i++) named |= str_equal(words->words[i], roster_text(roster, roster->units[unit].slug));
        unit = roster->units[unit].above;
    }
    return named != words->but;
}

/* What rules say of a word is asked once and not for every row: by the word's number. */
typedef struct Verdicts {
    uint8_t *of; /* 0: not asked yet; 1: no; 2: yes. NULL: not kept */
} Verdicts;

typedef struct Judge {
    const RollRules *rules;
    const Roster *roster;
    Verdicts sections, classes, units, declared;
} Judge;

static bool judged(const Judge *j, Verdicts kept, Ref ref, const RuleWords *words)
{
    if (kept.of && kept.of[ref]) return kept.of[ref] == 2;
    bool yes = words == &j->rules->units ? units_have(j->rules, j->roster, ref) : words_have(words, roster_text(j->roster, ref));
    if (kept.of) kept.of[ref] = yes ? 2 : 1;
    return yes;
}

static void raise_limit(Ref *limit, Ref ref)
{
    if (ref > *limit) *limit = ref;
}

static Judge judge_of(Arena *a, const RollRules *rules, const Roster *roster)
{
    Judge j = {.rules = rules, .roster = roster};
    Ref limit = 0;
    for (int i = 0; i < roster->count; i++) {
        raise_limit(&limit, roster->rows[i].section);
        raise_limit(&limit, roster->rows[i].class);
        raise_limit(&limit, roster->rows[i].unit);
    }
    size_t size = (size_t)limit + 1;
    j.sections.of = arena_new(a, uint8_t, size);
    j.classes.of = arena_new(a, uint8_t, size);
    j.units.of = arena_new(a, uint8_t, size);
    j.declared.of = arena_new(a, uint8_t, size);
    return j;
}

/* Those rules that ask about no day. */
static RollReason place_reason(const Judge *j, const RosterRow *row)
{
    if (!judged(j, j->sections, row->section, &j->rules->sections)) return REASON_SECTION;
    if (!judged(j, j->classes, row->class, &j->rules->classes)) return REASON_CLASS;
    if (!judged(j, j->units, row->unit, &j->rules->units)) return REASON_UNIT;
    return REASON_ON;
}

static bool asks_declaration(const Judge *j, const RosterRow *row)
{
    return j->rules->declared.given && judged(j, j->declared, row->section, &j->rules->declared);
}

/* ---- one membership on the freeze date ---- */

static bool stretch_on(const RollRules *rules, const Roster *roster, const RosterRow *row, Day day, Stretch *ret_stretch)
{
    Spells spells = spells_of(rules, roster, row);
    Stretch s;
    while (next_stretch(&spells, &s))
        if (s.from <= day && day < s.to) {
            *ret_stretch = s;
            return true;
        }
    return false;
}

/* The spell of a day, whether it counts or not. False: none had begun. */
static bool spell_on(const RollRules *rules, const Roster *roster, const RosterRow *row, Day day, Status *ret_status, Day *ret_since)
{
    Spells spells = spells_of(rules, roster, row);
    Status status;
    Day from, to;
    while (next_spell(&spells, &status, &from, &to))
        if (from <= day && day < to) {
            *ret_status = status;
            *ret_since = from;
            return true;
        }
    return false;
}

static RollReason time_reason(const RollRules *rules, const Roster *roster, const RosterRow *row)
{
    Stretch s;
    Status status;
    Day since;
    if (!stretch_on(rules, roster, row, rules->freeze, &s))
        return spell_on(rules, roster, row, rules->freeze, &status, &since) ? REASON_STATUS : REASON_NOT_YET;
    if (rules->joined_by != DAY_NONE && (s.begun == DAY_NONE || s.begun > rules->joined_by)) return REASON_JOINED;
    if (rules->freeze < long_enough_from(s.begun, rules->months)) return REASON_MONTHS;
    return REASON_ON;
}

static RollReason row_reason(const Judge *j, const RosterRow *row)
{
    const RollRules *rules = j->rules;
    RollReason reason = time_reason(rules, j->roster, row);
    if (reason == REASON_ON) reason = place_reason(j, row);
    if (reason != REASON_ON) return reason;
    bool received = row->first_receipt != DAY_NONE && row->first_receipt <= rules->freeze;
    if (rules->fee_paid && (row->paid_until == DAY_NONE || row->paid_until < rules->freeze || !received)) return REASON_FEE;
    if (asks_declaration(j, row) && (row->declared == DAY_NONE || row->declared > rules->freeze)) return REASON_DECLARED;
    return REASON_ON;
}

RollReason rules_row(const RollRules *rules, const Roster *roster, const RosterRow *row)
{
    Judge j = {.rules = rules, .roster = roster};
    return row_reason(&j, row);
}

/* ---- memberships of one person ---- */

/* Rows in the order of their persons (and sections, when each gives a place). */
typedef struct Groups {
    const RollRules *rules;
    const Roster *roster;
    uint32_t *rows;
    int count, at;
} Groups;

static int by_section(const void *p, const void *q, void *context)
{
    const RosterRow *rows = context, *x = &rows[*(const uint32_t *)p], *y = &rows[*(const uint32_t *)q];
    if (x->section != y->section) return x->section < y->section ? -1 : 1;
    return (*(const uint32_t *)p > *(const uint32_t *)q) - (*(const uint32_t *)p < *(const uint32_t *)q);
}

static bool is_same_person(const Groups *g, int i, int j)
{
    Ref person = g->roster->rows[g->rows[i]].person;
    return person && person == g->roster->rows[g->rows[j]].person;
}

static void sort_sections(Groups *g)
{
    for (int from = 0, to; from < g->count; from = to) {
        for (to = from + 1; to < g->count && is_same_person(g, from, to);) to++;
        if (to - from > 1) qsort_r(g->rows + from, (size_t)(to - from), sizeof *g->rows, by_section, g->roster->rows);
    }
}

static Groups groups_of(Arena *a, const RollRules *rules, const Roster *roster)
{
    Groups g = {.rules = rules, .roster = roster, .rows = arena_new(a, uint32_t, (size_t)roster->count), .count = roster->count};
    Ref limit = 0;
    for (int i = 0; i < roster->count; i++) raise_limit(&limit, roster->rows[i].person);
    uint32_t *places = arena_new(a, uint32_t, (size_t)limit + 2);
    for (int i = 0; i < roster->count; i++) places[roster->rows[i].person + 1]++;
    for (Ref i = 0; i < limit; i++) places[i + 1] += places[i];
    for (int i = 0; i < roster->count; i++) g.rows[places[roster->rows[i].person]++] = (uint32_t)i;
    if (rules->once_per_section) sort_sections(&g);
    return g;
}

/* The next rows that have one place on the roll among them. */
static bool next_group(Groups *g, const uint32_t **ret_rows, int *ret_count)
{
    if (g->at == g->count) return false;
    int from = g->at++;
    const RosterRow *first = &g->roster->rows[g->rows[from]];
    while (g->at < g->count && is_same_person(g, from, g->at) &&
           (!g->rules->once_per_section || g->roster->rows[g->rows[g->at]].section == first->section))
        g->at++;
    *ret_rows = g->rows + from;
    *ret_count = g->at - from;
    return true;
}

static int section_rank(const RollRules *rules, Str section)
{
    for (int i = 0; i < rules->sections.count && !rules->sections.but; i++)
        if (str_equal(rules->sections.words[i], section)) return i;
    return RULE_WORDS_MAX;
}

/* Does the first of two memberships that both stand give the place? */
static bool goes_before(const RollRules *rules, const Roster *roster, uint32_t row, uint32_t other)
{
    const RosterRow *x = &roster->rows[row], *y = &roster->rows[other];
    int rank = section_rank(rules, roster_text(roster, x->section)), other_rank = section_rank(rules, roster_text(roster, y->section));
    if (rank != other_rank) return rank < other_rank;
    Stretch s, t;
    if (stretch_on(rules, roster, x, rules->freeze, &s) && stretch_on(rules, roster, y, rules->freeze, &t) && s.begun != t.begun)
        return s.begun < t.begun;
    int units = str_compare(roster_text(roster, x->unit), roster_text(roster, y->unit));
    return units ? units < 0 : row < other;
}

static void keep_one(const RollRules *rules, const Roster *roster, uint8_t *reasons, const uint32_t *rows, int count)
{
    int best = -1;
    for (int i = 0; i < count; i++) {
        if (reasons[rows[i]] != REASON_ON) continue;
        if (best >= 0 && !goes_before(rules, roster, rows[i], rows[best])) {
            reasons[rows[i]] = REASON_TWICE;
            continue;
        }
        if (best >= 0) reasons[rows[best]] = REASON_TWICE;
        best = i;
    }
}

static Rolled apply_with(Arena *a, const Judge *judge, Groups groups)
{
    const RollRules *rules = judge->rules;
    const Roster *roster = judge->roster;
    Rolled rolled = {.reasons = arena_new(a, uint8_t, (size_t)roster->count)};
    const uint32_t *rows;
    int count;
    for (int i = 0; i < roster->count; i++) rolled.reasons[i] = (uint8_t)row_reason(judge, &roster->rows[i]);
    while (next_group(&groups, &rows, &count))
        if (count > 1) keep_one(rules, roster, rolled.reasons, rows, count);
    for (int i = 0; i < roster->count; i++) rolled.by_reason[rolled.reasons[i]]++;
    rolled.on = rolled.by_reason[REASON_ON];
    return rolled;
}

Rolled rules_apply(Arena *a, const RollRules *rules, const Roster *roster)
{
    AUTO(arena_clear) Arena scratch; /* of four bytes for every one of the roster's texts */
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    Judge judge = judge_of(&scratch, rules, roster);
    return apply_with(a, &judge, groups_of(&scratch, rules, roster));
}

/* ---- other freeze dates ---- */

/* Both ends belong to it. */
typedef struct Interval {
    Day from, to;
} Interval;

typedef struct Intervals {
    Arena *a;
    Interval *of;
    int count, capacity;
} Intervals;

static void interval_add(Intervals *all, Interval one)
{
    if (one.from > one.to) return;
    if (all->count == all->capacity) {
        int capacity = all->capacity ? all->capacity * 2 : 64;
        all->of = arena_grow(all->a, Interval, all->of, (size_t)all->capacity, (size_t)capacity);
        all->capacity = capacity;
    }
    all->of[all->count++] = one;
}

static Day later(Day day, Day other)
{
    return day > other ? day : other;
}

static Day sooner(Day day, Day other)
{
    return day < other ? day : other;
}

/* The freeze dates on which this membership would stand on the roll. */
static void add_intervals(const Judge *j, const RosterRow *row, Intervals *all)
{
    const RollRules *rules = j->rules;
    bool asked = asks_declaration(j, row);
    if (place_reason(j, row) != REASON_ON) return;
    if (rules->fee_paid && (row->first_receipt == DAY_NONE || row->paid_until == DAY_NONE)) return;
    if (asked && row->declared == DAY_NONE) return;
    Spells spells = spells_of(rules, j->roster, row);
    Stretch s;
    while (next_stretch(&spells, &s)) {
        if (rules->joined_by != DAY_NONE && (s.begun == DAY_NONE || s.begun > rules->joined_by)) continue;
        Interval one = {later(s.from, long_enough_from(s.begun, rules->months)), s.to - 1};
        if (rules->fee_paid) one = (Interval){later(one.from, row->first_receipt), sooner(one.to, row->paid_until)};
        if (asked) one.from = later(one.from, row->declared);
        interval_add(all, one);
    }
}

static int by_first_day(const void *p, const void *q)
{
    const Interval *x = p, *y = q;
    return (x->from > y->from) - (x->from < y->from);
}

typedef struct Sweep {
    Day own, first, last;
    int base;        /* on the roll on the own date */
    int *on, *stays; /* changes from day to day: of all, and of those who are on it on the own date */
} Sweep;

static void sweep_add(const Sweep *w, Interval one, bool base)
{
    Day from = later(one.from, w->first), to = sooner(one.to, w->last);
    if (from > to) return;
    w->on[from - w->first]++;
    w->on[to - w->first + 1]--;
    if (!base) return;
    w->stays[from - w->first]++;
    w->stays[to - w->first + 1]--;
}

/* The days on which one of the group's memberships stands, each day once. */
static void sweep_group(Sweep *w, Intervals *all)
{
    bool base = false;
    if (all->count > 1) qsort(all->of, (size_t)all->count, sizeof *all->of, by_first_day);
    for (int i = 0; i < all->count; i++) base |= all->of[i].from <= w->own && w->own <= all->of[i].to;
    w->base += base;
    for (int i = 0, next; i < all->count; i = next) {
        Interval whole = all->of[i];
        for (next = i + 1; next < all->count && all->of[next].from <= whole.to; next++) whole.to = later(whole.to, all->of[next].to);
        sweep_add(w, whole, base);
    }
}

static SweepDay *sweep_days(Arena *a, const Sweep *w, int count)
{
    SweepDay *days = arena_new(a, SweepDay, (size_t)count);
    int on = 0, stays = 0;
    for (int i = 0; i < count; i++) {
        on += w->on[i];
        stays += w->stays[i];
        days[i] = (SweepDay){.day = w->first + i, .on = on, .gained = on - stays, .lost = w->base - stays};
    }
    return days;
}

Err rules_sweep(
    Arena *a, const RollRules *rules, const Roster *roster, Day first, Day last, SweepDay **ret_days, int *ret_count, Fault *fault)
{
    bool known = first >= day_of(1900, 1, 1) && last < day_of(2100, 1, 1) && first <= last;
    if (!known || last - first >= SWEEP_DAYS_MAX) {
        Str from = day_iso(a, first), to = day_iso(a, last);
        return fault_set(fault, ERR_INPUT, 0, 0,
            str_format(a, "a first day and one that is not before it, from 1900 to 2099, at most %d days", SWEEP_DAYS_MAX),
            str_format(a, "%.*s to %.*s", STR_ARG(from), STR_ARG(to)));
    }
    int count = last - first + 1, group;
    AUTO(arena_clear) Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    Sweep w = {.own = rules->freeze, .first = first, .last = last};
    w.on = arena_new(&scratch, int, (size_t)count + 1);
    w.stays = arena_new(&scratch, int, (size_t)count + 1);
    Judge judge = judge_of(&scratch, rules, roster);
    Groups groups = groups_of(&scratch, rules, roster);
    Intervals all = {.a = &scratch};
    const uint32_t *rows;
    while (next_group(&groups, &rows, &group)) {
        all.count = 0;
        for (int i = 0; i < group; i++) add_intervals(&judge, &roster->rows[rows[i]], &all);
        sweep_group(&w, &all);
    }
    *ret_days = sweep_days(a, &w, count);
    *ret_count = count;
    return ERR_OK;
}

static int64_t row_on(const Rolled *rolled, const uint32_t *rows, int count)
{
    for (int i = 0; i < count; i++)
        if (rolled->reasons[rows[i]] == REASON_ON) return rows[i];
    return -1;
}

RollMoved rules_moved(Arena *a, const RollRules *rules, const Roster *roster, Day to)
{
    AUTO(arena_clear) Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    RollRules *then = arena_new(&scratch, RollRules, 1);
    *then = *rules;
    then->freeze = to;
    Groups groups = groups_of(&scratch, rules, roster);
    Judge judge = judge_of(&scratch, rules, roster), judge_then = judge_of(&scratch, then, roster);
    Rolled now = apply_with(&scratch, &judge, groups), other = apply_with(&scratch, &judge_then, groups);
    RollMoved moved = {.on = other.on};
    moved.gained = arena_new(a, uint32_t, (size_t)other.on);
    moved.lost = arena_new(a, uint32_t, (size_t)now.on);
    const uint32_t *rows;
    int count;
    while (next_group(&groups, &rows, &count)) {
        int64_t is = row_on(&now, rows, count), would = row_on(&other, rows, count);
        if (is < 0 && would >= 0) moved.gained[moved.gained_count++] = (uint32_t)would;
        if (is >= 0 && would < 0) moved.lost[moved.lost_count++] = (uint32_t)is;
    }
    return moved;
}

/* ---- why ---- */

static Str since_words(Arena *a, Day day)
{
    Str words = day_words(a, day);
    return day == DAY_NONE ? S("on a day that is not known") : str_format(a, "on %.*s", STR_ARG(words));
}

static Str why_status(Arena *a, const RollRules *rules, const Roster *roster, const RosterRow *row)
{
    Status status = STATUS_NONE;
    Day since = DAY_NONE;
    bool known = spell_on(rules, roster, row, rules->freeze, &status, &since);
    Str day = day_words(a, rules->freeze), word = known ? status_name(status) : S("not counted"), began = since_words(a, since);
    return str_format(
        a, "On %.*s, the freeze date, this membership was %.*s (so it became %.*s).", STR_ARG(day), STR_ARG(word), STR_ARG(began));
}

static Str why_months(Arena *a, const RollRules *rules, const Roster *roster, const RosterRow *row)
{
    Stretch s = {.begun = DAY_NONE};
    bool there = stretch_on(rules, roster, row, rules->freeze, &s);
    Str day = day_words(a, rules->freeze), begun = day_words(a, s.begun);
    if (!there || s.begun == DAY_NONE)
        return str_format(a, "It is not known when this membership began; %d months without a break were asked before %.*s.", rules->months,
            STR_ARG(day));
    bool broken = row->joined != DAY_NONE && row->joined < s.begun;
    return str_format(a, "%s %.*s; %d month%s of membership without a break were asked before %.*s.",
        broken ? "Without a break since" : "Joined", STR_ARG(begun), rules->months, rules->months == 1 ? "" : "s", STR_ARG(day));
}

static Str why_fee(Arena *a, const RollRules *rules, const RosterRow *row)
{
    Str day = day_words(a, rules->freeze), paid = day_words(a, row->paid_until), first = day_words(a, row->first_receipt);
    if (row->paid_until == DAY_NONE)
        return str_format(a, "It is not known until when the fee is paid; it had to be paid on %.*s.", STR_ARG(day));
    if (row->paid_until < rules->freeze)
        return str_format(a, "The fee was paid until %.*s; it had to be paid on %.*s.", STR_ARG(paid), STR_ARG(day));
    if (row->first_receipt == DAY_NONE) return str_format(a, "No first payment is known; one had to be received by %.*s.", STR_ARG(day));
    return str_format(a, "The first payment was received on %.*s; it had to be received by %.*s.", STR_ARG(first), STR_ARG(day));
}

static Str why_place(Arena *a, const char *what, Str is)
{
    if (!is.len) return str_format(a, "No %s is known of this membership, and the rules ask for one.", what);
    return str_format(a, "The %s of this membership is '%.*s', which this roll is not for.", what, STR_ARG(is));
}

Str rules_why(Arena *a, const RollRules *rules, const Roster *roster, const RosterRow *row, RollReason reason)
{
    Str day = day_words(a, rules->freeze), joined = day_words(a, row->joined), by = day_words(a, rules->joined_by);
    switch (reason) {
    case REASON_ON: return str_format(a, "On %.*s this membership met every rule.", STR_ARG(day));
    case REASON_NOT_YET:
        if (row->joined == DAY_NONE) return str_format(a, "This membership had not begun on %.*s, the freeze date.", STR_ARG(day));
        return str_format(a, "Joined %.*s; the freeze date was %.*s.", STR_ARG(joined), STR_ARG(day));
    case REASON_STATUS: return why_status(a, rules, roster, row);
    case REASON_JOINED: return str_format(a, "This membership had to begin by %.*s.", STR_ARG(by));
    case REASON_MONTHS: return why_months(a, rules, roster, row);
    case REASON_SECTION: return why_place(a, "section", roster_text(roster, row->section));
    case REASON_CLASS: return why_place(a, "class", roster_text(roster, row->class));
    case REASON_UNIT: return why_place(a, "unit", roster_text(roster, row->unit));
    case REASON_FEE: return why_fee(a, rules, row);
    case REASON_DECLARED: return str_format(a, "A declaration of support had to be made by %.*s.", STR_ARG(day));
    case REASON_TWICE: return S("You stand on this roll by another of your memberships.");
    case REASON__COUNT: break;
    }
    ASSERT(!"a reason");
}
