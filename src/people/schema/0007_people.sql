-- 0007_people.sql: units, persons, memberships, and the roles people hold. Membership reveals political opinion: what is here is read through a scope.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- export unit: all
CREATE TABLE unit (
    slug   TEXT   NOT NULL PRIMARY KEY, -- its part of the address: "leeds"; never changes
    name   TEXT   NOT NULL,
    kind   TEXT   NOT NULL,             -- national, region, constituency, branch, union, society, other
    above  TEXT   NOT NULL,             -- unit.slug; empty: at the top
    folded TEXT   NOT NULL,             -- the name for comparing
    added  BIGINT NOT NULL              -- milliseconds since 1970, UTC
);
CREATE INDEX unit_by_above ON unit (above, folded);
CREATE INDEX unit_by_name ON unit (folded);

-- Which unit stands over which: each over itself (steps 0), and over all below it.
-- export unit_over: all
CREATE TABLE unit_over (
    above TEXT   NOT NULL, -- unit.slug
    unit  TEXT   NOT NULL, -- unit.slug
    steps BIGINT NOT NULL,
    PRIMARY KEY (above, unit)
-- sqlite: ) WITHOUT ROWID;
-- pg: );
CREATE INDEX unit_over_by_unit ON unit_over (unit, steps);

-- export person: all
CREATE TABLE person (
    id            TEXT   NOT NULL PRIMARY KEY, -- 22 characters of base64url, made in the order of time
    number        BIGINT NOT NULL UNIQUE,      -- 1, 2, 3... in the order of their adding: rows of the search index
    version       BIGINT NOT NULL,             -- 1, then one more with every change of hers or of her memberships
    identifier    TEXT   NOT NULL,             -- as the organisation's own list calls her; empty: none
    given_name    TEXT   NOT NULL,
    family_name   TEXT   NOT NULL,
    name_key      TEXT   NOT NULL,             -- family name and given name, folded (text.h): the order of lists
    born          TEXT   NOT NULL, -- this and all dates: "2013-06-25", or empty
    email         TEXT   NOT NULL, -- as typed
    email_key     TEXT   NOT NULL, -- in lower case, for comparing
    phone         TEXT   NOT NULL, -- E.164
    phone_other   TEXT   NOT NULL,
    address       TEXT   NOT NULL,
    address_more  TEXT   NOT NULL,
    locality      TEXT   NOT NULL,
    postcode      TEXT   NOT NULL,
    country       TEXT   NOT NULL,
    language      TEXT   NOT NULL,
    consent       TEXT   NOT NULL, -- words: phone sms email post
    consent_since TEXT   NOT NULL,
    import        TEXT   NOT NULL, -- the import that added her; empty: none
    added         BIGINT NOT NULL, -- milliseconds since 1970, UTC
    changed       BIGINT NOT NULL
);
CREATE UNIQUE INDEX person_by_identifier ON person (identifier) WHERE identifier <> '';
CREATE INDEX person_by_name ON person (name_key, number);
CREATE INDEX person_by_email ON person (email_key) WHERE email_key <> '';
CREATE INDEX person_by_phone ON person (phone) WHERE phone <> '';
CREATE INDEX person_by_import ON person (import) WHERE import <> '';

-- The number that the next person gets: one row. Numbers are not used again, not even those of persons who were erased.
-- export person_head: all
CREATE TABLE person_head (
    one  BIGINT NOT NULL PRIMARY KEY, -- 1
    next BIGINT NOT NULL
);
INSERT INTO person_head (one, next) VALUES (1, 1);

-- export membership: all
CREATE TABLE membership (
    unit          TEXT   NOT NULL, -- unit.slug
    person        TEXT   NOT NULL, -- person.id
    id            TEXT   NOT NULL UNIQUE,
    section       TEXT   NOT NULL,
    class         TEXT   NOT NULL,
    status        TEXT   NOT NULL, -- applied, active, lapsed, suspended, resigned, expelled, died
    status_since  TEXT   NOT NULL,
    status_reason TEXT   NOT NULL,
    history       TEXT   NOT NULL, -- "active 2012-01-03; lapsed 2013-01-03 unpaid": all of them, oldest first; the last is the three columns before
    joined        TEXT   NOT NULL,
    recorded      TEXT   NOT NULL,
    first_receipt TEXT   NOT NULL,
    paid_until    TEXT   NOT NULL,
    payer         TEXT   NOT NULL,
    bank          TEXT   NOT NULL,
    method        TEXT   NOT NULL,
    recruiter     TEXT   NOT NULL,
    mandate       TEXT   NOT NULL,
    signature     TEXT   NOT NULL,
    device        TEXT   NOT NULL,
    declared      TEXT   NOT NULL,
    import        TEXT   NOT NULL, -- the import that added it; empty: none
    added         BIGINT NOT NULL,
    PRIMARY KEY (unit, person, id)
-- sqlite: ) WITHOUT ROWID;
-- pg: );
CREATE INDEX membership_by_person ON membership (person);
CREATE INDEX membership_by_status ON membership (unit, status, section, class);
CREATE INDEX membership_by_import ON membership (import) WHERE import <> '';

-- What was changed of whom, by whom: the person herself may read it, and her secretary. Goes with her.
-- export person_change: all
CREATE TABLE person_change (
    person  TEXT   NOT NULL, -- person.id
    version BIGINT NOT NULL, -- person.version that it made
    at      BIGINT NOT NULL,
    made_by TEXT   NOT NULL, -- an officer's name, "self", or "import ID"
    what    TEXT   NOT NULL, -- JSON: {"person":{"email":["old","new"]}}, {"membership":"ID","unit":"leeds","values":{"status":["old","new"]}}, {"added":"by hand"}
    reason  TEXT   NOT NULL,
    PRIMARY KEY (person, version)
);

-- export person_gone: all
CREATE TABLE person_gone (
    id          TEXT   NOT NULL PRIMARY KEY, -- person.id of one who was erased or merged
    merged_into TEXT   NOT NULL,             -- person.id; empty: erased
    at          BIGINT NOT NULL
);

-- export role: all
CREATE TABLE role (
    id     TEXT   NOT NULL PRIMARY KEY, -- 22 characters
    person TEXT   NOT NULL,             -- person.id
    name   TEXT   NOT NULL,             -- of the officer, as the public record has it
    kind   TEXT   NOT NULL,             -- organiser, secretary, returning-officer
    unit   TEXT   NOT NULL,             -- unit.slug
    begun  BIGINT NOT NULL,
    until  BIGINT NOT NULL,             -- when it ends by itself
    ended  BIGINT NOT NULL,             -- when it was ended; 0: it was not
    leaf   BIGINT NOT NULL              -- record_leaf.number that gave it
);
CREATE INDEX role_by_person ON role (person, ended);
CREATE INDEX role_by_until ON role (ended, until);
CREATE INDEX role_by_unit ON role (unit, ended);
