-- roll.sql: rolls, and what became of them. Statements that show members take the unit that the roll is of, or the person.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- roll_by_slug(slug): one
SELECT r.unit, u.name AS unit_name, r.slug, r.title, r.state, r.rules, r.version, r.contest, r.released, r.added FROM roll r JOIN unit u ON u.slug = r.unit WHERE r.slug = :slug;

-- roll_hold(unit, slug, now): nobody else changes it until this is over; no row: it is not there
UPDATE roll SET changed = :now WHERE unit = :unit AND slug = :slug;

-- roll_of_unit(unit): those of a unit, the newest first
SELECT r.unit, u.name AS unit_name, r.slug, r.title, r.state, r.rules, r.version, r.contest, r.released, r.added FROM roll r JOIN unit u ON u.slug = r.unit
WHERE r.unit = :unit ORDER BY r.added DESC, r.slug LIMIT 500;

-- roll_public(most): those that were frozen, the newest first
SELECT r.unit, u.name AS unit_name, r.slug, r.title, r.state, r.rules, r.version, r.contest, r.released, r.added FROM roll r JOIN unit u ON u.slug = r.unit
WHERE r.version > 0 ORDER BY r.added DESC, r.slug LIMIT :most;

-- roll_of_person(person): frozen rolls of her units and those above, and those on which a correction put her
SELECT DISTINCT r.unit, u.name AS unit_name, r.slug, r.title, r.state, r.rules, r.version, r.contest, r.released, r.added
FROM membership m JOIN unit_over o ON o.unit = m.unit JOIN roll r ON r.unit = o.above JOIN unit u ON u.slug = r.unit
WHERE m.person = :person AND r.version > 0 ORDER BY r.added DESC, r.slug LIMIT 200;

-- roll_may_know(person, slug): may she ask about this roll? It is of one of her units, or of one above
SELECT m.person FROM membership m JOIN unit_over o ON o.unit = m.unit JOIN roll r ON r.unit = o.above WHERE m.person = :person AND r.slug = :slug AND r.version > 0 LIMIT 1;

-- roll_add(unit, slug, title, rules, now): a draft
INSERT INTO roll (unit, slug, title, state, rules, version, contest, released, added, changed) VALUES (:unit, :slug, :title, 'draft', :rules, 0, '', 0, :now, :now);

-- roll_set_draft(unit, slug, title, rules): no row: it is no draft
UPDATE roll SET title = :title, rules = :rules WHERE unit = :unit AND slug = :slug AND version = 0;

-- roll_drop(unit, slug): a draft goes
DELETE FROM roll WHERE unit = :unit AND slug = :slug AND version = 0;

-- roll_set_version(unit, slug, version, rules): frozen, or frozen anew
UPDATE roll SET state = 'frozen', version = :version, rules = :rules WHERE unit = :unit AND slug = :slug;

-- roll_set_released(unit, slug, contest, now): to a contest
UPDATE roll SET state = 'released', contest = :contest, released = :now WHERE unit = :unit AND slug = :slug;

-- ---- versions ----

-- roll_version_add(unit, roll, version, rules, count, root, published, frozen, by_name, by_role, leaf): a freeze is done
INSERT INTO roll_version (unit, roll, version, rules, count, root, published, frozen, by_name, by_role, leaf)
VALUES (:unit, :roll, :version, :rules, :count, :root, :published, :frozen, :by_name, :by_role, :leaf);

-- roll_version_one(unit, roll, version): one
SELECT version, rules, count, root, published, frozen, by_name, by_role, leaf FROM roll_version WHERE unit = :unit AND roll = :roll AND version = :version;

-- roll_versions(unit, roll): all, the newest first, without what was published
SELECT version, rules, count, root, frozen, by_name, by_role, leaf FROM roll_version WHERE unit = :unit AND roll = :roll ORDER BY version DESC LIMIT 200;

-- ---- entries ----

-- roll_tile_add(unit, roll, version, level, page, hashes): a tile
INSERT INTO roll_tile (unit, roll, version, level, page, hashes) VALUES (:unit, :roll, :version, :level, :page, :hashes);

-- roll_tile_one(unit, roll, version, level, page): a tile
SELECT hashes FROM roll_tile WHERE unit = :unit AND roll = :roll AND version = :version AND level = :level AND page = :page;

-- roll_tiles_from(unit, roll, version, page, most): the hashes of all entries, part by part
SELECT hashes FROM roll_tile WHERE unit = :unit AND roll = :roll AND version = :version AND level = 0 AND page >= :page ORDER BY page LIMIT :most;

-- roll_page_add(unit, roll, version, page, entries): entries
INSERT INTO roll_page (unit, roll, version, page, entries) VALUES (:unit, :roll, :version, :page, :entries);

-- roll_page_one(unit, roll, version, page): entries
SELECT entries FROM roll_page WHERE unit = :unit AND roll = :roll AND version = :version AND page = :page;

-- roll_finder_add(unit, roll, version, first, body): where entries are
INSERT INTO roll_finder (unit, roll, version, first, body) VALUES (:unit, :roll, :version, :first, :body);

-- roll_finder_for(unit, roll, version, person): the one in which she is, if she is on the roll
SELECT first, body FROM roll_finder WHERE unit = :unit AND roll = :roll AND version = :version AND first <= :person ORDER BY first DESC LIMIT 1;

-- roll_tiles_drop(unit, roll, version, most): what a freeze that was cut off left, some at a time
DELETE FROM roll_tile WHERE unit = :unit AND roll = :roll AND version = :version AND (level, page) IN
(SELECT level, page FROM roll_tile WHERE unit = :unit AND roll = :roll AND version = :version ORDER BY level, page LIMIT :most);

-- roll_pages_drop(unit, roll, version, most): the same
DELETE FROM roll_page WHERE unit = :unit AND roll = :roll AND version = :version AND page IN
(SELECT page FROM roll_page WHERE unit = :unit AND roll = :roll AND version = :version ORDER BY page LIMIT :most);

-- roll_finders_drop(unit, roll, version, most): the same
DELETE FROM roll_finder WHERE unit = :unit AND roll = :roll AND version = :version AND first IN
(SELECT first FROM roll_finder WHERE unit = :unit AND roll = :roll AND version = :version ORDER BY first LIMIT :most);

-- ---- a freeze under way ----

-- roll_job_add(unit, roll, rules, proposal, by_name, by_role, now): asked for
INSERT INTO roll_job (unit, roll, rules, proposal, by_name, by_role, asked, token, touched, done, whole)
VALUES (:unit, :roll, :rules, :proposal, :by_name, :by_role, :now, '', :now, 0, 0);

-- roll_job_one(unit, roll): of a roll
SELECT unit, roll, rules, proposal, by_name, by_role, asked, token, touched, done, whole FROM roll_job WHERE unit = :unit AND roll = :roll;

-- roll_job_next(): the oldest that nobody works at
SELECT unit, roll, rules, proposal, by_name, by_role, asked, token, touched, done, whole FROM roll_job WHERE token = '' ORDER BY asked, unit, roll LIMIT 1;

-- roll_job_left(before): one whose worker has not been heard of since
SELECT unit, roll, rules, proposal, by_name, by_role, asked, token, touched, done, whole FROM roll_job WHERE token <> '' AND touched < :before ORDER BY asked, unit, roll LIMIT 1;

-- roll_job_take(unit, roll, was, token, now): no row: another was faster
UPDATE roll_job SET token = :token, touched = :now WHERE unit = :unit AND roll = :roll AND token = :was;

-- roll_job_step(unit, roll, token, done, whole, now): no row: it is no longer ours
UPDATE roll_job SET done = :done, whole = :whole, touched = :now WHERE unit = :unit AND roll = :roll AND token = :token;

-- roll_job_drop(unit, roll, token): done, or given up
DELETE FROM roll_job WHERE unit = :unit AND roll = :roll AND token = :token;

-- ---- corrections ----

-- roll_correction_next(unit, roll): the next number
SELECT COALESCE(max(number), 0) + 1 AS number FROM roll_correction WHERE unit = :unit AND roll = :roll;

-- roll_correction_add(unit, roll, number, person, kind, place, section, entry, hash, reason, by_name, by_role, at, leaf): one
INSERT INTO roll_correction (unit, roll, number, person, kind, place, section, entry, hash, reason, by_name, by_role, at, leaf)
VALUES (:unit, :roll, :number, :person, :kind, :place, :section, :entry, :hash, :reason, :by_name, :by_role, :at, :leaf);

-- roll_corrections(unit, roll): all of a roll in their order
SELECT number, person, kind, place, section, entry, hash, reason, by_name, by_role, at, leaf FROM roll_correction WHERE unit = :unit AND roll = :roll ORDER BY number LIMIT 20000;

-- roll_corrections_of(unit, roll, person): hers in their order
SELECT number, person, kind, place, section, entry, hash, reason, by_name, by_role, at, leaf FROM roll_correction
WHERE person = :person AND roll = :roll AND unit = :unit ORDER BY number;

-- ---- challenges ----

-- roll_challenge_add(unit, roll, id, person, version, words, at): a member challenges
INSERT INTO roll_challenge (unit, roll, id, person, version, words, at, answered, answer, by_name, correction)
VALUES (:unit, :roll, :id, :person, :version, :words, :at, 0, '', '', 0);

-- roll_challenges_of(roll, person): hers, the newest first
SELECT id, person, version, words, at, answered, answer, by_name, correction FROM roll_challenge WHERE person = :person AND roll = :roll ORDER BY at DESC, id LIMIT 50;

-- roll_challenges(unit, roll): of a roll, those that wait first
SELECT id, person, version, words, at, answered, answer, by_name, correction FROM roll_challenge WHERE unit = :unit AND roll = :roll
ORDER BY CASE WHEN answered = 0 THEN 0 ELSE 1 END, at, id LIMIT 2000;

-- roll_challenge_one(unit, roll, id): one
SELECT id, person, version, words, at, answered, answer, by_name, correction FROM roll_challenge WHERE unit = :unit AND roll = :roll AND id = :id;

-- roll_challenge_answer(unit, roll, id, now, answer, by_name, correction): no row: it was answered already
UPDATE roll_challenge SET answered = :now, answer = :answer, by_name = :by_name, correction = :correction WHERE unit = :unit AND roll = :roll AND id = :id AND answered = 0;

-- roll_challenge_counts(unit, roll): how many wait
SELECT count(*) AS open FROM roll_challenge WHERE unit = :unit AND roll = :roll AND answered = 0;

-- ---- proposals ----

-- roll_proposal_add(unit, roll, id, kind, version, day, reason, gained, lost, would, critical, person, by_name, by_role, at, leaf): one officer's
INSERT INTO roll_proposal (unit, roll, id, kind, version, day, reason, gained, lost, would, critical, person, by_name, by_role, at, leaf, state, second, second_name, second_role, ended, ended_leaf)
VALUES (:unit, :roll, :id, :kind, :version, :day, :reason, :gained, :lost, :would, :critical, :person, :by_name, :by_role, :at, :leaf, 'open', '', '', '', 0, -1);

-- roll_proposals(unit, roll): all of a roll, the newest first
SELECT id, kind, version, day, reason, gained, lost, would, critical, person, by_name, by_role, at, leaf, state, second, second_name, second_role, ended, ended_leaf
FROM roll_proposal WHERE unit = :unit AND roll = :roll ORDER BY at DESC, id LIMIT 200;

-- roll_proposal_one(unit, roll, id): one
SELECT id, kind, version, day, reason, gained, lost, would, critical, person, by_name, by_role, at, leaf, state, second, second_name, second_role, ended, ended_leaf
FROM roll_proposal WHERE unit = :unit AND roll = :roll AND id = :id;

-- roll_proposal_waits(unit, roll, kind): one of that kind that is not over
SELECT id FROM roll_proposal WHERE unit = :unit AND roll = :roll AND kind = :kind AND state IN ('open', 'confirmed') LIMIT 1;

-- roll_proposal_end(unit, roll, id, was, state, second, second_name, second_role, now, leaf): no row: it is no longer so
UPDATE roll_proposal SET state = :state, second = :second, second_name = :second_name, second_role = :second_role, ended = :now, ended_leaf = :leaf
WHERE unit = :unit AND roll = :roll AND id = :id AND state = :was;

-- roll_overridden(unit, roll, version): how many critical questions of the audit were open when the widest override of it that stands was proposed
SELECT critical FROM roll_proposal WHERE unit = :unit AND roll = :roll AND kind = 'override' AND state = 'done' AND version = :version ORDER BY critical DESC LIMIT 1;

-- roll_officers_share(first, second): have they one e-mail address, by which either signs in?
SELECT f.id AS id FROM person f JOIN person s ON s.email_key = f.email_key WHERE f.id = :first AND s.id = :second AND f.email_key <> '' LIMIT 1;

-- roll_officers_readdressed(first, second, now): was the address by which one of them signs in changed by somebody else while she held the role?
SELECT c.person AS person FROM person_change c WHERE c.person IN (:first, :second) AND c.made_by <> 'self' AND c.what LIKE '%"email":[%'
AND c.at >= (SELECT max(r.begun) FROM role r WHERE r.person = c.person AND r.kind = 'returning-officer' AND r.ended = 0 AND r.until > :now) LIMIT 1;

-- ---- persons ----

-- ---- who is erased ----

-- roll_versions_of(): all of all rolls, always in one order, in which they are held
SELECT unit, roll, version FROM roll_version ORDER BY unit, roll, version;

-- roll_page_set(unit, roll, version, page, entries): without an entry
UPDATE roll_page SET entries = :entries WHERE unit = :unit AND roll = :roll AND version = :version AND page = :page;

-- roll_finder_set(unit, roll, version, was, first, body): without a person
UPDATE roll_finder SET first = :first, body = :body WHERE unit = :unit AND roll = :roll AND version = :version AND first = :was;

-- roll_finder_drop(unit, roll, version, first): she was the only one in it
DELETE FROM roll_finder WHERE unit = :unit AND roll = :roll AND version = :version AND first = :first;

-- roll_erased_add(unit, roll, version, entries, net): so many went
INSERT INTO roll_erased (unit, roll, version, entries, net) VALUES (:unit, :roll, :version, :entries, :net)
ON CONFLICT (unit, roll, version) DO UPDATE SET entries = roll_erased.entries + excluded.entries, net = roll_erased.net + excluded.net;

-- roll_erased_one(unit, roll, version): how many
SELECT entries, net FROM roll_erased WHERE unit = :unit AND roll = :roll AND version = :version;

-- roll_erased_since(since): ids of those who were erased since
SELECT id FROM person_gone WHERE merged_into = '' AND at >= :since ORDER BY id;

-- roll_forget_corrections(person): what was committed to was hashed with a salt, and goes with it
UPDATE roll_correction SET person = '', entry = '' WHERE person = :person;

-- roll_forget_challenges(person, now): that there was one stays, and when; nobody need answer it any more
UPDATE roll_challenge SET person = '', words = '', answer = '', answered = CASE WHEN answered = 0 THEN :now ELSE answered END WHERE person = :person;

-- roll_forget_proposals(person): an officer's name stays, as in the record
UPDATE roll_proposal SET person = '' WHERE person = :person;

-- roll_forget_seconds(person): the same
UPDATE roll_proposal SET second = '' WHERE second = :person;

-- roll_members(unit, person, membership, most): what rules look at, of memberships of the unit itself behind that one; a freeze reads no more of anybody
SELECT p.given_name, p.family_name, m.section, m.class, m.status, m.status_since, m.status_reason, m.history, m.joined, m.first_receipt, m.paid_until, m.declared, m.person AS person, m.id AS membership
FROM membership m JOIN person p ON p.id = m.person
WHERE m.unit = :unit AND (m.person, m.id) > (:person, :membership)
ORDER BY m.person, m.id LIMIT :most;
