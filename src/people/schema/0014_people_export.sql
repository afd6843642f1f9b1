-- 0014_people_export.sql: lists of members that were asked for by browser.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- The act is the leaf; the file is made when it is fetched, by whoever asked, for an hour.
-- export people_export: nothing
CREATE TABLE people_export (
    id       TEXT   NOT NULL PRIMARY KEY, -- 22 characters of base64url
    unit     TEXT   NOT NULL,             -- unit.slug whose list it is, with all below it
    person   TEXT   NOT NULL,             -- person.id of the officer who asked, and may fetch it
    criteria TEXT   NOT NULL,             -- JSON (saved.h) of the part that it is; empty: the whole list
    count    BIGINT NOT NULL,             -- rows, or of a part people, when it was asked for
    ends     BIGINT NOT NULL,             -- not fetched after that: milliseconds since 1970, UTC
    leaf     BIGINT NOT NULL              -- record_leaf.number that says it was made
);
CREATE INDEX people_export_by_end ON people_export (ends);
