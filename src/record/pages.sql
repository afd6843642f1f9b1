-- pages.sql: what the record's pages ask of others.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- record_contest_title(slug): is a contest published there, so that an entry about it can lead to it?
SELECT title FROM contest WHERE slug = :slug;
