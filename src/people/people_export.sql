-- people_export.sql: lists of members that leave.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- people_export(unit, after_person, after_id, most): memberships of one unit, in the order of their persons, a page at a time
SELECT m.person, m.id, m.unit, p.identifier, p.given_name, p.family_name, p.born, p.email, p.phone, p.phone_other, p.address, p.address_more, p.locality, p.postcode, p.country, p.language, p.consent, p.consent_since, m.section, m.class, m.status, m.status_since, m.status_reason, m.history, m.joined, m.recorded, m.first_receipt, m.paid_until, m.payer, m.bank, m.method, m.recruiter, m.mandate, m.signature, m.device, m.declared FROM membership AS m JOIN person AS p ON p.id = m.person
WHERE m.unit = :unit AND (m.person, m.id) > (:after_person, :after_id) ORDER BY m.person, m.id LIMIT :most;

-- people_export_count(scope): how many those are
SELECT COUNT(*) AS memberships FROM unit_over AS o JOIN membership AS m ON m.unit = o.unit WHERE o.above = :scope;

-- people_export_person(person, scope): the same of one person, in the scope
SELECT m.person, m.id, m.unit, p.identifier, p.given_name, p.family_name, p.born, p.email, p.phone, p.phone_other, p.address, p.address_more, p.locality, p.postcode, p.country, p.language, p.consent, p.consent_since, m.section, m.class, m.status, m.status_since, m.status_reason, m.history, m.joined, m.recorded, m.first_receipt, m.paid_until, m.payer, m.bank, m.method, m.recruiter, m.mandate, m.signature, m.device, m.declared FROM membership AS m JOIN person AS p ON p.id = m.person
WHERE m.person = :person AND EXISTS (SELECT 1 FROM unit_over AS o WHERE o.above = :scope AND o.unit = m.unit) ORDER BY m.unit, m.id;

-- people_export_add(id, unit, person, criteria, count, ends, leaf): one that may be fetched
INSERT INTO people_export (id, unit, person, criteria, count, ends, leaf) VALUES (:id, :unit, :person, :criteria, :count, :ends, :leaf);

-- people_export_asked(id, unit, person, now): by whoever asked for it, while it may be
SELECT criteria, count, ends, leaf FROM people_export WHERE id = :id AND unit = :unit AND person = :person AND ends > :now;

-- people_export_expire(now): those that are over
DELETE FROM people_export WHERE id IN (SELECT id FROM people_export WHERE ends <= :now ORDER BY ends LIMIT 1000);

-- people_export_forget(person): she is erased
DELETE FROM people_export WHERE person = :person;
