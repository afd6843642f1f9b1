-- http.sql: what the site itself keeps: sessions and one-time links.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- http_session_by_token(token_hash): who holds this cookie; a steward's, while the record says that the power is in force
SELECT s.id, s.who, s.name, s.power, s.person, s.begun, s.seen, s.ends FROM session s
    WHERE s.token_hash = :token_hash AND (s.person <> '' OR EXISTS (SELECT 1 FROM record_power p WHERE p.number = s.power));

-- http_session_in_force(id): may it act? Not when its power has ended in the record, by whatever way: an older backup brings rows back, and a copy the leaves
SELECT s.id FROM session s WHERE s.id = :id AND (s.person <> '' OR EXISTS (SELECT 1 FROM record_power p WHERE p.number = s.power));

-- http_session_by_id(id): before it ends
SELECT id, who, name, power, person, begun, seen, ends FROM session WHERE id = :id;

-- http_sessions(now, idle_since): stewards' that are good at this moment, the newest first
SELECT id, who, name, begun, seen, ends FROM session WHERE ends > :now AND seen > :idle_since AND name <> '' AND person = '' ORDER BY begun DESC, id LIMIT 200;

-- http_sessions_all(): stewards', before everybody is signed out
SELECT id, who, name, power, person, begun, seen, ends FROM session WHERE person = '' ORDER BY begun, power, id;

-- http_sessions_end_persons(): everybody is signed out; persons' sessions are no powers, so there is nothing to tell
DELETE FROM session WHERE person <> '';

-- http_sessions_over(now, idle_since, person_idle_since): those that are over, a thousand at a time, so that the writer is not held up
SELECT id, who, name, power, person, begun, seen, ends FROM session
    WHERE ends <= :now OR (person = '' AND (seen <= :idle_since OR name = '')) OR (person <> '' AND seen <= :person_idle_since)
    ORDER BY begun, power, id LIMIT 1000;

-- http_session_begin(token_hash, id, who, name, power, begun, ends): somebody signed in
INSERT INTO session (token_hash, id, who, name, power, begun, seen, ends) VALUES (:token_hash, :id, :who, :name, :power, :begun, :begun, :ends);

-- http_session_begin_person(token_hash, id, who, person, device, begun, ends): a person signed in
INSERT INTO session (token_hash, id, who, person, device, begun, seen, ends) VALUES (:token_hash, :id, :who, :person, :device, :begun, :begun, :ends);

-- http_sessions_of_person(person, now, idle_since): hers that are good at this moment, the last used first
SELECT id, device, begun, seen, ends FROM session WHERE person = :person AND ends > :now AND seen > :idle_since ORDER BY seen DESC, id LIMIT 200;

-- http_session_end_of_person(person, id): one of hers
DELETE FROM session WHERE person = :person AND id = :id;

-- http_sessions_end_of_person(person, but): all of hers but one (empty: all)
DELETE FROM session WHERE person = :person AND id <> :but;

-- http_session_seen(id, seen): it was used, so its idle time begins anew
UPDATE session SET seen = :seen WHERE id = :id AND seen < :seen;

-- http_session_end(id): signed out, or over; one row changed means that nobody was faster
DELETE FROM session WHERE id = :id;

-- http_entry_make(token_hash, who, name, power, ends): a one-time link
INSERT INTO entry (token_hash, who, name, power, ends) VALUES (:token_hash, :who, :name, :power, :ends);

-- http_entry_by_token(token_hash, now): what a link gives, while it is good
SELECT who, name, power FROM entry WHERE token_hash = :token_hash AND ends > :now;

-- http_entry_use(token_hash, now): take it away; one row changed means that nobody was faster
DELETE FROM entry WHERE token_hash = :token_hash AND ends > :now;

-- http_entries_over(now): those that nobody used in time, a thousand at a time
SELECT token_hash, who, name, power FROM entry WHERE ends <= :now OR name = '' ORDER BY ends, token_hash LIMIT 1000;

-- http_entry_drop(token_hash): one of them; one row changed means that nobody was faster
DELETE FROM entry WHERE token_hash = :token_hash;

-- http_schema(): how far the schema has come, for the steward
SELECT max(number) AS number FROM migration;
