-- 0015_search_places.sql: in PostgreSQL a person stands in the index under every unit over hers, so a region of many units is one list there and not eighty; and on both engines
-- under how her postcode begins, to the first digit of its second half. The index is made anew by whoever opens the store next (search.h).
-- SPDX-License-Identifier: AGPL-3.0-or-later
-- sqlite: INSERT INTO person_index (person_index) VALUES ('delete-all');
DELETE FROM person_search;
DELETE FROM person_word;
DELETE FROM person_fact;
