-- import.sql: lists of members that are brought in, checked first, then chunk by chunk, and taken back.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- import_add(id, unit, file_name, size, digest, held, options, state, by_name, by_role, at): a file was handed in
INSERT INTO import (id, unit, file_name, size, digest, held, options, state, by_name, by_role, undo_name, undo_role, added, changed, rows_done, bytes_done, checked, report, applied, undone, fault, leaf, undo_leaf, expired)
VALUES (:id, :unit, :file_name, :size, :digest, :held, :options, :state, :by_name, :by_role, '', '', :at, :at, 0, 0, '', '', '', '', '', -1, -1, 0);

-- import_by_id(id): all of one
SELECT i.id, i.unit, i.file_name, i.size, i.digest, i.held, i.options, i.state, i.by_name, i.by_role, i.undo_name, i.undo_role, i.added, i.changed, i.rows_done, i.bytes_done, i.checked, i.report, i.applied, i.undone, i.fault, i.leaf, i.undo_leaf, i.expired, u.name AS unit_name FROM import AS i JOIN unit AS u ON u.slug = i.unit WHERE i.id = :id;

-- import_inside(id, scope): is it of that unit or below it?
SELECT 1 AS inside FROM import AS i JOIN unit_over AS o ON o.unit = i.unit WHERE i.id = :id AND o.above = :scope;

-- imports_of(scope, most): those of a unit and below it, the newest first
SELECT i.id, i.unit, u.name AS unit_name, i.file_name, i.state, i.by_name, i.added, i.changed, i.held, i.rows_done, i.checked, i.applied, i.undone, i.expired FROM unit_over AS o JOIN import AS i ON i.unit = o.unit
JOIN unit AS u ON u.slug = i.unit WHERE o.above = :scope ORDER BY i.added DESC, i.id DESC LIMIT :most;

-- imports_all(most): those of all units, for the machine
SELECT i.id, i.unit, u.name AS unit_name, i.file_name, i.state, i.by_name, i.added, i.changed, i.held, i.rows_done, i.checked, i.applied, i.undone, i.expired FROM import AS i JOIN unit AS u ON u.slug = i.unit
ORDER BY i.added DESC, i.id DESC LIMIT :most;

-- import_unfinished(unit, digest, options): one of the same file that was interrupted at the machine
SELECT id, state FROM import WHERE unit = :unit AND digest = :digest AND options = :options AND held = 0 AND state = 'applying' ORDER BY added DESC LIMIT 1;

-- imports_to_do(): what the server has to go on with: files that it holds, and takings back
SELECT id, state FROM import WHERE (state IN ('checking', 'applying') AND held = 1) OR state = 'undoing' ORDER BY added, id LIMIT 20;

-- import_busy(id, unit): another one that is at work on units that this one may reach
SELECT i.id, u.name AS unit_name FROM import AS i JOIN unit AS u ON u.slug = i.unit WHERE i.state IN ('applying', 'undoing') AND i.id <> :id
AND (EXISTS (SELECT 1 FROM unit_over AS o WHERE o.above = i.unit AND o.unit = :unit) OR EXISTS (SELECT 1 FROM unit_over AS o WHERE o.above = :unit AND o.unit = i.unit)) LIMIT 1;

-- import_turn(id, now, state, next, rows, fault): from one state to the next, at the start of its step; no row: it is in another one
UPDATE import SET state = :next, changed = :now, rows_done = :rows, bytes_done = 0, fault = :fault WHERE id = :id AND state = :state;

-- import_options_set(id, now, options, by_name, by_role): how the file is read was chosen, and it will be checked; no row: it is past that
UPDATE import SET options = :options, state = 'checking', changed = :now, rows_done = 0, bytes_done = 0, checked = '', report = '', fault = '', by_name = :by_name, by_role = :by_role
WHERE id = :id AND state IN ('held', 'checking', 'checked', 'refused');

-- import_went_on(id, now, rows, bytes): the dry run is so far
UPDATE import SET rows_done = :rows, bytes_done = :bytes, changed = :now WHERE id = :id AND state = 'checking';

-- import_checked(id, now, checked, report, rows, bytes): the dry run came to its end
UPDATE import SET state = 'checked', checked = :checked, report = :report, rows_done = :rows, bytes_done = :bytes, changed = :now WHERE id = :id AND state = 'checking';

-- import_applied(id, now, before, rows, bytes, applied): a chunk is done; no row: somebody else did it, or it was stopped
UPDATE import SET rows_done = :rows, bytes_done = :bytes, applied = :applied, changed = :now WHERE id = :id AND state = 'applying' AND rows_done = :before;

-- import_done(id, now, leaf): all rows are behind it
UPDATE import SET state = 'done', changed = :now, leaf = :leaf WHERE id = :id AND state = 'applying';

-- import_undo_begin(id, now, name, role, fault): it is taken back from now on; no row: it cannot be
UPDATE import SET state = 'undoing', undo_name = :name, undo_role = :role, changed = :now, rows_done = 0, fault = :fault WHERE id = :id AND state IN ('applying', 'done') AND expired = 0;

-- import_undone_so_far(id, now, undone, persons): it is taken back so far
UPDATE import SET undone = :undone, rows_done = :persons, changed = :now WHERE id = :id AND state = 'undoing';

-- import_undone(id, now, leaf): nothing of it is left, but for whom it left alone
UPDATE import SET state = 'undone', undo_leaf = :leaf, changed = :now WHERE id = :id AND state = 'undoing';

-- import_piece_add(import, kind, number, bytes): a piece of the file, or of the list of its bad rows
INSERT INTO import_piece (import, kind, number, bytes) VALUES (:import, :kind, :number, :bytes);

-- import_piece(import, kind, number): to be read again
SELECT bytes FROM import_piece WHERE import = :import AND kind = :kind AND number = :number;

-- import_pieces_drop(import, kind): it is no longer needed
DELETE FROM import_piece WHERE import = :import AND kind = :kind;

-- import_expiring(before): one whose time is over
SELECT id, state FROM import WHERE expired = 0 AND changed < :before AND state NOT IN ('applying', 'undoing') AND NOT (state = 'checking' AND held = 1) ORDER BY changed LIMIT 20;

-- import_touched_drop(import, most): what could be put back is gone, so many persons at once
DELETE FROM import_touched WHERE import = :import AND person IN (SELECT t.person FROM import_touched AS t WHERE t.import = :import LIMIT :most);

-- import_expired(id): nothing of it is left but its figures
UPDATE import SET expired = 1, report = '', file_name = '' WHERE id = :id;

-- import_drop(id): a file that was never brought in
DELETE FROM import WHERE id = :id AND leaf < 0 AND undo_leaf < 0;

-- ---- whom a chunk is about ----

-- import_units(unit): the units that rows may name
SELECT u.slug, u.name, u.folded FROM unit_over AS o JOIN unit AS u ON u.slug = o.unit WHERE o.above = :unit ORDER BY o.steps, u.slug;

-- import_by_identifier(keys): persons by what the list calls them
SELECT p.id FROM
-- sqlite: json_each(:keys) AS k CROSS JOIN person AS p ON p.identifier = k.value AND p.identifier <> '';
-- pg: jsonb_array_elements_text(CAST(CAST(:keys AS text) AS jsonb)) AS k(value) JOIN person AS p ON p.identifier = k.value COLLATE "C" AND p.identifier <> '';

-- import_by_email(keys): persons by their e-mail address
SELECT p.id FROM
-- sqlite: json_each(:keys) AS k CROSS JOIN person AS p ON p.email_key = k.value AND p.email_key <> '';
-- pg: jsonb_array_elements_text(CAST(CAST(:keys AS text) AS jsonb)) AS k(value) JOIN person AS p ON p.email_key = k.value COLLATE "C" AND p.email_key <> '';

-- import_by_phone(keys): persons by their number
SELECT p.id FROM
-- sqlite: json_each(:keys) AS k CROSS JOIN person AS p ON p.phone = k.value AND p.phone <> '';
-- pg: jsonb_array_elements_text(CAST(CAST(:keys AS text) AS jsonb)) AS k(value) JOIN person AS p ON p.phone = k.value COLLATE "C" AND p.phone <> '';

-- import_persons(ids): all that is held of them
SELECT p.id, p.version, p.import, p.identifier, p.given_name, p.family_name, p.born, p.email, p.phone, p.phone_other, p.address, p.address_more, p.locality, p.postcode, p.country, p.language, p.consent, p.consent_since FROM
-- sqlite: json_each(:ids) AS k CROSS JOIN person AS p ON p.id = k.value;
-- pg: jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)) AS k(value) JOIN person AS p ON p.id = k.value COLLATE "C";

-- import_memberships(ids, unit): their memberships in the unit and below it. In this order on both engines: left to
-- themselves they look through all units below for each person
SELECT m.person, m.id, m.unit, m.section, m.class, m.status, m.status_since, m.status_reason, m.history, m.joined, m.recorded, m.first_receipt, m.paid_until, m.payer, m.bank, m.method, m.recruiter, m.mandate, m.signature, m.device, m.declared FROM
-- sqlite: json_each(:ids) AS k CROSS JOIN membership AS m ON m.person = k.value CROSS JOIN unit_over AS o
-- pg: (SELECT m.* FROM jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)) AS k(value) JOIN membership AS m ON m.person = k.value COLLATE "C" OFFSET 0) AS m JOIN unit_over AS o
ON o.unit = m.unit AND o.above = :unit ORDER BY m.person, m.id;

-- ---- what a chunk writes, many rows at once for PostgreSQL, to which each trip costs: an array of arrays, each with the values of the statement named.
-- For SQLite, which is in this process, that statement itself is dearer by nothing ----

-- import_persons_add(rows): people_person_add
INSERT INTO person (id, number, version, identifier, given_name, family_name, name_key, born, email, email_key, phone, phone_other, address, address_more, locality, postcode, country, language, consent, consent_since, import, added, changed)
-- sqlite: SELECT value ->> 0, value ->> 1, 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15, value ->> 16, value ->> 17, value ->> 18, value ->> 19, value ->> 20, value ->> 20 FROM json_each(:rows);
-- pg: SELECT r ->> 0, CAST(r ->> 1 AS bigint), 1, r ->> 2, r ->> 3, r ->> 4, r ->> 5, r ->> 6, r ->> 7, r ->> 8, r ->> 9, r ->> 10, r ->> 11, r ->> 12, r ->> 13, r ->> 14, r ->> 15, r ->> 16, r ->> 17, r ->> 18, r ->> 19, CAST(r ->> 20 AS bigint), CAST(r ->> 20 AS bigint) FROM jsonb_array_elements(CAST(CAST(:rows AS text) AS jsonb)) AS t(r);

-- import_memberships_add(rows): people_membership_add
INSERT INTO membership (unit, person, id, section, class, status, status_since, status_reason, history, joined, recorded, first_receipt, paid_until, payer, bank, method, recruiter, mandate, signature, device, declared, import, added)
-- sqlite: SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15, value ->> 16, value ->> 17, value ->> 18, value ->> 19, value ->> 20, value ->> 21, value ->> 22 FROM json_each(:rows);
-- pg: SELECT r ->> 0, r ->> 1, r ->> 2, r ->> 3, r ->> 4, r ->> 5, r ->> 6, r ->> 7, r ->> 8, r ->> 9, r ->> 10, r ->> 11, r ->> 12, r ->> 13, r ->> 14, r ->> 15, r ->> 16, r ->> 17, r ->> 18, r ->> 19, r ->> 20, r ->> 21, CAST(r ->> 22 AS bigint) FROM jsonb_array_elements(CAST(CAST(:rows AS text) AS jsonb)) AS t(r);

-- import_persons_put(rows): people_person_set
UPDATE person SET
-- sqlite: version = j.value ->> 1, identifier = j.value ->> 2, given_name = j.value ->> 3, family_name = j.value ->> 4, name_key = j.value ->> 5, born = j.value ->> 6, email = j.value ->> 7, email_key = j.value ->> 8, phone = j.value ->> 9, phone_other = j.value ->> 10, address = j.value ->> 11, address_more = j.value ->> 12, locality = j.value ->> 13, postcode = j.value ->> 14, country = j.value ->> 15, language = j.value ->> 16, consent = j.value ->> 17, consent_since = j.value ->> 18, changed = j.value ->> 19 FROM json_each(:rows) AS j WHERE person.id = j.value ->> 0;
-- pg: version = CAST(r ->> 1 AS bigint), identifier = r ->> 2, given_name = r ->> 3, family_name = r ->> 4, name_key = r ->> 5, born = r ->> 6, email = r ->> 7, email_key = r ->> 8, phone = r ->> 9, phone_other = r ->> 10, address = r ->> 11, address_more = r ->> 12, locality = r ->> 13, postcode = r ->> 14, country = r ->> 15, language = r ->> 16, consent = r ->> 17, consent_since = r ->> 18, changed = CAST(r ->> 19 AS bigint) FROM jsonb_array_elements(CAST(CAST(:rows AS text) AS jsonb)) AS t(r) WHERE person.id = (r ->> 0) COLLATE "C";

-- import_memberships_put(rows): people_membership_set
UPDATE membership SET
-- sqlite: section = j.value ->> 3, class = j.value ->> 4, status = j.value ->> 5, status_since = j.value ->> 6, status_reason = j.value ->> 7, history = j.value ->> 8, joined = j.value ->> 9, recorded = j.value ->> 10, first_receipt = j.value ->> 11, paid_until = j.value ->> 12, payer = j.value ->> 13, bank = j.value ->> 14, method = j.value ->> 15, recruiter = j.value ->> 16, mandate = j.value ->> 17, signature = j.value ->> 18, device = j.value ->> 19, declared = j.value ->> 20 FROM json_each(:rows) AS j WHERE membership.person = j.value ->> 0 AND membership.id = j.value ->> 1;
-- pg: section = r ->> 3, class = r ->> 4, status = r ->> 5, status_since = r ->> 6, status_reason = r ->> 7, history = r ->> 8, joined = r ->> 9, recorded = r ->> 10, first_receipt = r ->> 11, paid_until = r ->> 12, payer = r ->> 13, bank = r ->> 14, method = r ->> 15, recruiter = r ->> 16, mandate = r ->> 17, signature = r ->> 18, device = r ->> 19, declared = r ->> 20 FROM jsonb_array_elements(CAST(CAST(:rows AS text) AS jsonb)) AS t(r) WHERE membership.id = (r ->> 1) COLLATE "C";

-- import_changes_add(rows): people_change_add
INSERT INTO person_change (person, version, at, made_by, what, reason)
-- sqlite: SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each(:rows);
-- pg: SELECT r ->> 0, CAST(r ->> 1 AS bigint), CAST(r ->> 2 AS bigint), r ->> 3, r ->> 4, r ->> 5 FROM jsonb_array_elements(CAST(CAST(:rows AS text) AS jsonb)) AS t(r);

-- import_touched_add(import, person, version, since, before): what was there before
INSERT INTO import_touched (import, person, version, since, before, alone) VALUES (:import, :person, :version, :since, :before, 0);

-- import_touched_add_all(rows): import_touched_add
INSERT INTO import_touched (import, person, version, since, before, alone)
-- sqlite: SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, 0 FROM json_each(:rows);
-- pg: SELECT r ->> 0, r ->> 1, CAST(r ->> 2 AS bigint), CAST(r ->> 3 AS bigint), r ->> 4, 0 FROM jsonb_array_elements(CAST(CAST(:rows AS text) AS jsonb)) AS t(r);

-- ---- taking back ----

-- import_undo_changed(import, most): persons that it changed and had not added
SELECT DISTINCT t.person FROM import_touched AS t LEFT JOIN person AS p ON p.id = t.person WHERE t.import = :import AND t.alone = 0 AND (p.id IS NULL OR p.import <> :import) ORDER BY t.person LIMIT :most;

-- import_undo_befores(import, ids): what was there before, the latest change of each first
SELECT t.person, t.version, t.since, t.before FROM
-- sqlite: json_each(:ids) AS k CROSS JOIN import_touched AS t ON t.import = :import AND t.person = k.value
-- pg: jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)) AS k(value) JOIN import_touched AS t ON t.import = :import AND t.person = k.value COLLATE "C"
ORDER BY t.person, t.version DESC;

-- import_undo_added(import, most): persons that it added, with the version that they would have if nobody else had changed them
SELECT p.id, p.version, p.number, 1 + (SELECT CAST(COALESCE(SUM(t.version - t.since), 0) AS BIGINT) FROM import_touched AS t WHERE t.import = :import AND t.person = p.id) AS made,
CASE WHEN EXISTS (SELECT 1 FROM role AS r WHERE r.person = p.id) OR EXISTS (SELECT 1 FROM account AS c WHERE c.person = p.id) THEN 1 ELSE 0 END AS kept FROM person AS p WHERE p.import = :import AND p.import <> '' LIMIT :most;

-- import_undo_persons(ids): they go
DELETE FROM person WHERE id IN
-- sqlite: (SELECT value FROM json_each(:ids));
-- pg: (SELECT value COLLATE "C" FROM jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)));

-- import_undo_memberships(ids): with their memberships
DELETE FROM membership WHERE person IN
-- sqlite: (SELECT value FROM json_each(:ids));
-- pg: (SELECT value COLLATE "C" FROM jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)));

-- import_undo_changes(ids): and with what was changed of them
DELETE FROM person_change WHERE person IN
-- sqlite: (SELECT value FROM json_each(:ids));
-- pg: (SELECT value COLLATE "C" FROM jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)));

-- import_undo_touched(import, ids): and what was there before is no longer needed
DELETE FROM import_touched WHERE import = :import AND person IN
-- sqlite: (SELECT value FROM json_each(:ids));
-- pg: (SELECT value COLLATE "C" FROM jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)));

-- import_undo_membership(ids): memberships that it had added to persons who stay
DELETE FROM membership WHERE id IN
-- sqlite: (SELECT value FROM json_each(:ids));
-- pg: (SELECT value COLLATE "C" FROM jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)));

-- import_undo_bridges_drop(import, ids): what lies within that which is taken back now, and had been bridged when a later import was taken back
DELETE FROM import_touched WHERE (import, person, version) IN (SELECT t.import, t.person, t.version FROM
-- sqlite: json_each(:ids) AS k CROSS JOIN import AS i CROSS JOIN import_touched AS t ON t.import = i.id AND t.person = k.value
-- pg: jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)) AS k(value) CROSS JOIN import AS i JOIN import_touched AS t ON t.import = i.id AND t.person = k.value COLLATE "C"
WHERE i.id <> :import AND i.state IN ('applying', 'done') AND i.expired = 0 AND t.alone = 0
AND t.since >= (SELECT MIN(m.since) FROM import_touched AS m WHERE m.import = :import AND m.person = t.person));

-- import_undo_bridges_add(import, ids): she is now as the import before this one had left her: a step without a change leads from its version to the one she has, so that
-- it can be taken back, too
INSERT INTO import_touched (import, person, version, since, before, alone)
SELECT i.id, p.id, p.version, b.since, '{}', 0 FROM (SELECT t.person, MIN(t.since) AS since FROM
-- sqlite: json_each(:ids) AS k CROSS JOIN import_touched AS t ON t.import = :import AND t.person = k.value
-- pg: jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)) AS k(value) JOIN import_touched AS t ON t.import = :import AND t.person = k.value COLLATE "C"
GROUP BY t.person) AS b JOIN person AS p ON p.id = b.person CROSS JOIN import AS i
WHERE i.id <> :import AND i.state IN ('applying', 'done') AND i.expired = 0
AND (i.id = p.import OR EXISTS (SELECT 1 FROM import_touched AS t WHERE t.import = i.id AND t.person = p.id AND t.version = b.since AND t.alone = 0));

-- import_left_alone(import, person, version): she was changed since
INSERT INTO import_touched (import, person, version, since, before, alone) VALUES (:import, :person, :version, 0, '', 1);

-- import_left_alone_all(rows): import_left_alone
INSERT INTO import_touched (import, person, version, since, before, alone)
-- sqlite: SELECT value ->> 0, value ->> 1, value ->> 2, 0, '', 1 FROM json_each(:rows);
-- pg: SELECT r ->> 0, r ->> 1, CAST(r ->> 2 AS bigint), 0, '', 1 FROM jsonb_array_elements(CAST(CAST(:rows AS text) AS jsonb)) AS t(r);

-- import_disown(ids): they are of that import no more
UPDATE person SET import = '' WHERE id IN
-- sqlite: (SELECT value FROM json_each(:ids));
-- pg: (SELECT value COLLATE "C" FROM jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)));

-- import_alone(import, most): whom its undoing left alone
SELECT t.person, p.given_name, p.family_name FROM import_touched AS t JOIN person AS p ON p.id = t.person WHERE t.import = :import AND t.alone = 1 ORDER BY t.person LIMIT :most;

-- ---- who is erased ----

-- import_forget(person): what could be put back of her
DELETE FROM import_touched WHERE person = :person;

-- import_forget_report(person): what a dry run would have changed of her; the figures stay
UPDATE import SET report = '' WHERE report <> ''
-- sqlite: AND instr(report, :person) > 0;
-- pg: AND strpos(report, :person) > 0;

-- import_forget_bad(person): lists of bad rows on which she is, by her number or name, go as a whole
-- sqlite: DELETE FROM import_piece WHERE kind = 'bad' AND import IN (SELECT b.import FROM import_piece b JOIN person p ON p.id = :person WHERE b.kind = 'bad'
-- sqlite: AND ((p.identifier <> '' AND instr(b.bytes, CAST(p.identifier AS BLOB)) > 0) OR (p.family_name <> '' AND instr(b.bytes, CAST(trim(p.given_name || ' ' || p.family_name) AS BLOB)) > 0)));
-- pg: DELETE FROM import_piece WHERE kind = 'bad' AND import IN (SELECT b.import FROM import_piece b JOIN person p ON p.id = :person WHERE b.kind = 'bad'
-- pg: AND ((p.identifier <> '' AND position(convert_to(p.identifier, 'UTF8') IN b.bytes) > 0) OR (p.family_name <> '' AND position(convert_to(trim(p.given_name || ' ' || p.family_name), 'UTF8') IN b.bytes) > 0)));
