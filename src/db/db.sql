-- db.sql: the store's own statements.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- schema_made(): is the table of migrations there, and (SQLite) how many tables of somebody else?
-- sqlite: SELECT count(*) FILTER (WHERE name = 'migration') AS made, count(*) AS tables FROM sqlite_master WHERE type = 'table';
-- pg: SELECT count(*) AS made, count(*) AS tables FROM pg_tables WHERE schemaname = current_schema() AND tablename = 'migration';

-- migration_list(): what was applied, to compare with what this program knows
SELECT number, name, digest, applied_at FROM migration ORDER BY number;

-- migration_add(number, name, digest, applied_at): applied in this transaction
INSERT INTO migration (number, name, digest, applied_at) VALUES (:number, :name, :digest, :applied_at);

-- store_check(): is anybody there? For /healthz
SELECT count(*) AS migrations FROM migration;

-- command_key_seen(key): was this asked before, and what was answered?
SELECT digest, answer FROM command_key WHERE key = :key;

-- command_key_add(key, digest, answer, at): asked and answered, in the transaction that did it
INSERT INTO command_key (key, digest, answer, at) VALUES (:key, :digest, :answer, :at);

-- command_key_expire(before): drop a thousand of the oldest; more stay for the next command, so that none holds the writer up
DELETE FROM command_key WHERE key IN (SELECT key FROM command_key WHERE at < :before ORDER BY at LIMIT 1000);

-- topic_lock(name): the version before this batch; PostgreSQL holds the row from here to the commit, so that versions have no gaps
INSERT INTO topic (name, version) VALUES (:name, 0) ON CONFLICT (name) DO UPDATE SET version = topic.version RETURNING version;

-- topic_set(name, version): the version with this batch
UPDATE topic SET version = :version WHERE name = :name;

-- topic_version(name): for caches
SELECT version FROM topic WHERE name = :name;

-- topic_event_add(topic, version, data, at): one event
INSERT INTO topic_event (topic, version, data, at) VALUES (:topic, :version, :data, :at);

-- topic_trim(topic, version): drop events up to this one
DELETE FROM topic_event WHERE topic = :topic AND version <= :version;

-- topic_tell(words): wake the listeners of all processes, with "FIRST LAST TOPIC"; other processes on a SQLite file look for themselves
-- sqlite: SELECT 1 AS told WHERE :words IS NULL;
-- pg: SELECT pg_notify('hustings', :words);

-- topic_events_after(topic, version): what a follower has missed, oldest first
SELECT version, data FROM topic_event WHERE topic = :topic AND version > :version ORDER BY version;

-- topic_events_between(topic, first, last): what one notification tells of
SELECT at AS place, topic, version, data FROM topic_event WHERE topic = :topic AND version >= :first AND version <= :last ORDER BY version;

-- topic_place(): where a listener begins: SQLite's order of all events, PostgreSQL's newest time
-- sqlite: SELECT coalesce(max(rowid), 0) AS place FROM topic_event;
-- pg: SELECT coalesce(max(at), 0) AS place FROM topic_event;

-- topic_events_since(place): all events since; with PostgreSQL only after a lost connection, and some may have been heard before
-- sqlite: SELECT rowid AS place, topic, version, data FROM topic_event WHERE rowid > :place ORDER BY rowid LIMIT 1000;
-- pg: SELECT at AS place, topic, version, data FROM topic_event WHERE at >= :place ORDER BY at, topic, version LIMIT 100000;

-- setting_get(name): a secret or setting of this installation
SELECT value FROM setting WHERE name = :name;

-- setting_add(name, value): made once; whoever was first stays, so that two processes that start together agree
INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING;

-- setting_set(name, value): put in place of what was there
INSERT INTO setting (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value;
