-- 0017_import_index.sql: nothing is asked of memberships by the import that added them (they go with their persons, or by their ids), so no tree of them is kept:
-- it was a tenth of what an import writes.
-- SPDX-License-Identifier: AGPL-3.0-or-later
DROP INDEX membership_by_import;
