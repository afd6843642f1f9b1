-- 0012_merge.sql: pairs of records that were looked at: two people after all, or one, merged, and how to take that back.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- export person_not_same: all
CREATE TABLE person_not_same (
    one     TEXT   NOT NULL, -- person.id, the smaller of the two by bytes
    other   TEXT   NOT NULL, -- person.id
    said_by TEXT   NOT NULL, -- the officer's name and role
    at      BIGINT NOT NULL,
    PRIMARY KEY (one, other)
-- sqlite: ) WITHOUT ROWID;
-- pg: );

-- What was there before a merge, until it can no longer be taken back.
-- export person_merge: all
CREATE TABLE person_merge (
    id        TEXT   NOT NULL PRIMARY KEY, -- 22 characters
    unit      TEXT   NOT NULL,             -- unit.slug, where it was done
    kept      TEXT   NOT NULL,             -- person.id
    gone      TEXT   NOT NULL,             -- person.id
    version   BIGINT NOT NULL,             -- of the one who was kept, after it
    before    TEXT   NOT NULL,             -- JSON: {"gone":{"number":..,"version":..,"added":..,"import":"","values":{..}},"kept":{..},"memberships":["ID"]}
    merged_by TEXT   NOT NULL,             -- the officer's name and role
    at        BIGINT NOT NULL
);
CREATE INDEX person_merge_by_kept ON person_merge (kept);
CREATE INDEX person_merge_by_unit ON person_merge (unit, at);
