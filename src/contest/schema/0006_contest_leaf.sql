-- 0006_contest_leaf.sql: which leaf of the public record says that a contest was published, or taken out.
-- SPDX-License-Identifier: AGPL-3.0-or-later

ALTER TABLE contest ADD COLUMN leaf BIGINT NOT NULL DEFAULT -1;         -- record_leaf.number; -1: from before there was a record, which the server enters at its start
ALTER TABLE contest_removed ADD COLUMN leaf BIGINT NOT NULL DEFAULT -1; -- the same; -1: taken out before there was a record
