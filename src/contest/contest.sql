-- contest.sql: published contests, and counts that were kept.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- contest_by_slug(slug): the contest at an address
SELECT slug, title, date, place, outcome, note, totals, open, published, changed, views_version, program, figures, leaf FROM contest WHERE slug = :slug;

-- contest_hold(slug): nobody else publishes or takes it out until this is over; no row: it is not there
UPDATE contest SET changed = changed WHERE slug = :slug;

-- contest_not_entered(): those of which the record says nothing yet
SELECT slug FROM contest WHERE leaf < 0 ORDER BY published, slug;

-- contest_entered(slug, leaf): now it does
UPDATE contest SET leaf = :leaf WHERE slug = :slug;

-- contest_newest(most): for the first page
SELECT slug, title, date, place, outcome, note, totals, open FROM contest ORDER BY date DESC, slug DESC LIMIT :most;

-- contest_found(pattern, first, most): one page of the list: those whose title, date, place or outcome is like the pattern ('!' before a sign that stands for itself)
SELECT slug, title, date, place, outcome, note, totals, open FROM contest
-- PostgreSQL would take the cases of the pattern's letters from the language of the database, and those of the columns' from "C".
-- sqlite: WHERE LOWER(title || ' ' || date || ' ' || place || ' ' || outcome) LIKE LOWER(:pattern) ESCAPE '!'
-- pg: WHERE LOWER(title || ' ' || date || ' ' || place || ' ' || outcome) LIKE LOWER(:pattern COLLATE "C") ESCAPE '!'
ORDER BY date DESC, slug DESC LIMIT :most OFFSET :first;

-- contest_found_count(pattern): how many those are on all pages
SELECT COUNT(*) AS contests FROM contest
-- sqlite: WHERE LOWER(title || ' ' || date || ' ' || place || ' ' || outcome) LIKE LOWER(:pattern) ESCAPE '!';
-- pg: WHERE LOWER(title || ' ' || date || ' ' || place || ' ' || outcome) LIKE LOWER(:pattern COLLATE "C") ESCAPE '!';

-- contest_all(): for the command line, and for counting again
SELECT slug, title, date, published, views_version, program FROM contest ORDER BY date DESC, slug DESC;

-- contest_add(slug, title, date, place, outcome, note, totals, open, published, changed, views_version, program, figures, leaf): publish
INSERT INTO contest (slug, title, date, place, outcome, note, totals, open, published, changed, views_version, program, figures, leaf)
VALUES (:slug, :title, :date, :place, :outcome, :note, :totals, :open, :published, :changed, :views_version, :program, :figures, :leaf);

-- contest_drop(slug): take out, or make room for what replaces it
DELETE FROM contest WHERE slug = :slug;

-- contest_views_made(slug, changed, views_version, program, figures): its views were made anew and the figures are the same; no row: somebody published meanwhile
UPDATE contest SET changed = :changed, views_version = :views_version, program = :program WHERE slug = :slug AND figures = :figures;

-- contest_file_add(slug, number, address, name, kind, size, packed, bytes): a file of a contest
INSERT INTO contest_file (slug, number, address, name, kind, size, packed, bytes) VALUES (:slug, :number, :address, :name, :kind, :size, :packed, :bytes);

-- contest_file_by_address(slug, address): to be downloaded
SELECT name, kind, size, packed, bytes FROM contest_file WHERE slug = :slug AND address = :address;

-- contest_files(slug): all of them, for counting again
SELECT name, kind, size, packed, bytes FROM contest_file WHERE slug = :slug ORDER BY number;

-- contest_files_drop(slug): with their contest
DELETE FROM contest_file WHERE slug = :slug;

-- contest_view_add(slug, name, bytes): a part of what its pages show
INSERT INTO contest_view (slug, name, bytes) VALUES (:slug, :name, :bytes);

-- contest_view_by_name(slug, name): a part of what its pages show
SELECT bytes FROM contest_view WHERE slug = :slug AND name = :name;

-- contest_views_drop(slug): with their contest, or before new ones
DELETE FROM contest_view WHERE slug = :slug;

-- contest_removed_by_slug(slug): what was at an address
SELECT title, removed, reason, leaf FROM contest_removed WHERE slug = :slug;

-- contest_removed_add(slug, title, removed, reason, leaf): what is left of it
INSERT INTO contest_removed (slug, title, removed, reason, leaf) VALUES (:slug, :title, :removed, :reason, :leaf)
ON CONFLICT (slug) DO UPDATE SET title = excluded.title, removed = excluded.removed, reason = excluded.reason, leaf = excluded.leaf;

-- contest_removed_drop(slug): it is published again
DELETE FROM contest_removed WHERE slug = :slug;

-- kept_add(token, delete_hash, asked, made, ends): keep a count
INSERT INTO kept_count (token, delete_hash, asked, made, ends) VALUES (:token, :delete_hash, :asked, :made, :ends);

-- kept_beyond(most): one of those kept, if there are more than so many
SELECT token FROM kept_count ORDER BY ends LIMIT 1 OFFSET :most;

-- kept_by_token(token, now): show it, while it is kept
SELECT delete_hash, asked, made, ends FROM kept_count WHERE token = :token AND ends > :now;

-- kept_drop(token, delete_hash): whoever has the word deletes it
DELETE FROM kept_count WHERE token = :token AND delete_hash = :delete_hash;

-- kept_expire(now): those whose time is over, a thousand at once
DELETE FROM kept_count WHERE token IN (SELECT token FROM kept_count WHERE ends <= :now ORDER BY ends LIMIT 1000);
