-- saved.sql: saved searches. What they select is asked of person_fact alone (schema/0010_search.sql); dates, ages and postcode areas come as ranges of text.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- saved_count(scope, status, section, class, joined_from, joined_to, born_from, born_to, may, language, recruiter, a1, z1, a2, z2, a3, z3, a4, z4, a5, z5, a6, z6, a7, z7, a8, z8, match): how many people, in a scope
SELECT count(CASE WHEN f.alone = 1 THEN 1 END) + count(DISTINCT CASE WHEN f.alone = 0 THEN f.number END) AS people
FROM unit_over o CROSS JOIN person_fact f WHERE f.unit = o.unit AND o.above = :scope AND (:status = '' OR f.status = :status) AND (:section = '' OR f.section = :section) AND (:class = '' OR f.class = :class)
AND f.joined >= :joined_from AND f.joined <= :joined_to AND f.born >= :born_from AND f.born <= :born_to AND (f.may & :may) = :may
AND (:language = '' OR f.language = :language) AND (:recruiter = '' OR f.recruiter = :recruiter)
AND ((f.area >= :a1 AND f.area < :z1) OR (f.area >= :a2 AND f.area < :z2) OR (f.area >= :a3 AND f.area < :z3) OR (f.area >= :a4 AND f.area < :z4) OR (f.area >= :a5 AND f.area < :z5) OR (f.area >= :a6 AND f.area < :z6) OR (f.area >= :a7 AND f.area < :z7) OR (f.area >= :a8 AND f.area < :z8))
-- sqlite: AND (:match = '' OR f.number IN (SELECT rowid FROM person_index WHERE person_index MATCH :match));
-- pg: AND (CAST(:match AS text) = '' OR f.number IN (SELECT s.number FROM person_search s WHERE s.tokens @@ CAST(nullif(CAST(:match AS text), '') AS tsquery)));

-- saved_count_all(scope, status, section, class, joined_from, joined_to, born_from, born_to, may, language, recruiter, a1, z1, a2, z2, a3, z3, a4, z4, a5, z5, a6, z6, a7, z7, a8, z8, match): the same of everybody, which is one walk through all; the scope is the one unit on top
SELECT count(CASE WHEN f.alone = 1 THEN 1 END) + count(DISTINCT CASE WHEN f.alone = 0 THEN f.number END) AS people
FROM person_fact f WHERE f.unit <> '' AND :scope <> '-' AND (:status = '' OR f.status = :status) AND (:section = '' OR f.section = :section) AND (:class = '' OR f.class = :class)
AND f.joined >= :joined_from AND f.joined <= :joined_to AND f.born >= :born_from AND f.born <= :born_to AND (f.may & :may) = :may
AND (:language = '' OR f.language = :language) AND (:recruiter = '' OR f.recruiter = :recruiter)
AND ((f.area >= :a1 AND f.area < :z1) OR (f.area >= :a2 AND f.area < :z2) OR (f.area >= :a3 AND f.area < :z3) OR (f.area >= :a4 AND f.area < :z4) OR (f.area >= :a5 AND f.area < :z5) OR (f.area >= :a6 AND f.area < :z6) OR (f.area >= :a7 AND f.area < :z7) OR (f.area >= :a8 AND f.area < :z8))
-- sqlite: AND (:match = '' OR f.number IN (SELECT rowid FROM person_index WHERE person_index MATCH :match));
-- pg: AND (CAST(:match AS text) = '' OR f.number IN (SELECT s.number FROM person_search s WHERE s.tokens @@ CAST(nullif(CAST(:match AS text), '') AS tsquery)));

-- saved_texts(scope, status, section, class, joined_from, joined_to, born_from, born_to, may, language, recruiter, a1, z1, a2, z2, a3, z3, a4, z4, a5, z5, a6, z6, a7, z7, a8, z8, match, after, most): those whom the index finds, and what is searched of them: some of their words may only look alike (saved.c)
SELECT s.number, s.text FROM (SELECT DISTINCT f.number
FROM unit_over o CROSS JOIN person_fact f WHERE f.unit = o.unit AND o.above = :scope AND (:status = '' OR f.status = :status) AND (:section = '' OR f.section = :section) AND (:class = '' OR f.class = :class)
AND f.joined >= :joined_from AND f.joined <= :joined_to AND f.born >= :born_from AND f.born <= :born_to AND (f.may & :may) = :may
AND (:language = '' OR f.language = :language) AND (:recruiter = '' OR f.recruiter = :recruiter)
AND ((f.area >= :a1 AND f.area < :z1) OR (f.area >= :a2 AND f.area < :z2) OR (f.area >= :a3 AND f.area < :z3) OR (f.area >= :a4 AND f.area < :z4) OR (f.area >= :a5 AND f.area < :z5) OR (f.area >= :a6 AND f.area < :z6) OR (f.area >= :a7 AND f.area < :z7) OR (f.area >= :a8 AND f.area < :z8))
AND f.number > :after
-- sqlite: AND (:match = '' OR f.number IN (SELECT rowid FROM person_index WHERE person_index MATCH :match))
-- pg: AND (CAST(:match AS text) = '' OR f.number IN (SELECT s.number FROM person_search s WHERE s.tokens @@ CAST(nullif(CAST(:match AS text), '') AS tsquery)))
ORDER BY f.number LIMIT :most) AS found JOIN person_search s ON s.number = found.number ORDER BY s.number;

-- saved_texts_all(scope, status, section, class, joined_from, joined_to, born_from, born_to, may, language, recruiter, a1, z1, a2, z2, a3, z3, a4, z4, a5, z5, a6, z6, a7, z7, a8, z8, match, after, most): the same of everybody
SELECT s.number, s.text FROM (SELECT DISTINCT f.number
FROM person_fact f WHERE f.unit <> '' AND :scope <> '-' AND (:status = '' OR f.status = :status) AND (:section = '' OR f.section = :section) AND (:class = '' OR f.class = :class)
AND f.joined >= :joined_from AND f.joined <= :joined_to AND f.born >= :born_from AND f.born <= :born_to AND (f.may & :may) = :may
AND (:language = '' OR f.language = :language) AND (:recruiter = '' OR f.recruiter = :recruiter)
AND ((f.area >= :a1 AND f.area < :z1) OR (f.area >= :a2 AND f.area < :z2) OR (f.area >= :a3 AND f.area < :z3) OR (f.area >= :a4 AND f.area < :z4) OR (f.area >= :a5 AND f.area < :z5) OR (f.area >= :a6 AND f.area < :z6) OR (f.area >= :a7 AND f.area < :z7) OR (f.area >= :a8 AND f.area < :z8))
AND f.number > :after
-- sqlite: AND (:match = '' OR f.number IN (SELECT rowid FROM person_index WHERE person_index MATCH :match))
-- pg: AND (CAST(:match AS text) = '' OR f.number IN (SELECT s.number FROM person_search s WHERE s.tokens @@ CAST(nullif(CAST(:match AS text), '') AS tsquery)))
ORDER BY f.number LIMIT :most) AS found JOIN person_search s ON s.number = found.number ORDER BY s.number;

-- saved_people(scope, status, section, class, joined_from, joined_to, born_from, born_to, may, language, recruiter, a1, z1, a2, z2, a3, z3, a4, z4, a5, z5, a6, z6, a7, z7, a8, z8, match, after_unit, until_unit, after_number, most): who they are, each once, unit by unit. Of a few units at a time: PostgreSQL
-- sorts all of theirs for each chunk. `text`: what is searched of them, when `match` is asked for (it finds a few too many)
-- sqlite: SELECT f.unit, f.number, s.person, CASE WHEN :match = '' THEN '' ELSE s.text END AS text FROM unit_over o CROSS JOIN person_fact f JOIN person_search s ON s.number = f.number WHERE f.unit = o.unit AND o.above = :scope AND o.unit >= :after_unit AND o.unit <= :until_unit
-- pg: SELECT o.unit, f.number, s.person, CASE WHEN CAST(:match AS text) = '' THEN '' ELSE s.text END AS text FROM (SELECT u.unit FROM unit_over u WHERE u.above = :scope AND u.unit >= :after_unit AND u.unit <= :until_unit) AS o CROSS JOIN LATERAL (SELECT f.number FROM person_fact f WHERE f.unit = o.unit
AND (o.unit > :after_unit OR f.number > :after_number) AND (:status = '' OR f.status = :status) AND (:section = '' OR f.section = :section) AND (:class = '' OR f.class = :class)
AND f.joined >= :joined_from AND f.joined <= :joined_to AND f.born >= :born_from AND f.born <= :born_to AND (f.may & :may) = :may
AND (:language = '' OR f.language = :language) AND (:recruiter = '' OR f.recruiter = :recruiter)
AND ((f.area >= :a1 AND f.area < :z1) OR (f.area >= :a2 AND f.area < :z2) OR (f.area >= :a3 AND f.area < :z3) OR (f.area >= :a4 AND f.area < :z4) OR (f.area >= :a5 AND f.area < :z5) OR (f.area >= :a6 AND f.area < :z6) OR (f.area >= :a7 AND f.area < :z7) OR (f.area >= :a8 AND f.area < :z8))
-- sqlite: AND (:match = '' OR f.number IN (SELECT rowid FROM person_index WHERE person_index MATCH :match))
-- pg: AND (CAST(:match AS text) = '' OR f.number IN (SELECT s.number FROM person_search s WHERE s.tokens @@ CAST(nullif(CAST(:match AS text), '') AS tsquery)))
AND (f.alone = 1 OR NOT EXISTS (SELECT 1 FROM person_fact g WHERE g.number = f.number AND g.alone = 0 AND (g.unit < f.unit OR (g.unit = f.unit AND g.at < f.at))
AND (:scope = '' OR EXISTS (SELECT 1 FROM unit_over b WHERE b.above = :scope AND b.unit = g.unit)) AND (:status = '' OR g.status = :status) AND (:section = '' OR g.section = :section) AND (:class = '' OR g.class = :class)
AND g.joined >= :joined_from AND g.joined <= :joined_to AND g.born >= :born_from AND g.born <= :born_to AND (g.may & :may) = :may
AND (:language = '' OR g.language = :language) AND (:recruiter = '' OR g.recruiter = :recruiter)
AND ((g.area >= :a1 AND g.area < :z1) OR (g.area >= :a2 AND g.area < :z2) OR (g.area >= :a3 AND g.area < :z3) OR (g.area >= :a4 AND g.area < :z4) OR (g.area >= :a5 AND g.area < :z5) OR (g.area >= :a6 AND g.area < :z6) OR (g.area >= :a7 AND g.area < :z7) OR (g.area >= :a8 AND g.area < :z8))))
-- sqlite: ORDER BY o.unit, f.number LIMIT :most;
-- pg: ORDER BY f.number LIMIT :most) AS f JOIN LATERAL (SELECT s.person, s.text FROM person_search s WHERE s.number = f.number LIMIT 1) AS s ON true ORDER BY o.unit, f.number LIMIT :most;

-- saved_list(unit): those of a unit, by name
SELECT id, unit, name, criteria, owner, saved_by, version, added, changed FROM saved_search WHERE unit = :unit ORDER BY name, id LIMIT 500;

-- saved_find(unit, id): one
SELECT id, unit, name, criteria, owner, saved_by, version, added, changed FROM saved_search WHERE unit = :unit AND id = :id;

-- saved_add(unit, id, name, criteria, owner, saved_by, at): a new one
INSERT INTO saved_search (unit, id, name, criteria, owner, saved_by, version, added, changed) VALUES (:unit, :id, :name, :criteria, :owner, :saved_by, 1, :at, :at);

-- saved_set(unit, id, version, name, criteria, owner, saved_by, at): what it selects now; no row when it was changed meanwhile
UPDATE saved_search SET name = :name, criteria = :criteria, owner = :owner, saved_by = :saved_by, version = version + 1, changed = :at WHERE unit = :unit AND id = :id AND version = :version;

-- saved_drop(unit, id): one less
DELETE FROM saved_search WHERE unit = :unit AND id = :id;

-- saved_forget_owner(person): a person is erased; her searches stay, nobody's
UPDATE saved_search SET owner = '' WHERE owner = :person;

-- saved_choices(scope): what there is to choose from in a scope
SELECT DISTINCT m.section, m.class FROM unit_over o JOIN membership m ON m.unit = o.unit WHERE o.above = :scope LIMIT 500;
