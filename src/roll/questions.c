/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "roll/questions.h"

#include "roll/own.h"

static const Str weights[] = {[AUDIT_NOTE] = S("note"), [AUDIT_QUESTION] = S("question"), [AUDIT_CRITICAL] = S("critical")};

#define OF_ROLL(roll) db_string((roll)->unit), db_string((roll)->slug)

/* ---- runs ---- */

static AuditRun run_of_row(const DbRows *rows)
{
    return (AuditRun){.run = db_i64(rows, "run"),
        .version = db_i64(rows, "version"),
        .critical = db_i64(rows, "critical"),
        .questions = db_i64(rows, "questions"),
        .notes = db_i64(rows, "notes"),
        .by = {db_text(rows, "by_name"), db_text(rows, "by_role")},
        .at = db_i64(rows, "at")};
}

Err audit_run_newest(Db *db, Arena *a, const Roll *roll, AuditRun *ret_run)
{
    DbRows rows;
    Err e = db_one(db, a, "audit_run_newest", DB_VALUES(OF_ROLL(roll)), &rows);
    if (e) return e;
    *ret_run = run_of_row(&rows);
    ret_run->memberships = db_i64(&rows, "memberships");
    ret_run->organisation = db_i64(&rows, "organisation");
    ret_run->rules = db_text(&rows, "rules");
    ret_run->checks = db_text(&rows, "checks");
    ret_run->units = db_text(&rows, "units");
    return ERR_OK;
}

Err audit_runs(Db *db, Arena *a, const Roll *roll, AuditRun **ret_runs, int *ret_count)
{
    DbRows rows;
    *ret_count = 0;
    Err e = db_query(db, a, "audit_runs", DB_VALUES(OF_ROLL(roll)), &rows);
    if (e) return e;
    *ret_runs = arena_new(a, AuditRun, (size_t)rows.count);
    *ret_count = rows.count;
    for (int i = 0; db_next(&rows); i++) (*ret_runs)[i] = run_of_row(&rows);
    return ERR_OK;
}

Err audit_is_done(Db *db, Arena *a, const Roll *roll, bool *ret_done)
{
    AuditRun run;
    Err e = audit_run_newest(db, a, roll, &run);
    *ret_done = !e && run.version == roll->version;
    return e == ERR_MISSING ? ERR_OK : e;
}

/* ---- what is asked for ---- */

Err audit_job_find(Db *db, Arena *a, const Roll *roll, AuditJob *ret_job)
{
    DbRows rows;
    Err e = db_one(db, a, "audit_job_one", DB_VALUES(OF_ROLL(roll)), &rows);
    if (e) return e;
    *ret_job = (AuditJob){.unit = db_text(&rows, "unit"),
        .roll = db_text(&rows, "roll"),
        .token = db_text(&rows, "token"),
        .by = {db_text(&rows, "by_name"), db_text(&rows, "by_role")},
        .asked = db_i64(&rows, "asked"),
        .touched = db_i64(&rows, "touched"),
        .tries = db_i64(&rows, "tries"),
        .done = db_i64(&rows, "done"),
        .whole = db_i64(&rows, "whole")};
    return ERR_OK;
}

Err audit_ask(Db *db, Arena *a, const Roll *roll, Officer by, int64_t now)
{
    Err e = roll_hold(db, roll, now);
    if (!e) e = db_run(db, "audit_job_add", DB_VALUES(OF_ROLL(roll), db_string(by.name), db_string(by.role), db_number(now)));
    return e ? e : roll_announce(db, a, roll, now);
}

/* ---- questions ---- */

Err audit_counts(Db *db, Arena *a, const Roll *roll, int64_t run, AuditCounts *ret_counts)
{
    DbRows rows;
    *ret_counts = (AuditCounts){0};
    Err e = db_query(db, a, "audit_weights", DB_VALUES(OF_ROLL(roll), db_number(run)), &rows);
    while (!e && db_next(&rows)) {
        for (AuditWeight w = AUDIT_NOTE; w <= AUDIT_CRITICAL; w++) {
            if (!str_equal(db_text(&rows, "weight"), weights[w])) continue;
            ret_counts->asked[w] = db_i64(&rows, "questions");
            ret_counts->answered[w] = db_i64(&rows, "answered");
        }
    }
    return e;
}

Err audit_open_critical(Db *db, Arena *a, Str unit, Str roll, int64_t *ret_open)
{
    DbRows rows;
    Err e = db_one(db, a, "audit_open_critical", DB_VALUES(db_string(unit), db_string(roll)), &rows);
    if (!e) *ret_open = db_i64(&rows, "open");
    return e;
}

static AuditAsked asked_of_row(const DbRows *rows)
{
    return (AuditAsked){.key = db_text(rows, "question"),
        .check_name = db_text(rows, "check_name"),
        .weight = db_text(rows, "weight"),
        .place = db_text(rows, "place"),
        .asks = db_text(rows, "asks"),
        .because = db_text(rows, "because"),
        .usual = db_text(rows, "usual"),
        .columns = db_text(rows, "columns"),
        .evidence = db_text(rows, "evidence"),
        .state = db_text(rows, "state"),
        .all_rows = db_i64(rows, "all_rows"),
        .here = db_i64(rows, "here"),
        .on_roll = db_i64(rows, "on_roll"),
        .kept_from = db_i64(rows, "kept_from")};
}

Err audit_questions(Db *db, Arena *a, const Roll *roll, int64_t run, AuditChosen chosen, int64_t most, int64_t skip,
    AuditAsked **ret_questions, int *ret_count)
{
    DbRows rows;
    *ret_count = 0;
    Err e = db_query(db, a, "audit_questions",
        DB_VALUES(OF_ROLL(roll), db_number(run), db_string(chosen.weight), db_string(chosen.state), db_string(chosen.check_name),
            db_number(most), db_number(skip)),
        &rows);
    if (e) return e;
    *ret_questions = arena_new(a, AuditAsked, (size_t)rows.count);
    *ret_count = rows.count;
    for (int i = 0; db_next(&rows); i++) (*ret_questions)[i] = asked_of_row(&rows);
    return ERR_OK;
}

Err audit_question_find(Db *db, Arena *a, const Roll *roll, int64_t run, Str key, AuditAsked *ret_question)
{
    DbRows rows;
    Err e = db_one(db, a, "audit_question_one", DB_VALUES(OF_ROLL(roll), db_number(run), db_string(key)), &rows);
    if (!e) *ret_question = asked_of_row(&rows);
    return e;
}

Err audit_evidence(
    Db *db, Arena *a, const Roll *roll, int64_t run, Str key, int64_t from, int64_t most, AuditEvidence **ret_evidence, int *ret_count)
{
    DbRows rows;
    *ret_count = 0;
    Err e = db_query(
        db, a, "audit_evidence_of", DB_VALUES(OF_ROLL(roll), db_number(run), db_string(key), db_number(from), db_number(most)), &rows);
    if (e) return e;
    *ret_evidence = arena_new(a, AuditEvidence, (size_t)rows.count);
    *ret_count = rows.count;
    for (int i = 0; db_next(&rows); i++)
        (*ret_evidence)[i] = (AuditEvidence){db_i64(&rows, "place"), db_text(&rows, "shown"), db_i64(&rows, "on_roll") != 0};
    return ERR_OK;
}

/* ---- answers ---- */

enum { ANSWERS_MOST = 2000 };

Err audit_answers(Db *db, Arena *a, const Roll *roll, Str key, AuditAnswer **ret_answers, int *ret_count)
{
    DbRows rows;
    *ret_count = 0;
    Err e = key.len ? db_query(db, a, "audit_answers_to", DB_VALUES(OF_ROLL(roll), db_string(key)), &rows)
                    : db_query(db, a, "audit_answers", DB_VALUES(OF_ROLL(roll), db_number(ANSWERS_MOST)), &rows);
    if (e) return e;
    *ret_answers = arena_new(a, AuditAnswer, (size_t)rows.count);
    *ret_count = rows.count;
    for (int i = 0; db_next(&rows); i++)
        (*ret_answers)[i] = (AuditAnswer){.key = db_text(&rows, "question"),
            .state = db_text(&rows, "state"),
            .words = db_text(&rows, "words"),
            .check_name = db_text(&rows, "check_name"),
            .because = db_text(&rows, "because"),
            .evidence = db_text(&rows, "evidence"),
            .number = db_i64(&rows, "number"),
            .at = db_i64(&rows, "at"),
            .by = {db_text(&rows, "by_name"), db_text(&rows, "by_role")}};
    return ERR_OK;
}

/* May it be answered, or its answer withdrawn, as things stand? */
static Err check_answer(Arena *a, const Roll *roll, const AuditAsked *q, bool answers, Fault *fault)
{
    if (str_equal(roll->state, S("released")))
        return fault_setf(fault, a, ERR_CONFLICT, "This roll is released: what was answered before it stays as it is.");
    bool answered = str_equal(q->state, S("answered")) || str_equal(q->state, S("changed"));
    if (!answers && !answered) return fault_setf(fault, a, ERR_CONFLICT, "This question has no answer that could be withdrawn.");
    return ERR_OK;
}

Err audit_answer(
    Db *db, Arena *a, const Roll *asked, Str key, const char *state, Str words, Str person, Officer by, int64_t now, Fault *fault)
{
    Roll roll;
    AuditRun run = {0};
    AuditAsked q;
    DbRows rows;
    Str said = str_from_c(state);
    Err e = roll_hold(db, asked, now);
    if (!e) e = roll_find(db, a, asked->slug, &roll);
    if (!e) e = audit_run_newest(db, a, &roll, &run);
    if (!e) e = audit_question_find(db, a, &roll, run.run, key, &q);
    if (!e) e = check_answer(a, &roll, &q, str_equal(said, S("answered")), fault);
    if (!e) e = db_one(db, a, "audit_answer_next", DB_VALUES(OF_ROLL(&roll), db_string(key)), &rows);
    if (e) return e;
    e = db_run(db, "audit_answer_add",
        DB_VALUES(OF_ROLL(&roll), db_string(key), db_number(db_i64(&rows, "number")), db_string(said), db_string(words),
            db_string(q.check_name), db_string(q.because), db_string(q.evidence), db_string(person), db_string(by.name), db_string(by.role),
            db_number(now)));
    if (!e) e = db_run(db, "audit_question_state", DB_VALUES(OF_ROLL(&roll), db_number(run.run), db_string(key), db_string(said)));
    return e ? e : roll_announce(db, a, &roll, now);
}

Err audit_drop(Db *db, const Roll *roll)
{
    static const char *const statements[] = {
        "audit_drop_job", "audit_drop_runs", "audit_drop_questions", "audit_drop_evidence", "audit_drop_answers"};
    Err e = ERR_OK;
    for (int i = 0; i < COUNT_OF(statements) && !e; i++) e = db_run(db, statements[i], DB_VALUES(OF_ROLL(roll)));
    return e;
}
