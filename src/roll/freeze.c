/* freeze.c: entries, their order and root. What is published of them is in published.c, proofs are in proof.c.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "roll/freeze.h"

#include <sodium/randombytes.h>

#include <stdlib.h>
#include <string.h>

void roll_random(void *bytes, size_t count)
{
    randombytes_buf(bytes, count);
}

static void put_member(Buf *b, Str name, Str value)
{
    if (!value.len) return;
    buf_byte(b, ',');
    view_json_text(b, name);
    buf_byte(b, ':');
    view_json_text(b, value);
}

static void put_salt(Buf *b, const uint8_t salt[ROLL_SALT_BYTES])
{
    static const char digits[] = "0123456789abcdef";
    buf_str(b, S(",\"salt\":\""));
    for (int i = 0; i < ROLL_SALT_BYTES; i++) {
        buf_byte(b, digits[salt[i] >> 4]);
        buf_byte(b, digits[salt[i] & 15]);
    }
    buf_byte(b, '"');
}

/* Written over the one before: what is kept is a copy. */
static void write_entry(Buf *b, Str roll, const Roster *roster, const RosterRow *row, const uint8_t salt[ROLL_SALT_BYTES], Str joined)
{
    b->len = 0;
    buf_str(b, S("{\"hustings_roll\":1"));
    put_member(b, S("roll"), roll);
    put_salt(b, salt);
    put_member(b, S("person"), roster_text(roster, row->person));
    put_member(b, S("name"), roster_text(roster, row->name));
    put_member(b, S("unit"), roster_text(roster, row->unit));
    put_member(b, S("section"), roster_text(roster, row->section));
    put_member(b, S("class"), roster_text(roster, row->class));
    put_member(b, S("joined"), joined);
    buf_byte(b, '}');
}

static Str iso_in(char text[16], Day day)
{
    if (day == DAY_NONE) return S("");
    int year, month, of_month;
    day_parts(day, &year, &month, &of_month);
    char *at = text;
    const int parts[] = {year / 100, year % 100, month, of_month};
    for (int i = 0; i < COUNT_OF(parts); i++) {
        if (i > 1) *at++ = '-';
        *at++ = (char)('0' + parts[i] / 10);
        *at++ = (char)('0' + parts[i] % 10);
    }
    return (Str){text, (size_t)(at - text)};
}

static int by_hash(const void *p, const void *q)
{
    const RollEntry *x = p, *y = q;
    return memcmp(x->hash.bytes, y->hash.bytes, SHA256_BYTES);
}

static Sha256 root_of(const RollEntry *entries, int count)
{
    Frontier frontier = {0};
    for (int i = 0; i < count; i++) frontier_add(&frontier, &entries[i].hash);
    return frontier_root(&frontier);
}

Err roll_freeze(Arena *a, Str roll, const RollRules *rules, const Roster *roster, const Rolled *rolled,
    void (*random)(void *bytes, size_t count), Frozen *ret_frozen, Fault *fault)
{
    Frozen frozen = {.roll = roll, .rules = *rules, .rules_digest = rules_digest(a, rules)};
    frozen.entries = arena_new(a, RollEntry, (size_t)rolled->on);
    AUTO(arena_clear) Arena scratch;
    arena_init(&scratch, ARENA_LIMIT_DEFAULT);
    Buf b = buf_new(&scratch);
    uint8_t salts[256][ROLL_SALT_BYTES];
    for (int i = 0; i < roster->count; i++) {
        char joined[16];
        if (rolled->reasons[i] != REASON_ON) continue;
        if (frozen.count % COUNT_OF(salts) == 0) random(salts, sizeof salts); /* a call to the system for many */
        write_entry(&b, roll, roster, &roster->rows[i], salts[frozen.count % COUNT_OF(salts)], iso_in(joined, roster->rows[i].joined));
        if (b.len > ROLL_ENTRY_MAX)
            return fault_setf(
                fault, a, ERR_LIMIT, "an entry of at most %d bytes (line %lld)", ROLL_ENTRY_MAX, (long long)roster->rows[i].line);
        Str text = str_copy(a, buf_done(&b));
        frozen.entries[frozen.count++] = (RollEntry){.hash = tree_leaf(text), .row = (uint32_t)i, .text = text};
    }
    ASSERT(frozen.count == rolled->on);
    qsort(frozen.entries, (size_t)frozen.count, sizeof *frozen.entries, by_hash);
    frozen.root = root_of(frozen.entries, frozen.count);
    *ret_frozen = frozen;
    return ERR_OK;
}
