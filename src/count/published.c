/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The arithmetic. A percentage printed as p units of its last digit, T = 100 x 10^decimals of which make 100 %, came from
 * v votes of n papers if
 *     half-up:   2p - 1 <= 2T v / n < 2p + 1        truncate:   2p <= 2T v / n < 2p + 2
 * so v lies from ceil(low n / 2T) to ceil(high n / 2T) - 1 with these whole numbers low and high. That is all the rounding there is.
 */
#include "count/published.h"

#include "core/num.h"

#include <ini.h>
#include <string.h>

enum { LINE_MAX_BYTES = 198, NAME_MAX_BYTES = 48 };

static const Str rounding_names[] = {S("half-up"), S("truncate")};
static const Str base_names[] = {S("papers"), S("votes"), S("issued")};
_Static_assert(COUNT_OF(rounding_names) == ROUNDING__COUNT, "a name for each rounding");
_Static_assert(COUNT_OF(base_names) == BASE__COUNT, "a name for each base");

/* --- reading values --- */

/* `returned` as it stands: numbers of papers, or percent of those issued. */
typedef struct Returned {
    bool given, percent;
    int64_t from, to;
    Percent low, high;
} Returned;

typedef struct Reading {
    Arena *a;
    Published *p;
    Fault *fault;
    unsigned check_seen;
    unsigned *question_seen, *claim_seen;
    Str *claim_question; /* [claim]: the name of its question, empty: not named */
    Returned returned;
    bool failed;
} Reading;

/* Remember the first mistake; inih tells its line at the end. `found` empty: "nothing"; without a pointer: not worth showing. */
static bool wrong(Reading *in, Str expected, Str found)
{
    if (found.ptr) found = found.len ? fault_quote(in->a, found) : S("nothing");
    if (!in->failed && fault_set(in->fault, ERR_INPUT, 0, 0, expected, found)) in->failed = true;
    return false;
}

static bool parse_number(Str text, int64_t *ret_number)
{
    text = str_trim(text);
    return text.len && text.ptr[0] != '-' && str_to_i64(text, ret_number) && *ret_number <= PUBLISHED_VOTES_MAX;
}

static bool parse_percent(Str text, Percent *ret_percent)
{
    text = str_trim(text);
    if (!str_ends(text, S("%"))) return false;
    Str whole, decimals;
    bool point = str_cut(str_trim(str_slice(text, 0, text.len - 1)), '.', &whole, &decimals);
    if (!whole.len || whole.len > 3 || decimals.len > PUBLISHED_DECIMALS_MAX || (point && !decimals.len)) return false;
    int64_t units = 0;
    for (size_t i = 0; i < whole.len + decimals.len; i++) {
        char digit = i < whole.len ? whole.ptr[i] : decimals.ptr[i - whole.len];
        if (digit < '0' || digit > '9') return false;
        units = 10 * units + (digit - '0');
    }
    *ret_percent = (Percent){.units = units, .decimals = (int)decimals.len};
    return units <= 100 * pow10_i64((int)decimals.len);
}

static bool number(Reading *in, Str value, int64_t least, int64_t *ret_number)
{
    if (parse_number(value, ret_number) && *ret_number >= least) return true;
    return wrong(in, str_format(in->a, "a number from %lld to %lld", (long long)least, (long long)PUBLISHED_VOTES_MAX), value);
}

static bool percent(Reading *in, Str value, Percent *ret_percent)
{
    return parse_percent(value, ret_percent) ||
           wrong(in, str_format(in->a, "a percentage from 0%% to 100%% with at most %d decimals", PUBLISHED_DECIMALS_MAX), value);
}

static bool one_of(Reading *in, const Str *names, int count, Str value, int *ret_choice)
{
    Buf b = buf_new(in->a);
    for (int i = 0; i < count; i++) {
        if (str_equal(names[i], value)) {
            *ret_choice = i;
            return true;
        }
        buf_str(&b, i ? S(", ") : S("one of "));
        buf_str(&b, names[i]);
    }
    return wrong(in, buf_done(&b), value);
}

static bool base(Reading *in, Str value, PublishedBase *ret_base)
{
    int choice = 0;
    if (!one_of(in, base_names, COUNT_OF(base_names), value, &choice)) return false;
    *ret_base = (PublishedBase)choice;
    return true;
}

/* "590-640" or "609". */
static bool range(Reading *in, Str value, int64_t *ret_from, int64_t *ret_to)
{
    Str from, to;
    bool two = str_cut(value, '-', &from, &to);
    if (!number(in, from, 1, ret_from)) return false;
    *ret_to = *ret_from;
    if (two && !number(in, to, 1, ret_to)) return false;
    return *ret_from <= *ret_to || wrong(in, S("the smaller number first"), value);
}

static bool returned(Reading *in, Str value)
{
    Returned *r = &in->returned;
    r->given = true;
    r->percent = str_ends(value, S("%"));
    if (!r->percent) return range(in, value, &r->from, &r->to);
    Str low, high;
    bool two = str_cut(value, '-', &low, &high);
    if (!percent(in, low, &r->low)) return false;
    r->high = r->low;
    return !two || percent(in, high, &r->high);
}

/* --- reading keys --- */

static bool once(Reading *in, unsigned *seen, unsigned bit, Str key)
{
    if (*seen & bit) return wrong(in, S("each key once (an indented line continues the one above it)"), key);
    *seen |= bit;
    return true;
}

static bool set_check(Reading *in, Str key, Str value)
{
    static const Str keys[] = {S("title"), S("source"), S("papers"), S("stated"), S("issued"), S("returned"), S("rounding")};
    Published *p = in->p;
    int which = 0, choice = 0;
    if (!one_of(in, keys, COUNT_OF(keys), key, &which) || !once(in, &in->check_seen, 1u << which, key)) return false;
    switch (which) {
    case 0: p->title = str_copy(in->a, value); return true;
    case 1: p->source = str_copy(in->a, value); return true;
    case 2: return range(in, value, &p->from, &p->to);
    case 3: return number(in, value, 1, &p->stated);
    case 4: return number(in, value, 1, &p->issued);
    case 5: return returned(in, value);
    default:
        if (!one_of(in, rounding_names, COUNT_OF(rounding_names), value, &choice)) return false;
        p->rounding = (Rounding)choice;
        return true;
    }
}

/* Votes or percentages of a question, '-' for those not printed. */
static bool set_figures(Reading *in, PublishedQuestion *q, bool votes, Str value)
{
    int n = 0;
    for (Str rest = value; rest.len || !n; n++) {
        Str item;
        str_cut(rest, ',', &item, &rest);
        if (n == PUBLISHED_FIGURES_MAX)
            return wrong(in, str_format(in->a, "at most %d answers to a question", PUBLISHED_FIGURES_MAX), (Str){0});
        PublishedFigure *f = &q->figures[n];
        if (n >= q->figure_count) q->figure_count = n + 1;
        item = str_trim(item);
        if (str_equal(item, S("-"))) continue;
        if (votes ? !number(in, item, 0, &f->votes) : !percent(in, item, &f->printed)) return false;
        *(votes ? &f->has_votes : &f->has_printed) = true;
    }
    return true;
}

static bool set_question(Reading *in, Str name, Str key, Str value)
{
    static const Str keys[] = {S("votes"), S("printed"), S("of")};
    Published *p = in->p;
    int i = 0, which = 0;
    while (i < p->question_count && !str_equal(p->questions[i].name, name)) i++;
    if (i == PUBLISHED_QUESTIONS_MAX) return wrong(in, str_format(in->a, "at most %d questions", PUBLISHED_QUESTIONS_MAX), name);
    PublishedQuestion *q = &p->questions[i];
    if (i == p->question_count) {
        *q = (PublishedQuestion){.name = str_copy(in->a, name), .figures = arena_new(in->a, PublishedFigure, PUBLISHED_FIGURES_MAX)};
        p->question_count++;
    }
    if (!one_of(in, keys, COUNT_OF(keys), key, &which) || !once(in, &in->question_seen[i], 1u << which, key)) return false;
    return which == 2 ? base(in, value, &q->of) : set_figures(in, q, which == 0, value);
}

static bool set_claim(Reading *in, Str name, Str key, Str value)
{
    static const Str keys[] = {S("text"), S("share"), S("of"), S("question"), S("answer")};
    Published *p = in->p;
    int i = 0, which = 0;
    int64_t answer = 1;
    while (i < p->claim_count && !str_equal(p->claims[i].name, name)) i++;
    if (i == PUBLISHED_CLAIMS_MAX) return wrong(in, str_format(in->a, "at most %d claims", PUBLISHED_CLAIMS_MAX), name);
    PublishedClaim *c = &p->claims[i];
    if (i == p->claim_count) {
        *c = (PublishedClaim){.name = str_copy(in->a, name)};
        p->claim_count++;
    }
    if (!one_of(in, keys, COUNT_OF(keys), key, &which) || !once(in, &in->claim_seen[i], 1u << which, key)) return false;
    switch (which) {
    case 0: c->text = str_copy(in->a, value); return true;
    case 1: return percent(in, value, &c->share);
    case 2: return base(in, value, &c->of);
    case 3: in->claim_question[i] = str_copy(in->a, value); return true;
    default:
        if (!number(in, value, 1, &answer)) return false;
        c->answer = (int)answer - 1;
        return true;
    }
}

static bool set_key(Reading *in, Str section, Str key, Str value)
{
    if (!value.len) return wrong(in, str_format(in->a, "a value for '%.*s'", STR_ARG(key)), S(""));
    if (str_equal(section, S("check"))) return set_check(in, key, value);
    if (str_starts(section, S("question "))) return set_question(in, str_trim(str_slice(section, 9, section.len)), key, value);
    if (str_starts(section, S("claim "))) return set_claim(in, str_trim(str_slice(section, 6, section.len)), key, value);
    return wrong(in, S("a section [check], [question NAME] or [claim NAME]"), section.len ? section : key);
}

static int on_key(void *user, const char *section, const char *name, const char *value)
{
    return set_key(user, str_from_c(section), str_from_c(name), str_from_c(value));
}

/* --- the whole text --- */

/* Refuse what inih would cut or misread in silence. */
static Err scan(Arena *a, Str text, Fault *fault)
{
    if (text.len > PUBLISHED_TEXT_MAX)
        return fault_setf(
            fault, a, ERR_LIMIT, "a file of published figures may have at most %d bytes; this one has %zu", PUBLISHED_TEXT_MAX, text.len);
    int64_t line_number = 0;
    for (Str rest = text; rest.len;) {
        Str line;
        str_cut(rest, '\n', &line, &rest);
        line_number++;
        Str trimmed = str_trim(line);
        if (!str_is_clean_text(trimmed)) return fault_set(fault, ERR_INPUT, line_number, 1, S("UTF-8 text"), fault_quote(a, line));
        if (line.len > LINE_MAX_BYTES)
            return fault_set(fault, ERR_INPUT, line_number, LINE_MAX_BYTES, str_format(a, "at most %d bytes in a line", LINE_MAX_BYTES),
                str_format(a, "%zu", line.len));
        if (!trimmed.len || trimmed.ptr[0] != '[') continue;
        size_t end = str_find(trimmed, ']');
        bool known = str_starts(trimmed, S("[check]")) || str_starts(trimmed, S("[question ")) || str_starts(trimmed, S("[claim "));
        if (end == trimmed.len || end > NAME_MAX_BYTES || !known)
            return fault_set(fault, ERR_INPUT, line_number, 1,
                str_format(a, "[check], [question NAME] or [claim NAME], at most %d bytes", NAME_MAX_BYTES), fault_quote(a, trimmed));
    }
    return ERR_OK;
}

/* What `returned` means in papers: whole numbers from the low share of those issued to the high one. */
static Err settle_returned(Reading *in)
{
    Published *p = in->p;
    Returned *r = &in->returned;
    if (!r->given) return ERR_OK;
    if (p->from)
        return fault_set(
            in->fault, ERR_INPUT, 0, 0, S("'papers' and 'returned' both say how many papers there are; give one of them"), (Str){0});
    if (!r->percent) {
        p->from = r->from;
        p->to = r->to;
        return ERR_OK;
    }
    if (!p->issued) return fault_set(in->fault, ERR_INPUT, 0, 0, S("'returned' is a percentage of 'issued', which is not given"), (Str){0});
    p->from = mul_div_up(p->issued, r->low.units, 100 * pow10_i64(r->low.decimals));
    p->to = mul_div_down(p->issued, r->high.units, 100 * pow10_i64(r->high.decimals));
    if (p->from < 1 || p->from > p->to)
        return fault_set(in->fault, ERR_INPUT, 0, 0,
            S("no whole number of papers is in the range of 'returned'; the smaller percentage comes first"), (Str){0});
    return ERR_OK;
}

static Err settle_question(Reading *in, PublishedQuestion *q)
{
    q->all_votes = q->all_printed = true;
    for (int i = 0; i < q->figure_count; i++) {
        const PublishedFigure *f = &q->figures[i];
        if (!f->has_votes && !f->has_printed)
            return fault_setf(
                in->fault, in->a, ERR_INPUT, "answer %d of question %.*s has neither votes nor a percentage", i + 1, STR_ARG(q->name));
        q->all_votes &= f->has_votes;
        q->all_printed &= f->has_printed;
        q->votes = add_or_stop(q->votes, f->votes);
    }
    if (!q->figure_count)
        return fault_setf(in->fault, in->a, ERR_INPUT, "question %.*s has neither 'votes' nor 'printed'", STR_ARG(q->name));
    if (q->of == BASE_VOTES && (!q->all_votes || !q->votes))
        return fault_setf(in->fault, in->a, ERR_INPUT, "question %.*s: of = votes needs the votes for every answer", STR_ARG(q->name));
    if (q->of == BASE_ISSUED && !in->p->issued)
        return fault_setf(in->fault, in->a, ERR_INPUT, "question %.*s: of = issued needs 'issued' in [check]", STR_ARG(q->name));
    return ERR_OK;
}

static Err settle_claim(Reading *in, int claim)
{
    Published *p = in->p;
    PublishedClaim *c = &p->claims[claim];
    Str name = in->claim_question[claim];
    enum { SHARE = 1u << 1, OF = 1u << 2 };
    if ((in->claim_seen[claim] & (SHARE | OF)) != (SHARE | OF))
        return fault_setf(in->fault, in->a, ERR_INPUT, "claim %.*s needs 'share' and 'of'", STR_ARG(c->name));
    if (!name.len && p->question_count != 1)
        return fault_setf(in->fault, in->a, ERR_INPUT, "claim %.*s: say of which question it speaks", STR_ARG(c->name));
    c->question = 0;
    while (name.len && c->question < p->question_count && !str_equal(p->questions[c->question].name, name)) c->question++;
    if (c->question == p->question_count)
        return fault_setf(in->fault, in->a, ERR_INPUT, "claim %.*s: there is no question %.*s", STR_ARG(c->name), STR_ARG(name));
    if (c->answer >= p->questions[c->question].figure_count)
        return fault_setf(in->fault, in->a, ERR_INPUT, "claim %.*s: its question has no answer %d", STR_ARG(c->name), c->answer + 1);
    if (c->of == BASE_ISSUED && !p->issued)
        return fault_setf(in->fault, in->a, ERR_INPUT, "claim %.*s: of = issued needs 'issued' in [check]", STR_ARG(c->name));
    return ERR_OK;
}

static Err settle(Reading *in)
{
    Published *p = in->p;
    Err e = settle_returned(in);
    int64_t tried = p->to - p->from + 1;
    if (!e && tried > PUBLISHED_SEARCH_MAX)
        e = fault_setf(in->fault, in->a, ERR_LIMIT, "at most %d numbers of papers can be tried; these are %lld", PUBLISHED_SEARCH_MAX,
            (long long)tried);
    if (!e && !p->question_count) e = fault_set(in->fault, ERR_INPUT, 0, 0, S("there is no [question NAME]"), (Str){0});
    for (int i = 0; !e && i < p->question_count; i++) e = settle_question(in, &p->questions[i]);
    for (int i = 0; !e && i < p->claim_count; i++) e = settle_claim(in, i);
    return e;
}

Err published_parse(Arena *a, Str text, Published **ret_published, Fault *fault)
{
    Err e = scan(a, text, fault);
    if (e) return e;
    Published *p = arena_new(a, Published, 1);
    p->questions = arena_new(a, PublishedQuestion, PUBLISHED_QUESTIONS_MAX);
    p->claims = arena_new(a, PublishedClaim, PUBLISHED_CLAIMS_MAX);
    Reading in = {
        .a = a,
        .p = p,
        .fault = fault,
        .question_seen = arena_new(a, unsigned, PUBLISHED_QUESTIONS_MAX),
        .claim_seen = arena_new(a, unsigned, PUBLISHED_CLAIMS_MAX),
        .claim_question = arena_new(a, Str, PUBLISHED_CLAIMS_MAX),
    };
    int bad_line = ini_parse_string(str_c(a, text), on_key, &in);
    if (in.failed) {
        fault->line = bad_line > 0 ? bad_line : 0;
        return fault->err;
    }
    if (bad_line > 0) return fault_set(fault, ERR_INPUT, bad_line, 1, S("[section], key = value, or a comment after ';'"), S("neither"));
    if (bad_line < 0) out_of_memory(text.len);
    e = settle(&in);
    if (e) return e;
    *ret_published = p;
    return ERR_OK;
}

/* --- the arithmetic --- */

static int64_t hundred(Percent share)
{
    return 100 * pow10_i64(share.decimals);
}

/* low and high of the note at the top. */
static int64_t twice_low(Percent share, Rounding rounding)
{
    int64_t low = rounding == ROUNDING_HALF_UP ? 2 * share.units - 1 : 2 * share.units;
    return low < 0 ? 0 : low;
}

static int64_t twice_high(Percent share, Rounding rounding)
{
    return rounding == ROUNDING_HALF_UP ? 2 * share.units + 1 : 2 * share.units + 2;
}

static int64_t least_votes(int64_t papers, Percent share, Rounding rounding)
{
    return mul_div_up(papers, twice_low(share, rounding), 2 * hundred(share));
}

static int64_t most_votes(int64_t papers, Percent share, Rounding rounding)
{
    int64_t most = mul_div_up(papers, twice_high(share, rounding), 2 * hundred(share)) - 1;
    return most < papers ? most : papers;
}

bool published_fits(int64_t votes, int64_t papers, Percent printed, Rounding rounding)
{
    return papers > 0 && votes >= least_votes(papers, printed, rounding) && votes <= most_votes(papers, printed, rounding);
}

/* Can all figures of the question have come from `papers` papers, each with one vote at most? */
static bool question_fits(const Published *p, const PublishedQuestion *q, int64_t papers)
{
    int64_t least = 0;
    for (int i = 0; i < q->figure_count; i++) {
        const PublishedFigure *f = &q->figures[i];
        if (!f->has_votes) {
            int64_t low = least_votes(papers, f->printed, p->rounding);
            if (low > most_votes(papers, f->printed, p->rounding)) return false;
            least = add_or_stop(least, low);
            continue;
        }
        if (f->has_printed && !published_fits(f->votes, papers, f->printed, p->rounding)) return false;
        least = add_or_stop(least, f->votes);
    }
    return least <= papers;
}

static bool all_fit(const Published *p, int64_t papers)
{
    for (int i = 0; i < p->question_count; i++)
        if (p->questions[i].of == BASE_PAPERS && !question_fits(p, &p->questions[i], papers)) return false;
    return true;
}

static void search(Arena *a, PublishedAnswer *answer)
{
    const Published *p = answer->published;
    int capacity = 0;
    answer->searched = p->from > 0;
    for (int64_t n = p->from; answer->searched && n <= p->to; n++) {
        if (!all_fit(p, n)) continue;
        if (answer->fit_count && answer->fits[answer->fit_count - 1].to == n - 1) {
            answer->fits[answer->fit_count - 1].to = n;
            continue;
        }
        if (answer->fit_count == capacity) {
            capacity = capacity ? 2 * capacity : 16;
            answer->fits = arena_grow(a, Run, answer->fits, (size_t)answer->fit_count, (size_t)capacity);
        }
        answer->fits[answer->fit_count++] = (Run){n, n};
    }
    answer->stated_fits = p->stated && all_fit(p, p->stated);
}

/* --- questions --- */

/* The share falls as papers are more, so the numbers that fit stand together: from the first of which it is not too large,
 * to the last of which it is not too small. */
static void find_run(const Published *p, const PublishedFigure *f, FigureAnswer *answer)
{
    if (!p->from) return;
    int64_t low = p->from, high = p->to + 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (f->votes <= most_votes(middle, f->printed, p->rounding)) high = middle;
        else low = middle + 1;
    }
    answer->fits.from = low;
    high = p->to + 1;
    while (low < high) {
        int64_t middle = low + (high - low) / 2;
        if (f->votes < least_votes(middle, f->printed, p->rounding)) high = middle;
        else low = middle + 1;
    }
    answer->fits.to = low - 1;
    answer->any = answer->fits.from <= answer->fits.to;
}

static void check_figure(const Published *p, const PublishedQuestion *q, const PublishedFigure *f, FigureAnswer *answer)
{
    answer->checked = f->has_votes && f->has_printed;
    if (!answer->checked) return;
    if (q->of == BASE_PAPERS) find_run(p, f, answer);
    answer->stated_fits = p->stated && published_fits(f->votes, p->stated, f->printed, p->rounding);
    answer->of_votes_fits = q->all_votes && published_fits(f->votes, q->votes, f->printed, p->rounding);
    if (q->of == BASE_VOTES) answer->base_fits = answer->of_votes_fits;
    if (q->of == BASE_ISSUED) answer->base_fits = published_fits(f->votes, p->issued, f->printed, p->rounding);
}

/* Each figure may be off by half of its last digit (all of it if truncated), so the sum by all of these together. */
static void check_sum(Arena *a, const Published *p, const PublishedQuestion *q, QuestionAnswer *answer)
{
    answer->sum_known = q->all_printed && q->figure_count > 1;
    if (!answer->sum_known) return;
    int decimals = 0;
    for (int i = 0; i < q->figure_count; i++)
        if (q->figures[i].printed.decimals > decimals) decimals = q->figures[i].printed.decimals;
    Frac *off = frac_new(a, 1), *missing = frac_new(a, 1);
    answer->bound = frac_new(a, 1);
    answer->sum.decimals = decimals;
    for (int i = 0; i < q->figure_count; i++) {
        Percent share = q->figures[i].printed;
        answer->sum.units = add_or_stop(answer->sum.units, mul_or_stop(share.units, pow10_i64(decimals - share.decimals)));
        frac_set_ratio(off, 1, (p->rounding == ROUNDING_HALF_UP ? 2 : 1) * pow10_i64(share.decimals));
        frac_add(answer->bound, off);
    }
    frac_set_ratio(missing, hundred(answer->sum) - answer->sum.units, pow10_i64(decimals));
    /* Rounding up adds half a digit at most and loses a little less than half; cutting adds nothing and loses less than one. */
    Frac *excess = frac_new(a, 1);
    frac_sub(excess, missing);
    bool above = frac_sign(excess) > 0;
    answer->sum_possible = !above || (p->rounding == ROUNDING_HALF_UP && frac_compare(excess, answer->bound) <= 0);
    answer->sum_whole = answer->sum_possible && frac_compare(missing, answer->bound) < 0;
}

/* --- claims --- */

/* What a base can be, in papers; false when that is not known. */
static bool base_range(const PublishedAnswer *answer, const PublishedQuestion *q, PublishedBase of, Run *ret_range)
{
    const Published *p = answer->published;
    *ret_range = (Run){p->from, p->to};
    if (of == BASE_ISSUED) *ret_range = (Run){p->issued, p->issued};
    else if (of == BASE_VOTES) *ret_range = q->all_votes ? (Run){q->votes, q->votes} : (Run){0, 0};
    else if (answer->fit_count) *ret_range = (Run){answer->fits[0].from, answer->fits[answer->fit_count - 1].to};
    return ret_range->from > 0;
}

/* Votes for the answer, from *low to *high; not whole numbers, since of many possible numbers of papers these are the ends. */
static bool votes_range(
    Arena *a, const PublishedAnswer *answer, const PublishedQuestion *q, const PublishedFigure *f, Frac *low, Frac *high)
{
    if (f->has_votes) {
        frac_set_ratio(low, f->votes, 1);
        frac_set_ratio(high, f->votes, 1);
        return true;
    }
    Run papers;
    if (!base_range(answer, q, q->of, &papers)) return false;
    Frac *size = frac_new(a, 1);
    Rounding rounding = answer->published->rounding;
    frac_set_ratio(low, twice_low(f->printed, rounding), 2 * hundred(f->printed));
    frac_set_ratio(size, papers.from, 1);
    frac_mul(low, size);
    frac_set_ratio(high, twice_high(f->printed, rounding), 2 * hundred(f->printed));
    frac_set_ratio(size, papers.to, 1);
    frac_mul(high, size);
    return true;
}

/* The figure in percent of the claimed base, from *low to *high; `reached`: *high itself is possible, as the end of a rounding is not. */
static bool share_range(Arena *a, const PublishedAnswer *answer, const PublishedClaim *c, Frac *low, Frac *high, bool *ret_reached)
{
    const PublishedQuestion *q = &answer->published->questions[c->question];
    const PublishedFigure *f = &q->figures[c->answer];
    Rounding rounding = answer->published->rounding;
    *ret_reached = f->has_votes;
    if (c->of == q->of && f->has_printed) {
        *ret_reached = false;
        frac_set_ratio(low, 100 * twice_low(f->printed, rounding), 2 * hundred(f->printed));
        frac_set_ratio(high, 100 * twice_high(f->printed, rounding), 2 * hundred(f->printed));
        return true;
    }
    Run papers;
    if (!base_range(answer, q, c->of, &papers) || !votes_range(a, answer, q, f, low, high)) return false;
    Frac *scale = frac_new(a, 1);
    frac_set_ratio(scale, 100, papers.to);
    frac_mul(low, scale);
    frac_set_ratio(scale, 100, papers.from);
    frac_mul(high, scale);
    return true;
}

static void check_claim(Arena *a, const PublishedAnswer *answer, const PublishedClaim *c, ClaimAnswer *claim)
{
    Frac *ends = frac_new(a, 2);
    bool reached;
    if (!share_range(a, answer, c, &ends[0], &ends[1], &reached)) return;
    claim->low = &ends[0];
    claim->high = &ends[1];
    Rounding rounding = answer->published->rounding;
    int64_t whole = 2 * pow10_i64(c->share.decimals);
    int above = frac_compare_ratio(claim->high, twice_low(c->share, rounding), whole);
    bool below = frac_compare_ratio(claim->low, twice_high(c->share, rounding), whole) < 0;
    claim->holds = below && (above > 0 || (above == 0 && reached));
}

static bool question_is_good(const PublishedQuestion *q, const QuestionAnswer *answer)
{
    for (int i = 0; i < q->figure_count; i++)
        if (q->of != BASE_PAPERS && answer->figures[i].checked && !answer->figures[i].base_fits) return false;
    return !answer->sum_known || answer->sum_possible;
}

PublishedAnswer *published_check(Arena *a, const Published *p)
{
    PublishedAnswer *answer = arena_new(a, PublishedAnswer, 1);
    answer->published = p;
    answer->questions = arena_new(a, QuestionAnswer, (size_t)p->question_count);
    answer->claims = arena_new(a, ClaimAnswer, (size_t)p->claim_count);
    search(a, answer);
    answer->good = (!answer->searched || answer->fit_count) && (!p->stated || answer->stated_fits);
    for (int i = 0; i < p->question_count; i++) {
        const PublishedQuestion *q = &p->questions[i];
        answer->questions[i].figures = arena_new(a, FigureAnswer, (size_t)q->figure_count);
        for (int k = 0; k < q->figure_count; k++) check_figure(p, q, &q->figures[k], &answer->questions[i].figures[k]);
        check_sum(a, p, q, &answer->questions[i]);
        answer->good &= question_is_good(q, &answer->questions[i]);
    }
    for (int i = 0; i < p->claim_count; i++) {
        check_claim(a, answer, &p->claims[i], &answer->claims[i]);
        answer->good &= answer->claims[i].holds || !answer->claims[i].low;
    }
    return answer;
}

/* --- the answer: numbers as text --- */

/* 15000 as "15,000". */
static Str grouped(Arena *a, int64_t n)
{
    Str digits = str_format(a, "%lld", (long long)n);
    Buf b = buf_new(a);
    for (size_t i = 0; i < digits.len; i++) {
        if (i && (digits.len - i) % 3 == 0) buf_byte(&b, ',');
        buf_byte(&b, digits.ptr[i]);
    }
    return buf_done(&b);
}

static Str run_words(Arena *a, Run run)
{
    Str from = grouped(a, run.from), to = grouped(a, run.to);
    return run.from == run.to ? from : str_format(a, "%.*s to %.*s", STR_ARG(from), STR_ARG(to));
}

/* "50.3". */
static Str percent_text(Arena *a, Percent share)
{
    Frac *f = frac_new(a, 1);
    frac_set_ratio(f, share.units, pow10_i64(share.decimals));
    return frac_decimal(a, f, share.decimals);
}

/* 393 of 610 with two decimals more than printed: "64.43". */
static Str share_text(Arena *a, int64_t votes, int64_t papers, int decimals)
{
    Frac *f = frac_new(a, 1);
    frac_set_ratio(f, 100 * votes, papers);
    return frac_decimal(a, f, decimals);
}

static Percent rounded(int64_t votes, int64_t papers, int decimals, Rounding rounding)
{
    int64_t twice = mul_div_down(votes, 2 * 100 * pow10_i64(decimals), papers);
    return (Percent){.units = (rounding == ROUNDING_HALF_UP ? twice + 1 : twice) / 2, .decimals = decimals};
}

/* A number without trailing zeros after the point: "0.25", "1". */
static Str short_decimal(Arena *a, const Frac *f)
{
    Str text = frac_decimal(a, f, PUBLISHED_DECIMALS_MAX + 1);
    while (str_ends(text, S("0"))) text = str_slice(text, 0, text.len - 1);
    return str_ends(text, S(".")) ? str_slice(text, 0, text.len - 1) : text;
}

static Str base_words(Arena *a, const Published *p, const PublishedQuestion *q, PublishedBase of)
{
    Str n;
    if (of == BASE_ISSUED) {
        n = grouped(a, p->issued);
        return str_format(a, "the %.*s papers issued", STR_ARG(n));
    }
    if (of == BASE_VOTES) {
        n = grouped(a, q->votes);
        return str_format(a, "the %.*s votes in the question", STR_ARG(n));
    }
    Str what = p->issued ? S("the papers returned") : S("the papers");
    if (!p->from) return what;
    n = run_words(a, (Run){p->from, p->to});
    return str_format(a, "%.*s (%.*s)", STR_ARG(what), STR_ARG(n));
}

/* What is wrong with a claim, or right, in words; its text not repeated. */
static Str claim_words(Arena *a, const PublishedAnswer *answer, const PublishedClaim *c, const ClaimAnswer *claim)
{
    const Published *p = answer->published;
    const PublishedQuestion *q = &p->questions[c->question];
    const PublishedFigure *f = &q->figures[c->answer];
    if (!claim->low) return str_format(a, "cannot be checked: the number of %s is not known.", c->of == BASE_VOTES ? "votes" : "papers");
    Buf b = buf_new(a);
    buf_str(&b, claim->holds ? S("can be so.") : S("refused."));
    if (f->has_printed && q->of != c->of) {
        Str printed = percent_text(a, f->printed), from = base_words(a, p, q, q->of);
        buf_format(&b, " %.*s %% is a share of %.*s.", STR_ARG(printed), STR_ARG(from));
    }
    Str of = base_words(a, p, q, c->of), low = frac_decimal(a, claim->low, c->share.decimals),
        high = frac_decimal(a, claim->high, c->share.decimals);
    buf_format(&b, " Of %.*s it is ", STR_ARG(of));
    if (str_equal(low, high)) buf_format(&b, "%.*s %%", STR_ARG(low));
    else buf_format(&b, "%.*s to %.*s %%", STR_ARG(low), STR_ARG(high));
    Str share = percent_text(a, c->share);
    if (!claim->holds) buf_format(&b, ", not %.*s %%", STR_ARG(share));
    buf_byte(&b, '.');
    return buf_done(&b);
}

/* --- as JSON --- */

static void put_number(View *view, Arena *a, Str key, int64_t value)
{
    view_put_str(view, key, str_format(a, "%lld", (long long)value));
}

static void put_number_or_null(View *view, Arena *a, Str key, bool known, int64_t value)
{
    if (known) put_number(view, a, key, value);
    else view_put_null(view, key);
}

static void put_bool_or_null(View *view, Str key, bool known, bool value)
{
    if (known) view_put_bool(view, key, value);
    else view_put_null(view, key);
}

static void put_run_or_null(View *view, Arena *a, Str key, bool known, Run run)
{
    if (!known) {
        view_put_null(view, key);
        return;
    }
    View *object = view_put_object(view, key);
    put_number(object, a, S("from"), run.from);
    put_number(object, a, S("to"), run.to);
}

static void put_frac_or_null(View *view, Arena *a, Str key, const Frac *value)
{
    if (value) view_put_str(view, key, frac_text(a, value));
    else view_put_null(view, key);
}

static void put_figure(
    View *view, Arena *a, const Published *p, const PublishedQuestion *q, const PublishedFigure *f, const FigureAnswer *answer)
{
    bool of_papers = answer->checked && q->of == BASE_PAPERS;
    put_number_or_null(view, a, S("votes"), f->has_votes, f->votes);
    if (f->has_printed) view_put_str(view, S("printed"), percent_text(a, f->printed));
    else view_put_null(view, S("printed"));
    put_run_or_null(view, a, S("fits"), of_papers && answer->any, answer->fits);
    put_bool_or_null(view, S("stated_fits"), of_papers && p->stated, answer->stated_fits);
    put_bool_or_null(view, S("of_votes_fits"), answer->checked && q->all_votes, answer->of_votes_fits);
    put_bool_or_null(view, S("base_fits"), answer->checked && q->of != BASE_PAPERS, answer->base_fits);
}

static void put_question(View *view, Arena *a, const Published *p, const PublishedQuestion *q, const QuestionAnswer *answer)
{
    view_put_str(view, S("question"), q->name);
    view_put_str(view, S("of"), base_names[q->of]);
    View *figures = view_put_array(view, S("figures"));
    for (int i = 0; i < q->figure_count; i++) put_figure(view_add_object(figures), a, p, q, &q->figures[i], &answer->figures[i]);
    put_number_or_null(view, a, S("votes"), q->all_votes, q->votes);
    if (!answer->sum_known) {
        view_put_null(view, S("sum"));
        return;
    }
    View *sum = view_put_object(view, S("sum"));
    view_put_str(sum, S("percent"), percent_text(a, answer->sum));
    view_put_str(sum, S("rounding_can_do"), short_decimal(a, answer->bound));
    view_put_bool(sum, S("possible"), answer->sum_possible);
    view_put_bool(sum, S("makes_100"), answer->sum_whole);
}

static void put_claim(View *view, Arena *a, const PublishedAnswer *all, const PublishedClaim *c, const ClaimAnswer *answer)
{
    view_put_str(view, S("claim"), c->name);
    view_put_str(view, S("text"), c->text);
    view_put_str(view, S("share"), percent_text(a, c->share));
    view_put_str(view, S("of"), base_names[c->of]);
    put_bool_or_null(view, S("holds"), answer->low, answer->holds);
    put_frac_or_null(view, a, S("low"), answer->low);
    put_frac_or_null(view, a, S("high"), answer->high);
    view_put_str(view, S("words"), claim_words(a, all, c, answer));
}

View *published_view(Arena *a, const PublishedAnswer *answer)
{
    const Published *p = answer->published;
    View *view = view_object(a);
    view_put_str(view, S("title"), p->title);
    view_put_str(view, S("source"), p->source);
    view_put_bool(view, S("good"), answer->good);
    view_put_str(view, S("rounding"), rounding_names[p->rounding]);
    put_run_or_null(view, a, S("tried"), answer->searched, (Run){p->from, p->to});
    View *fits = view_put_array(view, S("fits"));
    for (int i = 0; i < answer->fit_count; i++) {
        View *run = view_add_object(fits);
        put_number(run, a, S("from"), answer->fits[i].from);
        put_number(run, a, S("to"), answer->fits[i].to);
    }
    put_number_or_null(view, a, S("stated"), p->stated, p->stated);
    put_bool_or_null(view, S("stated_fits"), p->stated, answer->stated_fits);
    put_number_or_null(view, a, S("issued"), p->issued, p->issued);
    View *questions = view_put_array(view, S("questions"));
    for (int i = 0; i < p->question_count; i++) put_question(view_add_object(questions), a, p, &p->questions[i], &answer->questions[i]);
    View *claims = view_put_array(view, S("claims"));
    for (int i = 0; i < p->claim_count; i++) put_claim(view_add_object(claims), a, answer, &p->claims[i], &answer->claims[i]);
    return view;
}

/* --- in words --- */

static void say_fits(const PublishedAnswer *answer, Buf *out)
{
    const Published *p = answer->published;
    if (!answer->searched) return;
    Str tried = run_words(out->arena, (Run){p->from, p->to});
    buf_format(out, "Of %.*s papers, ", STR_ARG(tried));
    if (answer->fit_count == 1 && answer->fits[0].from == p->from && answer->fits[0].to == p->to) {
        buf_str(out, S("every number fits all that was printed.\n"));
        return;
    }
    if (!answer->fit_count) buf_str(out, S("no number fits all that was printed"));
    for (int i = 0; i < answer->fit_count; i++) {
        Str run = run_words(out->arena, answer->fits[i]);
        buf_format(out, "%s%.*s", i ? ", " : "only ", STR_ARG(run));
    }
    if (answer->fit_count) {
        const Run *last = &answer->fits[answer->fit_count - 1];
        buf_str(out, answer->fits[0].from == last->to ? S(" fits all that was printed") : S(" fit all that was printed"));
    }
    buf_str(out, S(".\n"));
}

static void say_votes_exceed(const PublishedQuestion *q, int64_t papers, Buf *out)
{
    Str votes = grouped(out->arena, q->votes), n = grouped(out->arena, papers);
    buf_format(out, "  %.*s: %.*s votes cannot stand on %.*s papers.\n", STR_ARG(q->name), STR_ARG(votes), STR_ARG(n));
}

/* "393 of 610 is 64.43 %, which rounds to 64 %; 65 % was printed". */
static void say_misfit(const Published *p, const PublishedFigure *f, int64_t papers, Buf *out)
{
    Arena *a = out->arena;
    Str votes = grouped(a, f->votes), of = grouped(a, papers), share = share_text(a, f->votes, papers, f->printed.decimals + 2);
    Str would = percent_text(a, rounded(f->votes, papers, f->printed.decimals, p->rounding)), printed = percent_text(a, f->printed);
    buf_format(out, "%.*s of %.*s is %.*s %%, which %s %.*s %%; %.*s %% was printed", STR_ARG(votes), STR_ARG(of), STR_ARG(share),
        p->rounding == ROUNDING_HALF_UP ? "rounds to" : "is cut to", STR_ARG(would), STR_ARG(printed));
}

static void say_stated(const PublishedAnswer *answer, Buf *out)
{
    const Published *p = answer->published;
    if (!p->stated) return;
    Str stated = grouped(out->arena, p->stated);
    if (answer->stated_fits) {
        buf_format(out, "%.*s, the number given, fits.\n", STR_ARG(stated));
        return;
    }
    buf_format(out, "%.*s, the number given, does not fit:\n", STR_ARG(stated));
    for (int i = 0; i < p->question_count; i++) {
        const PublishedQuestion *q = &p->questions[i];
        if (q->of != BASE_PAPERS) continue;
        bool said = q->votes > p->stated;
        if (said) say_votes_exceed(q, p->stated, out);
        for (int k = 0; k < q->figure_count; k++) {
            if (!answer->questions[i].figures[k].checked || answer->questions[i].figures[k].stated_fits) continue;
            buf_format(out, "  %.*s: ", STR_ARG(q->name));
            say_misfit(p, &q->figures[k], p->stated, out);
            buf_str(out, S(".\n"));
            said = true;
        }
        if (!said && !question_fits(p, q, p->stated))
            buf_format(out, "  %.*s: no whole numbers of votes give these percentages.\n", STR_ARG(q->name));
    }
}

static void say_figure(const Published *p, const PublishedQuestion *q, const PublishedFigure *f, const FigureAnswer *answer, Buf *out)
{
    Arena *a = out->arena;
    Str votes = grouped(a, f->votes), printed = percent_text(a, f->printed);
    buf_format(out, "  %.*s: %.*s votes, %.*s %% printed: ", STR_ARG(q->name), STR_ARG(votes), STR_ARG(printed));
    if (q->of == BASE_PAPERS) {
        Str run = run_words(a, answer->fits);
        if (!p->from) buf_str(out, S("no number of papers to try"));
        else if (answer->any) buf_format(out, "%.*s papers", STR_ARG(run));
        else buf_str(out, S("none of these numbers"));
        if (q->all_votes && q->votes && !answer->of_votes_fits) {
            Str of = grouped(a, q->votes), share = share_text(a, f->votes, q->votes, f->printed.decimals + 2);
            buf_format(out, " (of the %.*s votes in the question it would be %.*s %%)", STR_ARG(of), STR_ARG(share));
        }
    } else if (answer->base_fits) {
        Str of = base_words(a, p, q, q->of);
        buf_format(out, "right of %.*s", STR_ARG(of));
    } else {
        say_misfit(p, f, q->of == BASE_ISSUED ? p->issued : q->votes, out);
    }
    buf_str(out, S(".\n"));
}

static void say_sum(const PublishedQuestion *q, const QuestionAnswer *answer, Buf *out)
{
    Arena *a = out->arena;
    if (!answer->sum_known) return;
    Str sum = percent_text(a, answer->sum), bound = short_decimal(a, answer->bound);
    buf_format(out, "  %.*s: the %d percentages add up to %.*s %%. Rounding can move such a sum by up to %.*s: ", STR_ARG(q->name),
        q->figure_count, STR_ARG(sum), STR_ARG(bound));
    if (!answer->sum_possible) buf_str(out, S("it cannot have made this of 100.\n"));
    else if (answer->sum_whole) buf_str(out, S("this may be 100.\n"));
    else buf_str(out, S("the rest of 100 is for none of these answers.\n"));
}

static void say_claim(const PublishedAnswer *answer, const PublishedClaim *c, const ClaimAnswer *claim, Buf *out)
{
    Str words = claim_words(out->arena, answer, c, claim), share = percent_text(out->arena, c->share);
    if (c->text.len) buf_format(out, "\"%.*s\": %.*s\n", STR_ARG(c->text), STR_ARG(words));
    else buf_format(out, "%.*s, %.*s %%: %.*s\n", STR_ARG(c->name), STR_ARG(share), STR_ARG(words));
}

void published_text(const PublishedAnswer *answer, Buf *out)
{
    const Published *p = answer->published;
    if (p->title.len) buf_format(out, "%.*s\n", STR_ARG(p->title));
    if (p->source.len) buf_format(out, "Source: %.*s\n", STR_ARG(p->source));
    if (p->title.len || p->source.len) buf_byte(out, '\n');
    say_fits(answer, out);
    say_stated(answer, out);
    buf_str(out, S("What was printed:\n"));
    for (int i = 0; i < p->question_count; i++) {
        const PublishedQuestion *q = &p->questions[i];
        for (int k = 0; k < q->figure_count; k++)
            if (answer->questions[i].figures[k].checked) say_figure(p, q, &q->figures[k], &answer->questions[i].figures[k], out);
        say_sum(q, &answer->questions[i], out);
    }
    for (int i = 0; i < p->claim_count; i++) say_claim(answer, &p->claims[i], &answer->claims[i], out);
}
