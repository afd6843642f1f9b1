-- 0013_audit.sql: audits of rolls: runs, questions with their evidence, and the answers of officers. Evidence names members: read through the unit that the roll is of,
-- and only that of its own units is kept.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- An audit that was asked for and is not done. At most one of a roll.
-- export audit_job: all
CREATE TABLE audit_job (
    unit    TEXT   NOT NULL, -- of the roll
    roll    TEXT   NOT NULL, -- roll.slug
    by_name TEXT   NOT NULL,
    by_role TEXT   NOT NULL,
    asked   BIGINT NOT NULL, -- milliseconds since 1970, UTC, as all times here
    token   TEXT   NOT NULL, -- of whoever works at it; empty: nobody yet
    touched BIGINT NOT NULL, -- when that one last did something
    tries   BIGINT NOT NULL, -- how often it was begun
    done    BIGINT NOT NULL,
    whole   BIGINT NOT NULL, -- steps in all; 0: not known yet
    PRIMARY KEY (unit, roll)
);

-- Each audit that was done. The newest counts; of older ones only this row stays.
-- export audit_run: all
CREATE TABLE audit_run (
    unit            TEXT   NOT NULL,
    roll            TEXT   NOT NULL,
    run             BIGINT NOT NULL, -- 1, 2, 3...
    version         BIGINT NOT NULL, -- roll.version that was in force; 0: a draft
    rules           TEXT   NOT NULL, -- JSON: the thresholds
    memberships     BIGINT NOT NULL, -- in the roll's unit and below it
    organisation    BIGINT NOT NULL, -- in all units: what the base rates are of
    checks          TEXT   NOT NULL, -- JSON: of each check its rule, and how many memberships are in its evidence, here and in all units
    units           TEXT   NOT NULL, -- JSON: the same, unit by unit
    critical        BIGINT NOT NULL, -- questions of this weight
    questions       BIGINT NOT NULL,
    notes           BIGINT NOT NULL,
    by_name         TEXT   NOT NULL,
    by_role         TEXT   NOT NULL,
    at              BIGINT NOT NULL,
    PRIMARY KEY (unit, roll, run)
);

-- export audit_question: all
CREATE TABLE audit_question (
    unit       TEXT   NOT NULL,
    roll       TEXT   NOT NULL,
    run        BIGINT NOT NULL, -- not yet in audit_run: being written, or left over from one that was cut off
    question   TEXT   NOT NULL, -- its key: the same in every run
    rank       BIGINT NOT NULL, -- the gravest first
    check_name TEXT   NOT NULL,
    weight     TEXT   NOT NULL, -- critical, question, note
    place      TEXT   NOT NULL, -- unit.slug that it is about; empty: several
    asks       TEXT   NOT NULL,
    because    TEXT   NOT NULL,
    usual      TEXT   NOT NULL,
    columns    TEXT   NOT NULL, -- of the evidence, beside name and unit: with blanks between
    all_rows   BIGINT NOT NULL, -- memberships in its evidence
    here       BIGINT NOT NULL, -- of those: in the roll's units
    on_roll    BIGINT NOT NULL, -- of those: that would stand on the roll by its rules
    evidence   TEXT   NOT NULL, -- a digest of whose memberships they are: an answer is about this evidence
    kept_from  BIGINT NOT NULL, -- the run that asked it last, when this one did not and it had no answer; 0: this one asks it
    state      TEXT   NOT NULL, -- open, answered, changed (answered about other evidence), withdrawn (its answer was)
    PRIMARY KEY (unit, roll, run, question)
);
CREATE INDEX audit_question_by_rank ON audit_question (unit, roll, run, rank);

-- export audit_evidence: all
CREATE TABLE audit_evidence (
    unit     TEXT   NOT NULL,
    roll     TEXT   NOT NULL,
    run      BIGINT NOT NULL,
    question TEXT   NOT NULL,
    place    BIGINT NOT NULL, -- 0, 1, 2...
    person   TEXT   NOT NULL, -- person.id
    shown    TEXT   NOT NULL, -- JSON: name, number, unit, section, and the question's columns, as they were then
    on_roll  BIGINT NOT NULL, -- 1: would stand on the roll by its rules
    PRIMARY KEY (unit, roll, run, question, place)
-- sqlite: ) WITHOUT ROWID;
-- pg: );
CREATE INDEX audit_evidence_of ON audit_evidence (person);

-- What officers said, none of it ever changed: an answer, or that the one before is withdrawn.
-- export audit_answer: all
CREATE TABLE audit_answer (
    unit       TEXT   NOT NULL,
    roll       TEXT   NOT NULL,
    question   TEXT   NOT NULL,
    number     BIGINT NOT NULL, -- 1, 2, 3... of this question
    state      TEXT   NOT NULL, -- answered, withdrawn
    words      TEXT   NOT NULL,
    check_name TEXT   NOT NULL, -- what was asked, as it may be asked no more
    because    TEXT   NOT NULL,
    evidence   TEXT   NOT NULL, -- audit_question.evidence that it is about
    person     TEXT   NOT NULL, -- person.id of the officer
    by_name    TEXT   NOT NULL,
    by_role    TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    PRIMARY KEY (unit, roll, question, number)
);
