-- search.sql: the index of people, and asking it.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- ---- asking ----

-- search_units(scope): the units of a scope, in the order of bytes
SELECT unit FROM unit_over WHERE above = :scope ORDER BY unit LIMIT 50000;

-- search_tops(): units that stand under none; of one alone all people are
SELECT slug FROM unit WHERE above = '' ORDER BY slug LIMIT 2;

-- search_size(scope, most): memberships in the scope, counted up to `most`
SELECT count(*) AS memberships FROM (SELECT f.number FROM unit_over o JOIN person_fact f ON f.unit = o.unit WHERE o.above = :scope LIMIT :most) AS found;

-- search_small(scope): everybody of a small scope
SELECT s.number, s.text, s.units FROM (SELECT DISTINCT f.number FROM unit_over o JOIN person_fact f ON f.unit = o.unit WHERE o.above = :scope) AS found
JOIN person_search s ON s.number = found.number;

-- search_match(match, most): those whose tokens fit
-- sqlite: SELECT s.number, s.text, s.units FROM person_index JOIN person_search s ON s.number = person_index.rowid WHERE person_index MATCH :match LIMIT :most;
-- pg: SELECT s.number, s.text, s.units FROM person_search s WHERE s.tokens @@ CAST(CAST(:match AS text) AS tsquery) LIMIT :most;

-- search_words_from(from, before, least, longest): words of names that begin so, no shorter and no longer than that (in bytes)
SELECT word, people FROM person_word WHERE word >= :from AND word < :before AND length(word) BETWEEN :least AND :longest LIMIT 20000;

-- search_words_to(from, before, least, longest): words of names that end so; the ends are given from behind
SELECT word, people FROM person_word WHERE backward >= :from AND backward < :before AND length(backward) BETWEEN :least AND :longest LIMIT 20000;

-- search_shown(numbers, scope): what is shown of those who were found, and only of those who are there
SELECT p.number, p.id, p.given_name, p.family_name, p.identifier, p.born, p.email, p.phone, p.phone_other, p.locality, p.postcode, p.country, p.consent,
-- sqlite: (SELECT group_concat(name, ', ') FROM (SELECT DISTINCT u.name FROM membership m JOIN unit u ON u.slug = m.unit JOIN unit_over o ON o.unit = m.unit AND o.above = CASE :scope WHEN '' THEN m.unit ELSE :scope END WHERE m.person = p.id ORDER BY u.name)) AS units
-- pg: (SELECT string_agg(DISTINCT u.name, ', ' ORDER BY u.name) FROM membership m JOIN unit u ON u.slug = m.unit JOIN unit_over o ON o.unit = m.unit AND o.above = CASE :scope WHEN '' THEN m.unit ELSE :scope END WHERE m.person = p.id) AS units
FROM
-- sqlite: json_each(:numbers) AS k CROSS JOIN person AS p ON p.number = k.value
-- pg: jsonb_array_elements_text(CAST(CAST(:numbers AS text) AS jsonb)) AS k(value) JOIN person AS p ON p.number = CAST(k.value AS bigint)
WHERE :scope = '' OR EXISTS (SELECT 1 FROM membership m JOIN unit_over o ON o.unit = m.unit WHERE m.person = p.id AND o.above = :scope);

-- ---- what the index is made from ----

-- search_persons(ids): persons
SELECT p.id, p.number, p.identifier, p.given_name, p.family_name, p.born, p.email, p.phone, p.phone_other, p.address, p.postcode, p.language, p.consent FROM
-- sqlite: json_each(:ids) AS k CROSS JOIN person AS p ON p.id = k.value
-- pg: jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)) AS k(value) JOIN person AS p ON p.id = k.value COLLATE "C"
ORDER BY p.number;

-- search_memberships(ids): their memberships
SELECT p.number, m.unit, m.section, m.class, m.status, m.joined, m.recruiter FROM
-- sqlite: json_each(:ids) AS k CROSS JOIN person AS p ON p.id = k.value CROSS JOIN membership AS m ON m.person = p.id
-- pg: jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)) AS k(value) JOIN person AS p ON p.id = k.value COLLATE "C" JOIN membership AS m ON m.person = p.id
ORDER BY p.number, m.unit, m.joined, m.id;

-- search_rows(ids): what the index has of them
SELECT s.number, s.person, s.text, s.units FROM
-- sqlite: json_each(:ids) AS k CROSS JOIN person AS p ON p.id = k.value CROSS JOIN person_search AS s ON s.number = p.number
-- pg: jsonb_array_elements_text(CAST(CAST(:ids AS text) AS jsonb)) AS k(value) JOIN person AS p ON p.id = k.value COLLATE "C" JOIN person_search AS s ON s.number = p.number
ORDER BY s.number;

-- ---- writing: a row at a time for SQLite, many at once for PostgreSQL, to which each trip costs ----

-- search_row_add(number, person, text, units, tokens): a person. In SQLite the tokens are put in beside it; an INSERT of a SELECT there would make FTS5 write what it
-- has gathered after each row (a statement that may write several rows begins a savepoint), which doubles the time of an import
-- sqlite: INSERT INTO person_search (number, person, text, units) VALUES (:number, :person, :text, CASE WHEN :tokens IS NULL THEN '' ELSE :units END);
-- pg: INSERT INTO person_search (number, person, text, units, tokens) VALUES (:number, :person, :text, :units, array_to_tsvector(string_to_array(CAST(:tokens AS text), ' ')));

-- search_rows_add(rows): search_row_add. PostgreSQL has a token for each unit over hers, too (search_unit_moved)
-- sqlite: INSERT INTO person_search (number, person, text, units) SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each(:rows);
-- pg: WITH r AS MATERIALIZED (SELECT CAST(r ->> 0 AS bigint) AS number, r ->> 1 AS person, r ->> 2 AS text, r ->> 3 AS units, string_to_array(r ->> 4, ' ') AS tokens FROM jsonb_array_elements(CAST(CAST(:rows AS text) AS jsonb)) AS t(r)),
-- pg: places AS (SELECT d.units, array_agg(DISTINCT '@' || o.above) AS tokens FROM (SELECT DISTINCT units FROM r) AS d JOIN unit_over o ON o.unit = ANY (string_to_array(btrim(d.units), ' ') COLLATE "C") GROUP BY d.units)
-- pg: INSERT INTO person_search (number, person, text, units, tokens) SELECT r.number, r.person, r.text, r.units, array_to_tsvector(r.tokens || coalesce(places.tokens, CAST('{}' AS text[]))) FROM r LEFT JOIN places ON places.units = r.units;

-- search_tokens_add(number, tokens): into the index of SQLite; PostgreSQL has it in the row
-- sqlite: INSERT INTO person_index (rowid, tokens) VALUES (:number, :tokens);
-- pg: SELECT 1 AS kept WHERE CAST(:number AS bigint) IS NULL AND CAST(:tokens AS text) IS NULL;

-- search_tokens_drop(number, tokens): out of it again: the tokens must be those that were put in
-- sqlite: INSERT INTO person_index (person_index, rowid, tokens) VALUES ('delete', :number, :tokens);
-- pg: SELECT 1 AS kept WHERE CAST(:number AS bigint) IS NULL AND CAST(:tokens AS text) IS NULL;

-- search_unit_moved(unit): other units stand over those who are in this one or below it
-- sqlite: SELECT 1 AS kept WHERE :unit IS NULL;
-- pg: UPDATE person_search s SET tokens = ts_delete(s.tokens, ARRAY(SELECT t.l FROM unnest(tsvector_to_array(s.tokens)) AS t(l) WHERE t.l LIKE '@%')) || array_to_tsvector(places.tokens)
-- pg: FROM (SELECT f.number, array_agg(DISTINCT '@' || o.above) AS tokens FROM person_fact f JOIN unit_over o ON o.unit = f.unit
-- pg:   WHERE f.number IN (SELECT g.number FROM unit_over b JOIN person_fact g ON g.unit = b.unit WHERE b.above = :unit) GROUP BY f.number) AS places WHERE places.number = s.number;

-- search_row_drop(number): a person
DELETE FROM person_search WHERE number = :number;

-- search_fact_add(unit, number, at, alone, status, section, class, joined, born, may, area, language, recruiter): a membership
INSERT INTO person_fact (unit, number, at, alone, status, section, class, joined, born, may, area, language, recruiter)
VALUES (:unit, :number, :at, :alone, :status, :section, :class, :joined, :born, :may, :area, :language, :recruiter);

-- search_facts_add(rows): search_fact_add
INSERT INTO person_fact (unit, number, at, alone, status, section, class, joined, born, may, area, language, recruiter)
-- sqlite: SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7, value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12 FROM json_each(:rows);
-- pg: SELECT r ->> 0, CAST(r ->> 1 AS bigint), CAST(r ->> 2 AS bigint), CAST(r ->> 3 AS bigint), r ->> 4, r ->> 5, r ->> 6, r ->> 7, r ->> 8, CAST(r ->> 9 AS bigint), r ->> 10, r ->> 11, r ->> 12 FROM jsonb_array_elements(CAST(CAST(:rows AS text) AS jsonb)) AS t(r);

-- search_fact_drop(unit, number): hers in one unit
DELETE FROM person_fact WHERE unit = :unit AND number = :number;

-- search_word_count(word, backward, people): so many more have it
INSERT INTO person_word (word, backward, people) VALUES (:word, :backward, :people) ON CONFLICT (word) DO UPDATE SET people = person_word.people + excluded.people;

-- search_words_count(rows): search_word_count
INSERT INTO person_word (word, backward, people)
-- sqlite: SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each(:rows) WHERE true
-- pg: SELECT r ->> 0, r ->> 1, CAST(r ->> 2 AS bigint) FROM jsonb_array_elements(CAST(CAST(:rows AS text) AS jsonb)) AS t(r)
ON CONFLICT (word) DO UPDATE SET people = person_word.people + excluded.people;

-- search_words_gone(words): of those, what nobody has any more
DELETE FROM person_word WHERE people <= 0 AND word IN
-- sqlite: (SELECT value FROM json_each(:words));
-- pg: (SELECT value COLLATE "C" FROM jsonb_array_elements_text(CAST(CAST(:words AS text) AS jsonb)) AS k(value));

-- ---- the whole of it ----

-- search_missing(after, most): persons whom the index lacks
SELECT p.number, p.id FROM person p LEFT JOIN person_search s ON s.number = p.number WHERE p.number > :after AND s.number IS NULL ORDER BY p.number LIMIT :most;

-- search_figures(): how many there are, and how many the index has
SELECT (SELECT count(*) FROM person) AS persons, (SELECT count(*) FROM person_search) AS indexed;

-- search_index_clear(): all tokens
-- sqlite: INSERT INTO person_index (person_index) VALUES ('delete-all');
-- pg: SELECT 1 AS kept WHERE false;

-- search_index_settle(): after much was written: PostgreSQL sorts in what it has put by
-- sqlite: INSERT INTO person_index (person_index, rank) VALUES ('merge', 500);
-- pg: SELECT gin_clean_pending_list('person_search_tokens') AS pages;

-- search_rows_clear(): all persons
DELETE FROM person_search;

-- search_words_clear(): all words
DELETE FROM person_word;

-- search_facts_clear(): all memberships
DELETE FROM person_fact;
