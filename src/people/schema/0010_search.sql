-- 0010_search.sql: how people are found. Everything here is made from person and membership (search.h) and goes with them: it leaves with no export and stands
-- in no backup; what was restored is made anew.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- What is searched of each person.
-- export person_search: derived
CREATE TABLE person_search (
    number BIGINT NOT NULL PRIMARY KEY, -- person.number
    person TEXT   NOT NULL,             -- person.id
    text   TEXT   NOT NULL,             -- lines: family name, given name, words of the name as one, e-mail, telephone digits, postcode, identifier; folded
-- pg: tokens tsvector NOT NULL,
    units  TEXT   NOT NULL              -- slugs of the units of her memberships, a blank around each
-- sqlite: ) WITHOUT ROWID;
-- pg: );

-- Which tokens (search_text.h) lead to whom. Without the text: what was put in is taken out by giving it again. A large hash lets an import write few segments.
-- sqlite: CREATE VIRTUAL TABLE person_index USING fts5(tokens, content='', detail=none, columnsize=0, tokenize="ascii tokenchars '=^+@~-'");
-- sqlite: INSERT INTO person_index (person_index, rank) VALUES ('hashsize', 67108864);
-- pg: CREATE INDEX person_search_tokens ON person_search USING gin (tokens) WITH (gin_pending_list_limit = 8192);

-- The words of names: where what was mistyped is looked up.
-- export person_word: derived
CREATE TABLE person_word (
    word     TEXT   NOT NULL PRIMARY KEY,
    backward TEXT   NOT NULL, -- the same from its end
    people   BIGINT NOT NULL  -- how often it stands in a name
-- sqlite: ) WITHOUT ROWID;
-- pg: );
CREATE INDEX person_word_backward ON person_word (backward);

-- A line for each membership, and one for a person without any (unit empty): what saved searches ask, and nothing else, so that all of it is read in a moment.
-- export person_fact: derived
CREATE TABLE person_fact (
    unit      TEXT   NOT NULL, -- unit.slug
    number    BIGINT NOT NULL, -- person.number
    at        BIGINT NOT NULL, -- 0, 1...: her memberships by unit and joining
    alone     BIGINT NOT NULL, -- 1: it is her only line
    status    TEXT   NOT NULL,
    section   TEXT   NOT NULL,
    class     TEXT   NOT NULL,
    joined    TEXT   NOT NULL, -- dates as in person: empty when not known
    born      TEXT   NOT NULL,
    may       BIGINT NOT NULL, -- 1 agreed to be rung, 2 to texts, 4 to e-mail, 8 to letters; 16 has a number, 32 an e-mail address, 64 a postal address
    area      TEXT   NOT NULL, -- the postcode
    language  TEXT   NOT NULL,
    recruiter TEXT   NOT NULL, -- folded
    PRIMARY KEY (unit, number, at)
-- sqlite: ) WITHOUT ROWID;
-- pg: );
CREATE INDEX person_fact_by_number ON person_fact (number) WHERE alone = 0;

-- Searches that were saved.
-- export saved_search: all
CREATE TABLE saved_search (
    unit     TEXT   NOT NULL, -- unit.slug: it selects people there and below, and is seen by the unit's officers
    id       TEXT   NOT NULL, -- 22 characters
    name     TEXT   NOT NULL,
    criteria TEXT   NOT NULL, -- JSON (saved.h)
    owner    TEXT   NOT NULL, -- person.id of who saved it last
    saved_by TEXT   NOT NULL, -- her name and role, as officers are named
    version  BIGINT NOT NULL,
    added    BIGINT NOT NULL,
    changed  BIGINT NOT NULL,
    PRIMARY KEY (unit, id)
-- sqlite: ) WITHOUT ROWID;
-- pg: );
