-- 0009_roll.sql: rolls: their rules, frozen versions with their entries, corrections, challenges, and what takes two officers. Entries name members: read through
-- the unit that the roll is of, or by the member herself.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- export roll: all
CREATE TABLE roll (
    unit     TEXT   NOT NULL, -- unit.slug whose members, and those of all units below, it is made of
    slug     TEXT   NOT NULL UNIQUE,
    title    TEXT   NOT NULL,
    state    TEXT   NOT NULL, -- draft, frozen, released
    rules    TEXT   NOT NULL, -- JSON in its one form (rules.h): of the version in force
    version  BIGINT NOT NULL, -- roll_version.version in force; 0: a draft
    contest  TEXT   NOT NULL, -- the contest that it was released to; empty: to none
    released BIGINT NOT NULL, -- when: milliseconds since 1970, UTC, as all times here
    added    BIGINT NOT NULL,
    changed  BIGINT NOT NULL,
    PRIMARY KEY (unit, slug)
);

-- Each freeze; never changed after.
-- export roll_version: all
CREATE TABLE roll_version (
    unit      TEXT   NOT NULL,
    roll      TEXT   NOT NULL, -- roll.slug
    version   BIGINT NOT NULL, -- 1, 2, 3...
    rules     TEXT   NOT NULL,
    count     BIGINT NOT NULL, -- entries
    root      BLOB   NOT NULL, -- 32 bytes
    published TEXT   NOT NULL, -- roll.json
    frozen    BIGINT NOT NULL,
    by_name   TEXT   NOT NULL, -- the officer's
    by_role   TEXT   NOT NULL,
    leaf      BIGINT NOT NULL, -- record_leaf.number
    PRIMARY KEY (unit, roll, version)
);

-- The tree over the hashes of the entries, in tiles (record/tree.h).
-- export roll_tile: all
CREATE TABLE roll_tile (
    unit    TEXT   NOT NULL,
    roll    TEXT   NOT NULL,
    version BIGINT NOT NULL, -- not yet in roll_version: being frozen, or left over from a freeze that was cut off
    level   BIGINT NOT NULL, -- 0: hashes of entries; 1: of 256 of those...
    page    BIGINT NOT NULL,
    hashes  BLOB   NOT NULL, -- up to 256 of 32 bytes
    PRIMARY KEY (unit, roll, version, level, page)
);

-- export roll_page: all
CREATE TABLE roll_page (
    unit    TEXT   NOT NULL,
    roll    TEXT   NOT NULL,
    version BIGINT NOT NULL,
    page    BIGINT NOT NULL,
    entries BLOB   NOT NULL, -- up to 256, each a line
    PRIMARY KEY (unit, roll, version, page)
);

-- Where a person's entries are.
-- export roll_finder: all
CREATE TABLE roll_finder (
    unit    TEXT   NOT NULL,
    roll    TEXT   NOT NULL,
    version BIGINT NOT NULL,
    first   TEXT   NOT NULL, -- the least person.id in it
    body    BLOB   NOT NULL, -- sorted: 22 bytes of person.id, 4 of the entry's number
    PRIMARY KEY (unit, roll, version, first)
);

-- A freeze that was asked for and is not done. At most one of a roll.
-- export roll_job: all
CREATE TABLE roll_job (
    unit     TEXT   NOT NULL,
    roll     TEXT   NOT NULL,
    rules    TEXT   NOT NULL, -- to freeze by
    proposal TEXT   NOT NULL, -- roll_proposal.id that it carries out; empty: the first freeze
    by_name  TEXT   NOT NULL,
    by_role  TEXT   NOT NULL,
    asked    BIGINT NOT NULL,
    token    TEXT   NOT NULL, -- of whoever works at it; empty: nobody yet
    touched  BIGINT NOT NULL, -- when that one last did something
    done     BIGINT NOT NULL,
    whole    BIGINT NOT NULL, -- steps in all; 0: not known yet
    PRIMARY KEY (unit, roll)
);

-- After the freeze: in force over every version, in their order.
-- export roll_correction: all
CREATE TABLE roll_correction (
    unit    TEXT   NOT NULL,
    roll    TEXT   NOT NULL,
    number  BIGINT NOT NULL, -- 1, 2, 3...
    person  TEXT   NOT NULL, -- person.id
    kind    TEXT   NOT NULL, -- add, off, section
    place   TEXT   NOT NULL, -- add: the membership's unit
    section TEXT   NOT NULL, -- add and section: the section from now on
    entry   TEXT   NOT NULL, -- JSON with a salt: what is committed to
    hash    BLOB   NOT NULL, -- its leaf hash, which the record has
    reason  TEXT   NOT NULL,
    by_name TEXT   NOT NULL,
    by_role TEXT   NOT NULL,
    at      BIGINT NOT NULL,
    leaf    BIGINT NOT NULL,
    PRIMARY KEY (unit, roll, number)
);
CREATE INDEX roll_correction_of ON roll_correction (person, roll);

-- export roll_challenge: all
CREATE TABLE roll_challenge (
    unit       TEXT   NOT NULL,
    roll       TEXT   NOT NULL,
    id         TEXT   NOT NULL, -- 22 characters of base64url
    person     TEXT   NOT NULL, -- person.id
    version    BIGINT NOT NULL, -- in force when it was made
    words      TEXT   NOT NULL,
    at         BIGINT NOT NULL,
    answered   BIGINT NOT NULL, -- 0: open
    answer     TEXT   NOT NULL,
    by_name    TEXT   NOT NULL,
    correction BIGINT NOT NULL, -- the correction that answered it; 0: none
    PRIMARY KEY (unit, roll, id)
);
CREATE INDEX roll_challenge_of ON roll_challenge (person, roll, at);
CREATE UNIQUE INDEX roll_challenge_open ON roll_challenge (unit, roll, person) WHERE answered = 0;

-- What takes two officers.
-- export roll_proposal: all
CREATE TABLE roll_proposal (
    unit           TEXT   NOT NULL,
    roll           TEXT   NOT NULL,
    id             TEXT   NOT NULL,
    kind           TEXT   NOT NULL, -- move (the freeze date), override (the audit)
    version        BIGINT NOT NULL, -- roll.version that it is about
    day            TEXT   NOT NULL, -- move: to this freeze date
    reason         TEXT   NOT NULL,
    gained         BIGINT NOT NULL, -- move: who would gain a vote, lose it, and be on the roll
    lost           BIGINT NOT NULL,
    would          BIGINT NOT NULL,
    critical       BIGINT NOT NULL, -- override: critical questions without an answer
    person         TEXT   NOT NULL, -- person.id who proposed
    by_name        TEXT   NOT NULL,
    by_role        TEXT   NOT NULL,
    at             BIGINT NOT NULL,
    leaf           BIGINT NOT NULL,
    state          TEXT   NOT NULL, -- open, confirmed (a move: being frozen anew), done, withdrawn
    second         TEXT   NOT NULL, -- person.id who confirmed
    second_name    TEXT   NOT NULL,
    second_role    TEXT   NOT NULL,
    ended          BIGINT NOT NULL,
    ended_leaf     BIGINT NOT NULL,
    PRIMARY KEY (unit, roll, id)
);
CREATE UNIQUE INDEX roll_proposal_open ON roll_proposal (unit, roll, kind) WHERE state = 'open';

-- Whose records became hers: rolls know her by the older ids, too.
CREATE INDEX person_gone_into ON person_gone (merged_into) WHERE merged_into <> '';
