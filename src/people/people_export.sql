-- people_export.sql: lists of members that leave.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- people_export(unit, after_person, after_id, most): memberships of one unit, in the order of their persons, a page at a time
SELECT m.person, m.id, m.unit, p.identifier, p.given_name, p.family_name, p.born, p.email, p.phone, p.phone_other, p.address, p.address_more, p.locality, p.postcode, p.country, p.language, p.consent, p.consent_since, m.section, m.class, m.status, m.status_since, m.status_reason, m.history, m.joined, m.recorded, m.first_receipt, m.paid_until, m.payer, m.bank, m.method, m.recruiter, m.mandate, m.signature, m.device, m.declared FROM membership AS m JOIN person AS p ON p.id = m.person
WHERE m.unit = :unit AND (m.person, m.id) > (:after_person, :after_id) ORDER BY m.person, m.id LIMIT :most;

-- people_export_count(scope): how many those are
SELECT COUNT(*) AS memberships FROM unit_over AS o JOIN membership AS m ON m.unit = o.unit WHERE o.above = :scope;
