/* openapi.c: the route tables as an OpenAPI 3.1 description, and as lines for tests. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/inside.h"

#include "http/fields.h"

/* ---- names ---- */

static Str open_path(Arena *a, Str path)
{
    Buf b = buf_new(a);
    Str rest = path, segment;
    if (path.len == 1) return path;
    while (path_next(&rest, &segment)) {
        bool part = segment_is_part(segment) || segment_is_rest(segment);
        buf_format(&b, part ? "/{%.*s}" : "/%.*s", STR_ARG(part ? str_slice(segment, 1, segment.len) : segment));
    }
    return buf_done(&b);
}

/* "get_contests_contest_stages": one for each row, as no two rows mean the same request. */
static Str operation_id(Arena *a, const Route *r)
{
    Buf b = buf_new(a);
    buf_str(&b, r->method == GET ? S("get") : S("post"));
    Str path = str_from_c(r->path);
    for (size_t i = 0; i < path.len; i++) {
        char c = path.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (letter) buf_byte(&b, c);
        else if (c != ':' && c != '*') buf_byte(&b, '_');
    }
    return buf_done(&b);
}

/* ---- schemas ---- */

static void bounds(View *schema, const Field *f, Str least, Str most)
{
    int64_t min, max;
    field_bounds(f, &min, &max);
    view_put_i64(schema, least, min);
    view_put_i64(schema, most, max);
}

static void choices(View *schema, const Field *f)
{
    View *words = view_put_array(schema, S("enum"));
    for (const Choice *c = f->choices; c->value; c++) view_add_str(words, str_from_c(c->value));
}

static void put_schema_of_one(View *schema, const Field *f)
{
    view_put_str(schema, S("type"), f->kind == FIELD_NUMBER ? S("integer") : S("string"));
    switch (f->kind) {
    case FIELD_SECRET: view_put_str(schema, S("format"), S("password")); __attribute__((fallthrough));
    case FIELD_DAY:
    case FIELD_LINE:
    case FIELD_TEXT: bounds(schema, f, S("minLength"), S("maxLength")); return;
    case FIELD_NUMBER: bounds(schema, f, S("minimum"), S("maximum")); return;
    case FIELD_CHOICE: choices(schema, f); return;
    case FIELD_TICK: view_put_str(schema, S("const"), S("yes")); return;
    case FIELD_SLUG:
        view_put_str(schema, S("pattern"), S("^[a-z0-9]+(-[a-z0-9]+)*$"));
        view_put_i64(schema, S("maxLength"), f->max ? f->max : 80);
        return;
    case FIELD_TOKEN: view_put_str(schema, S("pattern"), S("^[A-Za-z0-9_-]{22}$")); return;
    case FIELD_FILE: view_put_str(schema, S("contentMediaType"), S("application/octet-stream")); return;
    case FIELD__COUNT: break;
    }
    ASSERT(!"a field of no kind");
}

static void put_schema(View *schema, const Field *f)
{
    if (!f->repeats) {
        put_schema_of_one(schema, f);
        return;
    }
    view_put_str(schema, S("type"), S("array"));
    view_put_i64(schema, S("maxItems"), FIELD_REPEATS_MAX);
    put_schema_of_one(view_put_object(schema, S("items")), f);
}

static void put_description(View *object, const Field *f)
{
    if (f->label) view_put_str(object, S("description"), str_from_c(f->label));
}

static void put_parameter(View *array, const Field *f, bool in_path)
{
    View *p = view_add_object(array);
    view_put_str(p, S("name"), str_from_c(f->name));
    view_put_str(p, S("in"), in_path ? S("path") : S("query"));
    view_put_bool(p, S("required"), in_path || f->required);
    put_description(p, f);
    put_schema(view_put_object(p, S("schema")), f);
}

static void put_parameters(Arena *a, View *operation, const Route *r)
{
    View *array = view_array(a);
    for (const Field *f = r->fields; f && f->name; f++) {
        bool in_path = field_in_path(f, r->path);
        if (in_path || r->method == GET) put_parameter(array, f, in_path);
    }
    if (view_first(array)) view_put(operation, S("parameters"), array);
}

static bool has_file(const Route *r)
{
    for (const Field *f = r->fields; f && f->name; f++)
        if (f->kind == FIELD_FILE) return true;
    return false;
}

static void put_body(Arena *a, View *operation, const Route *r)
{
    View *body = view_put_object(operation, S("requestBody")), *required = view_array(a);
    View *content = view_put_object(body, S("content"));
    View *media = view_put_object(content, has_file(r) ? S("multipart/form-data") : S("application/x-www-form-urlencoded"));
    View *schema = view_put_object(media, S("schema"));
    view_put_str(schema, S("type"), S("object"));
    View *properties = view_put_object(schema, S("properties"));
    for (const Field *f = r->fields; f && f->name; f++) {
        if (field_in_path(f, r->path)) continue;
        View *property = view_put_object(properties, str_from_c(f->name));
        put_schema(property, f);
        put_description(property, f);
        if (f->required) view_add_str(required, str_from_c(f->name));
    }
    if (view_first(required)) view_put(schema, S("required"), required);
}

/* ---- operations ---- */

static View *put_response(View *responses, Str status, Str description)
{
    View *response = view_put_object(responses, status);
    view_put_str(response, S("description"), description);
    return response;
}

static void put_problem(View *responses, Str status, Str description)
{
    View *content = view_put_object(put_response(responses, status, description), S("content"));
    View *schema = view_put_object(view_put_object(content, S("application/problem+json")), S("schema"));
    view_put_str(schema, S("$ref"), S("#/components/schemas/Problem"));
}

static void put_json(View *response)
{
    View *content = view_put_object(response, S("content"));
    view_put_str(view_put_object(view_put_object(content, S("application/json")), S("schema")), S("type"), S("object"));
}

static void put_responses(View *operation, const Route *r)
{
    View *responses = view_put_object(operation, S("responses"));
    View *good = put_response(responses, S("200"), r->write ? S("Done, and on disk.") : S("The page, as HTML or as JSON."));
    if (!r->no_json) put_json(good);
    if (r->write) {
        put_json(put_response(responses, S("201"), S("Done, and on disk; Location says where to look.")));
        put_response(responses, S("303"), S("The same, for browsers."));
        put_problem(responses, S("409"), S("Not as things stand now, or the key was used for something else."));
    }
    if (r->topic) put_response(responses, S("304"), S("As it was when its ETag was given."));
    if (r->fields) put_problem(responses, S("422"), S("Fields that have to be put right, each with what is wrong."));
    put_problem(responses, S("default"), S("What happened, what to do, and a reference."));
}

static void put_security(View *operation, const Route *r)
{
    if (r->who == WHO_ANYONE) return;
    View *both = view_add_object(view_put_array(operation, S("security")));
    view_put_array(both, S("session"));
    if (r->method == POST) view_put_array(both, S("csrf"));
}

static void put_key(View *operation)
{
    View *parameters = (View *)view_get(operation, S("parameters"));
    if (!parameters) parameters = view_put_array(operation, S("parameters"));
    View *p = view_add_object(parameters);
    view_put_str(p, S("name"), S("Idempotency-Key"));
    view_put_str(p, S("in"), S("header"));
    view_put_bool(p, S("required"), false);
    view_put_str(
        p, S("description"), S("The same key with the same fields again, within seven days, gives the first answer and changes nothing."));
    view_put_str(view_put_object(p, S("schema")), S("type"), S("string"));
}

static void put_operation(Arena *a, View *item, const Room *room, const Route *r)
{
    View *operation = view_put_object(item, r->method == GET ? S("get") : S("post"));
    view_put_str(operation, S("operationId"), operation_id(a, r));
    view_put_str(operation, S("summary"), str_from_c(r->title));
    Str acts = str_from_c(r->act), summary = str_from_c(r->summary);
    bool is_act = acts.len && !str_starts(acts, S("none: "));
    if (is_act) summary = str_format(a, "%.*s Leaves entries of the public record: %.*s.", STR_ARG(summary), STR_ARG(acts));
    if (summary.len) view_put_str(operation, S("description"), str_trim(summary));
    view_add_str(view_put_array(operation, S("tags")), str_from_c(room->name));
    put_parameters(a, operation, r);
    if (r->write) put_key(operation);
    if (r->method == POST) put_body(a, operation, r);
    put_responses(operation, r);
    put_security(operation, r);
}

/* ---- the whole ---- */

static void put_components(View *root)
{
    View *components = view_put_object(root, S("components"));
    View *problem = view_put_object(view_put_object(components, S("schemas")), S("Problem"));
    view_put_str(problem, S("type"), S("object"));
    view_put_str(problem, S("description"), S("RFC 9457"));
    View *properties = view_put_object(problem, S("properties"));
    static const char *const strings[] = {"type", "title", "detail", "reference"};
    for (int i = 0; i < COUNT_OF(strings); i++) view_put_str(view_put_object(properties, str_from_c(strings[i])), S("type"), S("string"));
    view_put_str(view_put_object(properties, S("status")), S("type"), S("integer"));
    View *errors = view_put_object(properties, S("errors"));
    view_put_str(errors, S("type"), S("array"));
    View *schemes = view_put_object(components, S("securitySchemes"));
    View *session = view_put_object(schemes, S("session"));
    view_put_str(session, S("type"), S("apiKey"));
    view_put_str(session, S("in"), S("cookie"));
    view_put_str(session, S("name"), S("__Host-hustings"));
    View *csrf = view_put_object(schemes, S("csrf"));
    view_put_str(csrf, S("type"), S("apiKey"));
    view_put_str(csrf, S("in"), S("header"));
    view_put_str(csrf, S("name"), S("X-CSRF-Token"));
}

static void put_room(Arena *a, View *paths, const Room *room)
{
    for (int i = 0; i < room->route_count; i++) {
        Str path = open_path(a, str_from_c(room->routes[i].path));
        View *item = (View *)view_get(paths, path);
        put_operation(a, item ? item : view_put_object(paths, path), room, &room->routes[i]);
    }
}

View *site_openapi(Arena *a, const Room *const *rooms, int room_count, const SiteOptions *options)
{
    View *root = view_object(a);
    view_put_str(root, S("openapi"), S("3.1.0"));
    View *info = view_put_object(root, S("info"));
    view_put_str(info, S("title"), options->name);
    view_put_str(info, S("version"), options->version);
    view_put_str(info, S("description"),
        S("Every page of this site has a second face as JSON: add .json to its path, or send Accept: application/json."));
    if (options->base.len) view_put_str(view_add_object(view_put_array(root, S("servers"))), S("url"), options->base);
    View *paths = view_put_object(root, S("paths"));
    put_room(a, paths, &http_room);
    for (int i = 0; i < room_count; i++) put_room(a, paths, rooms[i]);
    put_components(root);
    return root;
}

/* ---- a line each ---- */

static void put_lines(const Room *room, Buf *out)
{
    static const char *const rates[RATE__COUNT] = {
        [RATE_READ] = "read", [RATE_STATIC] = "static", [RATE_WORK] = "work", [RATE_WRITE] = "write", [RATE_ENTRY] = "entry"};
    for (int i = 0; i < room->route_count; i++) {
        const Route *r = &room->routes[i];
        Str who = who_name(r->who);
        buf_format(out, "%s\t%s\t%.*s\t%lld\t%s\t%s\t%s\n", r->method == GET ? "GET" : "POST", r->path, STR_ARG(who),
            (long long)route_body_most(r), rates[route_rate(r)], r->title, r->act ? r->act : "-");
    }
}

void site_routes(const Room *const *rooms, int room_count, Buf *out)
{
    put_lines(&http_room, out);
    for (int i = 0; i < room_count; i++) put_lines(rooms[i], out);
}
