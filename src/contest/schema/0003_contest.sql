-- 0003_contest.sql: published contests, and counts that visitors asked to keep.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- export contest: all
CREATE TABLE contest (
    slug TEXT NOT NULL PRIMARY KEY, -- its part of the address: "labour-2010"
    title TEXT NOT NULL,
    date TEXT NOT NULL,             -- of the result: ISO, "2010-09-25"
    place TEXT NOT NULL,            -- or empty
    outcome TEXT NOT NULL,          -- who is elected, in one line
    note TEXT NOT NULL,             -- the caveat that must stand wherever figures stand, or empty
    totals BIGINT NOT NULL,         -- 1: all that is known are totals of stages
    open BIGINT NOT NULL,           -- 1: a question is open, so it is no result
    published BIGINT NOT NULL,      -- when it was first published: milliseconds since 1970, UTC
    changed BIGINT NOT NULL,        -- when it was last published or counted again
    views_version BIGINT NOT NULL,  -- CONTEST_VIEWS_VERSION of the program that made the views
    program TEXT NOT NULL,          -- and its name and version
    figures BLOB NOT NULL           -- SHA-256 of every figure of the count: a count that gives others is told, and replaces nothing
);

CREATE INDEX contest_by_date ON contest (date, slug);

-- export contest_file: all
CREATE TABLE contest_file (
    slug TEXT NOT NULL,    -- contest.slug
    number BIGINT NOT NULL, -- the order in which they were named
    address TEXT NOT NULL, -- its part of the address: "mps-and-meps-csv"
    name TEXT NOT NULL,    -- "mps-and-meps.csv"
    kind TEXT NOT NULL,    -- manifest, rules, papers, stages, readme
    size BIGINT NOT NULL,  -- in bytes, as it was published
    packed BIGINT NOT NULL, -- 1: `bytes` is a gzip stream of it
    bytes BLOB NOT NULL,
    PRIMARY KEY (slug, address)
);

-- export contest_view: all
CREATE TABLE contest_view (
    slug TEXT NOT NULL,  -- contest.slug
    name TEXT NOT NULL,  -- of the part: contest, overview, stages, pairs, other_rules, close, files, count, declaration, csv, svg
    bytes BLOB NOT NULL, -- core/view.h's view_pack
    PRIMARY KEY (slug, name)
);

-- All that is left of a contest that was taken out.
-- export contest_removed: all
CREATE TABLE contest_removed (
    slug TEXT NOT NULL PRIMARY KEY,
    title TEXT NOT NULL,
    removed BIGINT NOT NULL, -- when: milliseconds since 1970, UTC
    reason TEXT NOT NULL     -- as the steward gave it
);

-- export kept_count: nothing
CREATE TABLE kept_count (
    token TEXT NOT NULL PRIMARY KEY, -- its part of the address: 22 characters of base64url; whoever has it can read
    delete_hash BLOB NOT NULL,       -- SHA-256 of the word with which it may be deleted
    asked BLOB NOT NULL,             -- the papers, rules and options, as they were sent: view_pack
    made BIGINT NOT NULL,            -- milliseconds since 1970, UTC
    ends BIGINT NOT NULL             -- when it is deleted
);

CREATE INDEX kept_count_by_end ON kept_count (ends);
