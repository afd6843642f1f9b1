/* record_words.h: what the commands about the record share: options, and what was found in words. SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef HUSTINGS_CLI_RECORD_WORDS_H
#define HUSTINGS_CLI_RECORD_WORDS_H

#include "cli/settings.h"
#include "record/verify.h"

enum { TALLY_MAX = 200, RECORD_WRONG = 1 };

/* How many acts somebody did, or were of a kind. */
typedef struct TallyRow {
    Str name, role; /* role empty: a kind */
    int64_t count;
} TallyRow;

typedef struct Tally {
    TallyRow rows[TALLY_MAX];
    int count;
    int64_t others; /* acts of those who found no place */
} Tally;
void tally_add(Arena *a, Tally *tally, Str name, Str role);
void tally_sort(Tally *tally); /* most first */

Str utc_words(Arena *a, int64_t ms);   /* "2026-11-22 17:05:21 UTC" */
Str number_words(Arena *a, int64_t n); /* "1,234,567" */
/* One act: several lines, or one for a list. */
void leaf_words(Buf *b, const Leaf *leaf);
void leaf_view(Arena *a, View *object, const Leaf *leaf);

typedef struct Told {
    const VerifyReport *report;
    const Tally *officers, *kinds;
    Str where, against;
    bool with_files;
    Str state; /* the file that is kept for the next time; empty: none */
} Told;
void verdict_words(Buf *b, const Told *told);
void findings_words(Buf *b, const VerifyReport *report);
Str verdict_json(Arena *a, const Told *told);

/* ---- options of whoever verifies: --key, --state, --earlier, --witness, --quorum, --against ---- */

#define KEY_OPTIONS                                                                                                                  \
    {"key", 'k', "VKEY", true,                                                                                                       \
        "the record's key as you know it, NAME+ID+BASE64, or a file with keys; without it the record's own word is taken", "FILES"}, \
        {"state", 's', "FILE", false,                                                                                                \
            "remember the newest checkpoint and its keys in FILE: checked and renewed each time, made the first time", "FILES"},     \
        {"earlier", 'e', "FILE", true, "a signed checkpoint that you kept from before; the record must extend it", "FILES"},         \
        {"witness", 'w', "VKEY", true, "a witness that must have cosigned the checkpoint, or a file with such keys", "FILES"},       \
    {                                                                                                                                \
        "quorum", 'q', "N", false, "so many of the witnesses are enough (default: all of them)", NULL                                \
    }

typedef struct Asking {
    VerifyOptions options;
    RecordSource *source, *against;
    Str where, state;
    Str state_text; /* as it was read; empty: it was not there */
} Asking;
/* Read those options; 0, or the exit status after telling what is wrong. */
NODISCARD int asking_options(const Cli *cli, Asking *ret_asking);
/* Open what the first operand names, or the store that is set up. */
NODISCARD int asking_open(Cli *cli, Asking *asking);
void asking_close(Asking *asking);
/* After a good end: renew --state. */
NODISCARD int asking_keep(const Cli *cli, const Asking *asking, const VerifyReport *report);

/* A line that is written over, for somebody who watches; NULL when nobody does. */
typedef void RecordProgress(void *context, int64_t done, int64_t size);
RecordProgress *record_progress(void);
void record_progress_end(void);

#endif
