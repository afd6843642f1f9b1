/* migrate.c: bring the schema up to date: each migration in a transaction of its own, with its row in `migration`.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * What was applied is read inside the transaction that applies the next one, so two processes that start together take turns.
 */
#include "db/store.h"

#include "core/clock.h"

#include <time.h>

static Err trouble(Db *db, Err err, Fault *fault)
{
    return store_fault(fault, err == ERR_CONFLICT ? ERR_IO : err, "the store cannot be read: %s", db->trouble);
}

/* How many migrations were applied; none when the store is new. */
static Err read_applied(Db *db, Arena *a, DbRows *ret_rows, Fault *fault)
{
    DbRows made = {0};
    Err e = db_one(db, a, "schema_made", DB_NO_VALUES, &made);
    if (e) return trouble(db, e, fault);
    *ret_rows = (DbRows){.at = -1};
    if (db_i64(&made, "made")) {
        e = db_query(db, a, "migration_list", DB_NO_VALUES, ret_rows);
        return e ? trouble(db, e, fault) : ERR_OK;
    }
    if (db_i64(&made, "tables")) return store_fault(fault, ERR_INPUT, "%s is a database of another program", store_place(db->store));
    return ERR_OK;
}

static Err compare(DbRows *applied, Fault *fault)
{
    int known = 0;
    const Migration *migrations = sql_migrations(&known);
    while (db_next(applied)) {
        int64_t number = db_i64(applied, "number");
        if (number > known)
            return store_fault(fault, ERR_CONFLICT,
                "the store is newer than this program (schema %lld, this program knows %d): use the newer program, or restore a backup "
                "from before",
                (long long)db_i64(applied, "number"), known);
        if (number != applied->at + 1) return store_fault(fault, ERR_CONFLICT, "the store lacks migration %d", applied->at + 1);
        const Migration *m = &migrations[number - 1];
        if (!str_equal(db_text(applied, "digest"), (Str){(const char *)m->digest.bytes, SHA256_BYTES}))
            return store_fault(fault, ERR_CONFLICT,
                "the store was made with another %.*s than this program has: it belongs to another version of the program",
                STR_ARG(m->name));
    }
    return ERR_OK;
}

static Err apply(Db *db, const Migration *m)
{
    Err e = db->ops->script(db->inner, db->ops->engine == ENGINE_SQLITE ? m->sqlite : m->postgres);
    if (e) return db_trouble_set(db, e, "%.*s: %s", STR_ARG(m->name), db->inner->trouble);
    return door_run(db, "migration_add",
        DB_VALUES(
            db_number(m->number), db_string(m->name), db_bytes((Str){(const char *)m->digest.bytes, SHA256_BYTES}), db_number(clock_utc())),
        NULL);
}

/* One transaction: look, and apply the next one. */
static Err step(Db *db, Arena *a, bool *ret_done, Fault *fault)
{
    int known = 0;
    const Migration *migrations = sql_migrations(&known);
    Err e = door_begin(db, true);
    if (e) return trouble(db, e, fault);
    DbRows applied;
    e = read_applied(db, a, &applied, fault);
    if (!e) e = compare(&applied, fault);
    *ret_done = !e && applied.count == known;
    if (e || *ret_done) return door_rollback(db), e;
    e = apply(db, &migrations[applied.count]);
    if (!e) e = door_commit(db);
    if (!e) return ERR_OK;
    door_rollback(db);
    return store_fault(fault, ERR_IO, "the schema could not be brought up to date: %s", db->trouble);
}

/* Most starts find nothing to do, and should not wait for another process's commit to see that. */
static Err look(Db *db, Arena *a, bool *ret_done, bool *ret_new, Fault *fault)
{
    int known = 0;
    sql_migrations(&known);
    DbRows applied;
    Err e = read_applied(db, a, &applied, fault);
    if (!e) e = compare(&applied, fault);
    if (e) return e;
    *ret_done = applied.count == known;
    *ret_new = applied.count == 0;
    return ERR_OK;
}

Err migrate(Db *db, Arena *a, bool as_it_is, Fault *fault)
{
    bool done = false, is_new = false;
    Err e = look(db, a, &done, &is_new, fault);
    if (!e && !done && as_it_is)
        return store_fault(fault, ERR_CONFLICT, "%s",
            is_new ? "there is nothing in this store" : "the store is older than this program: start the server once");
    while (!e && !done) e = step(db, a, &done, fault);
    return e;
}
