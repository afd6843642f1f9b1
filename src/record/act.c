/* Acts and their entries: written in one way, read back only when written in that way.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "record/act.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { FORM = 1, DATA_DEPTH_MAX = 16, SLUG_MAX = 80, ROLE_MAX = 80, TIME_CHARS = 24, DAY_MS = 86400000 };
#define TIME_MOST INT64_C(253402300799999) /* the end of the year 9999 */

const ActKind act_kinds[] = {
    {"contest.entered", "Result published before there was a record", .wants_contest = true},
    {"contest.published", "Result published", .wants_contest = true},
    {"contest.replaced", "Result published again", .wants_contest = true},
    {"contest.withdrawn", "Result taken out", .wants_contest = true, .wants_reason = true},
    {.name = "export.made", .title = "Data exported"},
    {.name = "record.key_added", .title = "Key of the record added"},
    {.name = "record.key_ended", .title = "Key of the record ended"},
    {"role.ended", "Role ended", .wants_reason = true, .wants_power = true},
    {"role.given", "Role given", .wants_until = true},
    {"role.offer_ended", "Offer of a role ended unused", .wants_reason = true, .wants_power = true},
    {"role.offered", "Role offered", .wants_until = true},
    {"store.recovered", "Entries put back after a loss", .wants_reason = true},
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

static Str time_text(Arena *a, int64_t ms)
{
    int64_t year, month, day, of_day = ms % DAY_MS;
    date_of(ms / DAY_MS, &year, &month, &day);
    return str_format(a, "%04lld-%02lld-%02lldT%02lld:%02lld:%02lld.%03lldZ", (long long)year, (long long)month, (long long)day,
        (long long)(of_day / 3600000), (long long)(of_day / 60000 % 60), (long long)(of_day / 1000 % 60), (long long)(of_day % 1000));
}

static int64_t digits(Str text, size_t from, size_t to)
{
    int64_t value = 0;
    for (size_t i = from; i < to; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return -1;
        value = value * 10 + (text.ptr[i] - '0');
    }
    return value;
}

/* What time_text gives for no moment is refused by whoever writes it again and compares. */
static bool time_read(Str text, int64_t *ret_ms)
{
    if (text.len != TIME_CHARS) return false;
    int64_t year = digits(text, 0, 4), month = digits(text, 5, 7), day = digits(text, 8, 10), hour = digits(text, 11, 13);
    int64_t minute = digits(text, 14, 16), second = digits(text, 17, 19), ms = digits(text, 20, 23);
    if (year < 1970 || month < 1 || month > 12 || day < 1 || hour < 0 || minute < 0 || second < 0 || ms < 0) return false;
    *ret_ms = days_of(year, month, day) * DAY_MS + hour * 3600000 + minute * 60000 + second * 1000 + ms;
    return true;
}

/* ---- what may stand in an entry ---- */

static bool is_slug(Str s, size_t most)
{
    if (s.len > most) return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!plain && !(c == '-' && i > 0 && i + 1 < s.len)) return false;
    }
    return true;
}

static bool is_kind_name(Str s)
{
    if (!s.len || s.len > SLUG_MAX) return false;
    for (size_t i = 0; i < s.len; i++)
        if (!((s.ptr[i] >= 'a' && s.ptr[i] <= 'z') || (s.ptr[i] >= '0' && s.ptr[i] <= '9') || s.ptr[i] == '.' || s.ptr[i] == '_'))
            return false;
    return true;
}

static bool is_words(Str s, size_t most)
{
    return s.len <= most && str_is_clean_text(s);
}

static Err limit(Fault *fault, const char *expected)
{
    return fault_set(fault, ERR_LIMIT, 0, 0, str_from_c(expected), (Str){0});
}

static Err wrong(Fault *fault, const char *expected)
{
    return fault_set(fault, ERR_INPUT, 0, 0, str_from_c(expected), (Str){0});
}

static Err check_files(const Leaf *l, Fault *fault)
{
    if (l->file_count > ACT_FILES_MAX) return limit(fault, "at most 128 files of one act");
    for (int i = 0; i < l->file_count; i++) {
        if (!l->files[i].name.len || !is_words(l->files[i].name, ACT_NAME_MAX))
            return wrong(fault, "files with a name of at most 200 bytes");
        if (l->files[i].size < 0) return wrong(fault, "files with a size");
    }
    return ERR_OK;
}

/* What holds for every entry, also of kinds that this version does not know. */
static Err check(const Leaf *l, Fault *fault)
{
    if (!is_kind_name(l->kind)) return wrong(fault, "the kind of the act as \"act\"");
    if (l->at < 0 || l->at > TIME_MOST) return wrong(fault, "a time from 1970 to 9999");
    if (l->until < 0 || l->until > TIME_MOST) return wrong(fault, "an end from 1970 to 9999");
    if (!l->says.len || !str_is_clean_text(l->says)) return wrong(fault, "what was done as \"says\", one line of clean text");
    if (l->says.len > ACT_SAYS_MAX) return limit(fault, "at most 2,000 bytes that say what was done");
    if (!l->by.name.len || !str_is_clean_text(l->by.name)) return wrong(fault, "the name of who acts, one line of clean text");
    if (l->by.name.len > ACT_NAME_MAX) return limit(fault, "a name of at most 200 bytes of who acts");
    if (!l->by.role.len || !is_slug(l->by.role, ROLE_MAX)) return wrong(fault, "the role of who acts, as a slug");
    if (!is_slug(l->contest, SLUG_MAX) || !is_slug(l->unit, SLUG_MAX)) return wrong(fault, "contest and unit as slugs");
    if (!str_is_clean_text(l->reason)) return wrong(fault, "a reason on one line of clean text");
    if (l->reason.len > ACT_REASON_MAX) return limit(fault, "a reason of at most 2,000 bytes");
    return check_files(l, fault);
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
    view_put_i64(v, S("hustings"), FORM);
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

/* Data that is too large stands beside the entry, which has its digest. */
static void put_aside(Arena *a, Leaf *l, ActFile *side)
{
    Str text = json_line(a, l->data);
    *side = (ActFile){.name = S("data.json"), .size = (int64_t)text.len, .digest = sha256(text), .bytes = text};
    l->files[l->file_count++] = *side;
    l->data = NULL;
}

Err act_entry(Arena *a, const Act *act, int64_t now, Str *ret_entry, ActFile *ret_side, Fault *fault)
{
    *ret_side = (ActFile){0};
    Leaf l = leaf_of(a, act, now);
    Err e = check(&l, fault);
    if (!e) e = check_wants(&l, fault);
    if (e) return e;
    *ret_entry = write_entry(a, &l);
    if (ret_entry->len <= ACT_ENTRY_MAX) return ERR_OK;
    if (!l.data || l.file_count == ACT_FILES_MAX) return limit(fault, "an act whose entry has at most 65,535 bytes");
    put_aside(a, &l, ret_side);
    *ret_entry = write_entry(a, &l);
    return ret_entry->len <= ACT_ENTRY_MAX ? ERR_OK : limit(fault, "an act whose entry has at most 65,535 bytes");
}

/* ---- reading ---- */

static Str text_of(Arena *a, const json_t *value)
{
    if (!json_is_string(value)) return (Str){0};
    return str_copy(a, (Str){json_string_value(value), json_string_length(value)});
}

static Str member(Arena *a, const json_t *object, const char *name)
{
    return text_of(a, json_object_get(object, name));
}

static bool data_read(Arena *a, json_t *value, int depth, View **ret_view);

static bool put_member(Arena *a, View *object, Str key, json_t *value, int depth)
{
    View *child;
    switch (json_typeof(value)) {
    case JSON_STRING: return view_put_str(object, key, text_of(a, value)), true;
    case JSON_INTEGER: return view_put_i64(object, key, json_integer_value(value)), true;
    case JSON_TRUE:
    case JSON_FALSE: return view_put_bool(object, key, json_is_true(value)), true;
    case JSON_NULL: return view_put_null(object, key), true;
    case JSON_REAL: return false;
    case JSON_OBJECT:
    case JSON_ARRAY: break;
    }
    if (!data_read(a, value, depth + 1, &child)) return false;
    view_put(object, key, child);
    return true;
}

static bool add_value(Arena *a, View *array, json_t *value, int depth)
{
    View *child;
    if (json_is_string(value)) return view_add_str(array, text_of(a, value)), true;
    if (json_is_integer(value)) return view_add_i64(array, json_integer_value(value)), true;
    if (!data_read(a, value, depth + 1, &child)) return false;
    view_add(array, child);
    return true;
}

/* An object or an array; in an array no numbers with a fraction, and no booleans and nulls, which nobody writes there. */
static bool data_read(Arena *a, json_t *value, int depth, View **ret_view)
{
    if (depth > DATA_DEPTH_MAX) return false;
    if (json_is_array(value)) {
        *ret_view = view_array(a);
        for (size_t i = 0; i < json_array_size(value); i++)
            if (!add_value(a, *ret_view, json_array_get(value, i), depth)) return false;
        return true;
    }
    if (!json_is_object(value)) return false;
    *ret_view = view_object(a);
    const char *key;
    json_t *inner;
    json_object_foreach(value, key, inner) if (!put_member(a, *ret_view, str_copy(a, str_from_c(key)), inner, depth)) return false;
    return true;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool digest_read(Str text, Sha256 *ret_digest)
{
    if (text.len != 2 * SHA256_BYTES) return false;
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        int high = hex_digit(text.ptr[2 * i]), low = hex_digit(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        ret_digest->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static bool files_read(Arena *a, const json_t *files, Leaf *l)
{
    if (!files) return true;
    size_t count = json_array_size(files);
    if (count == 0 || count > ACT_FILES_MAX) return false;
    l->files = arena_new(a, ActFile, count);
    for (size_t i = 0; i < count; i++) {
        const json_t *file = json_array_get(files, i);
        ActFile *f = &l->files[l->file_count++];
        f->name = member(a, file, "name");
        f->size = json_integer_value(json_object_get(file, "size"));
        if (!digest_read(member(a, file, "sha256"), &f->digest)) return false;
    }
    return true;
}

/* What is missing stays empty: writing it again shows whether it was so. */
static bool leaf_read(Arena *a, const json_t *root, Leaf *l)
{
    const json_t *by = json_object_get(root, "by"), *power = json_object_get(root, "power"), *until = json_object_get(root, "until");
    l->kind = member(a, root, "act");
    l->says = member(a, root, "says");
    l->by = (Officer){.name = member(a, by, "name"), .role = member(a, by, "role")};
    l->contest = member(a, root, "contest");
    l->unit = member(a, root, "unit");
    l->reason = member(a, root, "reason");
    l->power = power ? json_integer_value(power) : -1;
    if (!time_read(member(a, root, "at"), &l->at)) return false;
    if (until && !time_read(text_of(a, until), &l->until)) return false;
    json_t *data = json_object_get(root, "data");
    View *view = NULL;
    if (data && !(json_is_object(data) && data_read(a, data, 0, &view))) return false;
    l->data = view;
    return files_read(a, json_object_get(root, "files"), l);
}

static void let_go(json_t **root)
{
    json_decref(*root);
}

Err act_read(Arena *a, Str entry, Leaf *ret_leaf, Fault *fault)
{
    static const char expected[] = "an entry as record/act.h describes it, written exactly so";
    *ret_leaf = (Leaf){.number = -1, .power = -1};
    if (entry.len > ACT_ENTRY_MAX) return limit(fault, "an entry of at most 65,535 bytes");
    json_error_t error;
    json_t *root AUTO(let_go) = json_loadb(entry.ptr ? entry.ptr : "", entry.len, JSON_REJECT_DUPLICATES, &error);
    if (!json_is_object(root)) return wrong(fault, expected);
    Leaf l = {.number = -1, .entry = entry, .power = -1};
    if (!leaf_read(a, root, &l)) return wrong(fault, expected);
    Err e = check(&l, fault);
    if (e) return e;
    if (!str_equal(write_entry(a, &l), entry)) return wrong(fault, expected);
    const ActKind *kind = act_kind(l.kind);
    l.title = kind ? str_from_c(kind->title) : l.kind;
    *ret_leaf = l;
    return ERR_OK;
}
