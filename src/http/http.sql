-- http.sql: what the site itself keeps: sessions and one-time links.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- http_session_by_token(token_hash): who holds this cookie
SELECT id, who, begun, seen, ends FROM session WHERE token_hash = :token_hash;

-- http_sessions(now, idle_since): those that are good at this moment, the newest first
SELECT id, who, begun, seen, ends FROM session WHERE ends > :now AND seen > :idle_since ORDER BY begun DESC, id LIMIT 200;

-- http_session_begin(token_hash, id, who, begun, ends): somebody signed in
INSERT INTO session (token_hash, id, who, begun, seen, ends) VALUES (:token_hash, :id, :who, :begun, :begun, :ends);

-- http_session_seen(id, seen): it was used, so its idle time begins anew
UPDATE session SET seen = :seen WHERE id = :id AND seen < :seen;

-- http_session_end(id): sign out
DELETE FROM session WHERE id = :id;

-- http_session_end_all(): sign everybody out
DELETE FROM session;

-- http_session_expire(now, idle_since): drop those that are over, a thousand at a time, so that the writer is not held up
DELETE FROM session WHERE id IN (SELECT id FROM session WHERE ends <= :now OR seen <= :idle_since LIMIT 1000);

-- http_entry_make(token_hash, who, ends): a one-time link
INSERT INTO entry (token_hash, who, ends) VALUES (:token_hash, :who, :ends);

-- http_entry_by_token(token_hash, now): what a link gives, while it is good
SELECT who FROM entry WHERE token_hash = :token_hash AND ends > :now;

-- http_entry_use(token_hash, now): take it away; one row changed means that nobody was faster
DELETE FROM entry WHERE token_hash = :token_hash AND ends > :now;

-- http_entry_expire(now): drop those that nobody used in time
DELETE FROM entry WHERE token_hash IN (SELECT token_hash FROM entry WHERE ends <= :now LIMIT 1000);

-- http_schema(): how far the schema has come, for the steward
SELECT max(number) AS number FROM migration;
