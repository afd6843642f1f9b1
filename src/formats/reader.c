/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "formats/reader.h"

#include "formats/detect.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* --- life --- */

static void free_scratch(void *object)
{
    arena_clear(object);
}

Reader *reader_open(Arena *a, Papers *papers, const FormatOptions *options)
{
    Reader *r = arena_new(a, Reader, 1);
    r->arena = a;
    r->papers = papers;
    r->options = *options;
    r->format = options->format;
    r->fault.file = options->file_name;
    r->line = 1;
    r->wanted = READER_LOOK_AHEAD;
    arena_init(&r->scratch, ARENA_LIMIT_DEFAULT);
    arena_on_clear(a, free_scratch, &r->scratch);
    return r;
}

const Fault *reader_fault(const Reader *r)
{
    return &r->fault;
}

/* Decide the format and pass over a byte order mark. */
static void start(Reader *r, Str text, size_t *ret_used)
{
    *ret_used = str_starts(text, S("\xEF\xBB\xBF")) ? 3 : 0;
    if (!r->format) r->format = format_from_file_name(r->options.file_name);
    Str first = str_slice(text, *ret_used, text.len < READER_LOOK_AHEAD ? text.len : READER_LOOK_AHEAD);
    if (!r->format) r->format = format_from_text(first);
    static const Parser *const parsers[FORMAT__COUNT] = {
        [FORMAT_CSV] = &csv_parser, [FORMAT_BLT] = &blt_parser, [FORMAT_PREFLIB] = &preflib_parser};
    r->parser = parsers[r->format];
    r->wanted = 0;
    r->parser->open(r);
}

Err reader_rows(Reader *r, Str text, bool last, size_t *ret_used)
{
    size_t skipped = 0;
    if (!r->parser) start(r, text, &skipped);
    size_t used = 0;
    Err e = r->parser->rows(r, str_slice(text, skipped, text.len), last, &used);
    if (e) return e;
    *ret_used = skipped + used;
    return ERR_OK;
}

static void keep(Reader *r, Str text)
{
    if (text.len == 0) return;
    size_t needed = r->kept_length + text.len;
    if (needed > r->kept_capacity) {
        size_t capacity = r->kept_capacity ? r->kept_capacity : 4096;
        while (capacity < needed) capacity *= 2;
        r->kept = arena_grow(&r->scratch, char, r->kept, r->kept_length, capacity);
        r->kept_capacity = capacity;
    }
    memcpy(r->kept + r->kept_length, text.ptr, text.len);
    r->kept_length = needed;
}

/* Take what can be taken of the kept text. */
static Err take_kept(Reader *r, bool last)
{
    size_t used = 0;
    Err e = reader_rows(r, (Str){r->kept ? r->kept : "", r->kept_length}, last, &used);
    if (e) return e;
    r->kept_length -= used;
    if (used && r->kept_length) memmove(r->kept, r->kept + used, r->kept_length);
    return ERR_OK;
}

/* How much of `bytes` to add to the kept text before trying again: up to the next line's end, so that the rest need
 * not be copied. */
static size_t missing(const Reader *r, Str bytes)
{
    size_t n = r->kept_length < r->wanted ? r->wanted - r->kept_length : str_find(bytes, '\n') + 1;
    return n < bytes.len ? n : bytes.len;
}

Err reader_feed(Reader *r, Str bytes)
{
    ASSERT(!r->ended);
    if (r->fault.err) return r->fault.err;
    while (bytes.len) {
        if (r->kept_length == 0 && bytes.len >= r->wanted) {
            size_t used = 0;
            Err e = reader_rows(r, bytes, false, &used);
            if (e) return e;
            keep(r, str_slice(bytes, used, bytes.len));
            return ERR_OK;
        }
        size_t n = missing(r, bytes);
        keep(r, str_slice(bytes, 0, n));
        bytes = str_slice(bytes, n, bytes.len);
        if (r->kept_length < r->wanted) continue;
        Err e = take_kept(r, false);
        if (e) return e;
    }
    return ERR_OK;
}

Err reader_end(Reader *r)
{
    ASSERT(!r->ended);
    r->ended = true;
    Err e = r->fault.err;
    if (!e) e = take_kept(r, true);
    if (!e) e = r->parser->end(r);
    arena_clear(&r->scratch);
    return e;
}

/* --- rows that are lines --- */

static Err one_line(Reader *r, Str line, ReaderLine *handle)
{
    r->row = line;
    if (line.len > FORMAT_LINE_MAX) return reader_fail(r, ERR_LIMIT, NULL, (Str){0}, "a line may have at most %d bytes", FORMAT_LINE_MAX);
    if (line.len && line.ptr[line.len - 1] == '\r') line.len--;
    Err e = handle(r, line);
    if (!e) r->line++;
    return e;
}

Err reader_lines(Reader *r, Str text, bool last, size_t *ret_used, ReaderLine *handle)
{
    size_t at = 0;
    for (;;) {
        Str rest = str_slice(text, at, text.len);
        size_t length = r->scanned + str_find(str_slice(rest, r->scanned, rest.len), '\n');
        bool whole = length < rest.len;
        if (!whole && !last && length <= FORMAT_LINE_MAX) {
            r->scanned = length;
            break;
        }
        if (!whole && length == 0) break;
        r->scanned = 0;
        Err e = one_line(r, str_slice(rest, 0, length), handle);
        if (e) return e;
        at += whole ? length + 1 : length;
    }
    *ret_used = at;
    return ERR_OK;
}

/* --- faults --- */

static bool is_continuation(char byte)
{
    return ((unsigned char)byte & 0xC0) == 0x80;
}

Err reader_fail(Reader *r, Err err, const char *at, Str found, const char *format, ...)
{
    ASSERT(!at || (at >= r->row.ptr && at <= r->row.ptr + r->row.len));
    char text[1024];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);

    /* A row may hold line breaks inside quotes; columns count code points. */
    int64_t line = r->line, column = at ? 1 : 0;
    for (const char *p = r->row.ptr; at && p < at; p++) {
        if (*p == '\n') {
            line++;
            column = 1;
        } else if (!is_continuation(*p)) {
            column++;
        }
    }
    return fault_set(&r->fault, err, line, column, str_copy(r->arena, str_from_c(text)), found);
}

Str reader_quote(Reader *r, Str text, const char *what_if_empty)
{
    if (text.len == 0) return str_format(r->arena, "an empty %s", what_if_empty);
    return fault_quote(r->arena, text);
}

/* --- names --- */

Err reader_check_name(Reader *r, const char *at, Str name, const char *what)
{
    if (name.len == 0) return reader_fail(r, ERR_INPUT, at, S("nothing"), "the name of a %s", what);
    if (!str_is_clean_text(name))
        return reader_fail(r, ERR_INPUT, at, fault_quote(r->arena, name), "the name of a %s in UTF-8 without control characters", what);
    if (name.len > PAPERS_NAME_MAX)
        return reader_fail(r, ERR_LIMIT, at, fault_quote(r->arena, name), "the name of a %s of at most %d bytes", what, PAPERS_NAME_MAX);
    return ERR_OK;
}

static Err check_text(Reader *r, const char *at, Str text, const char *what)
{
    if (!str_is_clean_text(text))
        return reader_fail(r, ERR_INPUT, at, fault_quote(r->arena, text), "a %s in UTF-8 without control characters", what);
    if (text.len > READER_TITLE_MAX)
        return reader_fail(r, ERR_LIMIT, at, fault_quote(r->arena, text), "a %s of at most %d bytes", what, READER_TITLE_MAX);
    return ERR_OK;
}

Err reader_title(Reader *r, const char *at, Str text)
{
    Err e = check_text(r, at, text, "title");
    if (!e && !r->papers->title.len) r->papers->title = str_copy(r->papers->arena, text);
    return e;
}

Err reader_note(Reader *r, const char *at, Str text)
{
    Err e = check_text(r, at, text, "note");
    if (e) return e;
    /* Where a whole file is one section, the caveat is about that section. */
    Str section = r->options.section;
    if (section.len && text.len) text = str_format(r->arena, "%.*s: %.*s", STR_ARG(section), STR_ARG(text));
    papers_add_note(r->papers, text);
    if (r->papers->note.len > READER_TITLE_MAX)
        return reader_fail(r, ERR_LIMIT, at, (Str){0}, "the notes may have at most %d bytes together", READER_TITLE_MAX);
    return ERR_OK;
}

/* Levenshtein's distance, by bytes; gives up with a large number on long names. */
static int distance(Str s, Str other)
{
    enum { LONGEST = 64, FAR = 1000 };
    if (s.len > LONGEST || other.len > LONGEST) return FAR;
    int row[LONGEST + 1];
    for (int j = 0; j <= (int)other.len; j++) row[j] = j;
    for (int i = 1; i <= (int)s.len; i++) {
        int diagonal = row[0];
        row[0] = i;
        for (int j = 1; j <= (int)other.len; j++) {
            int replace = diagonal + (s.ptr[i - 1] != other.ptr[j - 1]);
            int least = row[j] < row[j - 1] ? row[j] + 1 : row[j - 1] + 1;
            diagonal = row[j];
            row[j] = replace < least ? replace : least;
        }
    }
    return row[other.len];
}

Str reader_nearest_candidate(Reader *r, Str name)
{
    Str nearest = {0};
    int least = 1 + (int)(name.len < 64 ? name.len : 64) / 3;
    for (int i = 0; i < r->papers->candidate_count; i++) {
        int d = distance(name, r->papers->candidates[i].name);
        if (d > least || (d == least && nearest.len)) continue;
        least = d;
        nearest = r->papers->candidates[i].name;
    }
    return nearest;
}

/* --- papers --- */

Err reader_add(Reader *r, const char *at, int section, int box, const Mark *marks, int mark_count, int64_t how_many, uint32_t *ret_group)
{
    if (how_many == 0) return ERR_OK;
    Err e = papers_add(r->papers, section, box, marks, mark_count, how_many, ret_group);
    if (!e) return ERR_OK;
    if (mark_count > PAPERS_MARKS_MAX)
        return reader_fail(r, ERR_LIMIT, at, (Str){0}, "a paper may have at most %d marks, this one has %d", PAPERS_MARKS_MAX, mark_count);
    return reader_fail(r, ERR_LIMIT, at, (Str){0}, "more than %lld papers in one contest", (long long)PAPERS_TOTAL_MAX);
}

Err reader_fixed_section(Reader *r, int *ret_section)
{
    *ret_section = PAPERS_NO_SECTION;
    if (r->options.section.len == 0) return ERR_OK;
    int section = papers_section(r->papers, r->options.section);
    if (section < 0) return reader_fail(r, ERR_LIMIT, NULL, (Str){0}, "more than %d sections", PAPERS_SECTIONS_MAX);
    *ret_section = section;
    return ERR_OK;
}

Err reader_how_many(Reader *r, const char *at, Str text, int64_t *ret_how_many)
{
    int64_t how_many = 0;
    if (!str_to_i64(text, &how_many) || how_many < 0 || text.ptr[0] == '-')
        return reader_fail(r, ERR_INPUT, at, reader_quote(r, text, "cell"), "a whole number of papers");
    if (how_many > PAPERS_TOTAL_MAX)
        return reader_fail(
            r, ERR_LIMIT, at, reader_quote(r, text, "cell"), "a number of papers of at most %lld", (long long)PAPERS_TOTAL_MAX);
    *ret_how_many = how_many;
    return ERR_OK;
}
