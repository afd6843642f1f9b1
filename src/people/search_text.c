/* search_text.c: text to tokens, and what was typed to a question.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/search_text.h"

#include "people/text.h"

#include <string.h>

enum { TOKENS_MOST = 400, TOKEN_SLOTS = 1024, WORD_MOST = 60, GRAM = 3 };

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* Folded text has no capitals; a byte above ASCII is part of a letter. */
static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (unsigned char)c >= 0x80;
}

static bool is_word_char(char c)
{
    return is_digit(c) || is_letter(c);
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

int search_points(Str s)
{
    int n = 0;
    for (size_t i = 0; i < s.len; i++) n += ((unsigned char)s.ptr[i] & 0xc0) != 0x80;
    return n;
}

/* The first `n` characters of it. */
static Str begin_of(Str s, int n)
{
    size_t at = 0;
    for (; at < s.len; at++)
        if (((unsigned char)s.ptr[at] & 0xc0) != 0x80 && n-- == 0) break;
    return str_slice(s, 0, at);
}

static bool holds(Str s, Str part)
{
    return part.len && part.len <= s.len && memmem(s.ptr, s.len, part.ptr, part.len);
}

static void append(Buf *b, Str s)
{
    if (s.len) buf_str(b, s);
}

/* ---- the text of a person ---- */

/* Letters and digits of `s` in lower case, nothing else. */
static Str squeezed(Arena *a, Str s)
{
    char *out = arena_new(a, char, s.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        if (is_word_char(lower(s.ptr[i]))) out[n++] = lower(s.ptr[i]);
    return (Str){out, n};
}

static void put_digits(Buf *b, Str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (is_digit(s.ptr[i])) buf_byte(b, s.ptr[i]);
}

static void put_joined(Buf *b, Str words)
{
    if (str_find(words, ' ') == words.len) return;
    if (b->len && b->ptr[b->len - 1] != '\n') buf_byte(b, ' ');
    for (size_t i = 0; i < words.len; i++)
        if (words.ptr[i] != ' ') buf_byte(b, words.ptr[i]);
}

static Str whole_identifier(Arena *a, Str identifier)
{
    return squeezed(a, text_fold(a, identifier));
}

Str search_text(Arena *a, const Values *p)
{
    Str family = text_fold(a, p->of[COL_FAMILY_NAME]), given = text_fold(a, p->of[COL_GIVEN_NAME]);
    Buf b = buf_new(a);
    append(&b, family);
    buf_byte(&b, '\n');
    append(&b, given);
    buf_byte(&b, '\n');
    put_joined(&b, family);
    put_joined(&b, given);
    buf_byte(&b, '\n');
    for (size_t i = 0; i < p->of[COL_EMAIL].len; i++) buf_byte(&b, lower(p->of[COL_EMAIL].ptr[i]));
    buf_byte(&b, '\n');
    put_digits(&b, p->of[COL_PHONE]);
    if (p->of[COL_PHONE_OTHER].len) buf_byte(&b, ' ');
    put_digits(&b, p->of[COL_PHONE_OTHER]);
    buf_byte(&b, '\n');
    append(&b, squeezed(a, p->of[COL_POSTCODE]));
    buf_byte(&b, '\n');
    append(&b, whole_identifier(a, p->of[COL_ID]));
    return buf_done(&b);
}

void search_lines(Str text, Str lines[LINE__COUNT])
{
    for (int i = 0; i < LINE__COUNT; i++) {
        Str rest;
        if (!str_cut(text, '\n', &lines[i], &rest)) rest = S("");
        text = rest;
    }
}

/* The next word of `rest`, which is cut off it. False: there is none. */
static bool next_word(Str *rest, Str *ret_word)
{
    while (rest->len) {
        str_cut(*rest, ' ', ret_word, rest);
        if (!ret_word->len) continue;
        return true;
    }
    return false;
}

int search_name_words(Str text, Str *words, int most)
{
    Str lines[LINE__COUNT], word;
    int count = 0;
    search_lines(text, lines);
    for (int i = LINE_FAMILY; i <= LINE_JOINED; i++)
        for (Str rest = lines[i]; count < most && next_word(&rest, &word);)
            if (word.len <= WORD_MOST) words[count++] = word;
    return count;
}

Str search_backward(Arena *a, Str word)
{
    char *out = arena_new(a, char, word.len + 1);
    size_t to = word.len;
    for (size_t at = 0; at < word.len;) {
        size_t n = 1;
        while (at + n < word.len && ((unsigned char)word.ptr[at + n] & 0xc0) == 0x80) n++;
        to -= n;
        for (size_t i = 0; i < n; i++) out[to + i] = word.ptr[at + i];
        at += n;
    }
    return (Str){out, word.len};
}

/* ---- tokens ---- */

/* A set in the order of coming. On the stack, and small: it is made for everybody, and 600,000 large ones in an arena were half of an import. */
typedef struct Tokens {
    Buf b;
    uint16_t count;
    uint16_t slots[TOKEN_SLOTS]; /* which token, from 1; 0: free */
    struct {
        uint32_t at, len; /* in b */
    } tokens[TOKENS_MOST];
} Tokens;

static size_t slot_of(char mark, Str s)
{
    size_t h = 1469598103u ^ (unsigned char)mark;
    for (size_t i = 0; i < s.len; i++) h = (h ^ (unsigned char)s.ptr[i]) * 16777619u;
    return h % TOKEN_SLOTS;
}

/* `mark` 0: none. */
static void put_token(Tokens *t, char mark, Str s)
{
    size_t extra = mark ? 1 : 0, slot = slot_of(mark, s);
    if (!s.len || t->count == TOKENS_MOST) return;
    for (; t->slots[slot]; slot = (slot + 1) % TOKEN_SLOTS) {
        int which = t->slots[slot] - 1;
        const char *there = t->b.ptr + t->tokens[which].at;
        if (t->tokens[which].len != s.len + extra || (extra && *there != mark)) continue;
        if (memcmp(there + extra, s.ptr, s.len) == 0) return;
    }
    if (t->b.len) buf_byte(&t->b, ' ');
    t->tokens[t->count].at = (uint32_t)t->b.len;
    t->tokens[t->count].len = (uint32_t)(s.len + extra);
    t->slots[slot] = ++t->count;
    if (mark) buf_byte(&t->b, mark);
    buf_str(&t->b, s);
}

typedef void Gram(void *context, Str gram);

/* All runs of three characters. How many. */
static int each_gram(Str s, Gram *put, void *context)
{
    size_t starts[GRAM] = {0};
    int seen = 0, count = 0;
    for (size_t i = 0; i <= s.len; i++) {
        if (i < s.len && ((unsigned char)s.ptr[i] & 0xc0) == 0x80) continue;
        if (seen >= GRAM) {
            put(context, str_slice(s, starts[seen % GRAM], i));
            count++;
        }
        starts[seen % GRAM] = i;
        seen++;
    }
    return count;
}

static void gram_token(void *context, Str gram)
{
    put_token(context, 0, gram);
}

static void put_grams(Tokens *t, Str s)
{
    each_gram(s, gram_token, t);
}

static void put_name(Tokens *t, Str word)
{
    if (word.len > WORD_MOST) word = begin_of(word, WORD_MOST / 4);
    put_token(t, '=', word);
    for (int n = 1; n <= GRAM && n <= search_points(word); n++) put_token(t, '^', begin_of(word, n));
    put_grams(t, word);
}

/* The next run of letters or of digits; false: there is none. */
static bool next_run(Str *rest, Str *ret_run)
{
    size_t at = 0;
    while (at < rest->len && !is_word_char(rest->ptr[at])) at++;
    size_t from = at;
    bool digits = at < rest->len && is_digit(rest->ptr[at]);
    while (at < rest->len && is_word_char(rest->ptr[at]) && is_digit(rest->ptr[at]) == digits) at++;
    *ret_run = str_slice(*rest, from, at);
    *rest = str_slice(*rest, at, rest->len);
    return ret_run->len > 0;
}

static Str local_part(Str email)
{
    return str_slice(email, 0, str_find(email, '@'));
}

static void put_runs(Tokens *t, Str s)
{
    Str run;
    while (next_run(&s, &run)) {
        if (search_points(run) < GRAM) put_token(t, '~', run);
        put_grams(t, run);
    }
}

/* Of Britain: five to seven characters, the last three a digit and two letters. */
static bool is_british(Str postcode)
{
    const char *last = postcode.ptr + postcode.len;
    return postcode.len >= 5 && postcode.len <= 7 && is_digit(last[-3]) && is_letter(last[-2]) && is_letter(last[-1]) &&
           is_letter(postcode.ptr[0]);
}

static void put_postcode(Tokens *t, Str postcode)
{
    if (!is_british(postcode)) {
        put_token(t, '+', postcode);
        put_grams(t, postcode);
        return;
    }
    Str outward = str_slice(postcode, 0, postcode.len - 3);
    for (size_t n = 2; n < outward.len; n++)
        if (is_digit(outward.ptr[n - 1])) put_token(t, '+', str_slice(outward, 0, n));
    put_token(t, '=', outward);
    put_token(t, '+', str_slice(postcode, 0, postcode.len - 2));
    put_token(t, '+', str_slice(postcode, postcode.len - 3, postcode.len));
}

Str search_tokens(Arena *a, Str text, Str units)
{
    Str lines[LINE__COUNT], word;
    Tokens tokens, *t = &tokens;
    t->b = buf_new(a);
    t->count = 0;
    memset(t->slots, 0, sizeof t->slots);
    search_lines(text, lines);
    for (Str rest = units; next_word(&rest, &word);) put_token(t, '@', word);
    for (int i = LINE_FAMILY; i <= LINE_JOINED; i++)
        for (Str rest = lines[i]; next_word(&rest, &word);) put_name(t, word);
    put_postcode(t, lines[LINE_POSTCODE]);
    for (Str rest = lines[LINE_PHONES]; next_word(&rest, &word);) put_grams(t, word);
    if (lines[LINE_IDENTIFIER].len && search_points(lines[LINE_IDENTIFIER]) < GRAM) put_token(t, '~', lines[LINE_IDENTIFIER]);
    put_grams(t, lines[LINE_IDENTIFIER]);
    put_runs(t, local_part(lines[LINE_EMAIL]));
    return buf_done(&t->b);
}

/* ---- reading what was typed ---- */

static bool is_of_number(Str piece)
{
    bool digit = false;
    for (size_t i = 0; i < piece.len; i++) {
        digit = digit || is_digit(piece.ptr[i]);
        if (!is_digit(piece.ptr[i]) && !strchr("+-()./", piece.ptr[i])) return false;
    }
    return digit;
}

static Str digits_of(Arena *a, Str s)
{
    Buf b = buf_new(a);
    put_digits(&b, s);
    return buf_done(&b);
}

/* "+44 (0)20 7946 0000", "0044 20 7946...", "020 7946...": what all of them have in common with +442079460000. */
static Str bare_number(Arena *a, Str typed)
{
    Buf b = buf_new(a);
    for (size_t i = 0; i < typed.len; i++) {
        bool trunk = str_starts(str_slice(typed, i, typed.len), S("(0)"));
        if (trunk && b.len) i += 2;
        else if (is_digit(typed.ptr[i])) buf_byte(&b, typed.ptr[i]);
    }
    Str digits = buf_done(&b);
    if (str_starts(digits, S("00"))) return str_slice(digits, 2, digits.len);
    if (str_starts(digits, S("0"))) return str_slice(digits, 1, digits.len);
    return digits;
}

static void add_word(Typed *t, TypedKind kind, Str text, Str digits)
{
    if (t->count == SEARCH_WORDS_MAX || !text.len) return;
    t->words[t->count++] = (TypedWord){.kind = kind, .text = text, .digits = digits};
}

static bool has_digit(Str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (is_digit(s.ptr[i])) return true;
    return false;
}

/* "ls6" or "sw1a": a letter or two, a digit, and perhaps one more of either. */
static bool is_outward(Str s)
{
    size_t letters = 0;
    while (letters < s.len && is_letter(s.ptr[letters])) letters++;
    size_t rest = s.len - letters;
    return letters >= 1 && letters <= 2 && (rest == 1 || rest == 2) && is_digit(s.ptr[letters]);
}

/* "2", "2a" or "2ab". */
static bool is_inward(Str s)
{
    if (!s.len || s.len > 3 || !is_digit(s.ptr[0])) return false;
    for (size_t i = 1; i < s.len; i++)
        if (!is_letter(s.ptr[i])) return false;
    return true;
}

/* "LS6 2A", as somebody types it who has not come to its end: one word, whose first half is known to be whole. */
static bool add_inward(Arena *a, Typed *t, Str piece)
{
    TypedWord *last = t->count ? &t->words[t->count - 1] : NULL;
    Str code = squeezed(a, text_fold(a, piece));
    if (!last || last->kind != TYPED_CODE || last->outward || !is_outward(last->text) || !is_inward(code)) return false;
    last->outward = last->text.len;
    last->text = str_format(a, "%.*s%.*s", STR_ARG(last->text), STR_ARG(code));
    last->digits = last->text;
    return true;
}

static void add_piece(Arena *a, Typed *t, Str piece)
{
    Str folded = text_fold(a, piece), word;
    if (memchr(piece.ptr, '@', piece.len)) {
        Buf b = buf_new(a);
        for (size_t i = 0; i < piece.len; i++) buf_byte(&b, lower(piece.ptr[i]));
        add_word(t, TYPED_EMAIL, buf_done(&b), S(""));
        return;
    }
    if (has_digit(piece)) {
        Str code = squeezed(a, folded);
        bool all = code.len > 0;
        for (size_t i = 0; i < code.len; i++) all = all && is_digit(code.ptr[i]);
        add_word(t, all ? TYPED_NUMBER : TYPED_CODE, code, code);
        return;
    }
    for (Str rest = folded; next_word(&rest, &word);) add_word(t, TYPED_NAME, begin_of(word, WORD_MOST / 4), S(""));
}

/* Does the index know where to begin? */
static bool can_be_looked_up(const TypedWord *w)
{
    Str run, rest = w->text;
    switch (w->kind) {
    case TYPED_NAME: return true;
    case TYPED_NUMBER: return search_points(w->text) >= GRAM || search_points(w->digits) >= GRAM;
    case TYPED_CODE: return search_points(w->text) >= 2;
    case TYPED_EMAIL: rest = local_part(w->text); return next_run(&rest, &run);
    }
    return false;
}

Typed typed_read(Arena *a, Str typed)
{
    Typed t = {0};
    Str rest = str_slice(typed, 0, typed.len < SEARCH_TYPED_MAX ? typed.len : SEARCH_TYPED_MAX), piece;
    Buf number = buf_new(a);
    while (next_word(&rest, &piece)) {
        if (!number.len && add_inward(a, &t, piece)) continue;
        if (is_of_number(piece)) {
            buf_str(&number, piece);
            continue;
        }
        if (number.len) add_word(&t, TYPED_NUMBER, bare_number(a, buf_done(&number)), digits_of(a, buf_done(&number)));
        number = buf_new(a);
        add_piece(a, &t, piece);
    }
    if (number.len) add_word(&t, TYPED_NUMBER, bare_number(a, buf_done(&number)), digits_of(a, buf_done(&number)));
    bool known = false;
    for (int i = 0; i < t.count; i++) known = known || can_be_looked_up(&t.words[i]);
    if (!known) t.unreadable = S("Type a part of a name, at least three digits of a number, or a postcode.");
    return t;
}

Str typed_shown(Arena *a, const Typed *typed)
{
    Buf b = buf_new(a);
    for (int i = 0; i < typed->count; i++) {
        const TypedWord *w = &typed->words[i];
        if (i) buf_byte(&b, ' ');
        if (w->outward) buf_format(&b, "%.*s ", STR_ARG(str_slice(w->text, 0, w->outward)));
        buf_str(&b, w->kind == TYPED_NUMBER ? w->digits : str_slice(w->text, w->outward, w->text.len));
    }
    return buf_done(&b);
}

/* ---- the question ---- */

enum { WAYS_MOST = 8, WAY_TOKENS = 80 };

/* Ways in which a word may be there: each is tokens that must all be. */
typedef struct Way {
    int count;
    struct {
        char mark;
        Str text;
    } tokens[WAY_TOKENS];
} Way;
typedef struct Ways {
    Way ways[WAYS_MOST];
    int count;
} Ways;

static void way_token(Way *way, char mark, Str text)
{
    if (way->count == WAY_TOKENS || !text.len) return;
    way->tokens[way->count].mark = mark;
    way->tokens[way->count++].text = text;
}

static void gram_of_way(void *context, Str gram)
{
    way_token(context, 0, gram);
}

static Way *way_new(Ways *w)
{
    ASSERT(w->count < WAYS_MOST);
    w->ways[w->count] = (Way){0};
    return &w->ways[w->count++];
}

static void ways_of_name(Ways *w, const TypedWord *word, SearchFit fit)
{
    int n = search_points(word->text);
    Way *way = way_new(w);
    if (fit == FIT_WORD || word->whole) {
        way_token(way, '=', word->text);
        return;
    }
    if (fit == FIT_PREFIX || n < GRAM) way_token(way, '^', begin_of(word->text, GRAM));
    each_gram(word->text, gram_of_way, way);
}

static void ways_of_grams(Ways *w, Str text)
{
    if (search_points(text) >= GRAM) each_gram(text, gram_of_way, way_new(w));
}

static void ways_of_number(Ways *w, const TypedWord *word)
{
    ways_of_grams(w, word->text);
    if (!str_equal(word->text, word->digits)) ways_of_grams(w, word->digits);
}

/* The tokens of all runs; those at the ends may be cut, so short ones are asked for only where nothing else is known. */
static void ways_of_runs(Ways *w, Str text)
{
    Way *way = way_new(w);
    Str run;
    for (Str rest = text; next_run(&rest, &run);) each_gram(run, gram_of_way, way);
    if (!way->count && next_run(&text, &run)) way_token(way, '~', run);
}

/* Of a postcode: its halves and its beginnings are tokens. A whole one, or what is typed of it: the outward half and the rest. */
static void ways_of_postcode(Ways *w, const TypedWord *word, SearchFit fit)
{
    Str code = word->text;
    size_t outward = word->outward ? word->outward : is_british(code) ? code.len - 3 : 0;
    if (outward) {
        Way *way = way_new(w);
        way_token(way, '=', str_slice(code, 0, outward));
        if (code.len - outward == 3) way_token(way, '+', str_slice(code, outward, code.len));
        else way_token(way, '+', str_slice(code, 0, outward + 1));
    }
    if (word->outward) return;
    way_token(way_new(w), '=', code);
    if (fit != FIT_WORD || is_inward(code)) way_token(way_new(w), '+', code);
    /* "ls62a": LS6 2A... */
    if (fit != FIT_WORD && code.len > 3 && is_letter(code.ptr[code.len - 1])) way_token(way_new(w), '+', str_slice(code, 0, code.len - 1));
}

static void ways_of_code(Ways *w, const TypedWord *word, SearchFit fit)
{
    Str code = word->text;
    ways_of_postcode(w, word, fit);
    if (fit != FIT_WORD && !word->outward && search_points(code) < GRAM) way_token(way_new(w), '^', code);
    if (fit != FIT_PART || word->outward) return;
    ways_of_grams(w, code);
    if (search_points(code) < GRAM) way_token(way_new(w), '~', code);
    ways_of_runs(w, code);
}

static void ways_of(Ways *w, const TypedWord *word, SearchFit fit)
{
    w->count = 0;
    switch (word->kind) {
    case TYPED_NAME: ways_of_name(w, word, fit); return;
    case TYPED_NUMBER: ways_of_number(w, word); return;
    case TYPED_CODE: ways_of_code(w, word, fit); return;
    case TYPED_EMAIL: ways_of_runs(w, local_part(word->text)); return;
    }
}

static void put_quoted(Buf *b, char mark, Str text, bool postgres)
{
    char quote = postgres ? '\'' : '"';
    buf_byte(b, quote);
    if (mark) buf_byte(b, mark);
    buf_str(b, text);
    buf_byte(b, quote);
}

/* Tokens hold letters, digits and our own marks: nothing in them means anything to either engine. */
static void put_way(Buf *b, const Way *way, bool postgres)
{
    buf_byte(b, '(');
    for (int i = 0; i < way->count; i++) {
        if (i) buf_str(b, postgres ? S(" & ") : S(" AND "));
        put_quoted(b, way->tokens[i].mark, way->tokens[i].text, postgres);
    }
    buf_byte(b, ')');
}

static void put_ways(Buf *b, const Ways *w, bool postgres)
{
    buf_byte(b, '(');
    for (int i = 0, n = 0; i < w->count; i++) {
        if (!w->ways[i].count) continue;
        if (n++) buf_str(b, postgres ? S(" | ") : S(" OR "));
        put_way(b, &w->ways[i], postgres);
    }
    buf_byte(b, ')');
}

static bool narrows(const Ways *w)
{
    for (int i = 0; i < w->count; i++)
        if (w->ways[i].count) return true;
    return false;
}

Str typed_match(Arena *a, const Typed *typed, SearchFit fit, const Str *units, int unit_count, bool postgres)
{
    Buf b = buf_new(a);
    Ways *w = arena_new(a, Ways, 1);
    for (int i = 0; i < typed->count; i++) {
        ways_of(w, &typed->words[i], fit);
        if (!narrows(w)) continue;
        if (b.len) buf_str(&b, postgres ? S(" & ") : S(" AND "));
        put_ways(&b, w, postgres);
    }
    for (int i = 0; i < unit_count; i++) {
        buf_str(&b, i ? (postgres ? S(" | ") : S(" OR ")) : postgres ? S(" & (") : S(" AND ("));
        put_quoted(&b, '@', units[i], postgres);
        if (i == unit_count - 1) buf_byte(&b, ')');
    }
    return buf_done(&b);
}

/* ---- does she fit? ---- */

static int better(int one, int other)
{
    if (one < 0 || other < 0) return one < 0 ? other : one;
    return one < other ? one : other;
}

static int fit_in(Str value, Str part)
{
    if (!part.len || part.len > value.len) return -1;
    if (str_equal(value, part)) return FIT_WORD;
    if (str_starts(value, part)) return FIT_PREFIX;
    return search_points(part) >= GRAM && holds(value, part) ? FIT_PART : -1;
}

static int fit_words(Str line, Str part)
{
    int fit = -1;
    Str word;
    while (fit != FIT_WORD && next_word(&line, &word)) fit = better(fit, fit_in(word, part));
    return fit;
}

static int fit_names(const Str *lines, Str part)
{
    int fit = -1;
    for (int i = LINE_FAMILY; i <= LINE_JOINED; i++) fit = better(fit, fit_words(lines[i], part));
    return fit;
}

static int fit_name(const TypedWord *w, const Str *lines)
{
    int fit = fit_names(lines, w->text);
    if (w->whole) return fit == FIT_WORD ? fit : -1;
    if (search_points(w->text) < GRAM) return fit;
    bool elsewhere = holds(local_part(lines[LINE_EMAIL]), w->text) || holds(lines[LINE_IDENTIFIER], w->text);
    return better(fit, elsewhere ? FIT_PART : -1);
}

/* A number is known by its end, as people tell it; some names have one. */
static int fit_number(const TypedWord *w, const Str *lines)
{
    Str phone;
    int fit = better(fit_in(lines[LINE_IDENTIFIER], w->digits), fit_in(lines[LINE_POSTCODE], w->digits));
    fit = better(fit, fit_names(lines, w->digits));
    if (search_points(w->text) < GRAM) return fit;
    for (Str rest = lines[LINE_PHONES]; next_word(&rest, &phone);) {
        if (str_ends(phone, w->text)) fit = better(fit, w->text.len >= 7 ? FIT_WORD : FIT_PREFIX);
        if (holds(phone, w->text)) fit = better(fit, FIT_PART);
    }
    return fit;
}

static int fit_postcode(Str postcode, Str code)
{
    int fit = fit_in(postcode, code);
    if (!is_british(postcode)) return fit;
    Str outward = str_slice(postcode, 0, postcode.len - 3), inward = str_slice(postcode, postcode.len - 3, postcode.len);
    if (str_equal(outward, code) || str_equal(inward, code)) return FIT_WORD;
    return fit == FIT_PART ? -1 : fit;
}

static int fit_code(const TypedWord *w, const Str *lines)
{
    if (w->outward) {
        Str postcode = lines[LINE_POSTCODE];
        if (postcode.len != w->outward + 3 || !str_starts(postcode, w->text)) return -1;
        return postcode.len == w->text.len ? FIT_WORD : FIT_PREFIX;
    }
    int fit = better(fit_postcode(lines[LINE_POSTCODE], w->text), fit_in(lines[LINE_IDENTIFIER], w->text));
    fit = better(fit, fit_names(lines, w->text));
    return better(fit, search_points(w->text) >= GRAM && holds(local_part(lines[LINE_EMAIL]), w->text) ? FIT_PART : -1);
}

static int fit_email(const TypedWord *w, const Str *lines)
{
    Str email = lines[LINE_EMAIL], run, rest = local_part(w->text);
    int fit = fit_in(email, w->text);
    if (fit != FIT_PART || !next_run(&rest, &run) || search_points(run) >= GRAM) return fit;
    /* Of a short beginning the index knows whole runs alone. */
    const char *at = memmem(email.ptr, email.len, w->text.ptr, w->text.len);
    return at > email.ptr && is_word_char(at[-1]) ? -1 : fit;
}

static int fit_word(const TypedWord *w, const Str *lines)
{
    switch (w->kind) {
    case TYPED_NAME: return fit_name(w, lines);
    case TYPED_NUMBER: return fit_number(w, lines);
    case TYPED_CODE: return fit_code(w, lines);
    case TYPED_EMAIL: return fit_email(w, lines);
    }
    return -1;
}

int typed_fit(const Typed *typed, Str text)
{
    Str lines[LINE__COUNT];
    int fit = FIT_WORD;
    search_lines(text, lines);
    for (int i = 0; i < typed->count; i++) {
        int one = fit_word(&typed->words[i], lines);
        if (one < 0) return -1;
        if (one > fit) fit = one;
    }
    return typed->count ? fit : -1;
}
