/* The manifest of a contest: contest.conf. docs/publishing.md is its manual; change the one with the other.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "contest/own.h"

typedef enum Where { IN_NOTHING, IN_CONTEST, IN_PAPERS, IN_STAGES, IN_COMPARE, IN_SOURCES, IN_REJECTED, IN_WITHDRAWN, IN__COUNT } Where;

static const Str section_names[] = {
    S(""), S("contest"), S("papers"), S("stages"), S("compare"), S("sources"), S("rejected"), S("withdrawn")};
_Static_assert(COUNT_OF(section_names) == IN__COUNT, "a name for each section");

typedef struct Reading {
    Arena *a;
    Fault *fault;
    Conf *conf;
    int64_t line;
    Where where;
    unsigned sections_seen;
    Str key, value; /* being read; a line that begins with a blank goes on with it */
    int64_t key_line;
    bool pending;
} Reading;

static Err wrong(Reading *in, int64_t line, Str expected, Str found)
{
    return fault_set(in->fault, ERR_INPUT, line, 1, expected, found.len ? fault_quote(in->a, found) : S("nothing"));
}

/* ---- values ---- */

bool slug_is_good(Str slug)
{
    if (!slug.len || slug.len > SLUG_MAX) return false;
    for (size_t i = 0; i < slug.len; i++) {
        char c = slug.ptr[i];
        bool inner = i > 0 && i + 1 < slug.len && slug.ptr[i - 1] != '-';
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && inner))) return false;
    }
    return true;
}

Str slug_of_name(Arena *a, Str name)
{
    Buf b = buf_new(a);
    bool gap = false;
    for (size_t i = 0; i < name.len && b.len < SLUG_MAX; i++) {
        char c = name.ptr[i];
        if (c >= 'A' && c <= 'Z') c = (char)(c - 'A' + 'a');
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))) {
            gap = b.len > 0;
            continue;
        }
        if (gap && b.len + 1 < SLUG_MAX) buf_byte(&b, '-');
        gap = false;
        buf_byte(&b, c);
    }
    return b.len ? buf_done(&b) : S("file");
}

static int days_in(int64_t year, int64_t month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
    return month == 2 && leap ? 29 : days[month - 1];
}

static bool date_is_good(Str date)
{
    int64_t year, month, day;
    if (date.len != 10 || date.ptr[4] != '-' || date.ptr[7] != '-') return false;
    for (size_t i = 0; i < date.len; i++)
        if (i != 4 && i != 7 && (date.ptr[i] < '0' || date.ptr[i] > '9')) return false;
    if (!str_to_i64(str_slice(date, 0, 4), &year) || !str_to_i64(str_slice(date, 5, 7), &month) ||
        !str_to_i64(str_slice(date, 8, 10), &day))
        return false;
    return year >= 1 && month >= 1 && month <= 12 && day >= 1 && day <= days_in(year, month);
}

/* A file beside contest.conf: no path, so that nothing outside the folder is ever published. */
static bool file_name_is_good(Str name)
{
    return name.len && name.len <= 100 && name.ptr[0] != '.' && str_find(name, '/') == name.len && str_find(name, '\\') == name.len &&
           str_is_clean_text(name);
}

static Err set_number(Reading *in, int64_t most, int64_t *number)
{
    if (str_to_i64(in->value, number) && *number >= 1 && *number <= most) return ERR_OK;
    return wrong(in, in->key_line, str_format(in->a, "a whole number from 1 to %lld", (long long)most), in->value);
}

/* ---- sections ---- */

typedef struct Key {
    Str name;
    size_t offset; /* of a Str in Conf */
} Key;

#define TEXT_KEY(field)                            \
    {                                              \
        S(#field), __builtin_offsetof(Conf, field) \
    }
static const Key text_keys[] = {
    TEXT_KEY(slug), TEXT_KEY(title), TEXT_KEY(date), TEXT_KEY(place), TEXT_KEY(rules), TEXT_KEY(note), TEXT_KEY(seed)};

static Err set_contest_key(Reading *in)
{
    Conf *conf = in->conf;
    if (!in->value.len) return wrong(in, in->key_line, S("a value after '='"), (Str){0});
    for (int i = 0; i < COUNT_OF(text_keys); i++) {
        if (!str_equal(text_keys[i].name, in->key)) continue;
        Str *at = (Str *)((char *)conf + text_keys[i].offset);
        if (at->len) return wrong(in, in->key_line, S("each key once"), in->key);
        *at = in->value;
        if (at == &conf->rules) conf->rules_line = in->key_line;
        if (at == &conf->slug && !slug_is_good(in->value))
            return wrong(in, in->key_line, S("lower-case letters, digits and inner hyphens, at most 80"), in->value);
        if (at == &conf->date && !date_is_good(in->value)) return wrong(in, in->key_line, S("a date such as 2010-09-25"), in->value);
        return ERR_OK;
    }
    int64_t *number = str_equal(in->key, S("seats"))    ? &conf->seats
                      : str_equal(in->key, S("roll"))   ? &conf->roll
                      : str_equal(in->key, S("issued")) ? &conf->issued
                                                        : NULL;
    if (!number) return wrong(in, in->key_line, S("slug, title, date, place, rules, note, seed, seats, roll or issued"), in->key);
    if (*number) return wrong(in, in->key_line, S("each key once"), in->key);
    return set_number(in, number == &conf->seats ? RULES_SEATS_MAX : INT64_C(10000000000), number);
}

static Err add_item(Reading *in, ConfItems *items)
{
    for (int i = 0; i < items->count && in->key.len; i++)
        if (str_equal(items->items[i].key, in->key)) return wrong(in, in->key_line, S("each name once"), in->key);
    if (items->count == CONF_ITEMS_MAX) return wrong(in, in->key_line, S("at most 64 lines in a section"), S("more"));
    items->items[items->count++] = (ConfItem){.key = in->key, .value = in->value, .line = in->key_line};
    return ERR_OK;
}

static Err add_file(Reading *in)
{
    if (!file_name_is_good(in->value)) return wrong(in, in->key_line, S("the name of a file in this folder"), in->value);
    if (in->key.len > PAPERS_NAME_MAX) return wrong(in, in->key_line, S("a section's name of at most 200 bytes"), in->key);
    return add_item(in, &in->conf->papers);
}

static Err set_stages(Reading *in)
{
    if (!str_equal(in->key, S("file"))) return wrong(in, in->key_line, S("file = FILE"), in->key);
    if (in->conf->stages.len) return wrong(in, in->key_line, S("each key once"), in->key);
    if (!file_name_is_good(in->value)) return wrong(in, in->key_line, S("the name of a file in this folder"), in->value);
    in->conf->stages = in->value;
    in->conf->stages_line = in->key_line;
    return ERR_OK;
}

static Err add_source(Reading *in)
{
    return in->value.len ? add_item(in, &in->conf->sources) : wrong(in, in->key_line, S("where it was published, after '='"), (Str){0});
}

static Err add_rejected(Reading *in)
{
    int64_t papers;
    if (!str_to_i64(in->value, &papers) || papers < 0 || papers > PAPERS_TOTAL_MAX)
        return wrong(in, in->key_line, S("a number of papers, as in 'Spoilt = 207'"), in->value);
    return add_item(in, &in->conf->rejected);
}

/* The key and value read are complete. */
static Err take_pending(Reading *in)
{
    if (!in->pending) return ERR_OK;
    in->pending = false;
    switch (in->where) {
    case IN_CONTEST: return set_contest_key(in);
    case IN_PAPERS: return add_file(in);
    case IN_STAGES: return set_stages(in);
    case IN_COMPARE: return add_item(in, &in->conf->compare);
    case IN_SOURCES: return add_source(in);
    case IN_REJECTED: return add_rejected(in);
    case IN_WITHDRAWN: return add_item(in, &in->conf->withdrawn);
    case IN_NOTHING:
    case IN__COUNT: break;
    }
    return wrong(in, in->key_line, S("[contest] before any key"), in->key);
}

/* ---- lines ---- */

static Err take_section(Reading *in, Str line)
{
    if (line.ptr[line.len - 1] != ']') return wrong(in, in->line, S("']' at the end of a section's name"), line);
    Str name = str_trim(str_slice(line, 1, line.len - 1));
    for (int w = IN_CONTEST; w < IN__COUNT; w++) {
        if (!str_equal(name, section_names[w])) continue;
        if (in->sections_seen & 1u << w) return wrong(in, in->line, S("each section once"), name);
        in->sections_seen |= 1u << w;
        in->where = (Where)w;
        return ERR_OK;
    }
    return wrong(in, in->line, S("[contest], [papers], [stages], [compare], [sources], [rejected] or [withdrawn]"), line);
}

/* Lists have no '='. */
static Err take_pair(Reading *in, Str line)
{
    Str key = {0}, value = line;
    bool list = in->where == IN_COMPARE || in->where == IN_WITHDRAWN;
    if (!list && !str_cut(line, '=', &key, &value)) return wrong(in, in->line, S("key = value"), line);
    in->key = str_trim(key);
    in->value = str_trim(value);
    if (!list && !in->key.len) return wrong(in, in->line, S("a key before '='"), line);
    in->key_line = in->line;
    in->pending = true;
    return ERR_OK;
}

static Err take_line(Reading *in, Str raw)
{
    if (raw.len > CONF_LINE_MAX) return wrong(in, in->line, S("at most 4096 bytes in a line"), S("more"));
    Str line = str_trim(raw);
    if (!str_is_clean_text(line)) return wrong(in, in->line, S("UTF-8 text without control characters"), line);
    if (!line.len || line.ptr[0] == ';' || line.ptr[0] == '#') return ERR_OK;
    bool goes_on = raw.ptr[0] == ' ' || raw.ptr[0] == '\t';
    if (goes_on && in->pending) {
        in->value = str_format(in->a, "%.*s%s%.*s", STR_ARG(in->value), in->value.len ? " " : "", STR_ARG(line));
        return ERR_OK;
    }
    if (goes_on) return wrong(in, in->line, S("no blank before a section or a key"), line);
    Err e = take_pending(in);
    if (e) return e;
    return line.ptr[0] == '[' ? take_section(in, line) : take_pair(in, line);
}

static Err check(Reading *in)
{
    const Conf *conf = in->conf;
    Fault *fault = in->fault;
    if (!conf->slug.len)
        return fault_set(fault, ERR_INPUT, 0, 0, S("slug = ... under [contest]: the contest's part of the address"), S("none"));
    if (!conf->title.len) return fault_set(fault, ERR_INPUT, 0, 0, S("title = ... under [contest]"), S("none"));
    if (!conf->date.len) return fault_set(fault, ERR_INPUT, 0, 0, S("date = ... under [contest]"), S("none"));
    if (!conf->rules.len) return fault_set(fault, ERR_INPUT, 0, 0, S("rules = ... under [contest]: a preset or a file"), S("none"));
    bool papers = conf->papers.count > 0, stages = conf->stages.len > 0;
    if (!papers && !stages)
        return fault_set(fault, ERR_INPUT, 0, 0, S("[papers] with files, or [stages] with a file of totals"), S("neither"));
    if (papers && stages) return fault_set(fault, ERR_INPUT, conf->stages_line, 1, S("[papers] or [stages], not both"), S("both"));
    if (stages && conf->compare.count)
        return fault_set(fault, ERR_INPUT, conf->compare.items[0].line, 1,
            S("no [compare] with [stages]: totals cannot be counted under other rules"), S("[compare]"));
    if (stages && conf->withdrawn.count)
        return fault_set(fault, ERR_INPUT, conf->withdrawn.items[0].line, 1, S("no [withdrawn] with [stages]"), S("[withdrawn]"));
    return ERR_OK;
}

Err conf_parse(Arena *a, Str text, Conf **ret_conf, Fault *fault)
{
    if (text.len > CONF_TEXT_MAX) return fault_set(fault, ERR_LIMIT, 0, 0, S("a manifest of at most 64 KiB"), S("more"));
    Reading in = {.a = a, .fault = fault, .conf = arena_new(a, Conf, 1)};
    if (str_starts(text, S("\xEF\xBB\xBF"))) text = str_slice(text, 3, text.len);
    Str line;
    while (text.len) {
        str_cut(text, '\n', &line, &text);
        in.line++;
        Err e = take_line(&in, line);
        if (e) return e;
    }
    Err e = take_pending(&in);
    if (!e) e = check(&in);
    if (!e) *ret_conf = in.conf;
    return e;
}
