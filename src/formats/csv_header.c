/* What stands before the papers of a CSV file: comments that declare things, and a row that says what the columns are.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A paper must never be taken for a header nor a header for a paper. The first row is a header when it names columns we
 * know. If it does not, the rows below it decide: numbers below names that do not come again are ranks below candidates
 * (any name among them is refused later); names below names are papers, and then so is the first row if all its names
 * come again (a heading does not) or were declared. Anything else is refused with advice. The rows below are looked at within READER_LOOK_AHEAD bytes, so that the answer does not depend on
 * how the text arrives.
 */
#include "formats/csv.h"

/* --- names of columns --- */

bool csv_known_column(Str name, ColumnKind *ret_kind)
{
    static const struct {
        Str name;
        ColumnKind kind;
    } known[] = {
        {S("count"), COLUMN_COUNT},
        {S("papers"), COLUMN_COUNT},
        {S("votes"), COLUMN_COUNT},
        {S("multiplicity"), COLUMN_COUNT},
        {S("number"), COLUMN_COUNT},
        {S("section"), COLUMN_SECTION},
        {S("class"), COLUMN_SECTION},
        {S("box"), COLUMN_BOX},
        {S("precinct"), COLUMN_BOX},
        {S("ward"), COLUMN_BOX},
        {S("place"), COLUMN_BOX},
        {S("polling place"), COLUMN_BOX},
        {S("id"), COLUMN_IGNORED},
        {S("paper"), COLUMN_IGNORED},
        {S("ballot"), COLUMN_IGNORED},
        {S("serial"), COLUMN_IGNORED},
        {S("timestamp"), COLUMN_IGNORED},
    };
    for (int i = 0; i < COUNT_OF(known); i++) {
        if (!str_equal_nocase(name, known[i].name)) continue;
        *ret_kind = known[i].kind;
        return true;
    }
    return false;
}

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* The next run of letters or of digits in *rest; blanks and "_-." between them are passed over. */
static Str next_piece(Str *rest)
{
    while (rest->len && (*rest->ptr == ' ' || *rest->ptr == '_' || *rest->ptr == '-' || *rest->ptr == '.'))
        *rest = str_slice(*rest, 1, rest->len);
    size_t n = 0;
    while (n < rest->len && is_digit(rest->ptr[n])) n++;
    while (n < rest->len && !is_digit(rest->ptr[0]) && is_letter(rest->ptr[n])) n++;
    Str piece = str_slice(*rest, 0, n);
    *rest = str_slice(*rest, n, rest->len);
    return piece;
}

static bool is_one_of(Str piece, const char *const *words, int count)
{
    for (int i = 0; i < count; i++)
        if (str_equal_nocase(piece, str_from_c(words[i]))) return true;
    return false;
}

int csv_rank_of_name(Str name)
{
    static const char *const nouns[] = {"rank", "ranking", "preference", "pref", "choice", "vote"};
    static const char *const suffixes[] = {"st", "nd", "rd", "th"};
    static const char *const ordinals[] = {"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"};
    Str rest = name;
    Str piece = next_piece(&rest);
    bool noun = is_one_of(piece, nouns, COUNT_OF(nouns));
    if (noun && rest.len == 0) return 1; /* "Vote": the only one */
    if (noun) piece = next_piece(&rest);

    int64_t rank = 0;
    if (csv_is_number(piece)) {
        if (!str_to_i64(piece, &rank) || rank > FORMAT_COLUMNS_MAX) return 0;
        Str after = rest;
        if (is_one_of(next_piece(&after), suffixes, COUNT_OF(suffixes))) rest = after;
    } else {
        for (int i = 0; i < COUNT_OF(ordinals); i++)
            if (str_equal_nocase(piece, str_from_c(ordinals[i]))) rank = i + 1;
    }
    if (rank == 0 || rest.len == 0) return (int)rank;
    piece = next_piece(&rest);
    return !noun && is_one_of(piece, nouns, COUNT_OF(nouns)) && rest.len == 0 ? (int)rank : 0;
}

/* --- comments --- */

/* The next item of a list such as `Ada; "Smith; Bo"`: up to `stop` or the end, trimmed, quotes taken off. */
static Err next_item(Reader *r, Str *rest, char stop, Str *ret_item)
{
    Str text = str_trim(*rest);
    size_t n = 0;
    bool quoted = text.len && text.ptr[0] == '"';
    bool in_quotes = false;
    for (; n < text.len && (in_quotes || text.ptr[n] != stop); n++)
        if (quoted && text.ptr[n] == '"') in_quotes = !in_quotes;
    Str raw = str_trim(str_slice(text, 0, n));
    if (quoted && (in_quotes || raw.len < 2 || raw.ptr[raw.len - 1] != '"'))
        return reader_fail(r, ERR_INPUT, raw.ptr, fault_quote(r->arena, raw), "a closing quote and then '%c'", stop);
    *ret_item = str_copy(&r->scratch, csv_text(r, raw));
    *rest = n < text.len ? str_slice(text, n + 1, text.len) : (Str){text.ptr + n, 0};
    return ERR_OK;
}

/* Call `take` with every item that is not empty. */
typedef Err TakeItem(Reader *r, const char *at, Str post, Str item);

static Err for_items(Reader *r, Str list, Str post, TakeItem *take)
{
    while (str_trim(list).len) {
        const char *at = str_trim(list).ptr;
        Str item = {0};
        Err e = next_item(r, &list, ';', &item);
        if (!e && item.len) e = take(r, at, post, item);
        if (e) return e;
    }
    return ERR_OK;
}

static Err take_candidate(Reader *r, const char *at, Str post, Str name)
{
    Err e = reader_check_name(r, at, name, "candidate");
    if (e) return e;
    if (papers_post_candidate(r->papers, post, name) < 0)
        return reader_fail(r, ERR_LIMIT, at, (Str){0}, "more than %d candidates", PAPERS_CANDIDATES_MAX);
    return ERR_OK;
}

static Err take_section(Reader *r, const char *at, Str post, Str name)
{
    (void)post;
    Err e = reader_check_name(r, at, name, "section");
    if (e || r->options.section.len) return e;
    if (papers_section(r->papers, name) < 0) return reader_fail(r, ERR_LIMIT, at, (Str){0}, "more than %d sections", PAPERS_SECTIONS_MAX);
    return ERR_OK;
}

static Err take_withdrawn(Reader *r, const char *at, Str post, Str name)
{
    Csv *c = r->state;
    (void)post;
    Err e = reader_check_name(r, at, name, "candidate");
    if (e) return e;
    if (c->withdrawn_count == PAPERS_CANDIDATES_MAX)
        return reader_fail(r, ERR_LIMIT, at, (Str){0}, "more than %d candidates", PAPERS_CANDIDATES_MAX);
    if (!c->withdrawn) c->withdrawn = arena_new(&r->scratch, Str, PAPERS_CANDIDATES_MAX);
    c->withdrawn[c->withdrawn_count++] = name;
    c->withdrawn_line = r->line;
    return ERR_OK;
}

static Err comment_candidates(Reader *r, Str value)
{
    Csv *c = r->state;
    if (r->options.posts)
        return reader_fail(r, ERR_INPUT, value.ptr, S("'# candidates:'"), "'# post: NAME: A; B', since these papers have posts");
    c->declared = true;
    return for_items(r, value, (Str){0}, take_candidate);
}

static Err comment_post(Reader *r, Str value)
{
    Csv *c = r->state;
    if (!r->options.posts)
        return reader_fail(
            r, ERR_INPUT, value.ptr, S("'# post:'"), "papers for one contest; papers with posts need rules with method = posts");
    const char *at = value.ptr;
    Str post;
    Err e = next_item(r, &value, ':', &post);
    if (!e) e = reader_check_name(r, at, post, "post");
    if (e) return e;
    if (c->declared_post_count == FORMAT_COLUMNS_MAX)
        return reader_fail(r, ERR_LIMIT, at, (Str){0}, "more than %d posts", FORMAT_COLUMNS_MAX);
    c->declared_posts = arena_grow(&r->scratch, Str, c->declared_posts, (size_t)c->declared_post_count, (size_t)c->declared_post_count + 1);
    c->declared_posts[c->declared_post_count++] = post;
    return for_items(r, value, post, take_candidate);
}

/* "# box: NAME: 120; 3": papers read from it, and how many of these had no mark. What format_write leaves of boxes. */
static Err comment_box(Reader *r, Str value)
{
    Csv *c = r->state;
    const char *at = value.ptr;
    Str name, papers = {0}, unmarked = {0};
    Err e = next_item(r, &value, ':', &name);
    if (!e) e = reader_check_name(r, at, name, "box");
    if (!e) e = next_item(r, &value, ';', &papers);
    if (!e) e = next_item(r, &value, ';', &unmarked);
    int64_t n = 0, n_unmarked = 0;
    if (!e) e = reader_how_many(r, at, papers, &n);
    if (!e) e = reader_how_many(r, at, unmarked, &n_unmarked);
    if (e) return e;
    if (n_unmarked > n || n > PAPERS_TOTAL_MAX - c->stated_box_papers)
        return reader_fail(r, ERR_INPUT, at, (Str){0}, "a box cannot have more unmarked papers than papers, nor a contest more than %lld",
            (long long)PAPERS_TOTAL_MAX);
    int box = papers_box(r->papers, name);
    if (box < 0) return reader_fail(r, ERR_LIMIT, at, (Str){0}, "more than %d boxes", PAPERS_BOXES_MAX);
    r->papers->boxes[box].papers += n;
    r->papers->boxes[box].unmarked += n_unmarked;
    c->stated_box_papers += n;
    c->boxes_stated = true;
    return ERR_OK;
}

static Err comment_title(Reader *r, Str value)
{
    return reader_title(r, value.ptr, value);
}

static Err comment_note(Reader *r, Str value)
{
    return reader_note(r, value.ptr, value);
}

static Err comment_seats(Reader *r, Str value)
{
    int64_t seats;
    if (!str_to_i64(value, &seats) || seats < 1 || seats > PAPERS_CANDIDATES_MAX)
        return reader_fail(
            r, ERR_INPUT, value.ptr, reader_quote(r, value, "value"), "a number of seats from 1 to %d", PAPERS_CANDIDATES_MAX);
    if (!r->papers->seats) r->papers->seats = (int)seats;
    return ERR_OK;
}

static Err comment_sections(Reader *r, Str value)
{
    ((Csv *)r->state)->sections_declared = true;
    return for_items(r, value, (Str){0}, take_section);
}

static Err comment_withdrawn(Reader *r, Str value)
{
    return for_items(r, value, (Str){0}, take_withdrawn);
}

static Err read_comment(Reader *r, Str line)
{
    static const struct {
        Str key;
        Err (*read)(Reader *r, Str value);
    } keys[] = {
        {S("title"), comment_title},
        {S("seats"), comment_seats},
        {S("candidates"), comment_candidates},
        {S("candidate"), comment_candidates},
        {S("withdrawn"), comment_withdrawn},
        {S("sections"), comment_sections},
        {S("section"), comment_sections},
        {S("post"), comment_post},
        {S("box"), comment_box},
        {S("note"), comment_note},
    };
    Str key, value;
    if (!str_cut(str_slice(line, 1, line.len), ':', &key, &value)) return ERR_OK;
    for (int i = 0; i < COUNT_OF(keys); i++)
        if (str_equal_nocase(str_trim(key), keys[i].key)) return keys[i].read(r, str_trim(value));
    return ERR_OK;
}

/* --- the first row --- */

/* The names in the first row, copied, so that other rows can be looked at meanwhile. */
typedef struct FirstRow {
    Str row;
    Str *names;
    int count;
} FirstRow;

static Err read_first_row(Reader *r, Str row, FirstRow *first)
{
    Csv *c = r->state;
    r->row = row;
    Err e = csv_cells(r, row);
    if (e) return e;
    *first = (FirstRow){.row = row, .count = c->cell_count, .names = arena_new(&r->scratch, Str, (size_t)c->cell_count)};
    for (int i = 0; i < first->count; i++) first->names[i] = str_copy(&r->scratch, csv_text(r, c->cells[i].raw));
    return ERR_OK;
}

static bool is_known(const Reader *r, Str name)
{
    ColumnKind kind;
    const Csv *c = r->state;
    return csv_known_column(name, &kind) || csv_rank_of_name(name) > 0 || (c->declared && papers_find_candidate(r->papers, name) >= 0);
}

/* Of comma, semicolon and tab the one in the first row; with several, the one that gives more columns we know. */
static Err find_separator(Reader *r, Str row)
{
    Csv *c = r->state;
    static const char separators[] = {',', ';', '\t'};
    char best = ',';
    int best_known = -1, present = 0;
    bool even = false;
    for (int i = 0; i < COUNT_OF(separators); i++) {
        c->separator = separators[i];
        FirstRow first;
        Str file = r->fault.file;
        Err e = read_first_row(r, row, &first);
        if (e) r->fault = (Fault){.file = file}; /* not this one, or told again below */
        if (e || first.count < 2) continue;
        present++;
        int known = 0;
        for (int k = 0; k < first.count; k++) known += is_known(r, first.names[k]);
        if (known >= best_known) even = known == best_known;
        if (known > best_known) {
            best_known = known;
            best = separators[i];
        }
    }
    c->separator = best;
    if (present > 1 && even)
        return reader_fail(r, ERR_INPUT, row.ptr, fault_quote(r->arena, row),
            "one separator in the first row (comma, semicolon or tab); put names that contain another in quotes");
    return ERR_OK;
}

static const char how_to_add_a_header[] =
    "a first row that names the columns: '1,2,3' (or '1st choice,...') above names, or the candidates' names above rank numbers";

/* What the rows below the first one hold. */
typedef struct Below {
    bool numbers; /* ranks */
    bool crosses;
    bool names;
    bool *again; /* [column of the first row]: its name comes again */
} Below;

static void look_at_cell(Below *below, const FirstRow *first, Str text)
{
    if (text.len == 0 || str_equal(text, S("-"))) return;
    for (int i = 0; i < first->count; i++) below->again[i] |= str_equal(text, first->names[i]);
    if (csv_is_number(text)) below->numbers = true;
    else if (csv_is_cross(text)) below->crosses = true;
    else below->names = true;
}

/* `whole`: the text goes to the end of the file, so its last row needs no line end. */
static void look_below(Reader *r, const FirstRow *first, Str text, bool whole, Below *below)
{
    Csv *c = r->state;
    below->again = arena_new(&r->scratch, bool, (size_t)first->count);
    while (text.len) {
        size_t scanned = 0, length = 0;
        bool in_quotes = false;
        if (!csv_row_length(text, &scanned, &in_quotes, &length)) {
            if (!whole || in_quotes) break;
            length = text.len;
        }
        Fault before = r->fault;
        r->row = str_slice(text, 0, length);
        /* A row with stray quotes is no evidence; it is refused when its turn comes. */
        if (csv_cells(r, r->row)) r->fault = before;
        else
            for (int i = 0; i < c->cell_count; i++) look_at_cell(below, first, csv_text(r, c->cells[i].raw));
        text = str_slice(text, length < text.len ? length + 1 : length, text.len);
    }
}

static bool all_declared(const Reader *r, const FirstRow *first)
{
    const Csv *c = r->state;
    int names = 0;
    for (int i = 0; c->declared && i < first->count; i++) {
        if (first->names[i].len == 0) continue;
        if (papers_find_candidate(r->papers, first->names[i]) < 0) return false;
        names++;
    }
    return names > 0;
}

/* A candidate called "3" or "x" makes rank numbers and crosses ambiguous. */
static bool names_look_like_ranks(const Reader *r, const FirstRow *first)
{
    for (int i = 0; i < r->papers->candidate_count; i++)
        if (csv_is_number(r->papers->candidates[i].name) || csv_is_cross(r->papers->candidates[i].name)) return true;
    for (int i = 0; i < first->count; i++)
        if (csv_is_number(first->names[i]) || csv_is_cross(first->names[i])) return true;
    return false;
}

static bool every_name_again(const FirstRow *first, const Below *below)
{
    int names = 0;
    for (int i = 0; i < first->count; i++) {
        if (first->names[i].len == 0 || csv_is_skip_word(first->names[i]) || csv_is_overvote_word(first->names[i])) continue;
        if (!below->again[i]) return false;
        names++;
    }
    return names > 0;
}

static Err decide_by_rows_below(Reader *r, const FirstRow *first, Str text, bool whole, HeaderKind *ret_kind)
{
    Below below = {0};
    look_below(r, first, text, whole, &below);
    r->row = first->row;
    bool odd_names = names_look_like_ranks(r, first), some_again = false;
    for (int i = 0; i < first->count; i++) some_again |= below.again[i];
    if ((below.numbers || below.crosses) && !some_again && !odd_names) *ret_kind = HEADER_CANDIDATES;
    else if (below.names && !odd_names && (all_declared(r, first) || every_name_again(first, &below))) *ret_kind = HEADER_NONE;
    else return reader_fail(r, ERR_INPUT, first->row.ptr, fault_quote(r->arena, first->row), "%s", how_to_add_a_header);
    return ERR_OK;
}

/* --- columns --- */

static Err header_rank(Reader *r, Csv *c, int i, Str name, int *ranks)
{
    int rank = csv_rank_of_name(name);
    if (rank != 1 && *ranks == 0) return reader_fail(r, ERR_INPUT, r->row.ptr, fault_quote(r->arena, r->row), "%s", how_to_add_a_header);
    if (rank != ++*ranks)
        return reader_fail(r, ERR_INPUT, c->cells[i].raw.ptr, reader_quote(r, name, "cell"),
            "a column for rank %d (the columns known beside ranks are count, section, box and id)", *ranks);
    if (*ranks > PAPERS_MARKS_MAX) return reader_fail(r, ERR_LIMIT, c->cells[i].raw.ptr, (Str){0}, "more than %d ranks", PAPERS_MARKS_MAX);
    return ERR_OK;
}

Err csv_unknown_name(Reader *r, const char *at, Str name, const char *where_declared)
{
    Str nearest = reader_nearest_candidate(r, name);
    if (!nearest.len) return reader_fail(r, ERR_INPUT, at, fault_quote(r->arena, name), "a name from '%s'", where_declared);
    return reader_fail(
        r, ERR_INPUT, at, fault_quote(r->arena, name), "a name from '%s' (perhaps '%.*s')", where_declared, STR_ARG(nearest));
}

static Err header_candidate(Reader *r, Csv *c, int i, Str name)
{
    const char *at = c->cells[i].raw.ptr;
    Err e = reader_check_name(r, at, name, "candidate");
    if (e) return e;
    if (c->declared && papers_find_candidate(r->papers, name) < 0) return csv_unknown_name(r, at, name, "# candidates:");
    int candidate = papers_candidate(r->papers, name);
    if (candidate < 0) return reader_fail(r, ERR_LIMIT, at, (Str){0}, "more than %d candidates", PAPERS_CANDIDATES_MAX);
    for (int k = 0; k < i; k++)
        if (c->columns[k].kind == COLUMN_CANDIDATE && c->columns[k].candidate == candidate)
            return reader_fail(r, ERR_INPUT, at, fault_quote(r->arena, name), "a different candidate in each column");
    c->columns[i].candidate = candidate;
    c->candidate_columns++;
    return ERR_OK;
}

static Err header_post(Reader *r, Csv *c, int i, Str name, int *posts)
{
    Err e = reader_check_name(r, c->cells[i].raw.ptr, name, "post");
    if (e) return e;
    c->columns[i].name = name;
    c->columns[i].post = -1;
    for (int k = 0; k < i; k++)
        if (c->columns[k].kind == COLUMN_POST && str_equal(c->columns[k].name, name)) c->columns[i].post = c->columns[k].post;
    if (c->columns[i].post < 0) c->columns[i].post = (*posts)++;
    return ERR_OK;
}

static const ColumnKind mark_columns[] = {
    [HEADER_RANKS] = COLUMN_RANK, [HEADER_NONE] = COLUMN_RANK, [HEADER_CANDIDATES] = COLUMN_CANDIDATE, [HEADER_POSTS] = COLUMN_POST};

static Err header_column(Reader *r, HeaderKind kind, int i, Str name, int *ranks, int *posts)
{
    Csv *c = r->state;
    Column *column = &c->columns[i];
    const char *at = c->cells[i].raw.ptr;
    if (kind != HEADER_NONE && csv_known_column(name, &column->kind)) {
        for (int k = 0; k < i; k++)
            if (column->kind != COLUMN_IGNORED && c->columns[k].kind == column->kind)
                return reader_fail(r, ERR_INPUT, at, fault_quote(r->arena, name), "one column of a kind; there is another for it before");
        if (column->kind == COLUMN_BOX && c->boxes_stated)
            return reader_fail(r, ERR_INPUT, at, fault_quote(r->arena, name), "either a column for boxes or '# box:' lines, not both");
        if (column->kind == COLUMN_SECTION && r->options.section.len) column->kind = COLUMN_IGNORED;
        return ERR_OK;
    }
    column->kind = mark_columns[kind];
    if (kind == HEADER_NONE) return ERR_OK;
    if (kind == HEADER_RANKS) return header_rank(r, c, i, name, ranks);
    if (kind == HEADER_CANDIDATES) return header_candidate(r, c, i, name);
    return header_post(r, c, i, name, posts);
}

/* Note the order in which marks are read: as the columns stand, but posts together. */
static void order_columns(Reader *r, int posts)
{
    Csv *c = r->state;
    c->order = arena_new(&r->scratch, int, (size_t)c->column_count);
    for (int post = 0; post < (posts ? posts : 1); post++)
        for (int i = 0; i < c->column_count; i++)
            if (c->columns[i].kind == COLUMN_RANK || c->columns[i].kind == COLUMN_CANDIDATE ||
                (c->columns[i].kind == COLUMN_POST && c->columns[i].post == post))
                c->order[c->order_count++] = i;
    c->names = arena_new(&r->scratch, RawTable, (size_t)posts + 1);
    for (int post = 0; post < (posts ? posts : 1); post++) c->names[post] = raw_table(&r->scratch);
}

static void find_stretch(Csv *c)
{
    int first = -1, last = -1, outside = 0;
    for (int i = 0; i < c->column_count; i++) {
        ColumnKind kind = c->columns[i].kind;
        if (kind == COLUMN_COUNT || kind == COLUMN_BOX || kind == COLUMN_IGNORED) {
            outside++;
            continue;
        }
        if (first < 0) first = i;
        last = i;
    }
    c->columns_before = first;
    c->columns_after = c->column_count - 1 - last;
    c->has_stretch = first >= 0 && c->columns_before + c->columns_after == outside;
    c->has_extras = outside > 0;
}

static Err set_columns(Reader *r, const FirstRow *first, HeaderKind kind)
{
    Csv *c = r->state;
    r->row = first->row;
    Err e = csv_cells(r, first->row);
    if (e) return e;
    c->column_count = first->count;
    c->columns = arena_new(&r->scratch, Column, (size_t)first->count);
    int ranks = 0, posts = 0;
    for (int i = 0; i < first->count; i++) {
        e = header_column(r, kind, i, first->names[i], &ranks, &posts);
        if (e) return e;
    }
    order_columns(r, posts);
    if (c->order_count == 0)
        return reader_fail(r, ERR_INPUT, first->row.ptr, fault_quote(r->arena, first->row), "%s",
            kind == HEADER_POSTS ? "a first row that names a post for each column" : how_to_add_a_header);
    if (c->order_count > PAPERS_MARKS_MAX)
        return reader_fail(r, ERR_LIMIT, first->row.ptr, (Str){0}, "more than %d columns with marks", PAPERS_MARKS_MAX);
    find_stretch(c);
    if (kind == HEADER_CANDIDATES) {
        c->rank_of = arena_new(&r->scratch, int, (size_t)c->column_count);
        c->first_at_rank = arena_new(&r->scratch, int, (size_t)c->candidate_columns + 1);
        c->next_at_rank = arena_new(&r->scratch, int, (size_t)c->column_count);
    }
    return reader_fixed_section(r, &c->section);
}

/* Does the first row name columns we know? A row of nothing but declared names may be a paper. */
static HeaderKind kind_by_names(const Reader *r, const FirstRow *first)
{
    if (r->options.posts) return HEADER_POSTS;
    if (all_declared(r, first)) return HEADER_UNKNOWN;
    ColumnKind kind;
    int known = 0, ranks = 0;
    for (int i = 0; i < first->count; i++) {
        if (csv_known_column(first->names[i], &kind)) known++;
        else if (csv_rank_of_name(first->names[i])) ranks++;
    }
    if (ranks) return HEADER_RANKS;
    return known ? HEADER_CANDIDATES : HEADER_UNKNOWN;
}

/* --- all of it --- */

static Err too_long(Reader *r)
{
    return reader_fail(r, ERR_LIMIT, NULL, (Str){0}, "a row may have at most %d bytes", FORMAT_LINE_MAX);
}

/* `text` starts at the first row that is no comment. */
static Err first_row(Reader *r, Str text, bool last, size_t *ret_used)
{
    Csv *c = r->state;
    size_t length = 0;
    bool ended = csv_row_length(text, &c->scanned, &c->in_quotes, &length);
    if (!ended && !last && text.len <= FORMAT_LINE_MAX) return ERR_OK;
    if (!ended) length = text.len;
    if (length > FORMAT_LINE_MAX) return too_long(r);

    size_t next = ended ? length + 1 : length;
    Str row = str_slice(text, 0, length);
    if (row.len && row.ptr[row.len - 1] == '\r') row.len--;
    r->row = row;
    FirstRow first;
    Err e = find_separator(r, row);
    if (!e) e = read_first_row(r, row, &first);
    if (e) return e;
    HeaderKind kind = kind_by_names(r, &first);
    if (kind == HEADER_UNKNOWN) {
        Str below = str_slice(text, next, text.len);
        if (below.len < READER_LOOK_AHEAD && !last) {
            r->wanted = next + READER_LOOK_AHEAD;
            c->scanned = 0;
            return ERR_OK;
        }
        bool whole = below.len < READER_LOOK_AHEAD;
        if (!whole) below.len = READER_LOOK_AHEAD;
        e = decide_by_rows_below(r, &first, below, whole, &kind);
        if (e) return e;
    }
    r->wanted = 0;
    c->scanned = 0;
    c->in_quotes = false;
    e = set_columns(r, &first, kind);
    if (e) return e;
    c->header = kind;
    if (kind == HEADER_NONE) return ERR_OK;
    *ret_used += next;
    for (size_t i = 0; i < next; i++) r->line += text.ptr[i] == '\n';
    return ERR_OK;
}

static Err no_header(Reader *r)
{
    r->row = (Str){0};
    return reader_fail(r, ERR_INPUT, NULL, S("the end of the file"), "%s", how_to_add_a_header);
}

Err csv_header(Reader *r, Str text, bool last, size_t *ret_used)
{
    for (;;) {
        Str rest = str_slice(text, *ret_used, text.len);
        if (rest.len == 0) return last ? no_header(r) : ERR_OK;
        size_t length = r->scanned + str_find(str_slice(rest, r->scanned, rest.len), '\n');
        bool whole = length < rest.len;
        Str line = str_trim(str_slice(rest, 0, length));
        if (whole || last || length > FORMAT_LINE_MAX) {
            bool is_comment = line.len && line.ptr[0] == '#';
            if (line.len && !is_comment) return first_row(r, rest, last, ret_used);
            if (length > FORMAT_LINE_MAX) return too_long(r);
            r->row = str_slice(rest, 0, length);
            r->scanned = 0;
            Err e = is_comment ? read_comment(r, line) : ERR_OK;
            if (e) return e;
            *ret_used += whole ? length + 1 : length;
            r->line++;
            continue;
        }
        r->scanned = length;
        return ERR_OK;
    }
}
