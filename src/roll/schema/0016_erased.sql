-- 0016_erased.sql: how much of frozen rolls was erased with the persons whose it was.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- export roll_erased: all
CREATE TABLE roll_erased (
    unit    TEXT   NOT NULL,
    roll    TEXT   NOT NULL, -- roll.slug
    version BIGINT NOT NULL, -- roll_version.version
    entries BIGINT NOT NULL, -- of which the hash alone is left
    net     BIGINT NOT NULL, -- how many more (fewer: below nought) of those persons stood on it by corrections than had entries in it
    PRIMARY KEY (unit, roll, version)
);
