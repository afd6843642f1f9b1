-- 0002_probe.sql: a room for the tests of the store, in the place of the rooms of the program.
-- SPDX-License-Identifier: AGPL-3.0-or-later
CREATE TABLE probe (
    id     BIGINT NOT NULL PRIMARY KEY,     -- given by the test
    words  TEXT,                            -- anything; NULL is something else than nothing
    bytes  BLOB,                            -- anything
    parent BIGINT REFERENCES probe (id),    -- another row
    amount BIGINT NOT NULL CHECK (amount >= 0) -- not below 0
);
CREATE UNIQUE INDEX probe_words ON probe (words);
