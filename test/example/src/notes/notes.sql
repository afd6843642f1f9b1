-- notes.sql: the statements of this room.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- note_add(id, words, seats, at): somebody left a note
INSERT INTO note (id, words, seats, at) VALUES (:id, :words, :seats, :at);

-- notes(): all of them, in the order in which they were left
SELECT id, words, seats FROM note ORDER BY at, id LIMIT 500;
