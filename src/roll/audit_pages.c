/* audit_pages.c: what the audit asked about a roll, beside how common that is, and what the officers of its unit answer.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "core/json.h"
#include "roll/questions.h"
#include "roll/shown.h"

enum { QUESTIONS_A_PAGE = 50, ROWS_A_PAGE = 100, REPORT_MOST = 20000 };

static Str desk_path(Arena *a, const Roll *roll, const char *below)
{
    return str_format(a, "/units/%.*s/rolls/%.*s/audit%s", STR_ARG(roll->unit), STR_ARG(roll->slug), below);
}

static AuditCheck check_of(Str name)
{
    AuditCheck c = AUDIT_PAYER;
    while (c < AUDIT__COUNT && !str_equal(audit_check_name(c), name)) c++;
    return c;
}

/* By which audits of later versions may no longer ask. */
static Str check_title(Str name)
{
    AuditCheck c = check_of(name);
    return c == AUDIT__COUNT ? name : audit_check_title(c);
}

static Str state_words(Str state)
{
    if (str_equal(state, S("answered"))) return S("answered");
    if (str_equal(state, S("changed"))) return S("answered, but the evidence is another now");
    if (str_equal(state, S("withdrawn"))) return S("its answer was withdrawn");
    return S("waits for an answer");
}

static Str weight_words(Str weight)
{
    if (str_equal(weight, S("critical"))) return S("Critical question");
    return str_equal(weight, S("note")) ? S("Note") : S("Question");
}

/* "3.2" in a thousand. */
static Str per_thousand(Arena *a, int64_t part, int64_t whole)
{
    int64_t tenths = whole ? (part * 10000 + whole / 2) / whole : 0;
    return str_format(a, "%lld.%lld", (long long)(tenths / 10), (long long)(tenths % 10));
}

/* ---- what all pages show ---- */

/* The roll of the path, and the run that counts; run 0: none was done. */
static Err find_run(Req *req, View *view, Roll *ret_roll, AuditRun *ret_run)
{
    *ret_run = (AuditRun){0};
    Err e = shown_desk(req, req->db, view, ret_roll);
    if (e) return e;
    e = audit_run_newest(req->db, req->arena, ret_roll, ret_run);
    return e == ERR_MISSING ? ERR_OK : e;
}

static Err put_job(Req *req, View *view, const Roll *roll)
{
    AuditJob job;
    Err e = audit_job_find(req->db, req->arena, roll, &job);
    view_put_bool(view, S("is_auditing"), !e);
    if (e) return e == ERR_MISSING ? ERR_OK : e;
    View *v = view_put_object(view, S("job"));
    view_put_str(v, S("by"), job.by.name);
    view_put_str(v, S("asked_words"), time_words(req->arena, job.asked));
    view_put_bool(v, S("waits"), !job.token.len);
    view_put_bool(v, S("reads"), job.token.len && !job.whole);
    view_put_i64(v, S("percent"), job.whole ? job.done * 100 / job.whole : 0);
    return ERR_OK;
}

static void put_weight(Arena *a, View *view, const char *name, const AuditCounts *counts, AuditWeight weight)
{
    View *v = view_put_object(view, str_from_c(name));
    view_put_i64(v, S("asked"), counts->asked[weight]);
    view_put_i64(v, S("answered"), counts->answered[weight]);
    view_put_str(v, S("asked_words"), shown_count(a, counts->asked[weight]));
    view_put_str(v, S("answered_words"), shown_count(a, counts->answered[weight]));
}

static Err put_run(Req *req, View *view, const Roll *roll, const AuditRun *run)
{
    AuditCounts counts;
    Arena *a = req->arena;
    view_put_bool(view, S("is_done"), run->run > 0);
    if (!run->run) return ERR_OK;
    Err e = audit_counts(req->db, a, roll, run->run, &counts);
    if (e) return e;
    View *v = view_put_object(view, S("audit"));
    view_put_i64(v, S("run"), run->run);
    view_put_i64(v, S("version"), run->version);
    view_put_bool(v, S("of_draft"), run->version == 0);
    view_put_bool(v, S("is_old"), run->version != roll->version);
    view_put_str(v, S("memberships"), shown_count(a, run->memberships));
    view_put_str(v, S("organisation"), shown_count(a, run->organisation));
    view_put_bool(v, S("is_part"), run->memberships != run->organisation);
    view_put_str(v, S("by"), run->by.name);
    view_put_str(v, S("at"), time_iso(a, run->at));
    view_put_str(v, S("at_words"), time_words(a, run->at));
    put_weight(a, v, "critical", &counts, AUDIT_CRITICAL);
    put_weight(a, v, "questions", &counts, AUDIT_QUESTION);
    put_weight(a, v, "notes", &counts, AUDIT_NOTE);
    return ERR_OK;
}

static void put_asked(Req *req, View *v, const Roll *roll, const AuditAsked *q)
{
    Arena *a = req->arena;
    view_put_str(v, S("key"), q->key);
    view_put_str(v, S("check"), q->check_name);
    view_put_str(v, S("title"), check_title(q->check_name));
    view_put_str(v, S("weight"), q->weight);
    view_put_str(v, S("weight_words"), weight_words(q->weight));
    view_put_bool(v, S("is_critical"), str_equal(q->weight, S("critical")));
    view_put_bool(v, S("is_note"), str_equal(q->weight, S("note")));
    view_put_str(v, S("unit"), shown_unit_name(req, q->place));
    view_put_str(v, S("asks"), q->asks);
    view_put_str(v, S("because"), q->because);
    view_put_str(v, S("usual"), q->usual);
    view_put_str(v, S("rows"), shown_count(a, q->all_rows));
    view_put_str(v, S("here"), shown_count(a, q->here));
    view_put_bool(v, S("is_elsewhere"), q->here != q->all_rows);
    view_put_str(v, S("on_roll"), shown_count(a, q->on_roll));
    view_put_str(v, S("state"), q->state);
    view_put_str(v, S("state_words"), state_words(q->state));
    view_put_bool(v, S("is_answered"), str_equal(q->state, S("answered")));
    view_put_bool(v, S("may_withdraw"), str_equal(q->state, S("answered")) || str_equal(q->state, S("changed")));
    view_put_bool(v, S("is_kept"), q->kept_from > 0);
    view_put_i64(v, S("kept_from"), q->kept_from);
    view_put_str(v, S("path"), str_format(a, "%.*s/questions/%.*s", STR_ARG(desk_path(a, roll, "")), STR_ARG(q->key)));
}

static void put_answers(Req *req, View *view, const Roll *roll, const AuditAnswer *answers, int count, Str evidence)
{
    View *array = view_put_array(view, S("answers"));
    for (int i = 0; i < count; i++) {
        View *v = view_add_object(array);
        view_put_str(v, S("title"), check_title(answers[i].check_name));
        view_put_str(v, S("because"), answers[i].because);
        view_put_str(v, S("words"), answers[i].words);
        view_put_bool(v, S("is_withdrawn"), str_equal(answers[i].state, S("withdrawn")));
        view_put_bool(v, S("is_about_other"), evidence.len && !str_equal(evidence, answers[i].evidence));
        view_put_str(v, S("by"), answers[i].by.name);
        view_put_str(v, S("role"), answers[i].by.role);
        view_put_str(v, S("at"), time_iso(req->arena, answers[i].at));
        view_put_str(v, S("at_words"), time_words(req->arena, answers[i].at));
        view_put_str(
            v, S("path"), str_format(req->arena, "%.*s/questions/%.*s", STR_ARG(desk_path(req->arena, roll, "")), STR_ARG(answers[i].key)));
    }
    view_put_bool(view, S("has_answers"), count > 0);
}

/* ---- the questions ---- */

static const Choice weight_choices[] = {{"critical", "Critical questions"}, {"question", "Questions"}, {"note", "Notes"}, {0}};
static const Choice state_choices[] = {{"waiting", "Without an answer"}, {"answered", "Answered"}, {0}};

static void put_choice(View *view, const char *name, const Choice *choices, Str chosen)
{
    View *array = view_put_array(view, str_from_c(name));
    for (int i = 0; choices[i].label; i++) {
        View *v = view_add_object(array);
        view_put_str(v, S("value"), str_from_c(choices[i].value));
        view_put_str(v, S("label"), str_from_c(choices[i].label));
        view_put_bool(v, S("chosen"), str_equal(chosen, str_from_c(choices[i].value)));
    }
}

static void put_filter(Req *req, View *view)
{
    put_choice(view, "weights", weight_choices, req_text(req, "weight"));
    put_choice(view, "states", state_choices, req_text(req, "state"));
    View *array = view_put_array(view, S("kinds"));
    for (AuditCheck c = AUDIT_PAYER; c < AUDIT__COUNT; c++) {
        View *v = view_add_object(array);
        view_put_str(v, S("value"), audit_check_name(c));
        view_put_str(v, S("label"), audit_check_title(c));
        view_put_bool(v, S("chosen"), str_equal(req_text(req, "check"), audit_check_name(c)));
    }
}

static Str page_path(Req *req, const Roll *roll, int64_t from)
{
    Str weight = req_text(req, "weight"), state = req_text(req, "state"), check = req_text(req, "check");
    return str_format(req->arena, "%.*s?weight=%.*s&state=%.*s&check=%.*s&from=%lld", STR_ARG(desk_path(req->arena, roll, "")),
        STR_ARG(weight), STR_ARG(state), STR_ARG(check), (long long)from);
}

static Err put_questions(Req *req, View *view, const Roll *roll, const AuditRun *run)
{
    AuditAsked *questions;
    int count;
    int64_t from = req_number(req, "from");
    AuditChosen chosen = {req_text(req, "weight"), req_text(req, "state"), req_text(req, "check")};
    Err e = audit_questions(req->db, req->arena, roll, run->run, chosen, QUESTIONS_A_PAGE + 1, from, &questions, &count);
    if (e) return e;
    bool more = count > QUESTIONS_A_PAGE;
    View *array = view_put_array(view, S("questions"));
    for (int i = 0; i < count && i < QUESTIONS_A_PAGE; i++) put_asked(req, view_add_object(array), roll, &questions[i]);
    view_put_bool(view, S("has_questions"), count > 0);
    view_put_bool(view, S("is_chosen"), chosen.weight.len || chosen.state.len || chosen.check_name.len || from);
    if (from) view_put_str(view, S("first_path"), page_path(req, roll, 0));
    if (more) view_put_str(view, S("next_path"), page_path(req, roll, from + QUESTIONS_A_PAGE));
    return ERR_OK;
}

/* Of each check how common it is here, and in all units. */
static Err put_checks(Req *req, View *view, const AuditRun *run)
{
    View *checks;
    Fault fault = {0};
    Err e = json_read(req->arena, run->checks, &checks, &fault);
    if (e) return e;
    View *array = view_put_array(view, S("checks"));
    for (const View *c = view_first(checks); c; c = view_next(c)) {
        int64_t here = view_i64(view_get(c, S("rows"))), all = view_i64(view_get(c, S("all_rows")));
        int64_t unlooked = view_i64(view_get(c, S("not_looked_at")));
        View *v = view_add_object(array);
        view_put_str(v, S("title"), view_str(view_get(c, S("title"))));
        view_put_str(v, S("rule"), view_str(view_get(c, S("rule"))));
        view_put_str(v, S("here"), shown_count(req->arena, here));
        view_put_str(v, S("all"), shown_count(req->arena, all));
        view_put_str(v, S("here_rate"), per_thousand(req->arena, here, run->memberships));
        view_put_str(v, S("all_rate"), per_thousand(req->arena, all, run->organisation));
        view_put_str(v, S("unlooked"), shown_count(req->arena, unlooked));
    }
    return ERR_OK;
}

static Err audit_page(Req *req, View *view)
{
    Roll roll;
    AuditRun run;
    Err e = find_run(req, view, &roll, &run);
    if (!e) e = put_job(req, view, &roll);
    if (!e) e = put_run(req, view, &roll, &run);
    if (e || !run.run) return e;
    put_filter(req, view);
    e = put_questions(req, view, &roll, &run);
    return e ? e : put_checks(req, view, &run);
}

static Err audit_write(Req *req, Db *db, View *answer)
{
    Roll roll;
    Err e = shown_desk(req, db, NULL, &roll);
    if (!e) e = audit_ask(db, req->arena, &roll, req->officer, req->now);
    if (e) return e;
    view_put_str(answer, S("roll"), roll.slug);
    Str path = desk_path(req->arena, &roll, "");
    req_redirect(req, "%.*s", STR_ARG(path));
    req_flash(req, "The list is being audited. This page tells when it is done.");
    return ERR_OK;
}

/* ---- every unit beside the base rate ---- */

/* Only the checks that found something anywhere, so that the table can be read. */
static int found_checks(const View *checks, const View **ret_found)
{
    int count = 0;
    for (const View *c = view_first(checks); c; c = view_next(c))
        if (view_i64(view_get(c, S("all_rows"))) > 0 && count < AUDIT__COUNT) ret_found[count++] = c;
    return count;
}

static void put_rate(Arena *a, View *array, int64_t rows, int64_t memberships)
{
    View *v = view_add_object(array);
    view_put_str(v, S("rows"), rows ? shown_count(a, rows) : S(""));
    view_put_str(v, S("rate"), rows ? per_thousand(a, rows, memberships) : S(""));
    view_put_bool(v, S("any"), rows > 0);
}

static void put_unit_rows(Arena *a, View *view, const View *units, const View **found, int count)
{
    View *array = view_put_array(view, S("units"));
    for (const View *u = view_first(units); u; u = view_next(u)) {
        View *v = view_add_object(array), *cells;
        int64_t memberships = view_i64(view_get(u, S("memberships")));
        view_put_str(v, S("unit"), view_str(view_get(u, S("unit"))));
        view_put_str(v, S("name"), view_str(view_get(u, S("name"))));
        view_put_str(v, S("memberships"), shown_count(a, memberships));
        cells = view_put_array(v, S("cells"));
        for (int i = 0; i < count; i++) {
            const View *rows = view_get(view_get(u, S("rows")), view_str(view_get(found[i], S("check"))));
            put_rate(a, cells, rows ? view_i64(rows) : 0, memberships);
        }
    }
}

static Err units_page(Req *req, View *view)
{
    Roll roll;
    AuditRun run;
    View *checks, *units;
    Fault fault = {0};
    const View *found[AUDIT__COUNT];
    Err e = find_run(req, view, &roll, &run);
    if (!e && !run.run) e = req_fail(req, ERR_MISSING, "This roll was not audited yet.");
    if (!e) e = put_run(req, view, &roll, &run);
    if (!e) e = json_read(req->arena, run.checks, &checks, &fault);
    if (!e) e = json_read(req->arena, run.units, &units, &fault);
    if (e) return e;
    int count = found_checks(checks, found);
    View *titles = view_put_array(view, S("titles")), *base = view_put_array(view, S("base"));
    for (int i = 0; i < count; i++) {
        view_add_str(titles, view_str(view_get(found[i], S("title"))));
        put_rate(req->arena, base, view_i64(view_get(found[i], S("all_rows"))), run.organisation);
    }
    view_put_bool(view, S("has_found"), count > 0);
    put_unit_rows(req->arena, view, units, found, count);
    return ERR_OK;
}

/* ---- one question ---- */

static Err find_question(Req *req, View *view, Roll *ret_roll, AuditRun *ret_run, AuditAsked *ret_question)
{
    *ret_question = (AuditAsked){0};
    Err e = find_run(req, view, ret_roll, ret_run);
    if (!e) e = audit_question_find(req->db, req->arena, ret_roll, ret_run->run, req_text(req, "question"), ret_question);
    if (e == ERR_MISSING) return req_fail(req, e, "The newest audit of this roll asks no such question.");
    return e;
}

static int columns_of(Str names, PeopleColumn *ret_columns)
{
    int count = 0;
    for (Str rest = names, word; rest.len && count < COUNT_OF((AuditQuestion){0}.columns);) {
        if (!str_cut(rest, ' ', &word, &rest)) word = rest, rest = S("");
        PeopleColumn column = people_column(word);
        if (column != COL__COUNT) ret_columns[count++] = column;
    }
    return count;
}

static Err put_row(Req *req, View *array, const AuditEvidence *row, const PeopleColumn *columns, int count)
{
    View *shown;
    Fault fault = {0};
    Err e = json_read(req->arena, row->shown, &shown, &fault);
    if (e) return e;
    View *v = view_add_object(array), *cells;
    view_put_str(v, S("name"), view_str(view_get(shown, S("name"))));
    view_put_str(v, S("number"), view_str(view_get(shown, S("number"))));
    view_put_str(v, S("unit"), shown_unit_name(req, view_str(view_get(shown, S("at_unit")))));
    view_put_bool(v, S("stands"), row->on_roll);
    cells = view_put_array(v, S("cells"));
    for (int i = 0; i < count; i++) {
        View *cell = view_add_object(cells);
        const View *value = view_get(shown, str_from_c(people_columns[columns[i]].name));
        view_put_str(cell, S("label"), audit_column_title(columns[i]));
        view_put_str(cell, S("value"), value ? view_str(value) : S(""));
    }
    return ERR_OK;
}

static Err put_evidence(Req *req, View *view, const Roll *roll, const AuditRun *run, const AuditAsked *q)
{
    PeopleColumn columns[COUNT_OF((AuditQuestion){0}.columns)];
    AuditEvidence *rows;
    int count, column_count = columns_of(q->columns, columns);
    int64_t from = req_number(req, "from");
    Err e = audit_evidence(req->db, req->arena, roll, run->run, q->key, from, ROWS_A_PAGE + 1, &rows, &count);
    if (e) return e;
    View *titles = view_put_array(view, S("titles")), *array = view_put_array(view, S("evidence"));
    for (int i = 0; i < column_count; i++) view_add_str(titles, audit_column_title(columns[i]));
    for (int i = 0; i < count && i < ROWS_A_PAGE && !e; i++) e = put_row(req, array, &rows[i], columns, column_count);
    view_put_bool(view, S("has_evidence"), count > 0);
    Str path = str_format(req->arena, "%.*s/questions/%.*s", STR_ARG(desk_path(req->arena, roll, "")), STR_ARG(q->key));
    if (from) view_put_str(view, S("first_path"), path);
    if (count > ROWS_A_PAGE)
        view_put_str(view, S("next_path"), str_format(req->arena, "%.*s?from=%lld", STR_ARG(path), (long long)rows[ROWS_A_PAGE].place));
    return e;
}

static Str rule_of(Req *req, const AuditRun *run, Str check)
{
    View *checks;
    Fault fault = {0};
    if (json_read(req->arena, run->checks, &checks, &fault)) return S("");
    for (const View *c = view_first(checks); c; c = view_next(c))
        if (str_equal(view_str(view_get(c, S("check"))), check)) return view_str(view_get(c, S("rule")));
    return S("");
}

static Err put_question(Req *req, View *view, Roll *ret_roll, AuditRun *ret_run, AuditAsked *ret_question)
{
    AuditAnswer *answers = NULL;
    int count = 0;
    Err e = find_question(req, view, ret_roll, ret_run, ret_question);
    if (!e) e = audit_answers(req->db, req->arena, ret_roll, ret_question->key, &answers, &count);
    if (e) return e;
    View *v = view_put_object(view, S("question"));
    put_asked(req, v, ret_roll, ret_question);
    view_put_str(v, S("rule"), rule_of(req, ret_run, ret_question->check_name));
    put_answers(req, view, ret_roll, answers, count, ret_question->evidence);
    return ERR_OK;
}

static Err question_page(Req *req, View *view)
{
    Roll roll;
    AuditRun run;
    AuditAsked q;
    Err e = put_question(req, view, &roll, &run, &q);
    if (e) return e;
    req_title(req, check_title(q.check_name));
    return put_evidence(req, view, &roll, &run, &q);
}

static Err answer_form(Req *req, View *view)
{
    Roll roll;
    AuditRun run;
    AuditAsked q;
    return put_question(req, view, &roll, &run, &q);
}

static Err do_answer(Req *req, Db *db, View *answer, const char *state, Str words, const char *says)
{
    Roll roll;
    Str key = req_text(req, "question");
    Err e = shown_desk(req, db, NULL, &roll);
    if (!e) e = audit_answer(db, req->arena, &roll, key, state, words, req->person, req->officer, req->now, &req->fault);
    if (e == ERR_MISSING) return req_fail(req, e, "The newest audit of this roll asks no such question.");
    if (e) return shown_refusal(req, e);
    view_put_str(answer, S("question"), key);
    Str path = desk_path(req->arena, &roll, "/questions/");
    req_redirect(req, "%.*s%.*s", STR_ARG(path), STR_ARG(key));
    req_flash(req, "%s", says);
    return ERR_OK;
}

static Err answer_write(Req *req, Db *db, View *answer)
{
    return do_answer(req, db, answer, "answered", req_text(req, "words"), "Your answer stands beside the question, with your name.");
}

static Err withdraw_write(Req *req, Db *db, View *answer)
{
    return do_answer(req, db, answer, "withdrawn", req_text(req, "words"), "The answer is withdrawn, and the question is open again.");
}

static Err answers_page(Req *req, View *view)
{
    Roll roll;
    AuditAnswer *answers;
    int count;
    Err e = shown_desk(req, req->db, view, &roll);
    if (!e) e = audit_answers(req->db, req->arena, &roll, S(""), &answers, &count);
    if (!e) put_answers(req, view, &roll, answers, count, S(""));
    return e;
}

/* ---- to be taken along: it names nobody ---- */

static void csv_field(Buf *b, Str text, bool last)
{
    buf_byte(b, '"');
    /* What a spreadsheet would calculate is put as text. */
    if (text.len && (text.ptr[0] == '=' || text.ptr[0] == '+' || text.ptr[0] == '-' || text.ptr[0] == '@')) buf_byte(b, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') buf_byte(b, '"');
        buf_byte(b, text.ptr[i]);
    }
    buf_str(b, last ? S("\"\r\n") : S("\","));
}

static Str answer_in_force(Req *req, const Roll *roll, const AuditAsked *q, Err *ret_err)
{
    AuditAnswer *answers;
    int count = 0;
    if (str_equal(q->state, S("open"))) return S("");
    *ret_err = audit_answers(req->db, req->arena, roll, q->key, &answers, &count);
    return count && str_equal(answers[0].state, S("answered")) ? answers[0].words : S("");
}

static Err report_csv(Req *req, const Roll *roll, const AuditAsked *questions, int count)
{
    Buf b = buf_new(req->arena);
    Err e = ERR_OK;
    buf_str(&b, S("weight,check,unit,because,asks,memberships,memberships_here,on_roll,state,answer,key\r\n"));
    for (int i = 0; i < count && !e; i++) {
        const AuditAsked *q = &questions[i];
        Str answer = answer_in_force(req, roll, q, &e);
        const Str fields[] = {q->weight, q->check_name, q->place, q->because, q->asks,
            str_format(req->arena, "%lld", (long long)q->all_rows), str_format(req->arena, "%lld", (long long)q->here),
            str_format(req->arena, "%lld", (long long)q->on_roll), q->state, answer, q->key};
        for (int f = 0; f < COUNT_OF(fields); f++) csv_field(&b, fields[f], f + 1 == COUNT_OF(fields));
    }
    if (e) return e;
    req_send(req, S("text/csv; charset=utf-8"), buf_done(&b), str_format(req->arena, "audit-%.*s.csv", STR_ARG(roll->slug)));
    return ERR_OK;
}

static Err report_json(Req *req, const Roll *roll, const AuditRun *run, const AuditAsked *questions, int count)
{
    View *v = view_object(req->arena), *checks, *units, *rules;
    Fault fault = {0};
    Err e = json_read(req->arena, run->checks, &checks, &fault);
    if (!e) e = json_read(req->arena, run->units, &units, &fault);
    if (!e) e = json_read(req->arena, run->rules, &rules, &fault);
    if (e) return e;
    view_put_str(v, S("roll"), roll->slug);
    view_put_i64(v, S("version"), run->version);
    view_put_i64(v, S("run"), run->run);
    view_put_str(v, S("at"), time_iso(req->arena, run->at));
    view_put_i64(v, S("memberships"), run->memberships);
    view_put_i64(v, S("memberships_of_all_units"), run->organisation);
    view_put(v, S("rules"), rules);
    view_put(v, S("checks"), checks);
    view_put(v, S("by_unit"), units);
    View *array = view_put_array(v, S("questions"));
    for (int i = 0; i < count && !e; i++) {
        View *q = view_add_object(array);
        put_asked(req, q, roll, &questions[i]);
        view_put_str(q, S("answer"), answer_in_force(req, roll, &questions[i], &e));
    }
    if (e) return e;
    Buf b = buf_new(req->arena);
    view_json(v, &b, true);
    req_send(req, S("application/json"), buf_done(&b), str_format(req->arena, "audit-%.*s.json", STR_ARG(roll->slug)));
    return ERR_OK;
}

static Err report_page(Req *req, View *view)
{
    (void)view;
    Roll roll;
    AuditRun run;
    AuditAsked *questions;
    int count;
    Err e = find_run(req, NULL, &roll, &run);
    if (!e && !run.run) e = req_fail(req, ERR_MISSING, "This roll was not audited yet.");
    if (!e) e = audit_questions(req->db, req->arena, &roll, run.run, (AuditChosen){0}, REPORT_MOST, 0, &questions, &count);
    if (e) return e;
    return str_equal(req_text(req, "format"), S("json")) ? report_json(req, &roll, &run, questions, count)
                                                         : report_csv(req, &roll, questions, count);
}

/* ---- the table ---- */

#define FROM_FIELD                                                      \
    {                                                                   \
        "from", FIELD_NUMBER, .min = 0, .max = 1000000, .standard = "0" \
    }
#define QUESTION_FIELD                            \
    {                                             \
        "question", FIELD_SLUG, .required = true, \
    }
static const Choice format_choices[] = {{"csv", "CSV"}, {"json", "JSON"}, {0}};
static const Choice check_choices[] = {{"one-payer", "one-payer"}, {"one-account", "one-account"}, {"one-phone", "one-phone"},
    {"one-email", "one-email"}, {"one-device", "one-device"}, {"one-address", "one-address"}, {"before-receipt", "before-receipt"},
    {"backdated", "backdated"}, {"surge", "surge"}, {"mandate", "mandate"}, {"signature", "signature"}, {"two-names", "two-names"},
    {"two-sections", "two-sections"}, {"one-recruiter", "one-recruiter"}, {"revived", "revived"}, {0}};
_Static_assert(COUNT_OF(check_choices) == AUDIT__COUNT + 1, "each check, and the end");

static const Field desk_fields[] = {DESK_FIELDS, {0}};
static const Field list_fields[] = {DESK_FIELDS, {"weight", FIELD_CHOICE, .choices = weight_choices, .label = "Weight"},
    {"state", FIELD_CHOICE, .choices = state_choices, .label = "Answer"},
    {"check", FIELD_CHOICE, .choices = check_choices, .label = "What it asks about"}, FROM_FIELD, {0}};
static const Field question_fields[] = {DESK_FIELDS, QUESTION_FIELD, FROM_FIELD, {0}};
static const Field answer_fields[] = {DESK_FIELDS, QUESTION_FIELD,
    {"words", FIELD_TEXT, .required = true, .min = AUDIT_ANSWER_MIN, .max = AUDIT_ANSWER_MAX, .label = "Your answer",
        .hint = "What you looked at, and what it showed. It stands beside the question with your name, for the officers of this unit. It "
                "cannot be "
                "changed, only withdrawn."},
    {0}};
static const Field withdraw_fields[] = {DESK_FIELDS, QUESTION_FIELD,
    {"words", FIELD_TEXT, .required = true, .min = AUDIT_ANSWER_MIN, .max = AUDIT_ANSWER_MAX, .label = "Why it is withdrawn",
        .hint = "The answer stays to be read; the question is open again."},
    {0}};
static const Field report_fields[] = {
    DESK_FIELDS, {"format", FIELD_CHOICE, .choices = format_choices, .label = "Format", .standard = "csv"}, {0}};

#define AUDIT "/units/:unit/rolls/:roll/audit"
#define NO_ACT "none: an audit asks and decides nothing; the release says how much of it was answered"
static const Route routes[] = {
    {GET, AUDIT, WHO_RETURNING, "Audit", "What the audit asked about a roll, the gravest first, and how common that is in all units.",
        list_fields, .page = audit_page, .html = "audit"},
    {POST, AUDIT "/run", WHO_RETURNING, "Audit it again", "Asks for an audit, which is done in the background.", desk_fields,
        .write = audit_write, .act = NO_ACT, .form = "audit_again", .form_page = audit_page, .rate = RATE_WRITE},
    {GET, AUDIT "/units", WHO_RETURNING, "Every unit", "Every unit of the roll beside the base rate.", desk_fields, .page = units_page,
        .html = "audit_units"},
    {GET, AUDIT "/answers", WHO_RETURNING, "Answers", "Everything that officers answered, the newest first.", desk_fields,
        .page = answers_page, .html = "audit_answers"},
    {GET, AUDIT "/report", WHO_RETURNING, "The audit as a file", "Questions and answers without names, as CSV or JSON.", report_fields,
        .page = report_page, .no_json = true, .heavy = true, .rate = RATE_WORK},
    {GET, AUDIT "/questions/:question", WHO_RETURNING, "A question", "A question of the audit, with its evidence.", question_fields,
        .page = question_page, .html = "audit_question"},
    {GET, AUDIT "/questions/:question/answer", WHO_RETURNING, "Answer", NULL, question_fields, .page = answer_form, .html = "audit_answer",
        .posts = AUDIT "/questions/:question/answer"},
    {POST, AUDIT "/questions/:question/answer", WHO_RETURNING, "Answer", "Puts an answer beside a question.", answer_fields,
        .write = answer_write, .act = NO_ACT, .form = "audit_answer", .form_page = answer_form, .rate = RATE_WRITE},
    {GET, AUDIT "/questions/:question/withdraw", WHO_RETURNING, "Withdraw the answer", NULL, question_fields, .page = answer_form,
        .html = "audit_answer", .posts = AUDIT "/questions/:question/withdraw"},
    {POST, AUDIT "/questions/:question/withdraw", WHO_RETURNING, "Withdraw the answer", "Opens the question again.", withdraw_fields,
        .write = withdraw_write, .act = NO_ACT, .form = "audit_answer", .form_page = answer_form, .rate = RATE_WRITE},
};

const Room roll_audit_room = {.name = "roll", .routes = routes, .route_count = COUNT_OF(routes)};
