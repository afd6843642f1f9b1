-- probe.sql: statements of the tests of the store.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- probe_add(id, words, bytes): a row
INSERT INTO probe (id, words, bytes, amount) VALUES (:id, :words, :bytes, 0);

-- probe_add_child(id, parent): a row that belongs to another
INSERT INTO probe (id, parent, amount) VALUES (:id, :parent, 0);

-- probe_set_amount(id, amount): of one row
UPDATE probe SET amount = :amount WHERE id = :id;

-- probe_raise(id): what it was and one more; wrong if two commands read the same value
UPDATE probe SET amount = amount + 1 WHERE id = :id;

-- probe_get(id): one row
SELECT id, words, bytes, parent, amount FROM probe WHERE id = :id;

-- probe_all(): in the order of the words' bytes
SELECT id, words, bytes, parent, amount FROM probe ORDER BY words, id;

-- probe_count(): how many rows
SELECT count(*) AS rows_in_all FROM probe;

-- probe_ids(): each id
SELECT id FROM probe ORDER BY id;

-- probe_delete_all(): changed rows are counted
DELETE FROM probe WHERE id >= 0;

-- probe_many(count): as many rows as are asked for
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < :count) SELECT i FROM n;

-- probe_echo(words): engines agree what a text is
-- sqlite: SELECT :words AS words;
-- pg: SELECT CAST(:words AS text) AS words;

-- probe_migrations(): what was applied
SELECT number FROM migration ORDER BY number;

-- probe_add_migration(number): as a newer program would
INSERT INTO migration (number, name, digest, applied_at) VALUES (:number, 'from the future', (SELECT digest FROM migration WHERE number = 1), 0);

-- probe_change_migration(): as if another file had been applied
UPDATE migration SET digest = (SELECT digest FROM migration WHERE number = 1) WHERE number = 2;

-- probe_drop_migration(): as an older program left it
DELETE FROM migration WHERE number = 2;
