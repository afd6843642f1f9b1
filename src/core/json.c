/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/json.h"

/* Each function takes its part off the front; `at` never goes beyond the text. The first mistake is remembered with its place. */
typedef struct Reader {
    Arena *a;
    Str text;
    size_t at;
    Fault *fault;
} Reader;

static bool refuse(Reader *r, const char *expected)
{
    int64_t line = 1;
    size_t begins = 0;
    for (size_t i = 0; i < r->at; i++)
        if (r->text.ptr[i] == '\n') {
            line++;
            begins = i + 1;
        }
    size_t to = r->at;
    while (to < r->text.len && to < r->at + 12 && r->text.ptr[to] != '\n') to++;
    Str found = r->at < r->text.len ? fault_quote(r->a, str_slice(r->text, r->at, to)) : S("the end");
    return !fault_set(r->fault, ERR_INPUT, line, (int64_t)(r->at - begins) + 1, str_from_c(expected), found);
}

static int peek(const Reader *r)
{
    return r->at < r->text.len ? (unsigned char)r->text.ptr[r->at] : -1;
}

static void skip_space(Reader *r)
{
    while (peek(r) == ' ' || peek(r) == '\t' || peek(r) == '\n' || peek(r) == '\r') r->at++;
}

static bool take(Reader *r, Str word)
{
    if (!str_starts(str_slice(r->text, r->at, r->text.len), word)) return false;
    r->at += word.len;
    return true;
}

/* ---- texts ---- */

static bool take_hex(Reader *r, uint32_t *ret_value)
{
    *ret_value = 0;
    for (int i = 0; i < 4; i++) {
        int c = peek(r), digit = c >= '0' && c <= '9'   ? c - '0'
                                 : c >= 'a' && c <= 'f' ? c - 'a' + 10
                                 : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                                        : -1;
        if (digit < 0) return refuse(r, "four hexadecimal digits");
        *ret_value = *ret_value << 4 | (uint32_t)digit;
        r->at++;
    }
    return true;
}

static void put_point(Buf *b, uint32_t point)
{
    if (point < 0x80) {
        buf_byte(b, (char)point);
        return;
    }
    int more = point < 0x800 ? 1 : point < 0x10000 ? 2 : 3;
    static const uint8_t first[] = {0, 0xC0, 0xE0, 0xF0};
    buf_byte(b, (char)(first[more] | point >> (6 * more)));
    while (more--) buf_byte(b, (char)(0x80 | (point >> (6 * more) & 0x3F)));
}

/* After "\u": a code point, in two halves (a surrogate pair) when it needs them. */
static bool take_point(Reader *r, Buf *b)
{
    uint32_t high, low;
    if (!take_hex(r, &high)) return false;
    if (high >= 0xDC00 && high < 0xE000) return refuse(r, "the first half of a surrogate pair before its second");
    if (high >= 0xD800 && high < 0xDC00) {
        if (!take(r, S("\\u"))) return refuse(r, "the second half of a surrogate pair");
        if (!take_hex(r, &low)) return false;
        if (low < 0xDC00 || low >= 0xE000) return refuse(r, "the second half of a surrogate pair");
        high = 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
    }
    if (high == 0) return refuse(r, "no zero character");
    put_point(b, high);
    return true;
}

static bool take_escape(Reader *r, Buf *b)
{
    static const char names[] = "\"\\/bfnrt", meant[] = "\"\\/\b\f\n\r\t";
    int c = peek(r);
    if (c == 'u') {
        r->at++;
        return take_point(r, b);
    }
    for (int i = 0; names[i]; i++)
        if (c == names[i]) {
            r->at++;
            buf_byte(b, meant[i]);
            return true;
        }
    return refuse(r, "an escape such as \\n or \\u00e9");
}

/* Up to the next quote, escape, or what may not stand in a text. */
static bool take_plain(Reader *r)
{
    for (int c = peek(r); c != '"' && c != '\\'; c = peek(r)) {
        uint32_t point;
        if (c < 0) return refuse(r, "a closing quote");
        if (c < 0x20) return refuse(r, "no control character in a text (write it as \\n, \\t or \\u0001)");
        size_t n = c < 0x80 ? 1 : str_code_point(r->text, r->at, &point);
        if (!n) return refuse(r, "UTF-8");
        r->at += n;
    }
    return true;
}

static bool take_text(Reader *r, Str *ret_text)
{
    if (!take(r, S("\""))) return refuse(r, "a text in quotes");
    size_t begins = r->at;
    if (!take_plain(r)) return false;
    *ret_text = str_slice(r->text, begins, r->at);
    if (take(r, S("\""))) return true;
    Buf b = buf_new(r->a);
    buf_str(&b, *ret_text);
    while (!take(r, S("\""))) {
        if (take(r, S("\\")) && !take_escape(r, &b)) return false;
        begins = r->at;
        if (!take_plain(r)) return false;
        buf_str(&b, str_slice(r->text, begins, r->at));
    }
    *ret_text = buf_done(&b);
    return true;
}

/* ---- numbers and the rest ---- */

static bool take_number(Reader *r, int64_t *ret_number)
{
    size_t begins = r->at, digits;
    if (peek(r) == '-') r->at++;
    digits = r->at;
    while (peek(r) >= '0' && peek(r) <= '9') r->at++;
    bool zero_first = r->at > digits + 1 && r->text.ptr[digits] == '0', goes_on = peek(r) == '.' || peek(r) == 'e' || peek(r) == 'E';
    Str number = str_slice(r->text, begins, r->at);
    if (r->at > digits && !zero_first && !goes_on && str_to_i64(number, ret_number)) return true;
    r->at = begins;
    return refuse(r, digits == begins && (peek(r) < '0' || peek(r) > '9') ? "a value" : "a whole number");
}

/* The next value, into an object under `key` or onto an array. */
static bool take_value(Reader *r, View *parent, Str key, int depth);

static bool take_members(Reader *r, View *object, int depth)
{
    skip_space(r);
    if (take(r, S("}"))) return true;
    for (int keys = 0;; keys++) {
        Str key = {0};
        skip_space(r);
        size_t begins = r->at;
        if (keys == JSON_KEYS_MAX) return refuse(r, "at most 256 names in an object");
        if (!take_text(r, &key)) return false;
        if (view_get(object, key)) {
            r->at = begins;
            return refuse(r, "a name that was not there before");
        }
        skip_space(r);
        if (!take(r, S(":"))) return refuse(r, "':'");
        if (!take_value(r, object, key, depth + 1)) return false;
        skip_space(r);
        if (take(r, S("}"))) return true;
        if (!take(r, S(","))) return refuse(r, "',' or '}'");
    }
}

static bool take_elements(Reader *r, View *array, int depth)
{
    skip_space(r);
    if (take(r, S("]"))) return true;
    for (;;) {
        if (!take_value(r, array, (Str){0}, depth + 1)) return false;
        skip_space(r);
        if (take(r, S("]"))) return true;
        if (!take(r, S(","))) return refuse(r, "',' or ']'");
    }
}

/* A view has these in objects alone. */
static bool take_word(Reader *r, View *object, Str key)
{
    if (take(r, S("true"))) view_put_bool(object, key, true);
    else if (take(r, S("false"))) view_put_bool(object, key, false);
    else if (take(r, S("null"))) view_put_null(object, key);
    else return false;
    return true;
}

static bool take_value(Reader *r, View *parent, Str key, int depth)
{
    bool listed = view_kind(parent) == VIEW_ARRAY;
    Str text = {0};
    int64_t number = 0;
    if (depth > JSON_DEPTH_MAX) return refuse(r, "at most 32 levels");
    skip_space(r);
    if (take(r, S("{"))) return take_members(r, listed ? view_add_object(parent) : view_put_object(parent, key), depth);
    if (take(r, S("["))) return take_elements(r, listed ? view_add_array(parent) : view_put_array(parent, key), depth);
    if (!listed && take_word(r, parent, key)) return true;
    if (peek(r) == '"') {
        if (!take_text(r, &text)) return false;
        if (listed) view_add_str(parent, text);
        else view_put_str(parent, key, text);
        return true;
    }
    if (!take_number(r, &number)) return false;
    if (listed) view_add_i64(parent, number);
    else view_put_i64(parent, key, number);
    return true;
}

Err json_read(Arena *a, Str text, View **ret_value, Fault *fault)
{
    Reader r = {.a = a, .text = text, .fault = fault};
    View *value = NULL;
    bool good;
    skip_space(&r);
    if (take(&r, S("{"))) good = take_members(&r, value = view_object(a), 1);
    else if (take(&r, S("["))) good = take_elements(&r, value = view_array(a), 1);
    else good = refuse(&r, "an object or a list: '{' or '['");
    if (!good) return ERR_INPUT;
    skip_space(&r);
    if (r.at < text.len && !refuse(&r, "nothing more")) return ERR_INPUT;
    *ret_value = value;
    return ERR_OK;
}

Str json_quote(Arena *a, const View *value)
{
    if (view_kind(value) == VIEW_STR) return fault_quote(a, view_str(value));
    Buf b = buf_new(a);
    view_json(value, &b, false);
    return fault_quote(a, str_slice(buf_done(&b), 0, b.len - 1)); /* without the end of its line */
}
