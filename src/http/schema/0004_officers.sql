-- 0004_officers.sql: who acts has a name, which the public record will say, and a power that the record knows.
-- SPDX-License-Identifier: AGPL-3.0-or-later

ALTER TABLE session ADD COLUMN name TEXT NOT NULL DEFAULT '';  -- of the officer, as she is named in the record
ALTER TABLE session ADD COLUMN power BIGINT NOT NULL DEFAULT -1; -- record_leaf.number of the leaf that gave the role; -1: from before there was a record
ALTER TABLE entry ADD COLUMN name TEXT NOT NULL DEFAULT '';    -- of whom the link is for
ALTER TABLE entry ADD COLUMN power BIGINT NOT NULL DEFAULT -1; -- of the leaf that offered the role
