/* Papers as text again.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Reading what was written gives the same candidates, groups and figures in the same order (test/unit/formats). What a
 * format cannot say is refused, never left out.
 */
#include "formats/csv.h"

typedef struct Writer {
    const Papers *papers;
    Buf *out;
    Arena *arena;
    Fault *fault;
} Writer;

static Err cannot(const Writer *w, Format format, const char *what)
{
    Str name = format_name(format);
    return fault_setf(w->fault, w->arena, ERR_INPUT, "%.*s cannot say %s; write csv instead", STR_ARG(name), what);
}

static Err refuse(const Writer *w, const char *why, Str name)
{
    Str quoted = fault_quote(w->arena, name);
    return fault_setf(w->fault, w->arena, ERR_INPUT, "%s %.*s", why, STR_ARG(quoted));
}

/* --- what is asked of all papers --- */

static Err check_name(const Writer *w, Str name, bool may_be_empty)
{
    bool fits = str_is_clean_text(name) && name.len <= PAPERS_NAME_MAX && str_trim(name).len == name.len && (name.len || may_be_empty);
    return fits ? ERR_OK : refuse(w, "no format can hold the name", name);
}

static Err check_text(const Writer *w, Str text, const char *what)
{
    bool fits = str_is_clean_text(text) && text.len <= READER_TITLE_MAX && str_trim(text).len == text.len;
    return fits ? ERR_OK : fault_setf(w->fault, w->arena, ERR_INPUT, "the %s holds something that no format can say", what);
}

static Err check_names(const Writer *w)
{
    const Papers *p = w->papers;
    Err e = check_text(w, p->title, "title");
    if (!e) e = check_text(w, p->note, "note");
    for (int i = 0; !e && i < p->candidate_count; i++) {
        e = check_name(w, p->candidates[i].name, false);
        if (!e) e = check_name(w, p->candidates[i].post, true);
    }
    for (int i = 0; !e && i < p->section_count; i++) e = check_name(w, p->sections[i].name, false);
    for (int i = 0; !e && i < p->box_count; i++) e = check_name(w, p->boxes[i].name, false);
    return e;
}

static bool has_posts(const Papers *p)
{
    for (int i = 0; i < p->candidate_count; i++)
        if (p->candidates[i].post.len) return true;
    return false;
}

/* Is `special` (MARK_SKIPPED, MARK_OVERVOTE) on any paper? */
static bool has_mark(const Papers *p, Mark special)
{
    for (uint32_t i = 0; i < p->mark_count; i++)
        if ((p->marks[i] & MARK_CANDIDATE) == special) return true;
    return false;
}

static bool has_equal_ranks(const Papers *p)
{
    for (uint32_t i = 0; i < p->mark_count; i++)
        if (p->marks[i] & MARK_EQUAL) return true;
    return false;
}

static const Mark *marks_of(const Papers *p, const PaperGroup *g)
{
    return p->marks + g->first;
}

static int rank_count(const Papers *p, const PaperGroup *g)
{
    int ranks = 0;
    for (int k = 0; k < g->length; k++) ranks += !(marks_of(p, g)[k] & MARK_EQUAL);
    return ranks;
}

/* --- CSV --- */

static void csv_quoted(Buf *out, Str text)
{
    buf_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') buf_byte(out, '"');
        buf_byte(out, text.ptr[i]);
    }
    buf_byte(out, '"');
}

static void csv_cell(Buf *out, Str text)
{
    bool plain = str_find(text, ',') == text.len && str_find(text, '"') == text.len && str_find(text, ';') == text.len &&
                 str_find(text, '\t') == text.len;
    if (plain) buf_str(out, text);
    else csv_quoted(out, text);
}

/* An item of a comment's list. */
static void csv_item(Buf *out, Str text)
{
    bool plain = str_find(text, ';') == text.len && str_find(text, ':') == text.len && text.ptr[0] != '"';
    if (plain) buf_str(out, text);
    else csv_quoted(out, text);
}

static void csv_comment(Buf *out, const char *key)
{
    buf_format(out, "# %s: ", key);
}

static void csv_candidates(const Writer *w, const char *key, Str post, bool withdrawn_only)
{
    const Papers *p = w->papers;
    bool any = false;
    for (int i = 0; i < p->candidate_count; i++) {
        const Candidate *c = &p->candidates[i];
        if (withdrawn_only ? !c->withdrawn : !str_equal(c->post, post)) continue;
        if (any) buf_str(w->out, S("; "));
        else csv_comment(w->out, key);
        if (!any && post.len) {
            csv_item(w->out, post);
            buf_str(w->out, S(": "));
        }
        any = true;
        csv_item(w->out, c->name);
    }
    if (any) buf_byte(w->out, '\n');
}

/* The posts, in the order of their first candidates. */
static int list_posts(const Writer *w, Str **ret_posts)
{
    const Papers *p = w->papers;
    Str *posts = arena_new(w->arena, Str, (size_t)p->candidate_count);
    int count = 0;
    for (int i = 0; i < p->candidate_count; i++) {
        bool listed = false;
        for (int k = 0; k < count; k++) listed |= str_equal(posts[k], p->candidates[i].post);
        if (!listed) posts[count++] = p->candidates[i].post;
    }
    *ret_posts = posts;
    return count;
}

static void csv_comments(const Writer *w)
{
    const Papers *p = w->papers;
    if (p->note.len) {
        csv_comment(w->out, "note");
        buf_str(w->out, p->note);
        buf_byte(w->out, '\n');
    }
    if (p->title.len) {
        csv_comment(w->out, "title");
        buf_str(w->out, p->title);
        buf_byte(w->out, '\n');
    }
    if (p->seats) buf_format(w->out, "# seats: %d\n", p->seats);
    Str *posts;
    int post_count = list_posts(w, &posts);
    for (int i = 0; i < post_count; i++) csv_candidates(w, posts[i].len ? "post" : "candidates", posts[i], false);
    csv_candidates(w, "withdrawn", (Str){0}, true);
    for (int i = 0; i < p->section_count; i++) {
        if (i == 0) csv_comment(w->out, "sections");
        else buf_str(w->out, S("; "));
        csv_item(w->out, p->sections[i].name);
    }
    if (p->section_count) buf_byte(w->out, '\n');
    for (int i = 0; i < p->box_count; i++) {
        csv_comment(w->out, "box");
        csv_item(w->out, p->boxes[i].name);
        buf_format(w->out, ": %lld; %lld\n", (long long)p->boxes[i].papers, (long long)p->boxes[i].unmarked);
    }
}

/* How many, and the section. */
static void csv_row_start(const Writer *w, const PaperGroup *g)
{
    buf_i64(w->out, g->papers);
    if (!w->papers->section_count) return;
    buf_byte(w->out, ',');
    if (g->section != PAPERS_NO_SECTION) csv_cell(w->out, w->papers->sections[g->section].name);
}

/* The rank that starts at marks[k] as a cell; how many marks it has. */
static int csv_rank(const Writer *w, const Mark *marks, int k, int count)
{
    int n = 1;
    while (k + n < count && marks[k + n] & MARK_EQUAL) n++;
    Mark first = marks[k] & MARK_CANDIDATE;
    buf_byte(w->out, ',');
    if (first == MARK_SKIPPED) return n;
    if (first == MARK_OVERVOTE) {
        buf_str(w->out, S("overvote"));
        return n;
    }
    Buf cell = buf_new(w->arena);
    for (int i = 0; i < n; i++) {
        if (i) buf_byte(&cell, '=');
        buf_str(&cell, w->papers->candidates[marks[k + i] & MARK_CANDIDATE].name);
    }
    csv_cell(w->out, buf_done(&cell));
    return n;
}

/* Names that would be read as something else. */
static Err csv_check(const Writer *w)
{
    const Papers *p = w->papers;
    bool overvotes = has_mark(p, MARK_OVERVOTE), equal_ranks = has_equal_ranks(p);
    for (int i = 0; i < p->candidate_count; i++) {
        Str name = p->candidates[i].name;
        if (overvotes && str_equal(name, S("overvote"))) return refuse(w, "csv cannot tell overvoted papers from a candidate called", name);
        if (equal_ranks && str_find(name, '=') < name.len) return refuse(w, "csv cannot tell an equal rank from a candidate called", name);
    }
    return ERR_OK;
}

static Err write_csv(const Writer *w)
{
    const Papers *p = w->papers;
    Err e = csv_check(w);
    if (e) return e;
    int ranks = 1;
    for (uint32_t i = 0; i < p->group_count; i++) {
        int n = rank_count(p, &p->groups[i]);
        if (n > ranks) ranks = n;
    }
    csv_comments(w);
    buf_str(w->out, p->section_count ? S("count,section") : S("count"));
    for (int i = 1; i <= ranks; i++) buf_format(w->out, ",%d", i);
    buf_byte(w->out, '\n');
    for (uint32_t i = 0; i < p->group_count; i++) {
        const PaperGroup *g = &p->groups[i];
        int written = 0;
        csv_row_start(w, g);
        for (int k = 0; k < g->length; written++) k += csv_rank(w, marks_of(p, g), k, g->length);
        for (; written < ranks; written++) buf_byte(w->out, ',');
        buf_byte(w->out, '\n');
    }
    return ERR_OK;
}

/* --- CSV with posts --- */

/* The marks of `g` for one post, ranks kept together. */
static int marks_for_post(const Papers *p, const PaperGroup *g, Str post, Mark *marks)
{
    int n = 0;
    for (int k = 0; k < g->length; k++)
        if (str_equal(p->candidates[marks_of(p, g)[k] & MARK_CANDIDATE].post, post)) marks[n++] = marks_of(p, g)[k];
    return n;
}

static int columns_for_post(const Papers *p, Str post)
{
    Mark marks[PAPERS_MARKS_MAX];
    int columns = 1;
    for (uint32_t i = 0; i < p->group_count; i++) {
        int ranks = 0, n = marks_for_post(p, &p->groups[i], post, marks);
        for (int k = 0; k < n; k++) ranks += !(marks[k] & MARK_EQUAL);
        if (ranks > columns) columns = ranks;
    }
    return columns;
}

static Err posts_check(const Writer *w, const Str *posts, int post_count)
{
    const Papers *p = w->papers;
    ColumnKind kind;
    for (int i = 0; i < post_count; i++) {
        if (!posts[i].len)
            return fault_setf(
                w->fault, w->arena, ERR_INPUT, "papers where some candidates stand for a post and others for none cannot be written");
        if (csv_known_column(posts[i], &kind)) return refuse(w, "csv cannot tell a column of its own from a post called", posts[i]);
    }
    if (has_mark(p, MARK_SKIPPED) || has_mark(p, MARK_OVERVOTE))
        return fault_setf(
            w->fault, w->arena, ERR_INPUT, "empty ranks and overvotes cannot be written for papers with posts: they belong to no post");
    for (int i = 0; i < p->candidate_count; i++)
        for (int k = 0; k < p->candidate_count; k++)
            if (p->candidates[i].withdrawn && !p->candidates[k].withdrawn && str_equal(p->candidates[i].name, p->candidates[k].name))
                return refuse(w, "csv cannot say for which post she withdrew:", p->candidates[i].name);
    return csv_check(w);
}

static Err write_posts(const Writer *w)
{
    const Papers *p = w->papers;
    Str *posts;
    int post_count = list_posts(w, &posts);
    Err e = posts_check(w, posts, post_count);
    if (e) return e;
    int *columns = arena_new(w->arena, int, (size_t)post_count);
    csv_comments(w);
    buf_str(w->out, p->section_count ? S("count,section") : S("count"));
    for (int i = 0; i < post_count; i++) {
        columns[i] = columns_for_post(p, posts[i]);
        for (int k = 0; k < columns[i]; k++) {
            buf_byte(w->out, ',');
            csv_cell(w->out, posts[i]);
        }
    }
    buf_byte(w->out, '\n');
    Mark marks[PAPERS_MARKS_MAX];
    for (uint32_t i = 0; i < p->group_count; i++) {
        csv_row_start(w, &p->groups[i]);
        for (int post = 0; post < post_count; post++) {
            int n = marks_for_post(p, &p->groups[i], posts[post], marks), written = 0;
            for (int k = 0; k < n; written++) k += csv_rank(w, marks, k, n);
            for (; written < columns[post]; written++) buf_byte(w->out, ',');
        }
        buf_byte(w->out, '\n');
    }
    return ERR_OK;
}

/* --- BLT --- */

static void blt_quoted(Buf *out, Str text)
{
    buf_byte(out, '"');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"' || text.ptr[i] == '\\') buf_byte(out, '\\');
        buf_byte(out, text.ptr[i]);
    }
    buf_str(out, S("\"\n"));
}

static Err check_plain(const Writer *w, Format format)
{
    const Papers *p = w->papers;
    if (p->section_count) return cannot(w, format, "sections");
    if (p->box_count) return cannot(w, format, "boxes");
    if (has_posts(p)) return cannot(w, format, "posts");
    if (has_mark(p, MARK_OVERVOTE)) return cannot(w, format, "overvotes whose names are not known");
    if (!p->candidate_count) return cannot(w, format, "papers without any candidate");
    return ERR_OK;
}

static Err write_blt(const Writer *w)
{
    const Papers *p = w->papers;
    Err e = check_plain(w, FORMAT_BLT);
    if (e) return e;
    if (p->note.len) {
        buf_str(w->out, S("# note: "));
        buf_str(w->out, p->note);
        buf_byte(w->out, '\n');
    }
    /* The format must state the seats; one is what a file that does not say is counted for. */
    buf_format(w->out, "%d %d\n", p->candidate_count, p->seats ? p->seats : 1);
    bool any = false;
    for (int i = 0; i < p->candidate_count; i++) {
        if (!p->candidates[i].withdrawn) continue;
        buf_format(w->out, any ? " -%d" : "-%d", i + 1);
        any = true;
    }
    if (any) buf_byte(w->out, '\n');
    for (uint32_t i = 0; i < p->group_count; i++) {
        const PaperGroup *g = &p->groups[i];
        buf_i64(w->out, g->papers);
        for (int k = 0; k < g->length; k++) {
            Mark mark = marks_of(p, g)[k];
            buf_byte(w->out, k && mark & MARK_EQUAL ? '=' : ' ');
            if ((mark & MARK_CANDIDATE) == MARK_SKIPPED) buf_byte(w->out, '-');
            else buf_i64(w->out, (mark & MARK_CANDIDATE) + 1);
        }
        buf_str(w->out, S(" 0\n"));
    }
    buf_str(w->out, S("0\n"));
    for (int i = 0; i < p->candidate_count; i++) blt_quoted(w->out, p->candidates[i].name);
    blt_quoted(w->out, p->title);
    return ERR_OK;
}

/* --- PrefLib --- */

static bool is_complete(const Papers *p, const PaperGroup *g, uint32_t stamp, uint32_t *seen)
{
    int ranked = 0;
    for (int k = 0; k < g->length; k++) {
        int candidate = marks_of(p, g)[k] & MARK_CANDIDATE;
        ranked += seen[candidate] != stamp;
        seen[candidate] = stamp;
    }
    return ranked == p->candidate_count;
}

static Err preflib_check(const Writer *w)
{
    const Papers *p = w->papers;
    Err e = check_plain(w, FORMAT_PREFLIB);
    if (e) return e;
    if (has_mark(p, MARK_SKIPPED)) return cannot(w, FORMAT_PREFLIB, "empty ranks");
    for (int i = 0; i < p->candidate_count; i++)
        if (p->candidates[i].withdrawn) return cannot(w, FORMAT_PREFLIB, "who withdrew");
    for (uint32_t i = 0; i < p->group_count; i++)
        if (p->groups[i].length == 0) return cannot(w, FORMAT_PREFLIB, "papers without a mark");
    return ERR_OK;
}

static void preflib_order(const Writer *w, const PaperGroup *g)
{
    const Mark *marks = marks_of(w->papers, g);
    buf_i64(w->out, g->papers);
    buf_str(w->out, S(": "));
    for (int k = 0; k < g->length; k++) {
        bool joins = k && marks[k] & MARK_EQUAL;
        bool opens = !joins && k + 1 < g->length && marks[k + 1] & MARK_EQUAL;
        bool closes = joins && (k + 1 == g->length || !(marks[k + 1] & MARK_EQUAL));
        if (k) buf_byte(w->out, ',');
        if (opens) buf_byte(w->out, '{');
        buf_i64(w->out, (marks[k] & MARK_CANDIDATE) + 1);
        if (closes) buf_byte(w->out, '}');
    }
    buf_byte(w->out, '\n');
}

static Err write_preflib(const Writer *w)
{
    const Papers *p = w->papers;
    Err e = preflib_check(w);
    if (e) return e;
    uint32_t *seen = arena_new(w->arena, uint32_t, (size_t)p->candidate_count);
    bool complete = true;
    for (uint32_t i = 0; i < p->group_count; i++) complete &= is_complete(p, &p->groups[i], i + 1, seen);
    const char *type = has_equal_ranks(p) ? (complete ? "toc" : "toi") : (complete ? "soc" : "soi");
    buf_format(w->out, "# FILE NAME: papers.%s\n# TITLE: ", type);
    buf_str(w->out, p->title);
    buf_format(w->out, "\n# DESCRIPTION: \n# DATA TYPE: %s\n# MODIFICATION TYPE: original\n# RELATES TO: \n# RELATED FILES: \n", type);
    buf_str(w->out, S("# PUBLICATION DATE: \n# MODIFICATION DATE: \n"));
    buf_format(w->out, "# NUMBER ALTERNATIVES: %d\n# NUMBER VOTERS: %lld\n# NUMBER UNIQUE ORDERS: %u\n", p->candidate_count,
        (long long)p->total, (unsigned)p->group_count);
    if (p->seats) buf_format(w->out, "# NUMBER SEATS: %d\n", p->seats);
    if (p->note.len) {
        buf_str(w->out, S("# NOTE: "));
        buf_str(w->out, p->note);
        buf_byte(w->out, '\n');
    }
    for (int i = 0; i < p->candidate_count; i++) {
        buf_format(w->out, "# ALTERNATIVE NAME %d: ", i + 1);
        buf_str(w->out, p->candidates[i].name);
        buf_byte(w->out, '\n');
    }
    for (uint32_t i = 0; i < p->group_count; i++) preflib_order(w, &p->groups[i]);
    return ERR_OK;
}

Err format_write(const Papers *papers, Format format, Buf *out, Fault *fault)
{
    const Writer w = {.papers = papers, .out = out, .arena = out->arena, .fault = fault};
    Err e = check_names(&w);
    if (e) return e;
    switch (format) {
    case FORMAT_BLT: return write_blt(&w);
    case FORMAT_PREFLIB: return write_preflib(&w);
    case FORMAT_CSV: return has_posts(papers) ? write_posts(&w) : write_csv(&w);
    case FORMAT_UNKNOWN:
    case FORMAT__COUNT: break;
    }
    return fault_setf(fault, out->arena, ERR_INPUT, "a format to write: csv, blt or preflib");
}
