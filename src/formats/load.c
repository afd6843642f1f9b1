/* Whole text at once, by two threads where that pays.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A large CSV file is cut behind the line that crosses its middle. A second thread reads the header once more, goes to
 * the cut and gathers papers of its own from there, in the hope that a row starts there; a line break inside quotes
 * would prove it wrong. The first thread finds out when it arrives at the cut. If all went well, the second Papers are
 * merged behind the first, which gives the same candidates and groups in the same order as one thread would. If
 * anything at all was amiss (no row starts there, a mistake in either half, a limit), the second half is thrown away
 * and read again by the first thread; so every message is the one a single thread would give, by construction.
 */
#include "formats/load.h"

#include "formats/csv.h"
#include "formats/detect.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

enum { PIECE = 1024 * 1024, SPLIT_AT_LEAST = 2 * 1024 * 1024 };

typedef struct Load {
    Str text;
    const FileOptions *options;
    _Atomic int64_t done;
} Load;

/* The half behind the cut, with memory of its own. */
typedef struct SecondHalf {
    Load *load;
    size_t cut;
    Arena arena;
    Papers *papers;
    bool good;
} SecondHalf;

static Err feed(Reader *r, Load *load, size_t from, size_t to, bool tell)
{
    while (from < to) {
        size_t n = to - from < PIECE ? to - from : PIECE;
        Err e = reader_feed(r, str_slice(load->text, from, from + n));
        if (e) return e;
        from += n;
        int64_t done = atomic_fetch_add(&load->done, (int64_t)n) + (int64_t)n;
        if (tell && load->options->progress) load->options->progress(load->options->progress_context, done, (int64_t)load->text.len);
    }
    return ERR_OK;
}

/* Read what stands before the papers, and forget the bytes behind it. */
static Err read_header(Reader *r, const Load *load, size_t cut)
{
    r->header_only = true;
    for (size_t at = 0; at < cut && !csv_header_known(r);) {
        size_t n = cut - at < READER_LOOK_AHEAD ? cut - at : READER_LOOK_AHEAD;
        Err e = reader_feed(r, str_slice(load->text, at, at + n));
        if (e) return e;
        at += n;
    }
    r->header_only = false;
    r->kept_length = 0;
    /* The first thread has the boxes that the header states. */
    for (int i = 0; i < r->papers->box_count; i++) r->papers->boxes[i].papers = r->papers->boxes[i].unmarked = 0;
    return ERR_OK;
}

static void *read_second_half(void *context)
{
    SecondHalf *half = context;
    half->papers = papers_new(&half->arena);
    FormatOptions options = half->load->options->format;
    options.format = FORMAT_CSV;
    Reader *r = reader_open(&half->arena, half->papers, &options);
    Err e = read_header(r, half->load, half->cut);
    bool known = !e && csv_header_known(r);
    if (known) e = feed(r, half->load, half->cut, half->load->text.len, false);
    half->good = known && !e && !reader_end(r);
    return NULL;
}

/* Merging must not meet a limit: the message would not know the line. */
static bool fits(const Papers *p, const Papers *more)
{
    return p->candidate_count + more->candidate_count <= PAPERS_CANDIDATES_MAX &&
           p->section_count + more->section_count <= PAPERS_SECTIONS_MAX && p->box_count + more->box_count <= PAPERS_BOXES_MAX &&
           p->total + more->total <= PAPERS_TOTAL_MAX && (uint64_t)p->mark_count + more->mark_count < UINT32_MAX &&
           (uint64_t)p->group_count + more->group_count < UINT32_MAX / 4;
}

static bool has_two_processors(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof set, &set) == 0 && CPU_COUNT(&set) >= 2;
}

/* Behind the line that crosses the middle; the end of the text when it is not worth cutting. */
static size_t find_cut(const Load *load)
{
    Str text = load->text;
    Format format = load->options->format.format;
    if (!format) format = format_from_file_name(load->options->format.file_name);
    if (!format) format = format_from_text(str_slice(text, 0, text.len < READER_LOOK_AHEAD ? text.len : READER_LOOK_AHEAD));
    if (text.len < SPLIT_AT_LEAST || format != FORMAT_CSV || !has_two_processors()) return text.len;
    Str around = str_slice(text, text.len / 2, text.len / 2 + FORMAT_LINE_MAX / 2);
    size_t line_end = str_find(around, '\n');
    return line_end < around.len ? text.len / 2 + line_end + 1 : text.len;
}

/* Read both halves; *ret_at is how far `r` has come, all of it or up to the cut. */
static Err read_halves(Reader *r, Load *load, size_t cut, size_t *ret_at)
{
    SecondHalf half = {.load = load, .cut = cut};
    arena_init(&half.arena, ARENA_LIMIT_DEFAULT);
    pthread_t thread;
    bool started = pthread_create(&thread, NULL, read_second_half, &half) == 0;
    Err e = feed(r, load, 0, cut, true);
    if (started) pthread_join(thread, NULL);
    *ret_at = cut;
    if (!e && started && half.good && csv_may_split_here(r) && fits(r->papers, half.papers)) {
        e = papers_merge(r->papers, half.papers, (Str){0}, &r->fault);
        *ret_at = load->text.len;
    }
    arena_clear(&half.arena);
    return e;
}

static Err load(Arena *a, Papers *papers, Load *load, size_t cut, Fault *fault)
{
    Reader *r = reader_open(a, papers, &load->options->format);
    size_t at = 0;
    Err e = ERR_OK;
    if (cut < load->text.len) e = read_halves(r, load, cut, &at);
    if (!e) e = feed(r, load, at, load->text.len, true);
    if (!e) e = reader_end(r);
    if (e) *fault = *reader_fault(r);
    return e;
}

Err load_text(Arena *a, Papers *papers, const FileOptions *options, Str text, Fault *fault)
{
    Load whole = {.text = text, .options = options};
    return load(a, papers, &whole, find_cut(&whole), fault);
}

Err load_text_cut(Arena *a, Papers *papers, const FileOptions *options, Str text, size_t cut, Fault *fault)
{
    ASSERT(cut > 0 && cut < text.len && options->format.format == FORMAT_CSV);
    return load(a, papers, &(Load){.text = text, .options = options}, cut, fault);
}

Err reader_load(Arena *a, Papers *papers, const FormatOptions *options, Str text, Fault *fault)
{
    return load_text(a, papers, &(FileOptions){.format = *options}, text, fault);
}
