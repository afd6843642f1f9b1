/* table_osdi.c: OSDI's JSON (Open Supporter Data Interface 1.2, opensupporter.github.io/osdi-docs): a collection with "osdi:people", at its top or in
 * "_embedded", an array of persons, or a person a line.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * The text is cut into persons by its braces, so that only one is held; jansson reads each. What a person has becomes names as a flattened CSV has
 * them ("email_addresses[0].address"), and these are looked up like cells of a header, once for each name.
 */
#include "people/table_own.h"

#include <jansson.h>
#include <string.h>

enum { PATH_MAX_BYTES = 128, DEPTH_MAX = 4, LEARNED_FIRST = 256, LEARNED_MOST = 4096 };

typedef enum Mode { MODE_BETWEEN, MODE_OBJECT, MODE_AFTER } Mode;

/* A name that some person had, and the column it is. */
typedef struct Learned {
    Str path;
    PeopleColumn column;
} Learned;

struct Osdi {
    Mode mode;
    bool began, array;    /* persons are in an array */
    int around;           /* braces open around that array */
    size_t at;            /* within the object at hand */
    int depth;            /* of open braces and brackets in it */
    bool quoted, escaped; /* within a text */
    size_t text_from;
    bool embedded, people; /* the last name at the top was "_embedded"; the last name says that persons follow */
    Learned *learned;
    int learned_count, learned_capacity; /* capacity: a power of two, at most half full */
};

/* One person's values as typed. */
typedef struct Typed {
    Table *t;
    Arena *faults;
    TableRow *row;
    Str of[COL__COUNT];
    Str path[COL__COUNT];
} Typed;

Err osdi_begin(Table *t, Fault *fault)
{
    Osdi *o = t->osdi = arena_new(t->a, Osdi, 1);
    o->learned = arena_new(t->a, Learned, LEARNED_FIRST);
    o->learned_capacity = LEARNED_FIRST;
    t->header.cells = arena_new(t->a, Str, COL__COUNT);
    t->header.columns = arena_new(t->a, PeopleColumn, COL__COUNT);
    for (PeopleColumn i = 0; i < COL__COUNT; i++) {
        t->header.cells[i] = str_from_c(people_columns[i].name);
        t->header.columns[i] = i;
        t->given[i] = true;
    }
    t->header.count = COL__COUNT;
    t->has_header = true;
    return table_need_phones(t, fault);
}

/* ---- cutting ---- */

static bool is_space(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static void take_lines(Table *t, Str bytes, size_t n)
{
    for (size_t i = 0; i < n; i++) t->line += bytes.ptr[i] == '\n';
    table_take(t, n);
}

/* A text ends: may it be a name after which persons come? */
static void end_text(Osdi *o, Str text)
{
    bool people = str_equal(text, S("osdi:people"));
    o->people = people && (o->depth == 1 || (o->depth == 2 && o->embedded));
    if (o->depth == 1) o->embedded = str_equal(text, S("_embedded"));
}

static void in_text(Osdi *o, Str bytes, char c)
{
    if (o->escaped) {
        o->escaped = false;
    } else if (c == '\\') {
        o->escaped = true;
    } else if (c == '"') {
        o->quoted = false;
        end_text(o, str_slice(bytes, o->text_from, o->at));
    }
}

/* One byte on. True: behind it the array of persons begins. */
static bool step(Osdi *o, Str bytes)
{
    char c = bytes.ptr[o->at];
    bool people = o->people;
    if (o->quoted) {
        in_text(o, bytes, c);
    } else if (c == '"') {
        o->quoted = true;
        o->text_from = o->at + 1;
    } else if (c == '{' || c == '[') {
        if (c == '[' && people && !o->array) return true;
        o->depth++;
    } else if (c == '}' || c == ']') {
        o->depth--;
    }
    if (!o->quoted && c != '"' && c != ':' && !is_space(c)) o->people = false;
    o->at++;
    return false;
}

static Err unfinished(Table *t, Fault *fault)
{
    return table_give_up(t, ERR_INPUT, t->line, 0, S("the end of what was begun with { or ["), S("the end of the file"), fault);
}

/* To the next person or past the last. ERR_OK: o->mode may be another. */
static Err between(Table *t, Osdi *o, Str bytes, bool end, Fault *fault)
{
    size_t n = 0;
    while (n < bytes.len && (is_space(bytes.ptr[n]) || (o->array && bytes.ptr[n] == ','))) n++;
    char c = n < bytes.len ? bytes.ptr[n] : ' ';
    bool opens = c == '[' && !o->began, closes = c == ']' && o->array;
    take_lines(t, bytes, n + (opens || closes));
    if (c == ' ') return end && o->array ? unfinished(t, fault) : ERR_MISSING;
    o->began = true;
    if (opens) o->array = true;
    else if (closes) o->mode = MODE_AFTER;
    else if (c != '{')
        return table_give_up(t, ERR_INPUT, t->line, 0, S("a person, as a JSON object in braces"), fault_quote(t->a, (Str){&c, 1}), fault);
    if (closes) o->depth = o->around;
    if (c != '{') return ERR_OK;
    o->mode = MODE_OBJECT;
    o->at = 0;
    o->depth = 0;
    o->people = o->embedded = false;
    return ERR_OK;
}

/* A person's whole text; empty, with another mode: it was the collection around the persons. */
static Err object(Table *t, Osdi *o, Str bytes, bool end, Str *ret_text, Fault *fault)
{
    while (o->at < bytes.len && o->at <= TABLE_ROW_MAX) {
        if (step(o, bytes)) {
            o->mode = MODE_BETWEEN;
            o->array = true;
            o->around = o->depth;
            take_lines(t, bytes, o->at + 1);
            return ERR_OK;
        }
        if (o->depth) continue;
        o->mode = MODE_BETWEEN;
        *ret_text = str_slice(bytes, 0, o->at);
        return ERR_OK;
    }
    if (bytes.len > TABLE_ROW_MAX)
        return table_give_up(t, ERR_LIMIT, t->line, 0, S("a person of at most 65536 bytes"), S("a longer one"), fault);
    return end ? unfinished(t, fault) : table_hold(t);
}

/* What comes behind the array: the rest of the collection around it, which says nothing about persons. */
static Err after(Table *t, Osdi *o, Str bytes, bool end, Fault *fault)
{
    o->at = 0;
    while (o->at < bytes.len && (o->depth > 0 || is_space(bytes.ptr[o->at]))) {
        o->text_from = o->at;
        (void)step(o, bytes);
    }
    bool more = o->at < bytes.len;
    take_lines(t, bytes, o->at);
    if (more) return table_give_up(t, ERR_INPUT, t->line, 0, S("the end of the file behind the list of persons"), S("more"), fault);
    return end && o->depth > 0 ? unfinished(t, fault) : ERR_MISSING;
}

static Err next_text(Table *t, Str *ret_text, Fault *fault)
{
    Err e = ERR_OK;
    *ret_text = (Str){0};
    while (!e && !ret_text->len) {
        bool end;
        Str bytes = table_gather(t, &end);
        Osdi *o = t->osdi;
        switch (o->mode) {
        case MODE_BETWEEN: e = between(t, o, bytes, end, fault); break;
        case MODE_OBJECT: e = object(t, o, bytes, end, ret_text, fault); break;
        case MODE_AFTER: e = after(t, o, bytes, end, fault); break;
        }
    }
    return e;
}

/* ---- names ---- */

static uint64_t hash_of(Str path)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a: a file has few names, and LEARNED_MOST stops one that has many */
    for (size_t i = 0; i < path.len; i++) h = (h ^ (unsigned char)path.ptr[i]) * 0x100000001b3u;
    return h;
}

static Learned *place_of(const Osdi *o, Str path)
{
    size_t mask = (size_t)o->learned_capacity - 1, at = (size_t)hash_of(path) & mask;
    while (o->learned[at].path.len && !str_equal(o->learned[at].path, path)) at = (at + 1) & mask;
    return &o->learned[at];
}

static void make_room(Table *t, Osdi *o)
{
    Osdi old = *o;
    o->learned_capacity *= 2;
    o->learned = arena_new(t->a, Learned, (size_t)o->learned_capacity);
    for (int i = 0; i < old.learned_capacity; i++)
        if (old.learned[i].path.len) *place_of(o, old.learned[i].path) = old.learned[i];
}

/* The organisation's own fields count by their own names. */
static PeopleColumn learn(Table *t, Str path)
{
    Str custom = S("custom_fields.");
    PeopleColumn column = table_understood(t, path);
    if (column != COL__COUNT || !str_starts(path, custom)) return column;
    return table_understood(t, str_slice(path, custom.len, path.len));
}

static PeopleColumn column_of(Table *t, Str path)
{
    Osdi *o = t->osdi;
    Learned *place = place_of(o, path);
    if (place->path.len) return place->column;
    if (o->learned_count >= LEARNED_MOST) return COL__COUNT;
    if (2 * ++o->learned_count > o->learned_capacity) {
        make_room(t, o);
        place = place_of(o, path);
    }
    *place = (Learned){str_copy(t->a, path), learn(t, path)};
    return place->column;
}

/* ---- a person's values ---- */

static void add_fault(Typed *p, Str expected, Str found)
{
    TableRow *row = p->row;
    if (row->fault_count == TABLE_FAULTS_MAX) return;
    row->faults[row->fault_count++] = (Fault){
        .err = ERR_INPUT, .file = p->t->options.name, .line = row->line, .expected = expected, .found = found};
}

static void put(Typed *p, Str path, Str text)
{
    PeopleColumn c = column_of(p->t, path);
    if (c == COL_PHONE && p->of[c].len) c = COL_PHONE_OTHER;
    if (c == COL__COUNT || !str_trim(text).len || (c == COL_PHONE_OTHER && p->of[c].len)) return;
    if (p->of[c].len && !str_equal(p->of[c], text)) {
        add_fault(p,
            str_format(p->faults, "'%s' once ('%.*s' has it, too: leave one of them out in the mapping)", people_columns[c].name,
                STR_ARG(p->path[c])),
            fault_quote(p->faults, path));
        return;
    }
    p->of[c] = str_copy(&p->t->scratch, text);
    p->path[c] = str_copy(p->faults, path);
}

static void put_value(Typed *p, Str path, const json_t *value)
{
    Arena *scratch = &p->t->scratch;
    if (json_is_string(value)) put(p, path, (Str){json_string_value(value), json_string_length(value)});
    if (json_is_integer(value)) put(p, path, str_format(scratch, "%lld", (long long)json_integer_value(value)));
}

/* {"year": 1980, "month": 6, "day": 25} */
static bool put_date(Typed *p, Str path, const json_t *object)
{
    const json_t *year = json_object_get(object, "year"), *month = json_object_get(object, "month"), *day = json_object_get(object, "day");
    if (!json_is_integer(year) || !json_is_integer(month) || !json_is_integer(day)) return false;
    put(p, path,
        str_format(&p->t->scratch, "%04lld-%02lld-%02lld", (long long)json_integer_value(year), (long long)json_integer_value(month),
            (long long)json_integer_value(day)));
    return true;
}

static void flatten(Typed *p, Str path, json_t *value, int depth);

/* Of addresses and numbers the primary one counts as the first. */
static void flatten_array(Typed *p, Str path, json_t *array, int depth)
{
    char name[PATH_MAX_BYTES];
    size_t count = json_array_size(array), primary = 0;
    for (size_t i = 0; i < count; i++)
        if (json_is_true(json_object_get(json_array_get(array, i), "primary"))) primary = i;
    for (size_t k = 0; k < count; k++) {
        size_t i = k == 0 ? primary : k <= primary ? k - 1 : k;
        json_t *element = json_array_get(array, i);
        bool bare = k == 0 && !json_is_object(element);
        int n = bare ? snprintf(name, sizeof name, "%.*s", STR_ARG(path)) : snprintf(name, sizeof name, "%.*s[%zu]", STR_ARG(path), k);
        if (n > 0 && n < PATH_MAX_BYTES) flatten(p, (Str){name, (size_t)n}, element, depth + 1);
    }
}

static void flatten_object(Typed *p, Str path, json_t *object, int depth)
{
    const char *key;
    json_t *value;
    json_object_foreach(object, key, value)
    {
        char name[PATH_MAX_BYTES];
        int n = snprintf(name, sizeof name, "%.*s%s%s", STR_ARG(path), path.len ? "." : "", key);
        if (n > 0 && n < PATH_MAX_BYTES) flatten(p, (Str){name, (size_t)n}, value, depth + 1);
    }
}

static void flatten(Typed *p, Str path, json_t *value, int depth)
{
    if (depth > DEPTH_MAX || str_equal(path, S("_links"))) return;
    if (json_is_array(value)) flatten_array(p, path, value, depth);
    else if (!json_is_object(value)) put_value(p, path, value);
    else if (!put_date(p, path, value)) flatten_object(p, path, value, depth);
}

static void read_value(Typed *p, PeopleColumn column, ValueOptions *o)
{
    Str value, typed = p->of[column];
    const char *expected;
    if (!typed.len) return;
    if (column == COL_ID && str_equal(p->path[column], S("identifiers"))) typed = table_first_identifier(typed);
    if (value_read(&p->t->scratch, column, typed, o, &value, &expected)) {
        p->row->values.of[column] = value;
        if (column == COL_COUNTRY && value.len) o->country = value;
        return;
    }
    add_fault(p, str_format(p->faults, "%s, in '%.*s'", expected, STR_ARG(p->path[column])), fault_quote(p->faults, typed));
}

static void read_person(Typed *p, json_t *person)
{
    ValueOptions o = {.country = p->t->options.country, .no_phones = p->t->options.no_phones};
    flatten(p, S(""), person, 0);
    read_value(p, COL_COUNTRY, &o);
    for (PeopleColumn i = 0; i < COL__COUNT; i++)
        if (i != COL_COUNTRY) read_value(p, i, &o);
    if (!p->row->fault_count && !table_says_who(&p->row->values))
        add_fault(p, S("an identifier, a name or an e-mail address, so that it is known who it is"), S("none"));
}

Err osdi_next(Table *t, Arena *faults, TableRow *row, Fault *fault)
{
    Str text;
    json_error_t error;
    Err e = next_text(t, &text, fault);
    if (e) return e;
    Typed p = {.t = t, .faults = faults, .row = row};
    row->line = t->line;
    json_t *person = json_loadb(text.ptr, text.len, JSON_REJECT_DUPLICATES, &error);
    if (person) {
        read_person(&p, person);
    } else {
        add_fault(&p, S("a person as JSON"), str_copy(faults, str_from_c(error.text)));
        row->faults[0].line += error.line > 0 ? error.line - 1 : 0;
        row->faults[0].column = error.column;
    }
    json_decref(person);
    take_lines(t, text, text.len);
    return ERR_OK;
}
