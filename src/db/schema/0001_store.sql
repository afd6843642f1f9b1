-- 0001_store.sql: what the store keeps for itself: its own history, what was asked before, what changed, and its settings.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- sqlite: PRAGMA application_id = 1215656820;
-- pg: CREATE DOMAIN blob AS bytea;

-- export migration: all
CREATE TABLE migration (
    number     BIGINT NOT NULL PRIMARY KEY, -- 1, 2, 3...: as in the file's name
    name       TEXT   NOT NULL,             -- the file's name without its ending
    digest     BLOB   NOT NULL,             -- SHA-256 of the file, which must not change once it was applied
    applied_at BIGINT NOT NULL              -- milliseconds since 1970, UTC
);

-- What was asked with an idempotency key, so that asking again does nothing and gives the same answer.
-- export command_key: nothing
CREATE TABLE command_key (
    key    TEXT   NOT NULL PRIMARY KEY, -- bound to who asks; at most 64 bytes
    digest BLOB   NOT NULL,             -- SHA-256 of what was asked
    answer BLOB   NOT NULL,             -- what the first was answered; at most 16 KiB
    at     BIGINT NOT NULL              -- when: milliseconds since 1970, UTC; dropped seven days later
-- sqlite: ) WITHOUT ROWID;
-- pg: );
CREATE INDEX command_key_by_at ON command_key (at);

-- Things that change and are followed: by caches, which compare versions, and by live streams, which read events.
-- export topic: all
CREATE TABLE topic (
    name    TEXT   NOT NULL PRIMARY KEY, -- "contest/labour-2010"; at most 100 bytes
    version BIGINT NOT NULL              -- 1, 2, 3... in the order of the commits
-- sqlite: ) WITHOUT ROWID;
-- pg: ) WITH (fillfactor = 50);

-- The last thousand events of each topic. In SQLite the hidden rowid is the order over all topics (the newest event of a topic is never dropped,
-- so it only grows): by it other processes find what is new.
-- export topic_event: all
CREATE TABLE topic_event (
    topic   TEXT   NOT NULL, -- topic.name
    version BIGINT NOT NULL, -- the topic's version with this event
    data    TEXT   NOT NULL, -- JSON for whoever follows the topic, or nothing; at most 8 KiB
    at      BIGINT NOT NULL, -- when: milliseconds since 1970, UTC
    PRIMARY KEY (topic, version)
);

-- Secrets and settings of this installation, made once: the keys that sign sessions, for instance. Never exported.
-- export setting: nothing
CREATE TABLE setting (
    name  TEXT NOT NULL PRIMARY KEY, -- "session_key"
    value BLOB NOT NULL              -- as the room that keeps it reads it
);
