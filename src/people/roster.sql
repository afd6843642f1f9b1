-- roster.sql: all memberships at once, unit by unit.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- roster_page(unit, person, membership, most): memberships of the unit itself behind that one, in the order of persons. Its first columns are those of columns.h, in their order
SELECT p.identifier AS id, p.given_name, p.family_name, '' AS name, p.born, p.email, p.phone, p.phone_other, p.address, p.address_more, p.locality, p.postcode, p.country, p.language,
    p.consent, p.consent_since, m.unit, m.section, m.class, m.status, m.status_since, m.status_reason, m.history, m.joined, m.recorded, m.first_receipt, m.paid_until, m.payer,
    m.bank, m.method, m.recruiter, m.mandate, m.signature, m.device, m.declared, m.person AS person, m.id AS membership
FROM membership m JOIN person p ON p.id = m.person
WHERE m.unit = :unit AND (m.person, m.id) > (:person, :membership)
ORDER BY m.person, m.id LIMIT :most;

-- roster_units(scope): the scope's unit and all below it (empty: every unit), by slug, each with the one above it where that is among them
SELECT u.slug, u.name, u.kind, CASE WHEN u.slug = :scope THEN '' ELSE u.above END AS above_here
FROM unit u
WHERE :scope = '' OR u.slug IN (SELECT unit FROM unit_over WHERE above = :scope)
ORDER BY u.slug;
