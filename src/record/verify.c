/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/verify_own.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { COSIGN_WAITS = 5 };

/* ---- findings ---- */

/* One more; a doubt gives its place to what is wrong. */
static Finding *place_for(VerifyReport *r, FindingKind kind)
{
    if (r->finding_count < FINDINGS_MAX) return &r->findings[r->finding_count];
    for (int i = FINDINGS_MAX - 1; kind == FINDING_WRONG && i >= 0; i--)
        if (r->findings[i].kind == FINDING_DOUBT) return &r->findings[i];
    return NULL;
}

void verify_found(Verify *v, FindingKind kind, int64_t leaf, int64_t last, const char *format, ...)
{
    Finding *place = place_for(v->report, kind);
    v->report->finding_count++;
    v->report->wrong_count += kind == FINDING_WRONG;
    if (!place) return;
    va_list args;
    va_start(args, format);
    *place = (Finding){.kind = kind, .leaf = leaf, .last = last, .words = str_format_list(v->a, format, args)};
    va_end(args);
}

static int finding_order(const void *p, const void *q)
{
    const Finding *f = p, *g = q;
    if (f->kind != g->kind) return f->kind == FINDING_WRONG ? -1 : 1;
    return (f->leaf > g->leaf) - (f->leaf < g->leaf);
}

static int findings_kept(const VerifyReport *r)
{
    return r->finding_count < FINDINGS_MAX ? r->finding_count : FINDINGS_MAX;
}

/* The first leaf that is wrong: not when some range, in which it cannot be told, begins before it. */
static int64_t first_wrong(const VerifyReport *r)
{
    int64_t exact = -1, range = -1;
    for (int i = 0; i < findings_kept(r); i++) {
        const Finding *f = &r->findings[i];
        if (f->kind != FINDING_WRONG || f->leaf < 0) continue;
        int64_t *first = f->leaf == f->last ? &exact : &range;
        if (*first < 0 || f->leaf < *first) *first = f->leaf;
    }
    return range >= 0 && range < exact ? -1 : exact;
}

void verify_finish(VerifyReport *r)
{
    qsort(r->findings, (size_t)findings_kept(r), sizeof *r->findings, finding_order);
    r->first_wrong = first_wrong(r);
    r->right = r->wrong_count == 0;
}

/* ---- the pass ---- */

static bool nothing_there(const Block *b)
{
    for (int i = 0; i < b->count; i++)
        if (b->has_entry[i] || b->has_hash[i]) return false;
    return true;
}

NODISCARD static Err take_block(Verify *v, const Block *b)
{
    Err e = store_block(v, b);
    if (!e) e = tree_block(v, b);
    if (!e) e = acts_block(v, b);
    if (!e) e = against_block(v, b);
    if (!e && v->options->progress) v->options->progress(v->options->context, b->first + b->count, v->report->checkpoint.size);
    return e;
}

NODISCARD static Err take_all(Verify *v)
{
    PassOptions options = {.source = v->source, .size = v->report->checkpoint.size, .context = v};
    if (v->store) {
        options.fill = store_fill;
        options.work = store_work;
    }
    source_ahead(v->source, options.size);
    Pass *pass = pass_start(&options);
    Block *b = NULL;
    Err e;
    while (!(e = pass_next(pass, &b, v->fault)) && b) {
        e = take_block(v, b);
        if (e || nothing_there(b)) break;
    }
    pass_stop(pass);
    source_ahead(v->source, 0);
    return e;
}

/* A checkpoint of no leaves has no block in which it could be looked at. */
static void take_nothing(Verify *v)
{
    Block *empty = arena_new(v->a, Block, 1);
    empty->agrees = true;
    Err e = take_block(v, empty);
    ASSERT(!e);
}

static int cosigned_by(Verify *v)
{
    Note *note = arena_new(v->a, Note, 1);
    Fault fault = {0};
    int good = 0;
    if (note_read(v->a, v->report->note, note, &fault)) return 0;
    for (int i = 0; i < v->options->witness_count; i++) good += note_check(note, &v->options->witnesses[i], NULL) == ERR_OK;
    return good;
}

/* The newest checkpoint of a site is cosigned some moments after it was signed: whoever wants witnesses waits for them a little. */
NODISCARD static Err read_note(Verify *v)
{
    int wanted = v->options->quorum ? v->options->quorum : v->options->witness_count;
    Err e = source_checkpoint(v->source, v->a, &v->report->note, v->fault);
    for (int i = 0; i < COSIGN_WAITS && !e && source_is_site(v->source) && cosigned_by(v) < wanted; i++) {
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
        e = source_checkpoint(v->source, v->a, &v->report->note, v->fault);
    }
    return e;
}

NODISCARD static Err verify(Verify *v)
{
    Err e = read_note(v);
    if (!e) e = store_begin(v);
    if (!e) e = keys_begin(v);
    if (e || v->report->checkpoint.size < 0) return e;
    e = marks_begin(v);
    if (!e) e = against_begin(v);
    if (e) return e;
    if (v->report->checkpoint.size) e = take_all(v);
    else take_nothing(v);
    if (!e) e = tree_end(v);
    if (!e) e = against_end(v);
    if (!e) e = store_end(v);
    if (e) return e;
    acts_end(v);
    keys_end(v);
    keys_witnesses(v);
    return ERR_OK;
}

Err record_verify(Arena *a, RecordSource *source, const VerifyOptions *options, VerifyReport *ret_report, Fault *fault)
{
    Verify *v = calloc(1, sizeof *v);
    VerifyReport *report = arena_new(a, VerifyReport, 1);
    if (!v) out_of_memory(sizeof *v);
    *report = (VerifyReport){
        .source = source_name(source), .first_wrong = -1, .against_compared = -1, .earlier_given = options->earlier_count};
    *v = (Verify){.a = a, .source = source, .options = options, .report = report, .fault = fault, .differs_from = -1};
    Err e = verify(v);
    verify_finish(report);
    if (!e) *ret_report = *report;
    acts_clear(v);
    store_clear(v);
    free(v);
    return e;
}
