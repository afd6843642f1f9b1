-- audit.sql: audits of rolls. Statements that show evidence take the unit that the roll is of.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- ---- an audit under way ----

-- audit_job_add(unit, roll, by_name, by_role, now): asked for, or asked for anew: whoever works at the one before has lost it
INSERT INTO audit_job (unit, roll, by_name, by_role, asked, token, touched, tries, done, whole) VALUES (:unit, :roll, :by_name, :by_role, :now, '', :now, 0, 0, 0)
ON CONFLICT (unit, roll) DO UPDATE SET by_name = excluded.by_name, by_role = excluded.by_role, asked = excluded.asked, token = '', touched = excluded.touched, tries = 0, done = 0, whole = 0;

-- audit_job_one(unit, roll): of a roll
SELECT unit, roll, by_name, by_role, asked, token, touched, tries, done, whole FROM audit_job WHERE unit = :unit AND roll = :roll;

-- audit_job_next(): the oldest that nobody works at
SELECT unit, roll, by_name, by_role, asked, token, touched, tries, done, whole FROM audit_job WHERE token = '' ORDER BY asked, unit, roll LIMIT 1;

-- audit_job_left(before): one whose worker has not been heard of since
SELECT unit, roll FROM audit_job WHERE token <> '' AND touched < :before LIMIT 1;

-- audit_jobs_left(before, most): those whose worker has not been heard of since are begun again, unless they were begun too often
UPDATE audit_job SET token = '' WHERE token <> '' AND touched < :before AND tries < :most;

-- audit_jobs_lost(before, most): those go
DELETE FROM audit_job WHERE token <> '' AND touched < :before AND tries >= :most;

-- audit_job_take(unit, roll, token, now): no row: another was faster
UPDATE audit_job SET token = :token, touched = :now, tries = tries + 1 WHERE unit = :unit AND roll = :roll AND token = '';

-- audit_job_leave(unit, roll, token): the server is being stopped: the next one begins it again at once
UPDATE audit_job SET token = '', tries = tries - 1 WHERE unit = :unit AND roll = :roll AND token = :token;

-- audit_job_step(unit, roll, token, done, whole, now): no row: it is no longer ours
UPDATE audit_job SET done = :done, whole = :whole, touched = :now WHERE unit = :unit AND roll = :roll AND token = :token;

-- audit_job_drop(unit, roll, token): done, or given up
DELETE FROM audit_job WHERE unit = :unit AND roll = :roll AND token = :token;

-- ---- runs ----

-- audit_run_add(unit, roll, run, version, rules, memberships, organisation, checks, units, critical, questions, notes, by_name, by_role, at): an audit is done
INSERT INTO audit_run (unit, roll, run, version, rules, memberships, organisation, checks, units, critical, questions, notes, by_name, by_role, at)
VALUES (:unit, :roll, :run, :version, :rules, :memberships, :organisation, :checks, :units, :critical, :questions, :notes, :by_name, :by_role, :at);

-- audit_run_newest(unit, roll): the one that counts
SELECT run, version, rules, memberships, organisation, checks, units, critical, questions, notes, by_name, by_role, at FROM audit_run WHERE unit = :unit AND roll = :roll ORDER BY run DESC LIMIT 1;

-- audit_runs(unit, roll): all, the newest first
SELECT run, version, critical, questions, notes, by_name, by_role, at FROM audit_run WHERE unit = :unit AND roll = :roll ORDER BY run DESC LIMIT 100;

-- audit_evidence_drop(unit, roll, run, most): of every other run than the one that counts, some at a time: older ones, and what one that was cut off left
DELETE FROM audit_evidence WHERE unit = :unit AND roll = :roll AND run <> :run AND (run, question, place) IN
(SELECT run, question, place FROM audit_evidence WHERE unit = :unit AND roll = :roll AND run <> :run ORDER BY run, question, place LIMIT :most);

-- audit_questions_drop(unit, roll, run, most): the same
DELETE FROM audit_question WHERE unit = :unit AND roll = :roll AND run <> :run AND (run, question) IN
(SELECT run, question FROM audit_question WHERE unit = :unit AND roll = :roll AND run <> :run ORDER BY run, question LIMIT :most);

-- ---- questions ----

-- audit_question_add(unit, roll, run, question, rank, check_name, weight, place, asks, because, usual, columns, all_rows, here, on_roll, evidence): one
INSERT INTO audit_question (unit, roll, run, question, rank, check_name, weight, place, asks, because, usual, columns, all_rows, here, on_roll, evidence, kept_from, state)
VALUES (:unit, :roll, :run, :question, :rank, :check_name, :weight, :place, :asks, :because, :usual, :columns, :all_rows, :here, :on_roll, :evidence, 0, 'open');

-- audit_evidence_add(unit, roll, run, question, place, person, shown, on_roll): one membership
INSERT INTO audit_evidence (unit, roll, run, question, place, person, shown, on_roll) VALUES (:unit, :roll, :run, :question, :place, :person, :shown, :on_roll);

-- audit_questions_keep(unit, roll, was, run): what was asked about a frozen roll and has no answer is not forgotten because the list was changed since
INSERT INTO audit_question (unit, roll, run, question, rank, check_name, weight, place, asks, because, usual, columns, all_rows, here, on_roll, evidence, kept_from, state)
SELECT q.unit, q.roll, CAST(:run AS bigint), q.question, q.rank, q.check_name, q.weight, q.place, q.asks, q.because, q.usual, q.columns, q.all_rows, q.here, q.on_roll, q.evidence,
    CASE WHEN q.kept_from > 0 THEN q.kept_from ELSE q.run END, 'open'
FROM audit_question q JOIN audit_run r ON r.unit = q.unit AND r.roll = q.roll AND r.run = q.run
WHERE q.unit = :unit AND q.roll = :roll AND q.run = :was AND r.version > 0 AND q.weight <> 'note' AND q.state <> 'answered'
    AND NOT EXISTS (SELECT 1 FROM audit_question n WHERE n.unit = q.unit AND n.roll = q.roll AND n.run = :run AND n.question = q.question);

-- audit_evidence_keep(unit, roll, was, run): with its evidence
INSERT INTO audit_evidence (unit, roll, run, question, place, person, shown, on_roll)
SELECT e.unit, e.roll, CAST(:run AS bigint), e.question, e.place, e.person, e.shown, e.on_roll
FROM audit_evidence e JOIN audit_question q ON q.unit = e.unit AND q.roll = e.roll AND q.run = :run AND q.question = e.question
WHERE e.unit = :unit AND e.roll = :roll AND e.run = :was AND q.kept_from > 0;

-- audit_questions_settle(unit, roll, run): what was answered before is answered still, if it was about this evidence
UPDATE audit_question SET state = COALESCE((
    SELECT CASE WHEN a.state <> 'answered' THEN 'withdrawn' WHEN a.evidence = audit_question.evidence THEN 'answered' ELSE 'changed' END
    FROM audit_answer a WHERE a.unit = audit_question.unit AND a.roll = audit_question.roll AND a.question = audit_question.question ORDER BY a.number DESC LIMIT 1), 'open')
WHERE unit = :unit AND roll = :roll AND run = :run;

-- audit_weights(unit, roll, run): how many of each weight, and how many of those are answered
SELECT weight, count(*) AS questions, COALESCE(sum(CASE WHEN state = 'answered' THEN 1 ELSE 0 END), 0) AS answered FROM audit_question
WHERE unit = :unit AND roll = :roll AND run = :run GROUP BY weight;

-- audit_open_critical(unit, roll): of the newest run
SELECT count(*) AS open FROM audit_question WHERE unit = :unit AND roll = :roll AND weight = 'critical' AND state <> 'answered'
    AND run = (SELECT max(run) FROM audit_run WHERE unit = :unit AND roll = :roll);

-- audit_questions(unit, roll, run, weight, state, check_name, most, skip): the gravest first, those without an answer before those with one. Empty: any; state "waiting": without an answer
SELECT question, check_name, weight, place, asks, because, usual, columns, all_rows, here, on_roll, evidence, kept_from, state FROM audit_question
WHERE unit = :unit AND roll = :roll AND run = :run AND (:weight = '' OR weight = :weight) AND (:check_name = '' OR check_name = :check_name)
    AND (:state = '' OR (state = 'answered' AND :state = 'answered') OR (state <> 'answered' AND :state = 'waiting'))
ORDER BY CASE weight WHEN 'critical' THEN 0 WHEN 'question' THEN 1 ELSE 2 END, CASE WHEN state = 'answered' THEN 1 ELSE 0 END, rank, question LIMIT :most OFFSET :skip;

-- audit_question_one(unit, roll, run, question): one
SELECT question, check_name, weight, place, asks, because, usual, columns, all_rows, here, on_roll, evidence, kept_from, state FROM audit_question
WHERE unit = :unit AND roll = :roll AND run = :run AND question = :question;

-- audit_question_state(unit, roll, run, question, state): after an answer
UPDATE audit_question SET state = :state WHERE unit = :unit AND roll = :roll AND run = :run AND question = :question;

-- audit_evidence_of(unit, roll, run, question, from, most): in their order
SELECT place, shown, on_roll FROM audit_evidence WHERE unit = :unit AND roll = :roll AND run = :run AND question = :question AND place >= :from ORDER BY place LIMIT :most;

-- ---- answers ----

-- audit_answer_next(unit, roll, question): the next number
SELECT COALESCE(max(number), 0) + 1 AS number FROM audit_answer WHERE unit = :unit AND roll = :roll AND question = :question;

-- audit_answer_add(unit, roll, question, number, state, words, check_name, because, evidence, person, by_name, by_role, at): one
INSERT INTO audit_answer (unit, roll, question, number, state, words, check_name, because, evidence, person, by_name, by_role, at)
VALUES (:unit, :roll, :question, :number, :state, :words, :check_name, :because, :evidence, :person, :by_name, :by_role, :at);

-- audit_answers_to(unit, roll, question): all to one, the newest first
SELECT question, number, state, words, check_name, because, evidence, by_name, by_role, at FROM audit_answer WHERE unit = :unit AND roll = :roll AND question = :question ORDER BY number DESC LIMIT 200;

-- audit_answers(unit, roll, most): all about a roll, the newest first
SELECT question, number, state, words, check_name, because, evidence, by_name, by_role, at FROM audit_answer WHERE unit = :unit AND roll = :roll ORDER BY at DESC, question, number DESC LIMIT :most;

-- ---- what goes ----

-- audit_forget(person): with her; of the answers that she gave as an officer her name stays, as in the record
DELETE FROM audit_evidence WHERE person = :person;

-- audit_forget_officer(person): her id
UPDATE audit_answer SET person = '' WHERE person = :person;

-- audit_forget_gone(unit, roll, run): who was erased while this run was at work
DELETE FROM audit_evidence WHERE unit = :unit AND roll = :roll AND run = :run AND person IN (SELECT id FROM person_gone WHERE merged_into = '');

-- audit_drop_job(unit, roll): with a draft
DELETE FROM audit_job WHERE unit = :unit AND roll = :roll;

-- audit_drop_runs(unit, roll): with a draft
DELETE FROM audit_run WHERE unit = :unit AND roll = :roll;

-- audit_drop_questions(unit, roll): with a draft
DELETE FROM audit_question WHERE unit = :unit AND roll = :roll;

-- audit_drop_evidence(unit, roll): with a draft
DELETE FROM audit_evidence WHERE unit = :unit AND roll = :roll;

-- audit_drop_answers(unit, roll): with a draft
DELETE FROM audit_answer WHERE unit = :unit AND roll = :roll;
