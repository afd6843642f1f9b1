-- 0005_record.sql: the public record: what the apparatus did, one row a leaf, and what was signed of it.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- How many leaves there are: one row. PostgreSQL holds it from an act to its commit, so that numbers have no gaps.
-- export record_head: all
CREATE TABLE record_head (
    one  BIGINT NOT NULL PRIMARY KEY, -- 1
    size BIGINT NOT NULL              -- the number of the next leaf
);
INSERT INTO record_head (one, size) VALUES (1, 0);

-- export record_leaf: all
CREATE TABLE record_leaf (
    number  BIGINT NOT NULL PRIMARY KEY, -- 0, 1, 2... without gaps
    hash    BLOB   NOT NULL,             -- SHA-256(0x00 || entry), RFC 6962
    entry   BLOB   NOT NULL,             -- record/act.h; at most 65,535 bytes
    at      BIGINT NOT NULL,             -- the columns from here on say again what the entry says, for filters: milliseconds since 1970, UTC
    kind    TEXT   NOT NULL,
    contest TEXT   NOT NULL,             -- or empty
    unit    TEXT   NOT NULL,             -- or empty
    power   BIGINT NOT NULL              -- the leaf that gave the power which ends here; -1: none ends
);
CREATE INDEX record_leaf_by_at ON record_leaf (at, number);
CREATE INDEX record_leaf_by_kind ON record_leaf (kind, number);
CREATE INDEX record_leaf_by_contest ON record_leaf (contest, number) WHERE contest <> '';
CREATE INDEX record_leaf_by_contest_kind ON record_leaf (contest, kind, number) WHERE contest <> '';
CREATE INDEX record_leaf_by_unit ON record_leaf (unit, number) WHERE unit <> '';
CREATE INDEX record_leaf_by_unit_kind ON record_leaf (unit, kind, number) WHERE unit <> '';
CREATE INDEX record_leaf_by_power ON record_leaf (power) WHERE power >= 0;

-- Roots of full tiles: what stands in tiles of level 1 and above (C2SP tlog-tiles). Level 0 is record_leaf.hash.
-- export record_node: all
CREATE TABLE record_node (
    level  BIGINT NOT NULL, -- 1: of 256 leaves; 2: of 65,536...
    number BIGINT NOT NULL, -- 0, 1, 2... within the level
    hash   BLOB   NOT NULL,
    PRIMARY KEY (level, number)
);

-- Every checkpoint that was signed.
-- export record_checkpoint: all
CREATE TABLE record_checkpoint (
    size     BIGINT NOT NULL PRIMARY KEY, -- leaves
    root     BLOB   NOT NULL,
    note     TEXT   NOT NULL, -- signed (C2SP tlog-checkpoint), without cosignatures
    frontier BLOB   NOT NULL, -- record/tree.h: from which the next is made
    at       BIGINT NOT NULL  -- milliseconds since 1970, UTC
);

-- export record_cosignature: all
CREATE TABLE record_cosignature (
    witness TEXT   NOT NULL, -- key name
    id      BIGINT NOT NULL, -- key id
    size    BIGINT NOT NULL, -- record_checkpoint.size
    time    BIGINT NOT NULL, -- as the witness said: seconds since 1970, UTC
    line    TEXT   NOT NULL, -- the signature line of the note
    at      BIGINT NOT NULL, -- when it came: milliseconds since 1970, UTC
    PRIMARY KEY (witness, id, size)
);
CREATE INDEX record_cosignature_by_size ON record_cosignature (size);

-- Files that leaves name by digest: where they are, or their bytes, or neither when they were taken away.
-- export record_file: all
CREATE TABLE record_file (
    digest BLOB   NOT NULL, -- SHA-256 of the file
    path   TEXT   NOT NULL, -- where on this site it is; empty: `bytes` has it, or it was taken away
    name   TEXT   NOT NULL,
    size   BIGINT NOT NULL,
    bytes  BLOB,
    PRIMARY KEY (digest, path)
);
CREATE INDEX record_file_by_path ON record_file (path);

-- Powers in force: a row goes when its end is a leaf.
-- export record_power: all
CREATE TABLE record_power (
    number  BIGINT NOT NULL PRIMARY KEY, -- record_leaf.number of the leaf that gave it
    ended   TEXT   NOT NULL,             -- the kind of leaf that will say it ended
    holder  TEXT   NOT NULL,
    what    TEXT   NOT NULL,             -- "the role of steward"
    contest TEXT   NOT NULL,
    unit    TEXT   NOT NULL,
    until   BIGINT NOT NULL              -- milliseconds since 1970, UTC
);
CREATE INDEX record_power_by_until ON record_power (until, number);
