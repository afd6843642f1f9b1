/* act.h: an act of the apparatus and its entry in the record: the one text that is hashed, shown and verified.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a leaf must say by itself, for ever, what was done: its words are in what is hashed, so a later version of this program cannot tell it otherwise.
 * An entry is one JSON object (RFC 8259), UTF-8, on one line, no spaces between, members in this order, those that are empty left out:
 *
 *     {"hustings":1,"act":"contest.withdrawn","at":"2026-11-22T17:05:21.123Z","says":"...","by":{"name":"Ada Poll","role":"steward"},
 *      "contest":"labour-2010","unit":"leeds","reason":"...","until":"2026-12-01T00:00:00.000Z","power":12,
 *      "files":[{"name":"mps.csv","size":12345,"sha256":"<64 digits>"}],"data":{...}}
 *
 *   act    one of act_kinds; at: UTC; says: one or two plain sentences of what was done; by: who did it and in which role; power: the leaf that gave
 *   the power which ends here; files: what the act published or decided on, by digest; data: what programs may want to know, by kind.
 *   Texts are clean UTF-8 on one line: no control characters (a tab is one), no U+2028, U+2029, U+202A to U+202E, U+2066 to U+206F. In data: objects,
 *   arrays, texts, whole numbers, and in objects true, false, null; at most 256 names to an object, 16 deep, and ACT_VALUES_MAX values in all.
 *   Data that would make the entry longer than ACT_ENTRY_MAX, or has more values, stands in a file of its own, named in "files" as "data.json" (a side
 *   file).
 * Nothing of a member's person may be in it: officers act in public, members do not (docs/record.md).
 * Errors: ERR_INPUT for bytes that are not such an entry, written exactly so; ERR_LIMIT when an act does not fit even so.
 */
#ifndef HUSTINGS_RECORD_ACT_H
#define HUSTINGS_RECORD_ACT_H

#include "core/err.h"
#include "core/sha256.h"
#include "core/view.h"

enum { ACT_ENTRY_MAX = 65535, ACT_SAYS_MAX = 2000, ACT_REASON_MAX = 2000, ACT_NAME_MAX = 200, ACT_FILES_MAX = 128, ACT_VALUES_MAX = 4096 };

typedef struct ActKind {
    const char *name;  /* "contest.published" */
    const char *title; /* "Result published": for lists and filters */
    bool wants_contest, wants_reason, wants_until, wants_power;
} ActKind;

/* Every kind there is, in the order of their names: a room adds its rows here (docs/howto-add-an-act.md). */
extern const ActKind act_kinds[];
extern const int act_kind_count;
const ActKind *act_kind(Str name); /* NULL: none */

/* Who acts. */
typedef struct Officer {
    Str name; /* as she gave it: it stands in public for ever */
    Str role; /* "steward"; "secretary of Leeds": held on a unit; "operator": whoever runs commands on the machine; "program": by itself, as the rules say (its name is "hustings") */
} Officer;
Officer officer_program(void);

/* Words that come from elsewhere (a title, a file's name), made fit for an entry: what cannot stand on a line becomes a space, and what goes beyond `most`
 * bytes "...". */
Str act_line(Arena *a, Str text, size_t most);

/* A file that an act publishes or decides on. */
typedef struct ActFile {
    Str name;
    int64_t size;
    Sha256 digest;
    Str path;  /* where on this site the bytes are to be had, until they are taken away: "/contests/labour-2010/files/mps-csv" */
    Str bytes; /* or: kept by the record itself */
} ActFile;

typedef struct Act {
    const char *kind;
    Officer by;
    Str says;
    Str contest, unit; /* what it is about: for filters; slugs, or empty */
    Str reason;
    int64_t until; /* milliseconds since 1970, UTC; 0: no end */
    bool ends_power;
    int64_t power; /* when it does: the leaf that gave the power */
    const ActFile *files;
    int file_count;
    const View *data; /* an object, or NULL */
} Act;

/* The entry of an act at `now`. When `data` is too large for it, *ret_side is the file (bytes, digest) in which that stands; otherwise its bytes are empty. */
NODISCARD Err act_entry(Arena *a, const Act *act, int64_t now, Str *ret_entry, ActFile *ret_side, Fault *fault);

/* An entry read back. */
typedef struct Leaf {
    int64_t number; /* filled by whoever knows it */
    Str entry;
    Str kind, title; /* the title of a kind that this version does not know is its name */
    int64_t at;
    Str says;
    Officer by;
    Str contest, unit, reason;
    int64_t until;  /* 0: none */
    int64_t power;  /* -1: none */
    ActFile *files; /* name, size, digest */
    int file_count;
    const View *data; /* NULL: none */
} Leaf;

/* Memory: all in the arena, a copy of the entry too. Strict: an entry that act_entry could not have written (another order, spaces, a name twice, unknown members) is ERR_INPUT. Kinds need not be known. */
NODISCARD Err act_read(Arena *a, Str entry, Leaf *ret_leaf, Fault *fault);

#endif
