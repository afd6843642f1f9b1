/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/router.h"

/* The tree: a node for every segment that rows have in a place. A path is walked down literal children first, then through the child that takes
 * any segment; both may have to be tried, but never deep: SEGMENTS_MAX. */
typedef struct Node Node;
struct Node {
    Str segment; /* empty: any */
    Node *first, *next;
    Node *any;
    const Rule *rest[2];  /* by Verb: takes all that is left of the path */
    const Rule *rules[2]; /* by Verb */
};

struct Router {
    Node root;
    Rule *rules;
    int count;
};

enum { SEGMENTS_MAX = 12, BODY_MOST = 1 << 30 };

typedef struct Making {
    Arena *a;
    Router *router;
    Fault *fault;
    bool knows_persons;
} Making;

static const char *method_name(Verb method)
{
    return method == GET ? "GET" : "POST";
}

/* What is wrong with a row, where whoever wrote the table looks for it. */
static NODISCARD Err refuse(const Making *m, const Rule *rule, const char *what, Str detail)
{
    return fault_setf(m->fault, m->a, ERR_INPUT, "route \"%s %.*s\" of room \"%s\": %s%s%.*s", method_name(rule->route->method),
        STR_ARG(rule->path), rule->room->name, what, detail.len ? " " : "", STR_ARG(detail));
}

bool path_next(Str *rest, Str *ret_segment)
{
    if (rest->len < 2) return false;
    *rest = str_slice(*rest, 1, rest->len); /* the slash */
    size_t end = str_find(*rest, '/');
    *ret_segment = str_slice(*rest, 0, end);
    *rest = str_slice(*rest, end, rest->len);
    return true;
}

bool segment_is_part(Str segment)
{
    return segment.len > 1 && segment.ptr[0] == ':';
}

bool segment_is_rest(Str segment)
{
    return segment.len > 1 && segment.ptr[0] == '*';
}

static bool is_plain_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.' || c == '~';
}

static bool is_plain_segment(Str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!is_plain_byte(s.ptr[i])) return false;
    return s.len > 0 && !str_equal(s, S(".")) && !str_equal(s, S(".."));
}

bool router_path_is_plain(Str path)
{
    if (!path.len || path.ptr[0] != '/' || (path.len > 1 && path.ptr[path.len - 1] == '/')) return false;
    for (Str segment; path_next(&path, &segment);)
        if (!is_plain_segment(segment)) return false;
    return true;
}

/* ---- what a row must say ---- */

static const Field *field_named(const Route *route, Str name)
{
    for (const Field *f = route->fields; f && f->name; f++)
        if (str_equal(str_from_c(f->name), name)) return f;
    return NULL;
}

static bool is_field_name(Str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (!(c >= 'a' && c <= 'z') && !(i && ((c >= '0' && c <= '9') || c == '_' || c == '-'))) return false;
    }
    return name.len > 0;
}

static Err check_field(const Making *m, const Rule *rule, const Field *f)
{
    Str name = str_from_c(f->name);
    if (!is_field_name(name)) return refuse(m, rule, "a field's name must be lower-case letters, digits, _ and -:", name);
    if (field_named(rule->route, name) != f) return refuse(m, rule, "declares a field twice:", name);
    if (f->kind < 0 || f->kind >= FIELD__COUNT) return refuse(m, rule, "a field of no kind:", name);
    if (f->kind == FIELD_SECRET && rule->route->method != POST) return refuse(m, rule, "only a POST can have a secret:", name);
    if (f->kind == FIELD_CHOICE && !(f->choices && f->choices->value)) return refuse(m, rule, "a choice without choices:", name);
    if (f->kind == FIELD_FILE && rule->route->method != POST) return refuse(m, rule, "only a POST can have a file:", name);
    if (f->max && f->min > f->max) return refuse(m, rule, "a field whose min is above its max:", name);
    return ERR_OK;
}

static Err check_fields(const Making *m, const Rule *rule)
{
    int count = 0;
    for (const Field *f = rule->route->fields; f && f->name; f++) {
        Err e = check_field(m, rule, f);
        if (e) return e;
        if (++count > FIELDS_MAX) return refuse(m, rule, "has too many fields", S(""));
    }
    return ERR_OK;
}

static Err check_part(const Making *m, const Rule *rule, Str name)
{
    for (int k = 0; k < rule->part_count; k++)
        if (str_equal(rule->part_names[k], name)) return refuse(m, rule, "has a part twice:", name);
    if (rule->part_count == PATH_PARTS_MAX) return refuse(m, rule, "has too many parts", S(""));
    const Field *f = field_named(rule->route, name);
    if (!f) return refuse(m, rule, "a part of its path is no field:", name);
    bool fits = f->kind == FIELD_SLUG || f->kind == FIELD_TOKEN || f->kind == FIELD_NUMBER || f->kind == FIELD_CHOICE ||
                f->kind == FIELD_LINE;
    if (!fits || f->repeats || !f->required)
        return refuse(m, rule, "a part of a path must be one required line, slug, token, number or choice:", name);
    return ERR_OK;
}

static Err check_path(const Making *m, Rule *rule)
{
    Str rest = rule->path;
    if (!rest.len || rest.ptr[0] != '/') return refuse(m, rule, "a path begins with /", S(""));
    if (rest.len > 1 && rest.ptr[rest.len - 1] == '/') return refuse(m, rule, "a path does not end with /", S(""));
    int segments = 0;
    for (Str segment; path_next(&rest, &segment);) {
        if (++segments > SEGMENTS_MAX) return refuse(m, rule, "has too many segments", S(""));
        if (segment_is_rest(segment) && rest.len) return refuse(m, rule, "only the last segment can be all that is left", S(""));
        if (segment_is_part(segment) || segment_is_rest(segment)) {
            Str name = str_slice(segment, 1, segment.len);
            Err e = check_part(m, rule, name);
            if (e) return e;
            rule->part_names[rule->part_count++] = name;
        } else if (!is_plain_segment(segment)) {
            return refuse(m, rule, "a segment must be letters, digits, - _ . ~ or a :part, and not empty", S(""));
        }
    }
    return ERR_OK;
}

static const char *wrong_get(const Route *r)
{
    if (!r->page) return "a GET needs a page";
    if (r->write || r->prepare) return "a GET may not write";
    if (r->form || r->form_page) return "only a POST shows its form again";
    if (r->body_max) return "a GET has no body";
    if (r->topic && r->posts) return "a page with a topic is the same for everybody: it cannot have a form";
    if (r->topic && r->who != WHO_ANYONE) return "a page with a topic is the same for everybody: it must be for anyone";
    return NULL;
}

static const char *wrong_post(const Route *r)
{
    if (!r->page && !r->write) return "a POST needs a page or a write";
    if (r->page && r->write) return "a POST either calculates (page) or writes (write)";
    if (r->prepare && !r->write) return "prepare goes before a write";
    if (r->write && r->html) return "a write shows no page: it goes to one (req_redirect)";
    if (r->form_page && !r->form) return "a form_page needs a form";
    if (r->posts) return "only a GET shows another row's form";
    if (r->topic) return "only a GET has a topic";
    if (r->nav) return "only a GET stands in the navigation";
    if (r->body_max < 0 || r->body_max > BODY_MOST) return "its body_max is out of bounds";
    return NULL;
}

/* ---- which act it is ---- */

static bool next_word(Str *rest, Str *ret_word)
{
    if (!rest->len) return false;
    str_cut(*rest, ' ', ret_word, rest);
    return true;
}

bool route_has_act(const Route *route, Str kind)
{
    Str rest = str_from_c(route->act), word;
    while (next_word(&rest, &word))
        if (str_equal(word, kind)) return true;
    return false;
}

static const Str no_act = S("none: ");

static Err check_act(const Making *m, Rule *rule)
{
    const Route *r = rule->route;
    Str rest = str_from_c(r->act), word;
    if (!r->write) return r->act ? refuse(m, rule, "only a write is an act of the record", S("")) : ERR_OK;
    if (!rest.len)
        return refuse(
            m, rule, "a write says which act of the record it is, .act = \"contest.withdrawn\", or why it is none: \"none: WHY\"", S(""));
    rule->leaf = LEAF_NONE;
    if (str_starts(rest, no_act))
        return rest.len > no_act.len ? ERR_OK : refuse(m, rule, "does not say why it is no act of the record", S(""));
    rule->leaf = LEAF_ONE;
    while (next_word(&rest, &word))
        if (!act_kind(word)) return refuse(m, rule, "names an act that the record does not know (record/act.h):", word);
    return ERR_OK;
}

static Err check_row(const Making *m, Rule *rule)
{
    const Route *r = rule->route;
    if (r->method != GET && r->method != POST) return refuse(m, rule, "has no method", S(""));
    if (r->who <= WHO_NOBODY || r->who >= WHO__COUNT) return refuse(m, rule, "does not say who may", S(""));
    if (!r->title) return refuse(m, rule, "has no title", S(""));
    if (r->rate < 0 || r->rate >= RATE__COUNT) return refuse(m, rule, "has no such rate", S(""));
    const char *wrong = r->method == GET ? wrong_get(r) : wrong_post(r);
    if (wrong) return refuse(m, rule, wrong, S(""));
    if (r->page && !r->html && !r->no_json)
        return refuse(m, rule, "a page needs a template (html), or no_json when it sends something else", S(""));
    Err e = check_act(m, rule);
    if (!e) e = check_fields(m, rule);
    return e ? e : check_path(m, rule);
}

bool route_asks_person(const Route *route)
{
    return route->who >= WHO_MEMBER && route->who <= WHO_RETURNING;
}

static bool has_part(const Rule *rule, Str name)
{
    for (int k = 0; k < rule->part_count; k++)
        if (str_equal(rule->part_names[k], name)) return true;
    return false;
}

/* A role is held on a unit: a row that asks for one says on which. */
static Err check_scope(const Making *m, const Rule *rule)
{
    if (!route_asks_person(rule->route)) return ERR_OK;
    if (!m->knows_persons) return refuse(m, rule, "is for persons, and no room knows them (Room.may)", S(""));
    return rule->route->who == WHO_MEMBER || has_part(rule, S("unit"))
               ? ERR_OK
               : refuse(m, rule, "asks for a role on a unit, and its path has no :unit", S(""));
}

/* "contests", or "contest::slug": "contest:" and whatever the part `slug` says. */
static Err read_topic(const Making *m, Rule *rule)
{
    rule->topic = str_from_c(rule->route->topic);
    rule->topic_part = -1;
    size_t colon = str_find(rule->topic, ':');
    if (colon + 1 >= rule->topic.len || rule->topic.ptr[colon + 1] != ':') return ERR_OK;
    Str name = str_slice(rule->topic, colon + 2, rule->topic.len);
    rule->topic = str_slice(rule->topic, 0, colon + 1);
    for (int k = 0; k < rule->part_count; k++)
        if (str_equal(rule->part_names[k], name)) rule->topic_part = k;
    return rule->topic_part < 0 ? refuse(m, rule, "its topic names a part that its path has not:", name) : ERR_OK;
}

/* ---- rows beside each other ---- */

/* Could the part ":name" of the rule be this word? "new" is no token, "export.csv" no slug. */
static bool part_takes(const Rule *rule, Str segment, Str word)
{
    enum { TOKEN_CHARS = 22 };
    const Field *f = field_named(rule->route, str_slice(segment, 1, segment.len));
    switch (f->kind) {
    case FIELD_TOKEN: return word.len == TOKEN_CHARS;
    case FIELD_SLUG: return str_find(word, '.') == word.len;
    case FIELD_NUMBER: return word.len && word.ptr[0] >= '0' && word.ptr[0] <= '9';
    default: return true;
    }
}

static bool segments_meet(const Rule *rule, Str here, const Rule *other, Str there)
{
    bool part = segment_is_part(here), part_there = segment_is_part(there);
    if (part && part_there) return true;
    if (part) return part_takes(rule, here, there);
    return part_there ? part_takes(other, there, here) : str_equal(here, there);
}

/* Could one path be meant by both? */
static bool overlap(const Rule *rule, const Rule *other_rule)
{
    Str path = rule->path, other = other_rule->path, segment = {0}, against = {0};
    for (;;) {
        bool more = path_next(&path, &segment);
        if (more != path_next(&other, &against)) return false;
        if (!more) return true;
        if (segment_is_rest(segment) || segment_is_rest(against)) return true;
        if (!segments_meet(rule, segment, other_rule, against)) return false;
    }
}

static Err check_alone(const Making *m, const Rule *rule)
{
    for (const Rule *other = m->router->rules; other < rule; other++)
        if (other->route->method == rule->route->method && overlap(rule, other))
            return refuse(m, rule, "one request could mean this row and", other->path);
    return ERR_OK;
}

static Err find_posts(const Making *m, Rule *rule)
{
    Str path = str_from_c(rule->route->posts);
    if (!path.len) return ERR_OK;
    for (int i = 0; i < m->router->count; i++) {
        const Rule *other = &m->router->rules[i];
        if (other->route->method == POST && str_equal(other->path, path)) rule->posts = other;
    }
    if (!rule->posts) return refuse(m, rule, "shows the form of a POST that no row has:", path);
    for (int k = 0; k < rule->posts->part_count; k++)
        if (!has_part(rule, rule->posts->part_names[k]))
            return refuse(m, rule, "shows a form whose address needs a part that this path has not:", rule->posts->part_names[k]);
    return ERR_OK;
}

/* ---- the tree ---- */

static Node *child_of(Arena *a, Node *node, Str segment)
{
    if (segment_is_part(segment)) {
        if (!node->any) node->any = arena_new(a, Node, 1);
        return node->any;
    }
    for (Node *child = node->first; child; child = child->next)
        if (str_equal(child->segment, segment)) return child;
    Node *child = arena_new(a, Node, 1);
    *child = (Node){.segment = segment, .next = node->first};
    return node->first = child;
}

static void plant(const Making *m, const Rule *rule)
{
    Node *node = &m->router->root;
    Str rest = rule->path, segment;
    while (path_next(&rest, &segment)) {
        if (segment_is_rest(segment)) {
            node->rest[rule->route->method] = rule;
            return;
        }
        node = child_of(m->a, node, segment);
    }
    node->rules[rule->route->method] = rule;
}

static Err add_row(const Making *m, const Room *room, const Route *route)
{
    Rule *rule = &m->router->rules[m->router->count];
    *rule = (Rule){.number = m->router->count, .room = room, .route = route, .path = str_from_c(route->path), .topic_part = -1};
    Err e = check_row(m, rule);
    if (!e) e = check_scope(m, rule);
    if (!e) e = read_topic(m, rule);
    if (!e) e = check_alone(m, rule);
    if (e) return e;
    m->router->count++;
    plant(m, rule);
    return ERR_OK;
}

static Err find_who_knows(Making *m, const Room *const *rooms, int room_count)
{
    for (int i = 0; i < room_count; i++) {
        if (!rooms[i]->may) continue;
        if (m->knows_persons) return fault_setf(m->fault, m->a, ERR_INPUT, "one room with `may`; \"%s\" is a second one", rooms[i]->name);
        if (!rooms[i]->name_of) return fault_setf(m->fault, m->a, ERR_INPUT, "`name_of` beside `may` in room \"%s\"", rooms[i]->name);
        m->knows_persons = true;
    }
    return ERR_OK;
}

Err router_make(Arena *a, const Room *const *rooms, int room_count, Router **ret_router, Fault *fault)
{
    int rows = 0;
    for (int i = 0; i < room_count; i++) rows += rooms[i]->route_count;
    Router *router = arena_new(a, Router, 1);
    router->rules = arena_new(a, Rule, (size_t)rows);
    Making m = {.a = a, .router = router, .fault = fault};
    Err e = find_who_knows(&m, rooms, room_count);
    if (e) return e;
    for (int i = 0; i < room_count; i++)
        for (int k = 0; k < rooms[i]->route_count; k++) {
            e = add_row(&m, rooms[i], &rooms[i]->routes[k]);
            if (e) return e;
        }
    for (int i = 0; i < router->count; i++) {
        e = find_posts(&m, &router->rules[i]);
        if (e) return e;
    }
    *ret_router = router;
    return ERR_OK;
}

int router_rules(const Router *router, const Rule **ret_rules)
{
    *ret_rules = router->rules;
    return router->count;
}

/* ---- finding ---- */

static bool found(const Rule *const rules[2], Verb method, Match *match)
{
    match->methods |= (rules[GET] ? METHOD_BIT_GET : 0U) | (rules[POST] ? METHOD_BIT_POST : 0U);
    match->rule = rules[method];
    return match->rule != NULL;
}

/* Rows below `node` for the rest of the path. True when one has the method: then `match` is complete. */
static bool walk(const Node *node, Str rest, int part, Verb method, Match *match)
{
    Str segment, left = rest;
    if (!path_next(&rest, &segment)) return found(node->rules, method, match);
    for (const Node *child = node->first; child; child = child->next)
        if (str_equal(child->segment, segment)) {
            if (walk(child, rest, part, method, match)) return true;
            break;
        }
    if (node->any) {
        match->parts[part] = segment;
        if (walk(node->any, rest, part + 1, method, match)) return true;
    }
    if (!node->rest[GET] && !node->rest[POST]) return false;
    match->parts[part] = str_slice(left, 1, left.len);
    return found(node->rest, method, match);
}

Match router_find(const Router *router, Verb method, Str path)
{
    Match match = {0};
    walk(&router->root, path, 0, method, &match);
    return match;
}
