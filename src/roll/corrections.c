/* corrections.c: what an officer changes after the freeze, and what members say against a roll.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/text.h"
#include "record/record.h"
#include "roll/own.h"

#include <string.h>

static const Str kind_names[] = {S("add"), S("off"), S("section")};
_Static_assert(COUNT_OF(kind_names) == CORRECTION__COUNT, "a name for each kind");

Str correction_name(CorrectionKind kind)
{
    return kind_names[kind];
}

/* ---- reading ---- */

static RollCorrection correction_of_row(const DbRows *rows)
{
    RollCorrection c = {.number = db_i64(rows, "number"),
        .person = db_text(rows, "person"),
        .place = db_text(rows, "place"),
        .section = db_text(rows, "section"),
        .entry = db_text(rows, "entry"),
        .reason = db_text(rows, "reason"),
        .by = {db_text(rows, "by_name"), db_text(rows, "by_role")},
        .at = db_i64(rows, "at"),
        .leaf = db_i64(rows, "leaf")};
    Str kind = db_text(rows, "kind"), hash = db_text(rows, "hash");
    for (CorrectionKind k = CORRECTION_ADD; k < CORRECTION__COUNT; k++)
        if (str_equal(kind, kind_names[k])) c.kind = k;
    if (hash.len == SHA256_BYTES) memcpy(c.hash.bytes, hash.ptr, SHA256_BYTES);
    return c;
}

static void corrections_all(Arena *a, DbRows *rows, RollCorrection **ret_corrections, int *ret_count)
{
    *ret_corrections = arena_new(a, RollCorrection, (size_t)rows->count);
    *ret_count = rows->count;
    for (int i = 0; db_next(rows); i++) (*ret_corrections)[i] = correction_of_row(rows);
}

Err roll_corrections(Db *db, Arena *a, const Roll *roll, RollCorrection **ret_corrections, int *ret_count)
{
    DbRows rows;
    *ret_count = 0;
    Err e = db_query(db, a, "roll_corrections", DB_VALUES(db_string(roll->unit), db_string(roll->slug)), &rows);
    if (!e) corrections_all(a, &rows, ret_corrections, ret_count);
    return e;
}

Err roll_corrections_of(Db *db, Arena *a, const Roll *roll, Str person, RollCorrection **ret_corrections, int *ret_count)
{
    DbRows rows;
    *ret_count = 0;
    Err e = db_query(db, a, "roll_corrections_of", DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_string(person)), &rows);
    if (!e) corrections_all(a, &rows, ret_corrections, ret_count);
    return e;
}

/* ---- correcting ---- */

/* Words of three letters and more, so that "Ann" is found in "Ann left" and not in "announced". */
static bool says_word(Str folded, Str word)
{
    if (word.len < 3) return false;
    for (size_t i = 0; i + word.len <= folded.len; i++) {
        bool begins = i == 0 || folded.ptr[i - 1] == ' ', ends = i + word.len == folded.len || folded.ptr[i + word.len] == ' ';
        if (begins && ends && memcmp(folded.ptr + i, word.ptr, word.len) == 0) return true;
    }
    return false;
}

/* The reason stands in public for ever: it must not say who she is. */
static bool names_her(Arena *a, Str reason, const Person *person)
{
    static const PeopleColumn telling[] = {
        COL_GIVEN_NAME, COL_FAMILY_NAME, COL_EMAIL, COL_PHONE, COL_PHONE_OTHER, COL_ADDRESS, COL_POSTCODE, COL_ID};
    Str folded = text_fold(a, reason);
    for (int i = 0; i < COUNT_OF(telling); i++)
        if (says_word(folded, text_fold(a, person->values.of[telling[i]]))) return true;
    return false;
}

static const Membership *membership_in(const Person *person, Str unit)
{
    for (int i = 0; i < person->membership_count; i++)
        if (!unit.len || str_equal(person->memberships[i].unit, unit)) return &person->memberships[i];
    return NULL;
}

static Err refuse(Fault *fault, Arena *a, const char *why)
{
    return fault_setf(fault, a, ERR_CONFLICT, "%s", why);
}

/* Does it change anything, as things stand? */
static Err changes_something(Arena *a, const RollStanding *standing, const RollCorrection *c, Fault *fault)
{
    if (c->kind == CORRECTION_ADD && standing->count) return refuse(fault, a, "She stands on this roll already.");
    if (c->kind != CORRECTION_ADD && !standing->count) return refuse(fault, a, "She does not stand on this roll.");
    bool same = c->kind == CORRECTION_SECTION;
    for (int i = 0; i < standing->count && same; i++) same = str_equal(standing->places[i].section, c->section);
    return same && c->kind == CORRECTION_SECTION ? refuse(fault, a, "She stands in that section already.") : ERR_OK;
}

static Str correction_entry(Arena *a, const Roll *roll, const RollCorrection *c, Str name)
{
    uint8_t salt[ROLL_SALT_BYTES];
    Buf hex = buf_new(a), b = buf_new(a);
    roll_random(salt, sizeof salt);
    for (int i = 0; i < ROLL_SALT_BYTES; i++) buf_format(&hex, "%02x", salt[i]);
    View *v = view_object(a);
    view_put_i64(v, S("hustings_roll_correction"), 1);
    view_put_str(v, S("roll"), roll->slug);
    view_put_i64(v, S("correction"), c->number);
    view_put_str(v, S("salt"), buf_done(&hex));
    view_put_str(v, S("kind"), correction_name(c->kind));
    view_put_str(v, S("person"), c->person);
    view_put_str(v, S("name"), name);
    if (c->place.len) view_put_str(v, S("unit"), c->place);
    if (c->section.len) view_put_str(v, S("section"), c->section);
    view_json(v, &b, false);
    return str_slice(buf_done(&b), 0, b.len - 1);
}

static Err tell(Db *db, Arena *a, const Roll *roll, RollCorrection *c, Officer by, int64_t now, Fault *fault)
{
    static const char *const what[] = {"somebody was added", "somebody was taken off", "somebody is in another section now"};
    View *data = roll_data(a, roll);
    view_put_i64(data, S("version"), roll->version);
    view_put_i64(data, S("correction"), c->number);
    view_put_str(data, S("kind"), correction_name(c->kind));
    view_put_str(data, S("commitment"), sha256_hex(a, c->hash));
    Str name = roll_says(a, roll);
    Act act = {.kind = "roll.corrected",
        .by = by,
        .says = str_format(a, "Correction %lld to %.*s: %s.", (long long)c->number, STR_ARG(name), what[c->kind]),
        .unit = roll->unit,
        .reason = act_line(a, c->reason, ACT_REASON_MAX),
        .data = data};
    return record_act(db, a, &act, now, &c->leaf, fault);
}

static Err keep(Db *db, const Roll *roll, const RollCorrection *c, Officer by, int64_t now)
{
    return db_run(db, "roll_correction_add",
        DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_number(c->number), db_string(c->person),
            db_string(correction_name(c->kind)), db_string(c->place), db_string(c->section), db_string(c->entry),
            db_bytes((Str){(const char *)c->hash.bytes, SHA256_BYTES}), db_string(c->reason), db_string(by.name), db_string(by.role),
            db_number(now), db_number(c->leaf)));
}

/* What was asked, made whole from her membership. */
static Err complete(Db *db, Arena *a, const Roll *roll, RollCorrection *c, Str *ret_name, Fault *fault)
{
    Person person;
    RollStanding standing;
    DbRows rows;
    Err e = person_find(db, a, (Scope){roll->unit}, c->person, &person, NULL);
    if (e) return e;
    if (names_her(a, c->reason, &person))
        return fault_setf(fault, a, ERR_INPUT, "Do not name her in the reason: everybody can read it, for ever.");
    const Membership *membership = membership_in(&person, c->place);
    if (!membership) return fault_setf(fault, a, ERR_CONFLICT, "She has no membership in that unit.");
    if (c->kind == CORRECTION_ADD) c->place = membership->unit;
    else c->place = S("");
    if (c->kind == CORRECTION_ADD && !c->section.len) c->section = membership->values.of[COL_SECTION];
    if (c->kind == CORRECTION_OFF) c->section = S("");
    e = roll_standing(db, a, roll, c->person, &standing);
    if (!e) e = changes_something(a, &standing, c, fault);
    if (!e) e = db_one(db, a, "roll_correction_next", DB_VALUES(db_string(roll->unit), db_string(roll->slug)), &rows);
    if (e) return e;
    c->number = db_i64(&rows, "number");
    *ret_name = person.name;
    return ERR_OK;
}

Err roll_correct(
    Db *db, Arena *a, const Roll *asked_roll, const RollCorrection *asked, Officer by, int64_t now, int64_t *ret_number, Fault *fault)
{
    RollCorrection c = *asked;
    Roll roll;
    Str name;
    Err e = roll_hold(db, asked_roll, now);
    if (!e) e = roll_find(db, a, asked_roll->slug, &roll);
    if (!e && !roll.version)
        e = fault_setf(fault, a, ERR_CONFLICT, "This roll is not frozen: its list is corrected by its rules and by the secretary.");
    if (!e) e = complete(db, a, &roll, &c, &name, fault);
    if (e) return e;
    c.entry = correction_entry(a, &roll, &c, name);
    c.hash = tree_leaf(c.entry);
    e = tell(db, a, &roll, &c, by, now, fault);
    if (!e) e = keep(db, &roll, &c, by, now);
    if (!e) *ret_number = c.number;
    return e ? e : roll_announce(db, a, &roll, now);
}

/* ---- challenges ---- */

static RollChallenge challenge_of_row(const DbRows *rows)
{
    return (RollChallenge){.id = db_text(rows, "id"),
        .person = db_text(rows, "person"),
        .words = db_text(rows, "words"),
        .answer = db_text(rows, "answer"),
        .by_name = db_text(rows, "by_name"),
        .version = db_i64(rows, "version"),
        .at = db_i64(rows, "at"),
        .answered = db_i64(rows, "answered"),
        .correction = db_i64(rows, "correction")};
}

static void challenges_all(Arena *a, DbRows *rows, RollChallenge **ret_challenges, int *ret_count)
{
    *ret_challenges = arena_new(a, RollChallenge, (size_t)rows->count);
    *ret_count = rows->count;
    for (int i = 0; db_next(rows); i++) (*ret_challenges)[i] = challenge_of_row(rows);
}

Err roll_challenges_of(Db *db, Arena *a, const Roll *roll, Str person, RollChallenge **ret_challenges, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, "roll_challenges_of", DB_VALUES(db_string(roll->slug), db_string(person)), &rows);
    if (!e) challenges_all(a, &rows, ret_challenges, ret_count);
    return e;
}

Err roll_challenges(Db *db, Arena *a, const Roll *roll, RollChallenge **ret_challenges, int *ret_count)
{
    DbRows rows;
    Err e = db_query(db, a, "roll_challenges", DB_VALUES(db_string(roll->unit), db_string(roll->slug)), &rows);
    if (!e) challenges_all(a, &rows, ret_challenges, ret_count);
    return e;
}

Err roll_challenge_find(Db *db, Arena *a, const Roll *roll, Str id, RollChallenge *ret_challenge)
{
    DbRows rows;
    Err e = db_one(db, a, "roll_challenge_one", DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_string(id)), &rows);
    if (!e) *ret_challenge = challenge_of_row(&rows);
    return e;
}

Err roll_challenge(Db *db, Arena *a, const Roll *roll, Str person, Str words, int64_t now, Fault *fault)
{
    static const int64_t month_ms = (int64_t)30 * 24 * 60 * 60 * 1000;
    RollChallenge *before;
    int count, lately = 0;
    Err e = roll_may_know(db, a, person, roll->slug);
    if (!e) e = roll_hold(db, roll, now);
    if (!e) e = roll_challenges_of(db, a, roll, person, &before, &count);
    if (e) return e;
    for (int i = 0; i < count; i++) {
        if (!before[i].answered) return fault_setf(fault, a, ERR_CONFLICT, "Your challenge is still waiting for its answer.");
        lately += before[i].at > now - month_ms;
    }
    if (lately >= CHALLENGES_A_MONTH)
        return fault_setf(
            fault, a, ERR_CONFLICT, "You have made %d challenges to this roll in a month. Write to the returning officer.", lately);
    return db_run(db, "roll_challenge_add",
        DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_string(person_new_id(a, now)), db_string(person),
            db_number(roll->version), db_string(words), db_number(now)));
}

Err roll_challenge_answer(Db *db, Arena *a, const Roll *roll, Str id, Str answer, Officer by, int64_t correction, int64_t now, Fault *fault)
{
    int64_t changed = 0;
    Err e = db_run_counted(db, "roll_challenge_answer",
        DB_VALUES(db_string(roll->unit), db_string(roll->slug), db_string(id), db_number(now), db_string(answer), db_string(by.name),
            db_number(correction)),
        &changed);
    return e || changed ? e : fault_setf(fault, a, ERR_CONFLICT, "This challenge was answered already.");
}
