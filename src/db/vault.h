/* vault.h: a whole store, read and written table by table, for transfer.c. Private to db/.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: named statements are for rooms, which know their tables. Here every table is the same: a name, columns, a primary key. Both engines stream, so a
 *      table may be larger than memory.
 * Life: plan_make once. vault_open_sqlite or vault_open_postgres -> for each table { begin_reading -> read_row until there is no more } or
 *       { begin_writing -> write_row -> end_writing } -> commit -> close. All of it is one transaction: what is read is one moment, what is written is
 *       all there or nothing. Close without commit takes everything back. A vault may read what it has written.
 * Memory: a row's bytes live until the next row. Errors: the Fault of the vault says what and in which table, never a value.
 * This file's engines alone build SQL from names; the names come from our own migrations.
 */
#ifndef HUSTINGS_DB_VAULT_H
#define HUSTINGS_DB_VAULT_H

#include "db/sql.h"

enum { TABLE_COLUMNS_MAX = 64 };

typedef struct TableColumn {
    Str name;
    DbKind kind;
    bool secret; /* not for an export */
} TableColumn;

typedef struct Table {
    Str name;
    TableColumn columns[TABLE_COLUMNS_MAX];
    int column_count;
    int key[TABLE_COLUMNS_MAX]; /* columns of the primary key, in its order */
    int key_count;
    bool exported; /* in part at least */
    bool said;     /* a migration says whether it is */
    bool derived;  /* made from others: never copied */
    int64_t seeds; /* rows that the migrations put in */
} Table;

/* The tables that the migrations make, those that others refer to first. */
typedef struct Plan {
    Table *tables;
    int count;
    int derived_count; /* behind those: tables that are made from them, which nothing copies */
} Plan;

Plan plan_make(Arena *a);
const Table *plan_table(const Plan *plan, Str name); /* one that must be there */
/* Is this SQL that of a virtual table which our migrations make? */
bool plan_has_virtual(Arena *a, Str sql);
/* The migrations as SQLite reads them: a new file's schema. */
Str plan_sqlite_schema(Arena *a);

typedef struct Vault Vault;
typedef struct VaultOps {
    Err (*count_rows)(Vault *v, const Table *table, int64_t *ret_rows);
    Err (*begin_reading)(Vault *v, const Table *table); /* in the order of the primary key, text by bytes */
    Err (*read_row)(Vault *v, DbValue *ret_values, bool *ret_more);
    Err (*remove_rows)(Vault *v, const Table *table);
    Err (*begin_writing)(Vault *v, const Table *table);
    Err (*write_row)(Vault *v, const DbValue *values);
    Err (*end_writing)(Vault *v);
    Err (*commit)(Vault *v);
    void (*close)(Vault *v);
} VaultOps;

struct Vault {
    const VaultOps *ops;
    Arena *a;
    Fault *fault;
    const Table *table; /* being read or written */
};

typedef enum VaultUse {
    VAULT_READ,
    VAULT_READ_ALONE, /* SQLite: nobody may write meanwhile */
    VAULT_WRITE,      /* into a store that is there */
    VAULT_MAKE        /* SQLite: into a new file, which counts only once all of it is on disk */
} VaultUse;

/* `schema`: what a new file is made with. */
NODISCARD Err vault_open_sqlite(Arena *a, Str path, VaultUse use, Str schema, Vault **ret_vault, Fault *fault);
/* An open store, to be read while others may write to it. */
NODISCARD Err vault_open_store(Arena *a, Store *from, Vault **ret_vault, Fault *fault);
/* ERR_INPUT unless the file is one of ours and sound, as far as SQLite can tell. */
NODISCARD Err vault_check_backup(Vault *v);
/* `alone`: nobody else may have the store open. */
NODISCARD Err vault_open_postgres(Arena *a, Str url, VaultUse use, bool alone, Vault **ret_vault, Fault *fault);

/* "a, b, c": the columns, or the key's, each in double quotes. `after` follows each. */
void table_columns(const Table *table, Buf *b);
void table_key(const Table *table, bool postgres, Buf *b);

#endif
