-- verify.sql: all that the record's tables hold, as it is, to be held against the entries (verify_store.c, source_store.c).
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- verify_head(): how many leaves the store says there are
SELECT one, size FROM record_head ORDER BY one LIMIT 2;

-- verify_leaves(first, most): leaves from one on, with every column
SELECT number, hash, entry, at, kind, contest, unit, power FROM record_leaf WHERE number >= :first ORDER BY number LIMIT :most;

-- verify_leaf_strays(size): rows that have no place
SELECT number FROM record_leaf WHERE number < 0 OR number >= :size ORDER BY number LIMIT 10;

-- verify_leaf_hashes(first, most): of leaves from one on
SELECT number, hash FROM record_leaf WHERE number >= :first ORDER BY number LIMIT :most;

-- verify_key_leaves(): where the record names its keys
SELECT number, entry FROM record_leaf WHERE kind = 'record.key_added' ORDER BY number LIMIT 1000;

-- verify_nodes(level, first, behind): of one tile
SELECT number, hash FROM record_node WHERE level = :level AND number >= :first AND number < :behind ORDER BY number;

-- verify_node_strays(level, count): nodes of a level that has only so many
SELECT level, number FROM record_node WHERE level = :level AND (number < 0 OR number >= :count) ORDER BY number LIMIT 10;

-- verify_node_levels(most): nodes of levels that there cannot be
SELECT level, number FROM record_node WHERE level < 1 OR level > :most ORDER BY level, number LIMIT 10;

-- verify_newest(): what was signed last
SELECT size, note FROM record_checkpoint ORDER BY size DESC LIMIT 1;

-- verify_checkpoints(above, most): those of a range of sizes
SELECT size, root, note, frontier, at FROM record_checkpoint WHERE size > :above AND size <= :most ORDER BY size;

-- verify_checkpoint_strays(size): of sizes that there cannot be
SELECT size FROM record_checkpoint WHERE size < 0 OR size > :size ORDER BY size LIMIT 10;

-- verify_cosignatures(above, most): those of checkpoints of a range of sizes
SELECT witness, id, size, time, line, at FROM record_cosignature WHERE size > :above AND size <= :most ORDER BY size, witness, id;

-- verify_cosignature_strays(): of checkpoints that are not there
SELECT witness, size FROM record_cosignature AS c
WHERE NOT EXISTS (SELECT 1 FROM record_checkpoint AS k WHERE k.size = c.size) ORDER BY size, witness LIMIT 10;

-- verify_file(digest): where the store has a file, and the file
SELECT digest, path, name, size, bytes FROM record_file WHERE digest = :digest ORDER BY path;

-- verify_file_strays(): rows with no digest at all: they are in front of every page of the list
SELECT digest FROM record_file WHERE length(digest) = 0 LIMIT 10;

-- verify_file_list(digest): every file that the store knows; a page of them
SELECT digest, path, name, size FROM record_file WHERE digest > :digest ORDER BY digest, path LIMIT 1000;

-- verify_powers(above): those in force; a page of them
SELECT number, ended, holder, what, contest, unit, until FROM record_power WHERE number > :above ORDER BY number LIMIT 1000;
