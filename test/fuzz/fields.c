/* Any request for a route with every kind of field: what reaches a handler is what the table allows, and the form can be shown again.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * An input: 'q' (a query), 'f' (a form) or anything else (multipart, boundary "b"), then what stands in the path up to a line end, then the rest.
 */
#include "http/fields.h"
#include "http/form.h"
#include "http/mustache.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const Choice choices[] = {{"av", "Alternative vote"}, {"omov", "One member, one vote"}, {0}};
static const Field fields[] = {
    {"part", FIELD_SLUG, .required = true},
    {"l", FIELD_LINE, .min = 2, .max = 5, .label = "Your name"},
    {"t", FIELD_TEXT, .required = true, .max = 10},
    {"n", FIELD_NUMBER, .min = -5, .max = 20},
    {"c", FIELD_CHOICE, .repeats = true, .choices = choices},
    {"y", FIELD_TICK, .required = true},
    {"s", FIELD_SLUG, .repeats = true},
    {"k", FIELD_TOKEN, .repeats = true},
    {"f", FIELD_FILE, .repeats = true, .max = 5},
    {0},
};
static const Route get = {.method = GET, .path = "/x/:part", .fields = fields};
static const Route post = {.method = POST, .path = "/x/:part", .fields = fields};

static int64_t characters(Str s)
{
    uint32_t point;
    int64_t count = 0;
    for (size_t i = 0, n; i < s.len; i += n, count++) {
        n = str_code_point(s, i, &point);
        ASSERT(n);
    }
    return count;
}

static bool is_made_of(Str s, const char *bytes)
{
    for (size_t i = 0; i < s.len; i++)
        if (str_find(str_from_c(bytes), s.ptr[i]) == strlen(bytes)) return false;
    return true;
}

static void check_text(const Field *f, Str text)
{
    int64_t min = 0, max = 0;
    field_bounds(f, &min, &max);
    switch (f->kind) {
    case FIELD_SECRET:
    case FIELD_LINE: ASSERT(str_is_clean_text(text) && characters(text) >= min && characters(text) <= max); return;
    case FIELD_TEXT: ASSERT(str_find(text, '\r') == text.len && characters(text) <= max); return;
    case FIELD_CHOICE: ASSERT(str_equal(text, S("av")) || str_equal(text, S("omov"))); return;
    case FIELD_SLUG: ASSERT(text.len <= 80 && is_made_of(text, "abcdefghijklmnopqrstuvwxyz0123456789-")); return;
    case FIELD_TOKEN: ASSERT(text.len == 22); return;
    default: return;
    }
}

/* What a handler may rely on. */
static void check_values(const Req *req)
{
    for (int k = 0; fields[k].name; k++) {
        const FieldValue *v = &req->state->values[k];
        ASSERT(v->given == (v->text_count > 0 || v->upload_count > 0));
        ASSERT(v->given || !fields[k].required);
        ASSERT(fields[k].repeats || v->text_count + v->upload_count <= 1);
        for (int n = 0; n < v->text_count; n++) check_text(&fields[k], v->texts[n]);
        for (int n = 0; n < v->upload_count; n++) ASSERT(v->uploads[n].bytes.len >= 1 && v->uploads[n].bytes.len <= 5);
    }
    ASSERT(req_number(req, "n") >= -5 && req_number(req, "n") <= 20);
    ASSERT(req_ticked(req, "y"));
}

/* All that was typed, once more on a page: without a byte of markup that the template does not have. */
static void show_again(Arena *a, const Req *req)
{
    static const char template[] =
        "{{action}}{{#errors}}{{message}}{{href}}{{/errors}}{{#fields}}{{label}}{{value}}{{error}}{{#values}}{{value}}{{/values}}"
        "{{#choices}}{{label}}{{chosen}}{{/choices}}{{/fields}}";
    const View *form = form_view(a, req, &(FormOptions){.route = req->route, .action = S("/x/y")});
    Template *t = NULL;
    Fault fault = {0};
    Buf out = buf_new(a);
    ASSERT(mustache_parse(a, S(template), &(MustacheOptions){.pages = true}, &t, &fault) == ERR_OK);
    ASSERT(mustache_render(t, &form, 1, NULL, NULL, &out) == ERR_OK);
    ASSERT(str_find(buf_done(&out), '<') == out.len && str_find(buf_done(&out), '"') == out.len);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    Arena a;
    Str part, rest;
    if (size < 1) return 0;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    str_cut(str_slice((Str){(const char *)data, size}, 1, size), '\n', &part, &rest);
    Str type = data[0] == 'f' ? S("application/x-www-form-urlencoded") : S("multipart/form-data; boundary=b");
    Header header = {S("content-type"), type};
    Exchange ex = {.arena = &a, .headers = &header, .header_count = 1, .body = rest, .query = rest};
    ReqState *state = arena_new(&a, ReqState, 1);
    *state = (ReqState){.ex = &ex, .parts = {{S("part"), part}}, .part_count = 1};
    Req req = {.arena = &a, .route = data[0] == 'q' ? &get : &post, .state = state};
    Err e = fields_read(&req, &req.fault);
    ASSERT(!e || (req.fault.err == e && req.fault.expected.len && (e == ERR_INPUT || e == ERR_LIMIT || e == ERR_MISSING)));
    for (int k = 0; k < state->trouble_count; k++) ASSERT(state->troubles[k].field && state->troubles[k].message.len);
    if (!e && state->trouble_count == 0) check_values(&req);
    if (!e) show_again(&a, &req);
    arena_clear(&a);
    return 0;
}
