-- 0011_import.sql: lists of members that were brought in: how far each is, what it made and changed, and, for a while, what it was read from.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- export import: all but report
CREATE TABLE import (
    id           TEXT   NOT NULL PRIMARY KEY, -- 22 characters of base64url
    unit         TEXT   NOT NULL,             -- unit.slug: its rows belong to it or below it
    file_name    TEXT   NOT NULL,             -- as the browser or the command line said; for the officer's eyes
    size         BIGINT NOT NULL,             -- of the file, in bytes
    digest       TEXT   NOT NULL,             -- SHA-256 of the file, 64 digits
    held         BIGINT NOT NULL,             -- 1: the file stands in import_piece; 0: it is at the machine, and whoever brings it in names it again
    options      TEXT   NOT NULL,             -- JSON: {"skip":false,"empties":false,"windows_1252":false,"country":"GB","map":["header cell","column",...]}
    state        TEXT   NOT NULL,             -- held, checking, checked, refused, applying, done, undoing, undone
    by_name      TEXT   NOT NULL,             -- the officer who brings it in, as the record will say
    by_role      TEXT   NOT NULL,
    undo_name    TEXT   NOT NULL,             -- who takes it back; empty: nobody did
    undo_role    TEXT   NOT NULL,
    added        BIGINT NOT NULL,             -- milliseconds since 1970, UTC
    changed      BIGINT NOT NULL,             -- when it last came further
    rows_done    BIGINT NOT NULL,             -- rows of the step at hand (checking, applying) that are behind it; undoing: persons
    bytes_done   BIGINT NOT NULL,             -- the same in bytes of the file
    checked      TEXT   NOT NULL,             -- JSON of the dry run: {"rows":3,"added":1,"more":0,"changed":1,"same":0,"bad":1}; empty: not ended yet
    report       TEXT   NOT NULL,             -- JSON of the dry run: the first bad rows and what would change; empties when the import expires
    applied      TEXT   NOT NULL,             -- JSON of what was done so far, as in checked
    undone       TEXT   NOT NULL,             -- JSON: {"gone":1,"put_back":1,"left":0}
    fault        TEXT   NOT NULL,             -- why it was refused or is taken back
    leaf         BIGINT NOT NULL,             -- record_leaf.number that says it was done; -1: none
    undo_leaf    BIGINT NOT NULL,             -- record_leaf.number that says it was taken back; -1: none
    expired      BIGINT NOT NULL              -- 1: file, report and what could be put back are gone
);
CREATE INDEX import_by_unit ON import (unit, added);
CREATE INDEX import_by_state ON import (state);

-- The file, until it is brought in, and the list of its bad rows, until it expires. Personal data.
-- export import_piece: nothing
CREATE TABLE import_piece (
    import TEXT   NOT NULL, -- import.id
    kind   TEXT   NOT NULL, -- file, bad
    number BIGINT NOT NULL, -- 0, 1, 2...
    bytes  BLOB   NOT NULL,
    PRIMARY KEY (import, kind, number)
-- sqlite: ) WITHOUT ROWID;
-- pg: );

-- Persons that an import changed and had not added, with what was there before; and those that its undoing left alone.
-- export import_touched: nothing
CREATE TABLE import_touched (
    import  TEXT   NOT NULL, -- import.id
    person  TEXT   NOT NULL, -- person.id
    version BIGINT NOT NULL, -- person.version that it made
    since   BIGINT NOT NULL, -- person.version before that
    before  TEXT   NOT NULL, -- JSON: {"person":{"email":"old"},"memberships":{"ID":{"class":"old"}},"added":["ID"]}
    alone   BIGINT NOT NULL, -- 1: she was changed since, so undoing left her alone
    PRIMARY KEY (import, person, version)
-- sqlite: ) WITHOUT ROWID;
-- pg: );
