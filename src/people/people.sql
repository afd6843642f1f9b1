-- people.sql: units, persons, memberships and roles. Whatever finds people by itself takes a scope: a unit's slug, or an empty one for the whole organisation.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- ---- units ----

-- people_unit(slug): one unit, and how deep it lies
SELECT u.slug, u.name, u.kind, u.above, (SELECT max(o.steps) FROM unit_over o WHERE o.unit = u.slug) AS depth FROM unit u WHERE u.slug = :slug;

-- people_units_named(folded, scope): those of that name in the scope; more than one is too many
SELECT u.slug, u.name, u.kind, u.above, (SELECT max(o.steps) FROM unit_over o WHERE o.unit = u.slug) AS depth FROM unit u
WHERE u.folded = :folded AND (:scope = '' OR EXISTS (SELECT 1 FROM unit_over s WHERE s.above = :scope AND s.unit = u.slug))
ORDER BY u.slug LIMIT 2;

-- people_unit_path(slug): from the top to it
SELECT u.slug, u.name, u.kind, u.above, (SELECT max(d.steps) FROM unit_over d WHERE d.unit = u.slug) AS depth
FROM unit_over o JOIN unit u ON u.slug = o.above WHERE o.unit = :slug ORDER BY o.steps DESC;

-- people_units_below(above): those just below, by name
SELECT u.slug, u.name, u.kind, u.above, (SELECT max(o.steps) FROM unit_over o WHERE o.unit = u.slug) AS depth FROM unit u
WHERE u.above = :above ORDER BY u.folded, u.slug;

-- people_units_under(scope): the scope's unit and all below it, each after the one above it is known: by depth, then by name
SELECT u.slug, u.name, u.kind, u.above, (SELECT max(d.steps) FROM unit_over d WHERE d.unit = u.slug) AS depth FROM unit u
WHERE :scope = '' OR EXISTS (SELECT 1 FROM unit_over s WHERE s.above = :scope AND s.unit = u.slug)
ORDER BY depth, u.folded, u.slug LIMIT 50000;

-- people_units_count(): how many there are
SELECT count(*) AS units FROM unit;

-- people_units_below_count(above): how many just below
SELECT count(*) AS units FROM unit WHERE above = :above;

-- people_unit_is_below(unit, above): is it that one, or below it?
SELECT steps FROM unit_over WHERE unit = :unit AND above = :above;

-- people_unit_add(slug, name, kind, above, folded, added): a unit; its place in unit_over comes after
INSERT INTO unit (slug, name, kind, above, folded, added) VALUES (:slug, :name, :kind, :above, :folded, :added);

-- people_unit_over_itself(slug): every unit stands over itself
INSERT INTO unit_over (above, unit, steps) VALUES (:slug, :slug, 0);

-- people_unit_over_all(above, slug): the units over `above` stand over `slug` and all below it, too
INSERT INTO unit_over (above, unit, steps)
SELECT o.above, b.unit, o.steps + b.steps + 1 FROM unit_over o CROSS JOIN unit_over b WHERE o.unit = :above AND b.above = :slug;

-- people_unit_over_none(slug): those over it stand no more over it and all below it
DELETE FROM unit_over WHERE unit IN (SELECT b.unit FROM unit_over b WHERE b.above = :slug)
AND above IN (SELECT o.above FROM unit_over o WHERE o.unit = :slug AND o.steps > 0);

-- people_unit_height(slug): how many levels lie below it
SELECT max(steps) AS height FROM unit_over WHERE above = :slug;

-- people_unit_rename(slug, name, kind, folded): what it is called
UPDATE unit SET name = :name, kind = :kind, folded = :folded WHERE slug = :slug;

-- people_unit_move(slug, above): under which it stands
UPDATE unit SET above = :above WHERE slug = :slug;

-- people_unit_figures(scope): how many memberships, by what they are; unit by unit first, which is the order of the index, so that nothing is sorted
SELECT g.status, g.section, g.class, CAST(sum(g.memberships) AS BIGINT) AS memberships
FROM (SELECT m.unit, m.status, m.section, m.class, count(*) AS memberships FROM membership m
  WHERE m.unit IN (SELECT o.unit FROM unit_over o WHERE o.above = :scope) GROUP BY m.unit, m.status, m.section, m.class) AS g
GROUP BY g.status, g.section, g.class ORDER BY g.status, g.section, g.class;

-- people_unit_members(scope): active memberships of it and all below
SELECT count(*) AS members FROM unit_over o JOIN membership m ON m.unit = o.unit WHERE o.above = :scope AND m.status = 'active';

-- ---- persons ----

-- people_person(id, scope): all that is held of one, if she has a membership in the scope
SELECT p.id, p.number, p.version, p.identifier, p.given_name, p.family_name, p.born, p.email, p.phone, p.phone_other, p.address, p.address_more, p.locality, p.postcode, p.country, p.language, p.consent, p.consent_since, p.import, p.added, p.changed
FROM person p WHERE p.id = :id AND (:scope = '' OR EXISTS
  (SELECT 1 FROM membership m JOIN unit_over o ON o.unit = m.unit WHERE m.person = p.id AND o.above = :scope));

-- people_person_gone(id): one who was erased or merged
SELECT merged_into, at FROM person_gone WHERE id = :id;

-- people_memberships(person, scope): hers in the scope, oldest first
SELECT m.id, m.unit, u.name AS unit_name, m.section, m.class, m.status, m.status_since, m.status_reason, m.history, m.joined, m.recorded, m.first_receipt, m.paid_until, m.payer, m.bank, m.method, m.recruiter, m.mandate, m.signature, m.device, m.declared
FROM membership m JOIN unit u ON u.slug = m.unit
WHERE m.person = :person AND (:scope = '' OR EXISTS (SELECT 1 FROM unit_over o WHERE o.above = :scope AND o.unit = m.unit))
ORDER BY m.joined, m.added, m.id;

-- people_person_by_identifier(identifier): as the organisation's own list calls her. "<> ''" is what the index says of its rows
SELECT id FROM person WHERE identifier = :identifier AND identifier <> '';

-- people_person_by_email(email_key, scope, most): all with that address in the scope
SELECT p.id FROM person p WHERE p.email_key = :email_key AND p.email_key <> '' AND (:scope = '' OR EXISTS
  (SELECT 1 FROM membership m JOIN unit_over o ON o.unit = m.unit WHERE m.person = p.id AND o.above = :scope))
ORDER BY p.number LIMIT :most;

-- people_numbers_next(): the number of the next person. PostgreSQL holds the row until the commit
SELECT next FROM person_head WHERE one = 1
-- sqlite: ;
-- pg: FOR UPDATE;

-- people_numbers_set(next): those below it are taken
UPDATE person_head SET next = :next WHERE one = 1;

-- people_person_add(id, number, identifier, given_name, family_name, name_key, born, email, email_key, phone, phone_other, address, address_more, locality, postcode, country, language, consent, consent_since, import, added): a person
INSERT INTO person (id, number, version, identifier, given_name, family_name, name_key, born, email, email_key, phone, phone_other, address, address_more, locality, postcode, country, language, consent, consent_since, import, added, changed)
VALUES (:id, :number, 1, :identifier, :given_name, :family_name, :name_key, :born, :email, :email_key, :phone, :phone_other, :address, :address_more, :locality, :postcode, :country, :language, :consent, :consent_since, :import, :added, :added);

-- people_person_set(id, version, identifier, given_name, family_name, name_key, born, email, email_key, phone, phone_other, address, address_more, locality, postcode, country, language, consent, consent_since, changed): what is held of her now, and the version that it is
UPDATE person SET version = :version, identifier = :identifier, given_name = :given_name, family_name = :family_name, name_key = :name_key, born = :born, email = :email, email_key = :email_key, phone = :phone, phone_other = :phone_other, address = :address, address_more = :address_more, locality = :locality, postcode = :postcode, country = :country, language = :language, consent = :consent, consent_since = :consent_since, changed = :changed
WHERE id = :id;

-- people_person_version(id, version, changed): one of her memberships changed
UPDATE person SET version = :version, changed = :changed WHERE id = :id;

-- people_membership_add(unit, person, id, section, class, status, status_since, status_reason, history, joined, recorded, first_receipt, paid_until, payer, bank, method, recruiter, mandate, signature, device, declared, import, added): a membership
INSERT INTO membership (unit, person, id, section, class, status, status_since, status_reason, history, joined, recorded, first_receipt, paid_until, payer, bank, method, recruiter, mandate, signature, device, declared, import, added)
VALUES (:unit, :person, :id, :section, :class, :status, :status_since, :status_reason, :history, :joined, :recorded, :first_receipt, :paid_until, :payer, :bank, :method, :recruiter, :mandate, :signature, :device, :declared, :import, :added);

-- people_membership_set(person, id, unit, section, class, status, status_since, status_reason, history, joined, recorded, first_receipt, paid_until, payer, bank, method, recruiter, mandate, signature, device, declared): what is held of it now
UPDATE membership SET unit = :unit, section = :section, class = :class, status = :status, status_since = :status_since, status_reason = :status_reason, history = :history, joined = :joined, recorded = :recorded, first_receipt = :first_receipt, paid_until = :paid_until, payer = :payer, bank = :bank, method = :method, recruiter = :recruiter, mandate = :mandate, signature = :signature, device = :device, declared = :declared
WHERE person = :person AND id = :id;

-- people_change_add(person, version, at, made_by, what, reason): the change log
INSERT INTO person_change (person, version, at, made_by, what, reason) VALUES (:person, :version, :at, :made_by, :what, :reason);

-- people_changes(person, most): the newest first
SELECT version, at, made_by, what, reason FROM person_change WHERE person = :person ORDER BY version DESC LIMIT :most;

-- people_erase_memberships(person): with her
DELETE FROM membership WHERE person = :person;

-- people_erase_changes(person): with her
DELETE FROM person_change WHERE person = :person;

-- people_erase_roles(person): that she held some stands in the public record, under her officer's name
DELETE FROM role WHERE person = :person;

-- people_erase_person(person): herself
DELETE FROM person WHERE id = :person;

-- people_merged_into(person): whose records became hers, one after the other: rolls, and what was kept before, know her by the older ids
WITH RECURSIVE older (id) AS (SELECT g.id FROM person_gone g WHERE g.merged_into = :person AND g.merged_into <> ''
UNION SELECT g.id FROM older o JOIN person_gone g ON g.merged_into = o.id WHERE g.merged_into <> '')
SELECT id FROM older ORDER BY id LIMIT 100;

-- people_gone_forget(person): links that lead to her, by whatever id, lead to nobody
UPDATE person_gone SET merged_into = '' WHERE merged_into = :person;

-- people_gone_add(id, merged_into, at): that there was one, for links that lead to her
INSERT INTO person_gone (id, merged_into, at) VALUES (:id, :merged_into, :at)
ON CONFLICT (id) DO UPDATE SET merged_into = :merged_into, at = :at;

-- ---- lists: by name or the newest first, from behind the last one shown ----
-- Two ways: few memberships are gathered and put in order (few); among many the index in that order is walked until the page is full (many). unit.h: UNIT_FEW.

-- people_list_size(scope, status, section, most): memberships that are asked for, counted up to `most`
SELECT count(*) AS memberships FROM (SELECT m.id FROM unit_over o JOIN membership m ON m.unit = o.unit
WHERE o.above = :scope AND (:status = '' OR m.status = :status) AND (:section = '' OR m.section = :section) LIMIT :most) AS found;

-- people_list_name_few(scope, status, section, name_key, number, most): by name, when few are asked for
WITH found AS MATERIALIZED (SELECT DISTINCT m.person FROM unit_over o JOIN membership m ON m.unit = o.unit
WHERE o.above = :scope AND (:status = '' OR m.status = :status) AND (:section = '' OR m.section = :section))
SELECT p.id, p.number, p.name_key, p.given_name, p.family_name, p.locality, p.postcode, p.added FROM found f JOIN person p ON p.id = f.person
WHERE (p.name_key, p.number) > (:name_key, :number) ORDER BY p.name_key, p.number LIMIT :most;

-- people_list_name_many(scope, status, section, name_key, number, most): by name, when many are
SELECT p.id, p.number, p.name_key, p.given_name, p.family_name, p.locality, p.postcode, p.added FROM person p
WHERE (p.name_key, p.number) > (:name_key, :number) AND EXISTS (SELECT 1 FROM membership m JOIN unit_over o ON o.unit = m.unit
WHERE m.person = p.id AND o.above = :scope AND (:status = '' OR m.status = :status) AND (:section = '' OR m.section = :section))
ORDER BY p.name_key, p.number LIMIT :most;

-- people_list_newest_few(scope, status, section, number, most): the newest first, when few are asked for
WITH found AS MATERIALIZED (SELECT DISTINCT m.person FROM unit_over o JOIN membership m ON m.unit = o.unit
WHERE o.above = :scope AND (:status = '' OR m.status = :status) AND (:section = '' OR m.section = :section))
SELECT p.id, p.number, p.name_key, p.given_name, p.family_name, p.locality, p.postcode, p.added FROM found f JOIN person p ON p.id = f.person
WHERE p.number < :number ORDER BY p.number DESC LIMIT :most;

-- people_list_newest_many(scope, status, section, number, most): the newest first, when many are
SELECT p.id, p.number, p.name_key, p.given_name, p.family_name, p.locality, p.postcode, p.added FROM person p
WHERE p.number < :number AND EXISTS (SELECT 1 FROM membership m JOIN unit_over o ON o.unit = m.unit
WHERE m.person = p.id AND o.above = :scope AND (:status = '' OR m.status = :status) AND (:section = '' OR m.section = :section))
ORDER BY p.number DESC LIMIT :most;

-- people_list_key(number, scope): where she stands in a list by name, if she has a membership in the scope
SELECT p.name_key FROM person p WHERE p.number = :number AND EXISTS
  (SELECT 1 FROM membership m JOIN unit_over o ON o.unit = m.unit WHERE m.person = p.id AND o.above = :scope);

-- ---- roles: in force while the record has the power, so that a restored backup brings none back ----

-- people_role_add(id, person, name, kind, unit, begun, until, leaf): a role was given
INSERT INTO role (id, person, name, kind, unit, begun, until, ended, leaf) VALUES (:id, :person, :name, :kind, :unit, :begun, :until, 0, :leaf);

-- people_role(id): one, whether it is in force or not
SELECT r.id, r.person, r.name, r.kind, r.unit, u.name AS unit_name, r.begun, r.until, r.ended, r.leaf FROM role r JOIN unit u ON u.slug = r.unit WHERE r.id = :id;

-- people_role_ended(id, ended): one row changed means that nobody was faster
UPDATE role SET ended = :ended WHERE id = :id AND ended = 0;

-- people_roles_of(person, now): those she holds, the widest first
SELECT r.id, r.person, r.name, r.kind, r.unit, u.name AS unit_name, r.begun, r.until, r.leaf
FROM role r JOIN record_power w ON w.number = r.leaf JOIN unit u ON u.slug = r.unit
WHERE r.person = :person AND r.ended = 0 AND r.until > :now
ORDER BY (SELECT max(o.steps) FROM unit_over o WHERE o.unit = r.unit), u.folded, r.kind, r.begun;

-- people_roles_on(unit, now): those held on the unit itself
SELECT r.id, r.person, r.name, r.kind, r.unit, u.name AS unit_name, r.begun, r.until, r.leaf
FROM role r JOIN record_power w ON w.number = r.leaf JOIN unit u ON u.slug = r.unit
WHERE r.unit = :unit AND r.ended = 0 AND r.until > :now ORDER BY r.kind DESC, r.name, r.begun;

-- people_role_holds(person, kind, unit, now): on the unit or on one above it, the nearest first
SELECT r.id, r.name, r.unit, u.name AS unit_name FROM role r JOIN record_power w ON w.number = r.leaf
JOIN unit_over o ON o.above = r.unit JOIN unit u ON u.slug = r.unit
WHERE r.person = :person AND r.kind = :kind AND r.ended = 0 AND r.until > :now AND o.unit = :unit ORDER BY o.steps, r.begun LIMIT 1;

-- people_role_same(person, kind, unit, now): does she hold that very role already?
SELECT r.id FROM role r JOIN record_power w ON w.number = r.leaf
WHERE r.person = :person AND r.kind = :kind AND r.unit = :unit AND r.ended = 0 AND r.until > :now LIMIT 1;

-- people_roles_over(now): those whose time is over, or whose power the record ended, a thousand at a time
SELECT r.id, r.leaf, r.until FROM role r LEFT JOIN record_power w ON w.number = r.leaf
WHERE r.ended = 0 AND (r.until <= :now OR w.number IS NULL) ORDER BY r.until, r.id LIMIT 1000;
