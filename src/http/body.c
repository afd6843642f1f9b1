/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/body.h"

#include <string.h>

/* ---- what both forms share ---- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

bool percent_decode(Arena *a, Str text, bool plus, Str *ret_text)
{
    if (str_find(text, '%') == text.len && (!plus || str_find(text, '+') == text.len)) {
        *ret_text = text;
        return true;
    }
    char *out = arena_new(a, char, text.len);
    size_t len = 0;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '%') {
            int high = i + 2 < text.len ? hex_digit(text.ptr[i + 1]) : -1;
            int low = i + 2 < text.len ? hex_digit(text.ptr[i + 2]) : -1;
            if (high < 0 || low < 0) return false;
            c = (char)(high * 16 + low);
            i += 2;
        } else if (c == '+' && plus) {
            c = ' ';
        }
        out[len++] = c;
    }
    *ret_text = (Str){out, len};
    return true;
}

static bool is_utf8(Str s)
{
    uint32_t point;
    for (size_t i = 0, n; i < s.len; i += n) {
        n = (unsigned char)s.ptr[i] < 0x80 ? 1 : str_code_point(s, i, &point);
        if (n == 0) return false;
    }
    return true;
}

typedef struct Parts {
    Arena *a;
    Fault *fault;
    Body body;
    int room;
} Parts;

NODISCARD static Err malformed(Parts *p, const char *what)
{
    return fault_set(p->fault, ERR_INPUT, 0, 0, str_from_c(what), (Str){0});
}

NODISCARD static Err add_part(Parts *p, BodyPart part)
{
    if (part.name.len > BODY_NAME_MAX || !is_utf8(part.name))
        return malformed(p, "The form has a field whose name is too long or not UTF-8 text.");
    if (!part.file && !is_utf8(part.value))
        return fault_setf(p->fault, p->a, ERR_INPUT, "The field %.*s is not UTF-8 text.", STR_ARG(fault_quote(p->a, part.name)));
    if (p->body.count == BODY_PARTS_MAX) return fault_setf(p->fault, p->a, ERR_LIMIT, "The form has more than %d fields.", BODY_PARTS_MAX);
    if (p->body.count == p->room) {
        int more = p->room * 2 + 16;
        p->body.parts = arena_grow(p->a, BodyPart, p->body.parts, (size_t)p->room, (size_t)more);
        p->room = more;
    }
    p->body.parts[p->body.count++] = part;
    return ERR_OK;
}

/* ---- application/x-www-form-urlencoded ---- */

NODISCARD static Err read_pair(Parts *p, Str pair)
{
    Str name, value;
    str_cut(pair, '=', &name, &value);
    if (!percent_decode(p->a, name, true, &name) || !percent_decode(p->a, value, true, &value))
        return malformed(p, "The form has a '%' without two hexadecimal digits behind it.");
    return add_part(p, (BodyPart){.name = name, .value = value});
}

Err body_read_form(Arena *a, Str text, Body *ret_body, Fault *fault)
{
    Parts p = {.a = a, .fault = fault};
    while (text.len) {
        Str pair;
        str_cut(text, '&', &pair, &text);
        Err e = pair.len ? read_pair(&p, pair) : ERR_OK;
        if (e) return e;
    }
    *ret_body = p.body;
    return ERR_OK;
}

/* ---- header values: "form-data; name=\"a\"; filename=\"b.csv\"" ---- */

static bool is_token_byte(char c)
{
    return c > ' ' && c < 0x7F && !strchr("()<>@,;:\\\"/[]?={}", c);
}

static Str take_token(Str *rest)
{
    size_t n = 0;
    while (n < rest->len && is_token_byte(rest->ptr[n])) n++;
    Str token = str_slice(*rest, 0, n);
    *rest = str_slice(*rest, n, rest->len);
    return token;
}

static void skip_blanks(Str *rest)
{
    while (rest->len && (rest->ptr[0] == ' ' || rest->ptr[0] == '\t')) *rest = str_slice(*rest, 1, rest->len);
}

static bool take_byte(Str *rest, char byte)
{
    skip_blanks(rest);
    if (!rest->len || rest->ptr[0] != byte) return false;
    *rest = str_slice(*rest, 1, rest->len);
    return true;
}

/* What stands between quotation marks, as it is: escapes are undone by `unquoted`. */
static bool take_quoted(Str *rest, Str *ret_raw)
{
    for (size_t i = 1; i < rest->len; i++) {
        bool escape = rest->ptr[i] == '\\' && i + 1 < rest->len && (rest->ptr[i + 1] == '"' || rest->ptr[i + 1] == '\\');
        if (escape) i++;
        if (escape || rest->ptr[i] != '"') continue;
        *ret_raw = str_slice(*rest, 1, i);
        *rest = str_slice(*rest, i + 1, rest->len);
        return true;
    }
    return false;
}

/* Browsers write a quotation mark as %22 and line ends as %0D and %0A, and nothing else in that way; other programs put a backslash before. */
static size_t escape_at(Str raw, size_t i, char *ret_byte)
{
    static const struct {
        Str written;
        char byte;
    } escapes[] = {
        {S("\\\""), '"'}, {S("\\\\"), '\\'}, {S("%22"), '"'}, {S("%0D"), '\r'}, {S("%0d"), '\r'}, {S("%0A"), '\n'}, {S("%0a"), '\n'}};
    for (int k = 0; k < COUNT_OF(escapes); k++) {
        *ret_byte = escapes[k].byte;
        if (str_starts(str_slice(raw, i, raw.len), escapes[k].written)) return escapes[k].written.len;
    }
    *ret_byte = raw.ptr[i];
    return 1;
}

static Str unquoted(Arena *a, Str raw)
{
    if (str_find(raw, '\\') == raw.len && str_find(raw, '%') == raw.len) return raw;
    Buf b = buf_new(a);
    char byte;
    for (size_t i = 0; i < raw.len;) {
        i += escape_at(raw, i, &byte);
        buf_byte(&b, byte);
    }
    return buf_done(&b);
}

/* The next "; name=value". False at the end, and when it is malformed (*ret_good). */
static bool take_parameter(Arena *a, Str *rest, Str *ret_name, Str *ret_value, bool *ret_good)
{
    skip_blanks(rest);
    *ret_good = rest->len == 0;
    if (!take_byte(rest, ';')) return false;
    skip_blanks(rest);
    *ret_name = take_token(rest);
    if (!ret_name->len || !rest->len || rest->ptr[0] != '=') return false;
    *rest = str_slice(*rest, 1, rest->len);
    if (rest->len && rest->ptr[0] == '"') {
        if (!take_quoted(rest, ret_value)) return false;
        *ret_value = unquoted(a, *ret_value);
    } else {
        *ret_value = take_token(rest);
        if (!ret_value->len) return false;
    }
    *ret_good = true;
    return true;
}

static Str media_type(Str content_type)
{
    Str head, tail;
    str_cut(content_type, ';', &head, &tail);
    return str_trim(head);
}

BodyKind body_kind(Str content_type)
{
    Str type = media_type(content_type);
    if (type.len == 0) return content_type.len ? BODY_OTHER : BODY_NONE;
    if (str_equal_nocase(type, S("application/x-www-form-urlencoded"))) return BODY_FORM;
    if (str_equal_nocase(type, S("multipart/form-data"))) return BODY_MULTIPART;
    return BODY_OTHER;
}

/* ---- multipart/form-data ---- */

Str body_file_name(Arena *a, Str said)
{
    size_t from = said.len;
    while (from > 0 && said.ptr[from - 1] != '/' && said.ptr[from - 1] != '\\') from--;
    Str name = str_slice(said, from, said.len);
    Buf b = buf_new(a);
    for (size_t i = 0, n; i < name.len; i += n ? n : 1) {
        uint32_t point = 0;
        n = str_code_point(name, i, &point);
        bool control = point < 0x20 || (point >= 0x7F && point < 0xA0);
        bool turns = point == 0x200E || point == 0x200F || (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x2069);
        if (b.len + n > BODY_FILE_NAME_MAX) break;
        if (n && !control && !turns) buf_str(&b, str_slice(name, i, i + n));
    }
    Str clean = str_trim(buf_done(&b));
    if (str_equal(clean, S(".")) || str_equal(clean, S(".."))) return (Str){0};
    return clean;
}

/* What the headers of a part say. */
typedef struct PartHead {
    bool disposition, named, file_named, typed, bytes;
    Str name, file_name;
} PartHead;

NODISCARD static Err read_disposition(Parts *p, Str value, PartHead *head)
{
    Str rest = value, name, text;
    bool good = false;
    if (head->disposition || !str_equal_nocase(take_token(&rest), S("form-data")))
        return malformed(p, "A part of the form does not say once that it is form-data.");
    head->disposition = true;
    while (take_parameter(p->a, &rest, &name, &text, &good)) {
        bool is_name = str_equal_nocase(name, S("name")), is_file = str_equal_nocase(name, S("filename"));
        if ((is_name && head->named) || (is_file && head->file_named)) return malformed(p, "A part of the form has two names.");
        if (is_name) head->name = text;
        if (is_file) head->file_name = text;
        head->named |= is_name;
        head->file_named |= is_file;
    }
    if (!good || !head->name.len) return malformed(p, "A part of the form has no name, or one that cannot be read.");
    return ERR_OK;
}

NODISCARD static Err read_part_header(Parts *p, Str line, PartHead *head)
{
    Str value = line;
    Str name = take_token(&value);
    bool colon = value.len && value.ptr[0] == ':';
    for (size_t i = 0; i < line.len; i++)
        colon = colon && (unsigned char)line.ptr[i] != 0x7F && ((unsigned char)line.ptr[i] >= 0x20 || line.ptr[i] == '\t');
    if (!name.len || !colon) return malformed(p, "A part of the form has a header that cannot be read.");
    value = str_trim(str_slice(value, 1, value.len));
    if (str_equal_nocase(name, S("content-disposition"))) return read_disposition(p, value, head);
    if (str_equal_nocase(name, S("content-type"))) {
        if (head->typed) return malformed(p, "A part of the form has two types.");
        head->typed = true;
        head->bytes = !str_equal_nocase(media_type(value), S("text/plain"));
    }
    if (str_equal_nocase(name, S("content-transfer-encoding")) && !str_equal_nocase(value, S("7bit")) &&
        !str_equal_nocase(value, S("8bit")) && !str_equal_nocase(value, S("binary")))
        return malformed(p, "A part of the form is in a transfer encoding; send it as it is.");
    return ERR_OK;
}

/* The headers of a part and the empty line behind them: *bytes goes on after it. */
NODISCARD static Err read_part_headers(Parts *p, Str *bytes, PartHead *head)
{
    Str within = str_slice(*bytes, 0, bytes->len < BODY_PART_HEADER_MAX ? bytes->len : BODY_PART_HEADER_MAX);
    size_t at = 0;
    for (;;) {
        const char *end = memmem(within.ptr + at, within.len - at, "\r\n", 2);
        if (!end) return malformed(p, "A part of the form has headers without an end, or too many.");
        Str line = str_slice(within, at, (size_t)(end - within.ptr));
        at += line.len + 2;
        if (line.len == 0) break;
        Err e = read_part_header(p, line, head);
        if (e) return e;
    }
    *bytes = str_slice(*bytes, at, bytes->len);
    if (!head->disposition) return malformed(p, "A part of the form has no name, or one that cannot be read.");
    return ERR_OK;
}

/* One part: `bytes` begins after the line of its delimiter; *bytes goes on after the next delimiter. `delimiter` is "\r\n--boundary". */
NODISCARD static Err read_part(Parts *p, Str delimiter, Str *bytes)
{
    PartHead head = {0};
    Err e = read_part_headers(p, bytes, &head);
    if (e) return e;
    const char *end = bytes->len ? memmem(bytes->ptr, bytes->len, delimiter.ptr, delimiter.len) : NULL;
    if (!end) return malformed(p, "The form ends in the middle of a field; it may not have been sent whole.");
    size_t len = (size_t)(end - bytes->ptr);
    Str value = str_slice(*bytes, 0, len);
    *bytes = str_slice(*bytes, len + delimiter.len, bytes->len);
    return add_part(p, (BodyPart){.name = head.name,
                           .value = value,
                           .file = head.file_named || head.bytes,
                           .file_name = head.file_named ? body_file_name(p->a, head.file_name) : (Str){0}});
}

NODISCARD static Err read_parts(Parts *p, Str delimiter, Str bytes)
{
    Str first = str_slice(delimiter, 2, delimiter.len); /* at the very beginning there is no line to end */
    if (!str_starts(bytes, first)) return malformed(p, "The form does not begin with its boundary.");
    bytes = str_slice(bytes, first.len, bytes.len);
    for (;;) {
        if (str_equal(bytes, S("--")) || str_equal(bytes, S("--\r\n"))) return ERR_OK;
        if (!str_starts(bytes, S("\r\n")))
            return malformed(p, "The form has something other than a new line or its end behind a boundary.");
        bytes = str_slice(bytes, 2, bytes.len);
        Err e = read_part(p, delimiter, &bytes);
        if (e) return e;
    }
}

/* RFC 2046, 5.1.1: 1 to 70 of these, the last one no blank. */
static bool is_boundary(Str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!word && (c == '\0' || !strchr("'()+_,-./:=? ", c))) return false;
    }
    return s.len >= 1 && s.len <= 70 && s.ptr[s.len - 1] != ' ';
}

NODISCARD static Err boundary_of(Parts *p, Str content_type, Str *ret_boundary)
{
    Str rest = str_slice(content_type, str_find(content_type, ';'), content_type.len), name, value;
    bool good = false;
    Str boundary = {0};
    while (take_parameter(p->a, &rest, &name, &value, &good)) {
        if (!str_equal_nocase(name, S("boundary"))) continue;
        if (boundary.len) return malformed(p, "The form has two boundaries.");
        boundary = value;
    }
    if (!good || !is_boundary(boundary)) return malformed(p, "The form does not say what its boundary is.");
    *ret_boundary = boundary;
    return ERR_OK;
}

Err body_read_multipart(Arena *a, Str content_type, Str bytes, Body *ret_body, Fault *fault)
{
    Parts p = {.a = a, .fault = fault};
    Str boundary = {0};
    Err e = boundary_of(&p, content_type, &boundary);
    if (!e) e = read_parts(&p, str_format(a, "\r\n--%.*s", STR_ARG(boundary)), bytes);
    if (e) return e;
    *ret_body = p.body;
    return ERR_OK;
}
