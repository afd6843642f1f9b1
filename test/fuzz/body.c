/* Any bytes as a form: read strictly, and what was read can be written and read again. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * An input: a Content-Type up to the first line end, then the body; an empty type is a urlencoded form.
 */
#include "http/body.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool is_utf8(Str s)
{
    uint32_t point;
    for (size_t i = 0, n; i < s.len; i += n)
        if ((n = str_code_point(s, i, &point)) == 0) return false;
    return true;
}

static void check_part(const BodyPart *p)
{
    ASSERT(p->name.len <= BODY_NAME_MAX && is_utf8(p->name));
    ASSERT(p->file || (is_utf8(p->value) && p->file_name.len == 0));
    ASSERT(p->file_name.len <= BODY_FILE_NAME_MAX && str_is_clean_text(p->file_name));
    ASSERT(str_find(p->file_name, '/') == p->file_name.len && str_find(p->file_name, '\\') == p->file_name.len);
}

static void escape(Buf *b, Str s)
{
    for (size_t i = 0; i < s.len; i++) buf_format(b, "%%%02x", (unsigned)(unsigned char)s.ptr[i]);
}

static Str as_form(Arena *a, const Body *body)
{
    Buf b = buf_new(a);
    for (int k = 0; k < body->count; k++) {
        escape(&b, body->parts[k].name);
        buf_byte(&b, '=');
        escape(&b, body->parts[k].value);
        buf_byte(&b, '&');
    }
    return buf_done(&b);
}

static void read_again(Arena *a, const Body *body)
{
    Body again = {0};
    Fault fault = {0};
    for (int k = 0; k < body->count; k++)
        if (body->parts[k].file) return; /* a urlencoded form holds none */
    ASSERT(body_read_form(a, as_form(a, body), &again, &fault) == ERR_OK && again.count == body->count);
    for (int k = 0; k < body->count; k++) {
        ASSERT(str_equal(again.parts[k].name, body->parts[k].name));
        ASSERT(str_equal(again.parts[k].value, body->parts[k].value));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    Body body = {0};
    Fault fault = {0};
    Str type, bytes;
    str_cut((Str){(const char *)data, size}, '\n', &type, &bytes);
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    BodyKind kind = body_kind(type);
    Err e = kind == BODY_MULTIPART ? body_read_multipart(&a, type, bytes, &body, &fault) : body_read_form(&a, bytes, &body, &fault);
    ASSERT(!e || ((e == ERR_INPUT || e == ERR_LIMIT) && fault.err == e && fault.expected.len && body.count == 0));
    ASSERT(body.count <= BODY_PARTS_MAX);
    for (int k = 0; k < body.count; k++) check_part(&body.parts[k]);
    read_again(&a, &body);
    arena_clear(&a);
    return 0;
}
