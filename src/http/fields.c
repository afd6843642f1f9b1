/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/fields.h"

#include "http/body.h"

#include <string.h>

/* ---- tables ---- */

static int table_count(const Field *fields)
{
    int count = 0;
    while (fields && fields[count].name) count++;
    return count;
}

static int index_of(const Field *fields, Str name)
{
    for (int k = 0; fields && fields[k].name; k++)
        if (str_equal(name, str_from_c(fields[k].name))) return k;
    return -1;
}

bool field_in_path(const Field *field, const char *path)
{
    Str rest = str_from_c(path), part;
    while (rest.len) {
        str_cut(rest, '/', &part, &rest);
        if (part.len && (part.ptr[0] == ':' || part.ptr[0] == '*') && str_equal(str_slice(part, 1, part.len), str_from_c(field->name)))
            return true;
    }
    return false;
}

Str field_label(Arena *a, const Field *field)
{
    if (field->label) return str_from_c(field->label);
    Str name = str_from_c(field->name);
    char *label = arena_new(a, char, name.len);
    for (size_t i = 0; i < name.len; i++) label[i] = name.ptr[i] == '_' || name.ptr[i] == '-' ? ' ' : name.ptr[i];
    if (label[0] >= 'a' && label[0] <= 'z') label[0] = (char)(label[0] - 'a' + 'A');
    return (Str){label, name.len};
}

void field_bounds(const Field *field, int64_t *ret_min, int64_t *ret_max)
{
    static const int64_t most[FIELD__COUNT] = {
        [FIELD_LINE] = 200, [FIELD_TEXT] = 10000, [FIELD_SLUG] = 80, [FIELD_DAY] = 20, [FIELD_SECRET] = 200};
    bool standard_number = field->kind == FIELD_NUMBER && field->min == 0 && field->max == 0;
    *ret_min = field->min;
    *ret_max = standard_number ? 1000000000 : field->max;
    if (field->kind != FIELD_NUMBER && field->max == 0) *ret_max = most[field->kind];
}

static bool is_plain_name(const char *name)
{
    for (const char *c = name; *c; c++)
        if (!((*c >= 'a' && *c <= 'z') || (*c >= '0' && *c <= '9') || (*c == '_' && c > name))) return false;
    return name[0] != '\0' && strlen(name) <= BODY_NAME_MAX;
}

static void check_choices(const Field *field)
{
    ASSERT((field->kind == FIELD_CHOICE) == (field->choices != NULL));
    bool standard_is_one = !field->standard || field->kind != FIELD_CHOICE;
    for (const Choice *c = field->choices; c && c->value; c++) {
        ASSERT(c->value[0] && c->label && c->label[0]);
        standard_is_one |= strcmp(c->value, field->standard ? field->standard : "") == 0;
    }
    ASSERT(standard_is_one && (!field->choices || field->choices[0].value));
}

void fields_check(const Field *fields)
{
    int count = table_count(fields);
    ASSERT(count <= FIELDS_MAX);
    for (int k = 0; k < count; k++) {
        const Field *f = &fields[k];
        int64_t min = 0, max = 0;
        ASSERT(is_plain_name(f->name) && index_of(fields, str_from_c(f->name)) == k);
        ASSERT(f->kind < FIELD__COUNT);
        field_bounds(f, &min, &max);
        ASSERT(min <= max || (f->kind == FIELD_FILE && max == 0));
        ASSERT(f->kind == FIELD_NUMBER || min >= 0);
        ASSERT(!f->repeats || f->kind != FIELD_TICK);
        ASSERT(!f->standard || f->kind != FIELD_FILE);
        check_choices(f);
    }
}

/* ---- words for people ---- */

/* "Your name" within a sentence: "your name"; "URL of the page" stays. */
static Str label_inside(Arena *a, const Field *field)
{
    Str label = field_label(a, field);
    bool word = label.len > 1 && label.ptr[0] >= 'A' && label.ptr[0] <= 'Z' && (label.ptr[1] < 'A' || label.ptr[1] > 'Z');
    if (!word || (label.len > 1 && label.ptr[0] == 'I' && label.ptr[1] == ' ')) return label;
    char *inside = arena_new(a, char, label.len);
    memcpy(inside, label.ptr, label.len);
    inside[0] = (char)(inside[0] - 'A' + 'a');
    return (Str){inside, label.len};
}

Str size_words(Arena *a, int64_t bytes)
{
    static const char *const units[] = {"bytes", "kB", "MB", "GB"};
    int unit = 0;
    while (bytes >= 1024 && bytes % 1024 == 0 && unit < COUNT_OF(units) - 1) {
        bytes /= 1024;
        unit++;
    }
    return str_format(a, "%lld %s", (long long)bytes, units[unit]);
}

static Str missing_words(Arena *a, const Field *f)
{
    Str label = label_inside(a, f);
    if (f->kind == FIELD_CHOICE || f->kind == FIELD_FILE) return str_format(a, "Select %.*s", STR_ARG(label));
    if (f->kind == FIELD_TICK) return str_format(a, "Tick '%.*s' to go on", STR_ARG(field_label(a, f)));
    return str_format(a, "Enter %.*s", STR_ARG(label));
}

/* ---- one value: made clean, then judged; an empty message is a good one ---- */

static int64_t characters(Str s)
{
    int64_t count = 0;
    for (size_t i = 0; i < s.len; i++) count += ((unsigned char)s.ptr[i] & 0xC0) != 0x80;
    return count;
}

static bool is_trimmed(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static Str trimmed(Str s)
{
    while (s.len && is_trimmed(s.ptr[0])) s = str_slice(s, 1, s.len);
    while (s.len && is_trimmed(s.ptr[s.len - 1])) s.len--;
    return s;
}

/* Browsers end lines by \r\n, whatever the person's keyboard does. */
static Str with_plain_line_ends(Arena *a, Str s)
{
    if (str_find(s, '\r') == s.len) return s;
    char *out = arena_new(a, char, s.len);
    size_t len = 0;
    for (size_t i = 0; i < s.len; i++) {
        bool pair = s.ptr[i] == '\r' && i + 1 < s.len && s.ptr[i + 1] == '\n';
        if (!pair) out[len++] = s.ptr[i] == '\r' ? '\n' : s.ptr[i];
    }
    return (Str){out, len};
}

static Str cleaned(Arena *a, const Field *f, Str typed)
{
    if (f->kind == FIELD_CHOICE || f->kind == FIELD_TICK || f->kind == FIELD_TOKEN || f->kind == FIELD_SECRET) return typed;
    return trimmed(f->kind == FIELD_TEXT ? with_plain_line_ends(a, typed) : typed);
}

/* Without control characters; `lines`: but for \n. */
static bool is_plain_text(Str s, bool lines)
{
    Str line;
    if (!lines) return str_is_clean_text(s) && str_find(s, '\t') == s.len;
    while (s.len) {
        str_cut(s, '\n', &line, &s);
        if (!str_is_clean_text(line)) return false;
    }
    return true;
}

static Str judge_text(Arena *a, const Field *f, Str text)
{
    Str label = field_label(a, f);
    int64_t min = 0, max = 0, count = characters(text);
    field_bounds(f, &min, &max);
    if (!is_plain_text(text, f->kind == FIELD_TEXT))
        return str_format(a, "%.*s must be %s", STR_ARG(label),
            f->kind == FIELD_TEXT ? "plain text, without control characters"
                                  : "one line of plain text, without tabs or control characters");
    if (count < min) return str_format(a, "%.*s must be %lld characters or more", STR_ARG(label), (long long)min);
    if (count > max) return str_format(a, "%.*s must be %lld characters or fewer", STR_ARG(label), (long long)max);
    return (Str){0};
}

static Str judge_number(Arena *a, const Field *f, Str text, int64_t *ret_number)
{
    int64_t min = 0, max = 0;
    field_bounds(f, &min, &max);
    if (str_to_i64(text, ret_number) && *ret_number >= min && *ret_number <= max) return (Str){0};
    *ret_number = 0;
    return str_format(a, "%.*s must be a number from %lld to %lld", STR_ARG(field_label(a, f)), (long long)min, (long long)max);
}

static Str judge_choice(Arena *a, const Field *f, Str text)
{
    for (const Choice *c = f->choices; c->value; c++)
        if (str_equal(text, str_from_c(c->value))) return (Str){0};
    return str_format(a, "Select %.*s from the list", STR_ARG(label_inside(a, f)));
}

static bool is_slug(Str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (!word && (c != '-' || i == 0 || i == s.len - 1)) return false;
    }
    return s.len > 0;
}

static Str judge_slug(Arena *a, const Field *f, Str text)
{
    int64_t min = 0, max = 0;
    field_bounds(f, &min, &max);
    if (is_slug(text) && (int64_t)text.len >= min && (int64_t)text.len <= max) return (Str){0};
    return str_format(
        a, "%.*s must be lower-case letters, digits and inner hyphens, %lld at most", STR_ARG(field_label(a, f)), (long long)max);
}

static bool is_token(Str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_')) return false;
    }
    return s.len == 22;
}

static Str judge(Arena *a, const Field *f, Str text, int64_t *ret_number)
{
    switch (f->kind) {
    case FIELD_LINE:
    case FIELD_DAY:
    case FIELD_SECRET:
    case FIELD_TEXT: return judge_text(a, f, text);
    case FIELD_NUMBER: return judge_number(a, f, text, ret_number);
    case FIELD_CHOICE: return judge_choice(a, f, text);
    case FIELD_TICK:
        *ret_number = str_equal(text, S("yes"));
        if (*ret_number) return (Str){0};
        return str_format(a, "%.*s must be 'yes' or not there", STR_ARG(field_label(a, f)));
    case FIELD_SLUG: return judge_slug(a, f, text);
    case FIELD_TOKEN:
        if (is_token(text)) return (Str){0};
        return str_format(a, "%.*s must be a code of 22 characters", STR_ARG(field_label(a, f)));
    case FIELD_FILE:
    case FIELD__COUNT: break;
    }
    ASSERT(!"a kind whose values are text");
    return (Str){0};
}

static Str judge_file(Arena *a, const Field *f, const Upload *upload)
{
    if (upload->bytes.len == 0) return S("The selected file is empty");
    if (f->max && (int64_t)upload->bytes.len > f->max)
        return str_format(a, "The selected file must be %.*s or smaller", STR_ARG(size_words(a, f->max)));
    return (Str){0};
}

/* ---- a whole request ---- */

/* What came for each field, in the order in which it came. */
typedef struct Came {
    Str *texts;
    Upload *uploads;
    int text_count, upload_count, count;
} Came;

typedef struct Reading {
    Req *req;
    Arena *a;
    Fault *fault;
    const Field *table;
    Came came[FIELDS_MAX];
} Reading;

NODISCARD static Err refused(const Reading *r, Err err, const char *words, Str name)
{
    return fault_setf(r->fault, r->a, err, "The field %.*s %s.", STR_ARG(fault_quote(r->a, name)), words);
}

static void take_text(Reading *r, Came *c, Str text)
{
    if (!c->texts) c->texts = arena_new(r->a, Str, FIELD_REPEATS_MAX);
    c->texts[c->text_count++] = text;
}

/* A file input in which nothing was chosen sends a file without name and bytes. */
static void take_upload(Reading *r, Came *c, const BodyPart *part)
{
    if (!part->file_name.len && !part->value.len) return;
    if (!c->uploads) c->uploads = arena_new(r->a, Upload, FIELD_REPEATS_MAX);
    c->uploads[c->upload_count++] = (Upload){part->file_name, part->value};
}

NODISCARD static Err take_value(Reading *r, int index, const BodyPart *part)
{
    const Field *f = &r->table[index];
    Came *c = &r->came[index];
    if (c->count && !f->repeats) return refused(r, ERR_INPUT, "was given twice", part->name);
    if (c->count++ == FIELD_REPEATS_MAX) return refused(r, ERR_LIMIT, "was given too often", part->name);
    if (part->file != (f->kind == FIELD_FILE))
        return refused(
            r, ERR_INPUT, part->file ? "is a file where text is asked for" : "must be a file, sent as multipart/form-data", part->name);
    if (part->file) take_upload(r, c, part);
    else take_text(r, c, part->value);
    return ERR_OK;
}

/* Names that begin with '_' are the framework's, of which two are read here. */
static void take_own(struct ReqState *state, const BodyPart *part)
{
    if (part->file) return;
    if (str_equal(part->name, S("_csrf"))) state->csrf = part->value;
    if (str_equal(part->name, S("_key"))) state->key = part->value;
}

NODISCARD static Err take_body(Reading *r, const Body *body)
{
    bool post = r->req->route->method == POST;
    for (int k = 0; k < body->count; k++) {
        const BodyPart *part = &body->parts[k];
        if (part->name.len && part->name.ptr[0] == '_') {
            if (post) take_own(r->req->state, part);
            continue;
        }
        int index = index_of(r->table, part->name);
        bool known = index >= 0 && !field_in_path(&r->table[index], r->req->route->path);
        if (!known && post) return refused(r, ERR_INPUT, "is not one that is asked for here", part->name);
        Err e = known ? take_value(r, index, part) : ERR_OK;
        if (e) return e;
    }
    return ERR_OK;
}

NODISCARD static Err read_sent(Reading *r)
{
    Exchange *ex = r->req->state->ex;
    Str type = exchange_header(ex, "content-type");
    for (int k = 0, count = table_count(r->table); k < count; k++) ex->secret = ex->secret || r->table[k].kind == FIELD_SECRET;
    Body body = {0};
    Err e = ERR_OK;
    if (r->req->route->method == GET) e = body_read_form(r->a, ex->query, &body, r->fault);
    else if (body_kind(type) == BODY_FORM) e = body_read_form(r->a, ex->body, &body, r->fault);
    else if (body_kind(type) == BODY_MULTIPART) e = body_read_multipart(r->a, type, ex->body, &body, r->fault);
    else if (ex->body.len)
        e = fault_set(r->fault, ERR_INPUT, 0, 0, S("The form must be sent as multipart/form-data or form-urlencoded."), (Str){0});
    return e ? e : take_body(r, &body);
}

static void say_wrong(Reading *r, const Field *f, Str message)
{
    struct ReqState *state = r->req->state;
    if (state->trouble_count < TROUBLES_MAX) state->troubles[state->trouble_count++] = (Trouble){f, message};
}

/* Its texts, made clean, those of nothing but blanks left out. What is wrong first. */
static Str settle_texts(Reading *r, const Field *f, const Came *came, FieldValue *value)
{
    Str wrong = {0};
    Str *texts = came->text_count ? arena_new(r->a, Str, (size_t)came->text_count) : NULL;
    for (int k = 0; k < came->text_count; k++) {
        Str text = cleaned(r->a, f, came->texts[k]);
        if (str_is_blank(text)) continue;
        texts[value->text_count++] = text;
        int64_t number = 0;
        Str message = judge(r->a, f, text, &number);
        if (!wrong.len) wrong = message;
        if (value->text_count == 1) value->number = number;
    }
    value->texts = texts;
    return wrong;
}

static Str settle_uploads(Reading *r, const Field *f, const Came *came, FieldValue *value)
{
    Str wrong = {0};
    value->uploads = came->uploads;
    value->upload_count = came->upload_count;
    for (int k = 0; k < came->upload_count && !wrong.len; k++) wrong = judge_file(r->a, f, &came->uploads[k]);
    return wrong;
}

static Str settle(Reading *r, int index)
{
    const Field *f = &r->table[index];
    FieldValue *value = &r->req->state->values[index];
    *value = (FieldValue){0};
    Str wrong = f->kind == FIELD_FILE ? settle_uploads(r, f, &r->came[index], value) : settle_texts(r, f, &r->came[index], value);
    value->given = value->text_count > 0 || value->upload_count > 0;
    if (f->required && !value->given) wrong = missing_words(r->a, f);
    return wrong;
}

/* The part of the path, when it is one that its field allows. */
NODISCARD static Err read_path_part(Reading *r, const PathPart *part)
{
    int index = index_of(r->table, part->name);
    ASSERT(index >= 0); /* the route must declare it */
    Str text;
    uint32_t point;
    if (!percent_decode(r->a, part->value, false, &text)) return ERR_MISSING;
    for (size_t i = 0, n; i < text.len; i += n)
        if ((n = str_code_point(text, i, &point)) == 0) return ERR_MISSING;
    take_text(r, &r->came[index], text);
    bool good = settle(r, index).len == 0 && r->req->state->values[index].given;
    return good && str_equal(r->req->state->values[index].texts[0], text) ? ERR_OK : ERR_MISSING;
}

Err fields_read(Req *req, Fault *fault)
{
    struct ReqState *state = req->state;
    Reading r = {.req = req, .a = req->arena, .fault = fault, .table = req->route->fields};
    for (int k = 0; k < state->part_count; k++)
        if (read_path_part(&r, &state->parts[k])) return fault_set(fault, ERR_MISSING, 0, 0, S("There is no such page."), (Str){0});
    Err e = read_sent(&r);
    if (e) return e;
    for (int k = 0, count = table_count(r.table); k < count; k++) {
        if (field_in_path(&r.table[k], req->route->path)) continue;
        Str wrong = settle(&r, k);
        if (wrong.len) say_wrong(&r, &r.table[k], wrong);
    }
    return ERR_OK;
}

/* ---- inside a handler ---- */

static const FieldValue *value_of(const Req *req, const char *name, const Field **ret_field)
{
    int index = 0;
    *ret_field = req_field(req, name, &index);
    return &req->state->values[index];
}

Str req_text(const Req *req, const char *field)
{
    const Field *f;
    const FieldValue *value = value_of(req, field, &f);
    ASSERT(f->kind != FIELD_FILE && f->kind != FIELD_NUMBER && f->kind != FIELD_TICK && !f->repeats);
    return value->text_count ? value->texts[0] : (Str){0};
}

bool req_given(const Req *req, const char *field)
{
    const Field *f;
    return value_of(req, field, &f)->given;
}

int64_t req_number(const Req *req, const char *field)
{
    const Field *f;
    const FieldValue *value = value_of(req, field, &f);
    ASSERT(f->kind == FIELD_NUMBER && !f->repeats);
    return value->number;
}

bool req_ticked(const Req *req, const char *field)
{
    const Field *f;
    const FieldValue *value = value_of(req, field, &f);
    ASSERT(f->kind == FIELD_TICK);
    return value->number == 1;
}

int req_texts(const Req *req, const char *field, const Str **ret_values)
{
    const Field *f;
    const FieldValue *value = value_of(req, field, &f);
    ASSERT(f->kind != FIELD_FILE);
    *ret_values = value->texts;
    return value->text_count;
}

int req_uploads(const Req *req, const char *field, const Upload **ret_uploads)
{
    const Field *f;
    const FieldValue *value = value_of(req, field, &f);
    ASSERT(f->kind == FIELD_FILE);
    *ret_uploads = value->uploads;
    return value->upload_count;
}
