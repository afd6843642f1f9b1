-- merge.sql: people who stand on the list twice.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- duplicates_rows(scope, after, most): all people of a scope, with what is compared
SELECT p.number, p.id, p.name_key, p.born, p.email_key, p.phone, p.phone_other, p.postcode, p.identifier FROM person p
WHERE p.number > :after AND (:scope = '' OR EXISTS (SELECT 1 FROM membership m JOIN unit_over o ON o.unit = m.unit WHERE m.person = p.id AND o.above = :scope))
ORDER BY p.number LIMIT :most;

-- duplicates_few(scope, after, most): the same, when they are few
SELECT DISTINCT p.number, p.id, p.name_key, p.born, p.email_key, p.phone, p.phone_other, p.postcode, p.identifier
FROM unit_over o JOIN membership m ON m.unit = o.unit JOIN person p ON p.id = m.person
WHERE o.above = :scope AND p.number > :after ORDER BY p.number LIMIT :most;

-- not_same_all(after_one, after_other, most): pairs that somebody looked at
SELECT one, other FROM person_not_same WHERE one > :after_one OR (one = :after_one AND other > :after_other) ORDER BY one, other LIMIT :most;

-- not_same_add(one, other, said_by, at): two people after all
INSERT INTO person_not_same (one, other, said_by, at) VALUES (:one, :other, :said_by, :at) ON CONFLICT (one, other) DO NOTHING;

-- not_same_forget(person): she is erased
DELETE FROM person_not_same WHERE one = :person OR other = :person;

-- merge_forget(person): and what could have been taken back
DELETE FROM person_merge WHERE kept = :person OR gone = :person;

-- merge_row(id): the row of a person, with what person.h does not tell
SELECT number, version, import, added FROM person WHERE id = :id;

-- merge_memberships(gone, kept): they are the other's now
UPDATE membership SET person = :kept WHERE person = :gone;

-- merge_requests(gone, kept): what she asked is asked still
UPDATE person_request SET person = :kept WHERE person = :gone;

-- merge_request_back(kept, id, gone): one of them again hers
UPDATE person_request SET person = :gone WHERE person = :kept AND id = :id;

-- merge_membership_back(kept, id, gone): one of them again hers
UPDATE membership SET person = :gone WHERE person = :kept AND id = :id;

-- merge_drop_person(id): she is the other now
DELETE FROM person WHERE id = :id;

-- merge_version(id, version): of one who is back
UPDATE person SET version = :version WHERE id = :id;

-- merge_gone_back(id): she is there again
DELETE FROM person_gone WHERE id = :id;

-- merge_add(id, unit, kept, gone, version, before, merged_by, at): done
INSERT INTO person_merge (id, unit, kept, gone, version, before, merged_by, at) VALUES (:id, :unit, :kept, :gone, :version, :before, :merged_by, :at);

-- merge_find(id, unit): one, of the unit where it was done
SELECT id, unit, kept, gone, version, before, merged_by, at FROM person_merge WHERE id = :id AND unit = :unit;

-- merge_drop(id): taken back
DELETE FROM person_merge WHERE id = :id;

-- merge_list(unit, since, most): those of a unit that can be taken back, the newest first
SELECT id, kept, merged_by, at FROM person_merge WHERE unit = :unit AND at >= :since ORDER BY at DESC, id LIMIT :most;

-- merge_expire(before): what cannot be taken back any more, a thousand at a time
DELETE FROM person_merge WHERE id IN (SELECT id FROM person_merge WHERE at < :before ORDER BY at LIMIT 1000);
