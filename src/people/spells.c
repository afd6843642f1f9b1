/* spells.c: the history of a membership's status, as text and back.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/person.h"

static const char expected_spell[] = "a status history, oldest first: \"active 2012-01-03; lapsed 2013-01-03 unpaid\"";
static const char expected_order[] = "a status history whose dates do not fall, oldest first";
static const char expected_few[] = "at most 64 statuses in a history";

/* "lapsed 2013-01-03 unpaid": the date may be "-" or left out. */
static bool read_one(Str text, Spell *ret_spell)
{
    Str word, rest, date, reason;
    str_cut(text, ' ', &word, &rest);
    Spell s = {.status = status_of(word), .since = DAY_NONE};
    str_cut(str_trim(rest), ' ', &date, &reason);
    bool dated = day_read(date, &s.since);
    s.reason = str_trim(dated || str_equal(date, S("-")) ? reason : rest);
    *ret_spell = s;
    return s.status != STATUS_NONE;
}

static bool falls(const Spell *spells, int count, Day since)
{
    for (int i = count - 1; i >= 0; i--)
        if (spells[i].since != DAY_NONE) return since != DAY_NONE && since < spells[i].since;
    return false;
}

bool spells_read(Arena *a, Str history, Spell **ret_spells, int *ret_count, const char **ret_expected)
{
    Spell spells[SPELLS_MAX];
    int count = 0;
    for (Str rest = history, part; rest.len;) {
        str_cut(rest, ';', &part, &rest);
        part = str_trim(part);
        if (!part.len) continue;
        *ret_expected = expected_few;
        if (count == SPELLS_MAX) return false;
        *ret_expected = expected_spell;
        if (!read_one(part, &spells[count])) return false;
        *ret_expected = expected_order;
        if (falls(spells, count, spells[count].since)) return false;
        count++;
    }
    *ret_spells = arena_new(a, Spell, (size_t)count + 1); /* and one more, for whoever adds it */
    for (int i = 0; i < count; i++) (*ret_spells)[i] = spells[i];
    *ret_count = count;
    return true;
}

/* A semicolon would end the spell. */
static void write_reason(Buf *b, Str reason)
{
    for (size_t i = 0; i < reason.len; i++) buf_byte(b, reason.ptr[i] == ';' ? ',' : reason.ptr[i]);
}

Str spells_write(Arena *a, const Spell *spells, int count)
{
    Buf b = buf_new(a);
    for (int i = 0; i < count; i++) {
        if (i) buf_str(&b, S("; "));
        buf_str(&b, status_name(spells[i].status));
        buf_byte(&b, ' ');
        buf_str(&b, spells[i].since == DAY_NONE ? S("-") : day_iso(a, spells[i].since));
        if (!spells[i].reason.len) continue;
        buf_byte(&b, ' ');
        write_reason(&b, spells[i].reason);
    }
    return buf_done(&b);
}

static void take_last(Arena *a, Values *v, const Spell *spells, int count)
{
    const Spell *last = &spells[count - 1];
    v->of[COL_STATUS] = status_name(last->status);
    v->of[COL_STATUS_SINCE] = day_iso(a, last->since);
    v->of[COL_STATUS_REASON] = last->reason;
    v->of[COL_HISTORY] = spells_write(a, spells, count);
}

/* Active and no date of its own: since joining. Of another status the day of joining says nothing. */
static Spell spell_of(const Values *v)
{
    Spell s = {.status = status_of(v->of[COL_STATUS]), .since = DAY_NONE, .reason = v->of[COL_STATUS_REASON]};
    if (s.status == STATUS_NONE) s.status = STATUS_ACTIVE;
    if (!day_read(v->of[COL_STATUS_SINCE], &s.since) && (s.status != STATUS_ACTIVE || !day_read(v->of[COL_JOINED], &s.since)))
        s.since = DAY_NONE;
    return s;
}

/* Joined, then something else: both are known. */
static int begin_of(const Values *v, Spell spells[2])
{
    Spell now = spell_of(v);
    Day joined;
    int count = 0;
    bool was_active = now.status != STATUS_ACTIVE && now.status != STATUS_APPLIED && day_read(v->of[COL_JOINED], &joined);
    if (was_active && (now.since == DAY_NONE || joined <= now.since)) spells[count++] = (Spell){.status = STATUS_ACTIVE, .since = joined};
    spells[count++] = now;
    return count;
}

void membership_settle(Arena *a, Values *values)
{
    Spell *spells, begin[2];
    int count;
    const char *expected;
    if (values->of[COL_HISTORY].len && spells_read(a, values->of[COL_HISTORY], &spells, &count, &expected) && count) {
        take_last(a, values, spells, count);
        return;
    }
    take_last(a, values, begin, begin_of(values, begin));
}
