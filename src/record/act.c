/* Acts and their entries: written in one way, read back only when written in that way.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The reader follows the text from left to right and takes nothing but what the writer would have put there, so what it accepts is what would be written
 * again, byte for byte (test/unit/record/act.c compares). A general reader of JSON is not strict about form and takes many times as long: a record of a
 * million leaves is verified in seconds.
 */
#include "record/act.h"

#include <string.h>

enum { SLUG_LONGEST = 80, TIME_CHARS = 24, DAY_MS = 86400000 };
#define TIME_MOST INT64_C(253402300799999) /* the end of the year 9999 */

const ActKind act_kinds[] = {
    {"contest.entered", "Result published before there was a record", .wants_contest = true},
    {"contest.published", "Result published", .wants_contest = true},
    {"contest.replaced", "Result published again", .wants_contest = true},
    {"contest.withdrawn", "Result taken out", .wants_contest = true, .wants_reason = true},
    {.name = "export.made", .title = "Data exported"},
    {"people.exported", "List of members exported", .wants_reason = true},
    {.name = "people.import_undone", .title = "Import of members taken back"},
    {.name = "people.imported", .title = "List of members imported"},
    {.name = "record.key_added", .title = "Key of the record added"},
    {.name = "record.key_ended", .title = "Key of the record ended"},
    {"role.ended", "Role ended", .wants_reason = true, .wants_power = true},
    {"role.given", "Role given", .wants_until = true},
    {"role.offer_ended", "Offer of a role ended unused", .wants_reason = true, .wants_power = true},
    {"role.offered", "Role offered", .wants_until = true},
    {"roll.corrected", "Roll corrected", .wants_reason = true},
    {.name = "roll.frozen", .title = "Roll frozen"},
    {"roll.moved", "Freeze date of a roll moved", .wants_reason = true},
    {"roll.overridden", "Audit of a roll overridden", .wants_reason = true},
    {"roll.proposed", "Change to a roll proposed, or the proposal withdrawn", .wants_reason = true},
    {"roll.released", "Roll released to a contest", .wants_contest = true},
    {"store.recovered", "Entries put back after a loss", .wants_reason = true},
    {.name = "unit.changed", .title = "Unit added, renamed or moved"},
};
const int act_kind_count = COUNT_OF(act_kinds);

const ActKind *act_kind(Str name)
{
    for (int i = 0; i < act_kind_count; i++)
        if (str_equal(name, str_from_c(act_kinds[i].name))) return &act_kinds[i];
    return NULL;
}

Officer officer_program(void)
{
    return (Officer){.name = S("hustings"), .role = S("program")};
}

/* ---- times: 2026-11-22T17:05:21.123Z ---- */

/* Days since 1970 of a date of the Gregorian calendar, and back (years from 0 on). */
static int64_t days_of(int64_t year, int64_t month, int64_t day)
{
    year -= month <= 2;
    int64_t era = year / 400, of_era = year - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static void date_of(int64_t days, int64_t *ret_year, int64_t *ret_month, int64_t *ret_day)
{
    days += 719468;
    int64_t era = days / 146097, of_era = days - era * 146097;
    int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
    int64_t of_year = of_era - (365 * year + year / 4 - year / 100), m = (5 * of_year + 2) / 153;
    *ret_day = of_year - (153 * m + 2) / 5 + 1;
    *ret_month = m < 10 ? m + 3 : m - 9;
    *ret_year = year + era * 400 + (*ret_month <= 2);
}

static char *put_digits(char *at, int count, int64_t value)
{
    for (int i = count - 1; i >= 0; i--, value /= 10) at[i] = (char)('0' + value % 10);
    return at + count;
}

static void time_put(char text[TIME_CHARS], int64_t ms)
{
    static const int64_t unit_ms[] = {3600000, 60000, 1000}, in_unit[] = {24, 60, 60};
    int64_t year, month, day;
    date_of(ms / DAY_MS, &year, &month, &day);
    char *at = put_digits(text, 4, year);
    *at++ = '-';
    at = put_digits(at, 2, month);
    *at++ = '-';
    at = put_digits(at, 2, day);
    for (int i = 0; i < COUNT_OF(unit_ms); i++) {
        *at++ = i ? ':' : 'T';
        at = put_digits(at, 2, ms / unit_ms[i] % in_unit[i]);
    }
    *at++ = '.';
    at = put_digits(at, 3, ms % 1000);
    *at = 'Z';
}

static Str time_text(Arena *a, int64_t ms)
{
    char *text = arena_new(a, char, TIME_CHARS);
    time_put(text, ms);
    return (Str){text, TIME_CHARS};
}

/* -1: not only digits */
static int64_t digits(Str text, size_t from, size_t to)
{
    int64_t value = 0;
    for (size_t i = from; i < to; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return -1;
        value = value * 10 + (text.ptr[i] - '0');
    }
    return value;
}

/* What is no moment (30 February, 24 o'clock) comes out otherwise when it is written again. */
static bool time_read(Str text, int64_t *ret_ms)
{
    if (text.len != TIME_CHARS) return false;
    int64_t year = digits(text, 0, 4), month = digits(text, 5, 7), day = digits(text, 8, 10), hour = digits(text, 11, 13);
    int64_t minute = digits(text, 14, 16), second = digits(text, 17, 19), ms = digits(text, 20, 23);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || hour < 0 || minute < 0 || second < 0 || ms < 0) return false;
    int64_t time = days_of(year, month, day) * DAY_MS + hour * 3600000 + minute * 60000 + second * 1000 + ms;
    char again[TIME_CHARS];
    if (time > TIME_MOST) return false;
    time_put(again, time);
    *ret_ms = time;
    return memcmp(again, text.ptr, TIME_CHARS) == 0;
}

/* ---- what may stand in an entry ---- */

static bool is_slug(Str s)
{
    if (s.len > SLUG_LONGEST) return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && !(c == '-' && i > 0 && i + 1 < s.len)) return false;
    }
    return true;
}

static bool is_kind_name(Str s)
{
    if (!s.len || s.len > SLUG_LONGEST) return false;
    for (size_t i = 0; i < s.len; i++)
        if (!((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || (s.ptr[i] >= '0' && s.ptr[i] <= '9') || s.ptr[i] == '.' || s.ptr[i] == '_'))
            return false;
    return true;
}

/* Not what would break a line, or show one in another order than it was written, where no page has a hand in it. */
static bool is_fit(uint32_t point)
{
    bool control = point < 0x20 || (point >= 0x7f && point < 0xa0), line_end = point == 0x2028 || point == 0x2029;
    bool turns = (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x206f);
    return !control && !line_end && !turns;
}

static bool is_line(Str s)
{
    for (size_t i = 0, n; i < s.len; i += n) {
        uint32_t point = (unsigned char)s.ptr[i];
        n = point < 0x80 ? 1 : str_code_point(s, i, &point);
        if (n == 0 || !is_fit(point)) return false;
    }
    return true;
}

Str act_line(Arena *a, Str text, size_t most)
{
    static const Str more = S("...");
    ASSERT(most > more.len);
    Buf b = buf_new(a);
    size_t fits = 0; /* so much of it, with the dots, is not too long */
    for (size_t i = 0, n; i < text.len && b.len <= most; i += n ? n : 1) {
        uint32_t point = 0;
        n = str_code_point(text, i, &point);
        if (n && is_fit(point)) buf_str(&b, str_slice(text, i, i + n));
        else buf_byte(&b, n ? ' ' : '?');
        if (b.len + more.len <= most) fits = b.len;
    }
    if (b.len <= most) return buf_done(&b);
    return str_format(a, "%.*s%.*s", STR_ARG(str_slice(buf_done(&b), 0, fits)), STR_ARG(more));
}

static Err limit(Fault *fault, const char *expected)
{
    return fault_set(fault, ERR_LIMIT, 0, 0, str_from_c(expected), (Str){0});
}

static Err wrong(Fault *fault, const char *expected)
{
    return fault_set(fault, ERR_INPUT, 0, 0, str_from_c(expected), (Str){0});
}

static Err check_file(const ActFile *file, Fault *fault)
{
    if (!file->name.len || !is_line(file->name)) return wrong(fault, "a file's name on one line of clean text");
    if (file->name.len > ACT_NAME_MAX) return limit(fault, "a file's name of at most 200 bytes");
    if (file->size < 0) return wrong(fault, "the size of a file");
    return ERR_OK;
}

static Err check_officer(Officer by, Fault *fault)
{
    if (str_is_blank(by.name) || !is_line(by.name)) return wrong(fault, "the name of who acts, on one line of clean text");
    if (by.name.len > ACT_NAME_MAX) return limit(fault, "a name of at most 200 bytes of who acts");
    if (str_is_blank(by.role) || !is_line(by.role)) return wrong(fault, "the role of who acts, on one line of clean text");
    if (by.role.len > ACT_NAME_MAX) return limit(fault, "a role of at most 200 bytes of who acts");
    return ERR_OK;
}

/* What holds for every entry, also of kinds that this version does not know. */
static Err check(const Leaf *l, Fault *fault)
{
    if (!is_kind_name(l->kind)) return wrong(fault, "the kind of an act");
    if (l->at < 0 || l->at > TIME_MOST || l->until < 0 || l->until > TIME_MOST) return wrong(fault, "a time from 1970 to 9999");
    if (!l->says.len || !is_line(l->says)) return wrong(fault, "what was done, on one line of clean text");
    if (l->says.len > ACT_SAYS_MAX) return limit(fault, "at most 2,000 bytes that say what was done");
    if (!is_slug(l->contest) || !is_slug(l->unit))
        return wrong(fault, "contest and unit in lower-case letters, digits and inner hyphens, at most 80");
    if (!is_line(l->reason)) return wrong(fault, "a reason on one line of clean text");
    if (l->reason.len > ACT_REASON_MAX) return limit(fault, "a reason of at most 2,000 bytes");
    Err e = check_officer(l->by, fault);
    for (int i = 0; i < l->file_count && !e; i++) e = check_file(&l->files[i], fault);
    return e;
}

static Err check_wants(const Leaf *l, Fault *fault)
{
    const ActKind *kind = act_kind(l->kind);
    if (!kind) return wrong(fault, "a kind of act that act_kinds has");
    if (kind->wants_contest && !l->contest.len) return wrong(fault, "a contest: this kind of act is about one");
    if (kind->wants_reason && !l->reason.len) return wrong(fault, "a reason: this kind of act has one");
    if (kind->wants_until && !l->until) return wrong(fault, "an end: this kind of act has one");
    if (kind->wants_power != (l->power >= 0)) return wrong(fault, "the power that ends, for kinds of acts that end one, and only for them");
    return ERR_OK;
}

/* ---- writing ---- */

static void put_text(View *v, Str key, Str text)
{
    if (text.len) view_put_str(v, key, text);
}

static void put_files(Arena *a, View *v, const Leaf *l)
{
    View *files = view_put_array(v, S("files"));
    for (int i = 0; i < l->file_count; i++) {
        View *file = view_add_object(files);
        view_put_str(file, S("name"), l->files[i].name);
        view_put_i64(file, S("size"), l->files[i].size);
        view_put_str(file, S("sha256"), sha256_hex(a, l->files[i].digest));
    }
}

/* Trailing newline and all that is not needed left out. */
static Str json_line(Arena *a, const View *v)
{
    Buf b = buf_new(a);
    view_json(v, &b, false);
    Str line = buf_done(&b);
    ASSERT(line.len && line.ptr[line.len - 1] == '\n');
    return str_slice(line, 0, line.len - 1);
}

static Str write_entry(Arena *a, const Leaf *l)
{
    View *v = view_object(a);
    view_put_i64(v, S("hustings"), 1);
    view_put_str(v, S("act"), l->kind);
    view_put_str(v, S("at"), time_text(a, l->at));
    view_put_str(v, S("says"), l->says);
    View *by = view_put_object(v, S("by"));
    view_put_str(by, S("name"), l->by.name);
    view_put_str(by, S("role"), l->by.role);
    put_text(v, S("contest"), l->contest);
    put_text(v, S("unit"), l->unit);
    put_text(v, S("reason"), l->reason);
    if (l->until) view_put_str(v, S("until"), time_text(a, l->until));
    if (l->power >= 0) view_put_i64(v, S("power"), l->power);
    if (l->file_count) put_files(a, v, l);
    if (l->data) view_put(v, S("data"), view_copy(a, l->data));
    return json_line(a, v);
}

static Leaf leaf_of(Arena *a, const Act *act, int64_t now)
{
    Leaf l = {.kind = str_from_c(act->kind),
        .at = now,
        .says = act->says,
        .by = act->by,
        .contest = act->contest,
        .unit = act->unit,
        .reason = act->reason,
        .until = act->until,
        .power = act->ends_power ? act->power : -1,
        .file_count = act->file_count,
        .data = act->data && view_first(act->data) ? act->data : NULL};
    l.files = arena_new(a, ActFile, (size_t)act->file_count + 1); /* and perhaps a side file */
    if (act->file_count) memcpy(l.files, act->files, (size_t)act->file_count * sizeof *l.files);
    return l;
}

static int64_t values_in(const View *v)
{
    int64_t values = 0;
    for (const View *child = view_first(v); child; child = view_next(child)) values += 1 + values_in(child);
    return values;
}

#define SIDE_NAME S("data.json")

/* A reader would take it for the data that stands aside. */
static Err check_names(const Act *act, Fault *fault)
{
    for (int i = 0; i < act->file_count; i++)
        if (str_equal(act->files[i].name, SIDE_NAME))
            return wrong(fault, "another name for a file than data.json, which is kept for the data of acts");
    return ERR_OK;
}

/* Data that is too large stands beside the entry, which has its digest. */
static void put_aside(Arena *a, Leaf *l, ActFile *side)
{
    Str text = json_line(a, l->data);
    *side = (ActFile){.name = SIDE_NAME, .size = (int64_t)text.len, .digest = sha256(text), .bytes = text};
    l->files[l->file_count++] = *side;
    l->data = NULL;
}

/* Whatever was put into its data: an entry that could not be read for ever is none. */
static Err check_readable(Arena *a, Str entry, Fault *fault)
{
    Leaf l;
    if (act_read(a, entry, &l, fault) == ERR_OK) return ERR_OK;
    return wrong(fault, "data of clean UTF-8, whole numbers and names, at most 256 to an object and 16 deep");
}

Err act_entry(Arena *a, const Act *act, int64_t now, Str *ret_entry, ActFile *ret_side, Fault *fault)
{
    if (act->file_count > ACT_FILES_MAX) return limit(fault, "at most 128 files of one act");
    Leaf l = leaf_of(a, act, now);
    ActFile side = {0};
    Err e = check(&l, fault);
    if (!e) e = check_names(act, fault);
    if (!e) e = check_wants(&l, fault);
    if (e) return e;
    Str entry = write_entry(a, &l);
    bool large = entry.len > ACT_ENTRY_MAX || (l.data && values_in(l.data) > ACT_VALUES_MAX);
    if (large && l.data && l.file_count < ACT_FILES_MAX) {
        put_aside(a, &l, &side);
        entry = write_entry(a, &l);
    }
    if (entry.len > ACT_ENTRY_MAX) return limit(fault, "an act whose entry has at most 65,535 bytes");
    e = check_readable(a, entry, fault);
    if (e) return e;
    *ret_entry = entry;
    *ret_side = side;
    return ERR_OK;
}

/* ---- reading: each function takes its part off the front, or says false ---- */

typedef struct Reader {
    Arena *a;
    Str rest;
    int values; /* of its data, so far */
} Reader;

static void take_off(Reader *r, size_t count)
{
    r->rest.ptr += count;
    r->rest.len -= count;
}

static bool take(Reader *r, Str text)
{
    if (!str_starts(r->rest, text)) return false;
    take_off(r, text.len);
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* "\u00XX" of a control character but zero; the bytes it stands for. */
static bool take_control(Reader *r, Buf *b)
{
    if (r->rest.len < 6 || !str_starts(r->rest, S("\\u00"))) return false;
    int high = hex_digit(r->rest.ptr[4]), low = hex_digit(r->rest.ptr[5]), point = high * 16 + low;
    if (high < 0 || low < 0 || point == 0 || (point >= 0x20 && point < 0x7f) || point >= 0xa0) return false;
    take_off(r, 6);
    if (point >= 0x80) buf_byte(b, (char)0xc2);
    buf_byte(b, (char)point);
    return true;
}

static bool take_character(Reader *r, Buf *b)
{
    if (r->rest.ptr[0] == '\\') {
        if (r->rest.len < 2 || (r->rest.ptr[1] != '"' && r->rest.ptr[1] != '\\')) return take_control(r, b);
        buf_byte(b, r->rest.ptr[1]);
        take_off(r, 2);
        return true;
    }
    uint32_t point;
    size_t n = str_code_point(r->rest, 0, &point);
    if (n == 0 || point < 0x20 || (point >= 0x7f && point < 0xa0)) return false;
    buf_str(b, str_slice(r->rest, 0, n));
    take_off(r, n);
    return true;
}

/* Up to the first byte that is not plain ASCII, or has a meaning of its own. */
static size_t plain_bytes(Str s)
{
    size_t n = 0;
    while (n < s.len && s.ptr[n] >= 0x20 && s.ptr[n] < 0x7f && s.ptr[n] != '"' && s.ptr[n] != '\\') n++;
    return n;
}

static bool take_text(Reader *r, Str *ret_text)
{
    if (!take(r, S("\""))) return false;
    size_t n = plain_bytes(r->rest);
    *ret_text = str_slice(r->rest, 0, n);
    take_off(r, n);
    if (take(r, S("\""))) return true;
    Buf b = buf_new(r->a);
    buf_str(&b, *ret_text);
    while (r->rest.len) {
        if (take(r, S("\""))) return *ret_text = buf_done(&b), true;
        if (!take_character(r, &b)) return false;
        n = plain_bytes(r->rest);
        buf_str(&b, str_slice(r->rest, 0, n));
        take_off(r, n);
    }
    return false;
}

static bool take_number(Reader *r, int64_t *ret_number)
{
    enum { DIGITS_MAX = 20 }; /* with the sign */
    size_t sign = r->rest.len && r->rest.ptr[0] == '-', n = sign;
    while (n < r->rest.len && n < DIGITS_MAX && r->rest.ptr[n] >= '0' && r->rest.ptr[n] <= '9') n++;
    Str text = str_slice(r->rest, 0, n);
    bool zero_first = n > sign && text.ptr[sign] == '0' && n > 1;
    if (zero_first || !str_to_i64(text, ret_number)) return false;
    take_off(r, n);
    return true;
}

/* A member that has a text; not there: it stays empty. */
static bool take_member(Reader *r, Str start, Str *ret_text)
{
    return !take(r, start) || (take_text(r, ret_text) && ret_text->len);
}

static bool take_time(Reader *r, int64_t *ret_time)
{
    Str text;
    return take_text(r, &text) && time_read(text, ret_time);
}

static bool take_digest(Reader *r, Sha256 *ret_digest)
{
    Str text;
    if (!take_text(r, &text) || text.len != (size_t)2 * SHA256_BYTES) return false;
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        int high = hex_digit(text.ptr[2 * i]), low = hex_digit(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        ret_digest->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool take_file(Reader *r, ActFile *file)
{
    return take(r, S("{\"name\":")) && take_text(r, &file->name) && take(r, S(",\"size\":")) && take_number(r, &file->size) &&
           take(r, S(",\"sha256\":")) && take_digest(r, &file->digest) && take(r, S("}"));
}

static bool take_files(Reader *r, Leaf *l)
{
    ActFile files[ACT_FILES_MAX];
    int count = 0;
    do {
        if (count == ACT_FILES_MAX) return false;
        files[count] = (ActFile){0};
        if (!take_file(r, &files[count++])) return false;
    } while (take(r, S(",")));
    l->files = arena_new(r->a, ActFile, (size_t)count);
    memcpy(l->files, files, (size_t)count * sizeof *files);
    l->file_count = count;
    return take(r, S("]"));
}

enum { DATA_DEPTH_MAX = 16, DATA_KEYS_MAX = 256 };

/* Whoever verifies a record holds thousands of entries at once, and a value takes forty times the memory that it takes in the text. */
static bool one_more(Reader *r)
{
    return ++r->values <= ACT_VALUES_MAX;
}

static bool take_object(Reader *r, View *object, int depth);
static bool take_array(Reader *r, View *array, int depth);

static bool take_value(Reader *r, View *object, Str key, int depth)
{
    Str text;
    int64_t number;
    if (!one_more(r)) return false;
    if (take(r, S("{"))) return take_object(r, view_put_object(object, key), depth + 1);
    if (take(r, S("["))) return take_array(r, view_put_array(object, key), depth + 1);
    if (take(r, S("true"))) return view_put_bool(object, key, true), true;
    if (take(r, S("false"))) return view_put_bool(object, key, false), true;
    if (take(r, S("null"))) return view_put_null(object, key), true;
    if (str_starts(r->rest, S("\""))) return take_text(r, &text) && (view_put_str(object, key, text), true);
    return take_number(r, &number) && (view_put_i64(object, key, number), true);
}

/* After its "{". Names are compared with each other, so their number has a bound. */
static bool take_object(Reader *r, View *object, int depth)
{
    if (depth > DATA_DEPTH_MAX) return false;
    if (take(r, S("}"))) return true;
    for (int keys = 0; keys < DATA_KEYS_MAX; keys++) {
        Str key;
        if (!take_text(r, &key) || view_get(object, key) || !take(r, S(":")) || !take_value(r, object, key, depth)) return false;
        if (take(r, S("}"))) return true;
        if (!take(r, S(","))) return false;
    }
    return false;
}

/* A view has no true, false and null in arrays: nobody writes them there. */
static bool take_element(Reader *r, View *array, int depth)
{
    Str text;
    int64_t number;
    if (!one_more(r)) return false;
    if (take(r, S("{"))) return take_object(r, view_add_object(array), depth + 1);
    if (take(r, S("["))) return take_array(r, view_add_array(array), depth + 1);
    if (str_starts(r->rest, S("\""))) return take_text(r, &text) && (view_add_str(array, text), true);
    return take_number(r, &number) && (view_add_i64(array, number), true);
}

static bool take_array(Reader *r, View *array, int depth)
{
    if (depth > DATA_DEPTH_MAX) return false;
    if (take(r, S("]"))) return true;
    do {
        if (!take_element(r, array, depth)) return false;
    } while (take(r, S(",")));
    return take(r, S("]"));
}

static bool take_data(Reader *r, Leaf *l)
{
    View *data = view_object(r->a);
    l->data = data;
    return take_object(r, data, 1) && view_first(data);
}

static bool take_leaf(Reader *r, Leaf *l)
{
    if (!take(r, S("{\"hustings\":1,\"act\":")) || !take_text(r, &l->kind)) return false;
    if (!take(r, S(",\"at\":")) || !take_time(r, &l->at)) return false;
    if (!take(r, S(",\"says\":")) || !take_text(r, &l->says)) return false;
    if (!take(r, S(",\"by\":{\"name\":")) || !take_text(r, &l->by.name)) return false;
    if (!take(r, S(",\"role\":")) || !take_text(r, &l->by.role) || !take(r, S("}"))) return false;
    if (!take_member(r, S(",\"contest\":"), &l->contest) || !take_member(r, S(",\"unit\":"), &l->unit)) return false;
    if (!take_member(r, S(",\"reason\":"), &l->reason)) return false;
    if (take(r, S(",\"until\":")) && (!take_time(r, &l->until) || l->until == 0)) return false;
    if (take(r, S(",\"power\":")) && (!take_number(r, &l->power) || l->power < 0)) return false;
    if (take(r, S(",\"files\":[")) && !take_files(r, l)) return false;
    if (take(r, S(",\"data\":{")) && !take_data(r, l)) return false;
    return take(r, S("}")) && r->rest.len == 0;
}

Err act_read(Arena *a, Str entry, Leaf *ret_leaf, Fault *fault)
{
    if (entry.len > ACT_ENTRY_MAX) return limit(fault, "an entry of at most 65,535 bytes");
    Leaf l = {.number = -1, .entry = str_copy(a, entry), .power = -1};
    Reader r = {.a = a, .rest = l.entry};
    if (!take_leaf(&r, &l))
        return fault_set(fault, ERR_INPUT, 1, (int64_t)(entry.len - r.rest.len) + 1, S("an entry of the record, written exactly as one is"),
            fault_quote(a, r.rest));
    Err e = check(&l, fault);
    if (e) return e;
    const ActKind *kind = act_kind(l.kind);
    l.title = kind ? str_from_c(kind->title) : l.kind;
    *ret_leaf = l;
    return ERR_OK;
}
