-- record.sql: the public record in the store.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- record_head_hold(): the number of the next leaf. PostgreSQL holds the row until the commit, so that numbers have no gaps
SELECT size FROM record_head WHERE one = 1
-- sqlite: ;
-- pg: FOR UPDATE;

-- record_head_set(size): it is taken
UPDATE record_head SET size = :size WHERE one = 1;

-- record_head_size(): how many leaves there are
SELECT size FROM record_head WHERE one = 1;

-- record_leaf_add(number, hash, entry, at, kind, contest, unit, power): an act
INSERT INTO record_leaf (number, hash, entry, at, kind, contest, unit, power)
VALUES (:number, :hash, :entry, :at, :kind, :contest, :unit, :power);

-- record_leaf_by_number(number): one leaf
SELECT number, hash, entry FROM record_leaf WHERE number = :number;

-- record_leaf_from(time): the first leaf at or after a time
SELECT number FROM record_leaf WHERE at >= :time ORDER BY at, number LIMIT 1;

-- record_power_ended(power): the leaf that ended what this one gave
SELECT number FROM record_leaf WHERE power = :power AND power >= 0 ORDER BY number LIMIT 1;

-- record_before(before, most): the newest below a number
SELECT number, hash, entry FROM record_leaf WHERE number < :before ORDER BY number DESC LIMIT :most;

-- record_before_kind(before, most, kind): those of a kind
SELECT number, hash, entry FROM record_leaf WHERE kind = :kind AND number < :before ORDER BY number DESC LIMIT :most;

-- record_before_contest(before, most, contest): those about a contest. "<> ''" is what the index says of its rows
SELECT number, hash, entry FROM record_leaf WHERE contest = :contest AND contest <> '' AND number < :before ORDER BY number DESC LIMIT :most;

-- record_before_contest_kind(before, most, contest, kind): of a kind, about a contest
SELECT number, hash, entry FROM record_leaf
WHERE contest = :contest AND contest <> '' AND kind = :kind AND number < :before ORDER BY number DESC LIMIT :most;

-- record_before_unit(before, most, unit): those about a unit
SELECT number, hash, entry FROM record_leaf WHERE unit = :unit AND unit <> '' AND number < :before ORDER BY number DESC LIMIT :most;

-- record_before_unit_kind(before, most, unit, kind): of a kind, about a unit
SELECT number, hash, entry FROM record_leaf
WHERE unit = :unit AND unit <> '' AND kind = :kind AND number < :before ORDER BY number DESC LIMIT :most;

-- record_after(after, most): the nearest above a number, oldest first, as all that follow
SELECT number, hash, entry FROM record_leaf WHERE number > :after ORDER BY number LIMIT :most;

-- record_after_kind(after, most, kind): those of a kind
SELECT number, hash, entry FROM record_leaf WHERE kind = :kind AND number > :after ORDER BY number LIMIT :most;

-- record_after_contest(after, most, contest): those about a contest
SELECT number, hash, entry FROM record_leaf WHERE contest = :contest AND contest <> '' AND number > :after ORDER BY number LIMIT :most;

-- record_after_contest_kind(after, most, contest, kind): of a kind, about a contest
SELECT number, hash, entry FROM record_leaf
WHERE contest = :contest AND contest <> '' AND kind = :kind AND number > :after ORDER BY number LIMIT :most;

-- record_after_unit(after, most, unit): those about a unit
SELECT number, hash, entry FROM record_leaf WHERE unit = :unit AND unit <> '' AND number > :after ORDER BY number LIMIT :most;

-- record_after_unit_kind(after, most, unit, kind): of a kind, about a unit
SELECT number, hash, entry FROM record_leaf
WHERE unit = :unit AND unit <> '' AND kind = :kind AND number > :after ORDER BY number LIMIT :most;

-- record_leaf_hashes(first, beyond): hashes of a tile of level 0
SELECT number, hash FROM record_leaf WHERE number >= :first AND number < :beyond ORDER BY number;

-- record_leaf_entries(first, beyond): entries of a bundle
SELECT number, entry FROM record_leaf WHERE number >= :first AND number < :beyond ORDER BY number;

-- record_node_hashes(level, first, beyond): hashes of a tile above
SELECT number, hash FROM record_node WHERE level = :level AND number >= :first AND number < :beyond ORDER BY number;

-- record_node_add(level, number, hash): a tile below became full
INSERT INTO record_node (level, number, hash) VALUES (:level, :number, :hash);

-- record_file_add(digest, path, name, size, bytes): a leaf names a file; its bytes, or where they are
INSERT INTO record_file (digest, path, name, size, bytes) VALUES (:digest, :path, :name, :size, :bytes)
ON CONFLICT (digest, path) DO UPDATE SET bytes = coalesce(record_file.bytes, excluded.bytes);

-- record_files_forget(first, beyond): that they were there, before record_files_drop
INSERT INTO record_file (digest, path, name, size, bytes)
SELECT digest, '', name, size, NULL FROM record_file WHERE path >= :first AND path < :beyond
ON CONFLICT (digest, path) DO NOTHING;

-- record_files_drop(first, beyond): their addresses
DELETE FROM record_file WHERE path >= :first AND path < :beyond;

-- record_file_by_digest(digest): where it is to be had
SELECT path, name, size, bytes FROM record_file WHERE digest = :digest ORDER BY (bytes IS NULL), path DESC LIMIT 1;

-- record_power_add(number, ended, holder, what, contest, unit, until): in force from now on
INSERT INTO record_power (number, ended, holder, what, contest, unit, until) VALUES (:number, :ended, :holder, :what, :contest, :unit, :until);

-- record_power_by_number(number): one in force
SELECT number, ended, holder, what, contest, unit, until FROM record_power WHERE number = :number;

-- record_power_drop(number): its end is a leaf now
DELETE FROM record_power WHERE number = :number;

-- record_powers_over(now): those whose time is over, a thousand at once
SELECT number FROM record_power WHERE until <= :now ORDER BY until, number LIMIT 1000;

-- record_powers_held(now, most): in force
SELECT number, holder, what, contest, unit, until FROM record_power WHERE until > :now ORDER BY until, number LIMIT :most;

-- record_checkpoint_newest(): what was signed last
SELECT size, root, note, frontier, at FROM record_checkpoint ORDER BY size DESC LIMIT 1;

-- record_checkpoint_cosigned(): the newest that a witness has cosigned
SELECT c.size, c.root, c.note, c.frontier, c.at FROM record_checkpoint c WHERE c.size = (SELECT max(size) FROM record_cosignature);

-- record_checkpoint_add(size, root, note, frontier, at): signed
INSERT INTO record_checkpoint (size, root, note, frontier, at) VALUES (:size, :root, :note, :frontier, :at);

-- record_cosignatures_of(size): of one checkpoint
SELECT line FROM record_cosignature WHERE size = :size ORDER BY witness, id LIMIT 32;

-- record_cosignature_add(witness, id, size, time, line, at): a witness has seen it; a later time of the same takes its place
INSERT INTO record_cosignature (witness, id, size, time, line, at) VALUES (:witness, :id, :size, :time, :line, :at)
ON CONFLICT (witness, id, size) DO UPDATE SET time = excluded.time, line = excluded.line, at = excluded.at;

-- record_cosigner_next(witness, id): the key that comes next in the order of names. Compared as a pair, so that the index begins behind all that the one before has signed
SELECT witness, id FROM record_cosignature WHERE (witness, id) > (:witness, :id) ORDER BY witness, id LIMIT 1;

-- record_cosignature_newest(witness, id): the last of one key
SELECT witness, id, size, time, line FROM record_cosignature WHERE witness = :witness AND id = :id ORDER BY size DESC LIMIT 1;
