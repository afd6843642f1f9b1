/* import_own.h: what the files of an import share. Private to people/import*.c.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * import.c        life: states, commands, what is stored of an import
 * import_file.c   the reading thread: pieces -> rows -> who of the file is who of the file -> chunks
 * import_match.c  a chunk and the store: who is there, what would change
 * import_write.c  a chunk written
 * import_run.c    the long work: dry run, writing, going on after a crash
 * import_undo.c   taking back, expiry
 * import_look.c   the first rows of a file, for choosing what its columns are
 */
#ifndef HUSTINGS_PEOPLE_IMPORT_OWN_H
#define HUSTINGS_PEOPLE_IMPORT_OWN_H

#include "people/import.h"
#include "people/search.h"

#include <pthread.h>

/* ---- rows and chunks ---- */

typedef uint64_t Columns; /* a set of PeopleColumn */
_Static_assert(COL__COUNT <= 64, "a set of columns is 64 bits");
static inline Columns column_bit(PeopleColumn column)
{
    return UINT64_C(1) << column;
}

typedef struct ImportRow {
    int64_t line, number; /* number: 1, 2, 3... of the file, bad ones too */
    int64_t bytes;        /* of the file that are behind it */
    uint32_t person;      /* which person of the file: 0, 1, 2... */
    bool unit_said;       /* else the unit is the import's own, for somebody new */
    bool first_of_member; /* no row before it is about that membership */
    Columns fresh;        /* of the person: said by no row before it */
    const Str *claimed;   /* classes of the same unit and section that other rows of hers have said */
    int claimed_count;
    Values values;            /* unit: slug; id, names settled */
    Str folded;               /* the name for comparing; empty: none */
    const SearchReady *ready; /* of whom this row makes somebody new by itself; NULL: it was not asked for */
    const Fault *faults;
    int fault_count; /* 0: good */
} ImportRow;

typedef struct ImportChunk {
    Arena arena;
    ImportRow *rows;
    int count;
    int64_t before; /* rows of the file before it */
    int64_t bytes;  /* of the file that are behind it */
    bool last;
    struct ImportChunk *next;
} ImportChunk;

/* ---- import_file.c ---- */

typedef struct ImportUnit {
    Str slug, name, folded;
} ImportUnit;

typedef struct ImportUnits {
    ImportUnit *units; /* [0] is the import's own */
    int count;
} ImportUnits;

typedef struct ImportReader ImportReader;
typedef struct ImportReading {
    ImportOptions options;
    Str file_name;
    const ImportUnits *units;
    ImportSource source;
    int64_t skip; /* rows that need not be handed out: they were done before */
    bool writes;  /* rows are written: what the search needs is made ready, which the writer then need not do */
} ImportReading;

/* Starts the reading thread. */
ImportReader *import_reader_open(const ImportReading *reading);
/* The next chunk, which belongs to the caller (import_chunk_free); NULL after the last. ERR_INPUT and others: of the whole file. */
NODISCARD Err import_reader_next(ImportReader *reader, ImportChunk **ret_chunk, Fault *fault);
/* Stops the thread, too, when it is still at work. */
void import_reader_close(ImportReader *reader);
void import_chunk_free(ImportChunk *chunk);
/* Which of the columns the file has; after the first chunk. */
Columns import_reader_given(const ImportReader *reader);
const Str *import_reader_headings(const ImportReader *reader); /* by column, as typed; empty: the file has none */
const TableHeader *import_reader_header(const ImportReader *reader);

/* ---- import_match.c ---- */

typedef struct HeldMembership {
    Str id, unit;
    Values values, before;
    Columns changed;
    bool is_new, is_gone; /* is_gone: it is taken away */
} HeldMembership;

/* Somebody who is in the store, or whom this chunk adds. */
typedef struct Held {
    Str id;
    int64_t version;
    int64_t number; /* is_new: person.number */
    Str import;     /* that added her */
    Values values, before;
    Columns changed;
    HeldMembership *memberships; /* in the unit and below it */
    int membership_count, membership_room;
    bool inside; /* has one there */
    bool is_new;
    bool put_back; /* an import was taken back of her */
    bool folded_made;
    const SearchReady *ready; /* of the row that made her */
    Str folded;
    struct Held *next_email, *next_phone;
} Held;

typedef struct ImportMatch {
    Arena *a;
    Db *db;
    Str unit;
    Columns given;
    bool empties;
    int64_t now;
    bool dry;            /* nothing is written: persons that earlier chunks would have made are not there */
    unsigned char *made; /* dry: bit by ImportRow.person: an earlier row would have made her. Malloced */
    size_t made_room;
    const Str *headings; /* import_reader_headings */
    Held **held;         /* all of this chunk */
    int held_count;
    struct HeldMap *identifiers, *emails, *phones;
    ImportCounts counts;
    /* Hears of each row that is good or bad here. */
    void (*bad)(void *context, const ImportRow *row, const Fault *fault);
    void (*changes)(void *context, const ImportRow *row, const Held *held);
    void *context;
} ImportMatch;

/* Find out who the rows are and what they change; `held` then says what is to be written. */
NODISCARD Err import_match(ImportMatch *match, const ImportChunk *chunk);
/* Those of these ids who are there, with their memberships in the unit and below it. */
NODISCARD Err import_load_held(Db *db, Arena *a, Str unit, const Str *ids, int count, Held ***ret_held, int *ret_count);

/* ---- import_write.c ---- */

NODISCARD Err import_write(const ImportMatch *match, Str import, Str reason, bool touches, bool in_bulk);

/* Rows for a statement with an array of arrays, sent a few thousand at a time; or one by one. */
typedef struct Rows {
    Db *db;
    Arena *a;
    const char *one, *many;
    bool in_bulk;
    Buf json;
    int count;
} Rows;
Rows rows_begin(Db *db, Arena *a, bool in_bulk, const char *one, const char *many);
NODISCARD Err rows_add(Rows *rows, const DbValue *values, int value_count);
NODISCARD Err rows_end(Rows *rows);
/* ["a","b"] */
Str json_texts(Arena *a, const Str *texts, int count);

/* ---- import.c ---- */

NODISCARD Err import_load(Db *db, Arena *a, Str id, Import *ret_import);
NODISCARD Err import_units(Db *db, Arena *a, Str unit, ImportUnits *ret_units);
Str import_counts_json(Arena *a, const ImportCounts *counts);
Str import_undone_json(Arena *a, const ImportUndone *undone);
Str import_options_json(Arena *a, const ImportOptions *options);
NODISCARD Err import_tell(Db *db, Arena *a, Str id, int64_t now); /* whoever follows it */
NODISCARD Err import_act_done(Db *db, Arena *a, const Import *import, int64_t now, int64_t *ret_leaf, Fault *fault);
NODISCARD Err import_act_undone(Db *db, Arena *a, const Import *import, int64_t now, int64_t *ret_leaf, Fault *fault);
NODISCARD Err import_drop_touched(Db *db, Str id);

#endif
