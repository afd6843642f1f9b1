/* sql.c: see sql.h. A file is read line by line; each line goes to one engine's text or to both. Then ":name" becomes "?1" and "$1".
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "db/sql.h"

#include <ctype.h>
#include <pthread.h>
#include <string.h>

typedef struct Reader {
    Arena *arena;
    SqlFile file;
    Str rest;
    int line; /* of `now` */
    Str now;
} Reader;

/* One engine's side of what is being read. */
typedef struct Side {
    Buf text;
    bool ended; /* its ';' was seen */
} Side;

typedef struct Catalogue {
    Arena arena;
    Statement *statements;
    int statement_count, statement_room;
    Migration *migrations;
    int migration_count;
    const Statement **slots; /* open addressing; a power of two, at most half full */
    size_t slot_mask;
} Catalogue;

static Catalogue catalogue;
static pthread_once_t catalogue_once = PTHREAD_ONCE_INIT;

_Noreturn static void stop(const Reader *r, const char *why)
{
    assert_failed(why, str_c(r->arena, r->file.name), r->line);
}

static void must(const Reader *r, bool condition, const char *why)
{
    if (!condition) stop(r, why);
}

static bool next_line(Reader *r)
{
    if (r->rest.len == 0) return false;
    str_cut(r->rest, '\n', &r->now, &r->rest);
    r->line++;
    return true;
}

/* ---- lines ---- */

typedef enum LineKind { LINE_BLANK, LINE_HEAD, LINE_SQLITE, LINE_POSTGRES, LINE_COMMENT, LINE_BOTH } LineKind;

static bool is_name_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

static size_t name_length(Str s)
{
    size_t n = 0;
    while (n < s.len && is_name_byte(s.ptr[n])) n++;
    return n && s.ptr[0] >= 'a' ? n : 0;
}

/* "-- name(": so begins a head. */
static bool is_head(Str comment)
{
    size_t n = name_length(comment);
    return n && n < comment.len && comment.ptr[n] == '(';
}

static Str after(Str s, Str prefix)
{
    return str_slice(s, prefix.len, s.len);
}

static LineKind line_kind(Str line, Str *ret_text)
{
    Str s = str_trim(line);
    *ret_text = line;
    if (s.len == 0) return LINE_BLANK;
    if (!str_starts(s, S("--"))) return LINE_BOTH;
    if (str_starts(s, S("-- sqlite:"))) return *ret_text = after(s, S("-- sqlite:")), LINE_SQLITE;
    if (str_starts(s, S("-- pg:"))) return *ret_text = after(s, S("-- pg:")), LINE_POSTGRES;
    if (!str_starts(s, S("-- "))) return LINE_COMMENT;
    *ret_text = after(s, S("-- "));
    return is_head(*ret_text) ? LINE_HEAD : LINE_COMMENT;
}

/* `line` without a comment behind the SQL. Quotes do not run over lines. */
static Str without_comment(const Reader *r, Str line)
{
    char quote = 0;
    for (size_t i = 0; i < line.len; i++) {
        char c = line.ptr[i];
        if (quote) quote = c == quote ? 0 : quote;
        else if (c == '\'' || c == '"') quote = c;
        else if (c == '-' && i + 1 < line.len && line.ptr[i + 1] == '-') line.len = i;
    }
    must(r, !quote, "a quote that does not end on its line");
    return line;
}

/* ---- a statement ---- */

static int value_index(const Statement *s, Str name)
{
    for (int i = 0; i < s->value_count; i++)
        if (str_equal(s->values[i], name)) return i;
    return -1;
}

/* "name(first, second): why" */
static void read_head(const Reader *r, Str head, Statement *s)
{
    size_t n = name_length(head);
    s->name = str_slice(head, 0, n);
    Str list, why;
    must(r, str_cut(str_slice(head, n + 1, head.len), ')', &list, &why), "a head without ')'");
    must(r, str_starts(why, S(": ")) && str_trim(str_slice(why, 1, why.len)).len,
        "a head says why the statement exists: '-- name(values): why'");
    bool more = str_trim(list).len != 0;
    while (more) {
        Str value;
        more = str_cut(list, ',', &value, &list);
        value = str_trim(value);
        must(r, value.len && name_length(value) == value.len, "the name of a value is made of a-z, 0-9 and _");
        must(r, value_index(s, value) < 0, "a value is named twice");
        must(r, s->value_count < SQL_VALUES_MAX, "too many values");
        s->values[s->value_count++] = value;
    }
}

/* How long the piece at `at` is that stands as it is: a quoted text, or "::". 0: neither. */
static size_t literal_length(Str text, size_t at)
{
    char c = text.ptr[at];
    if (c == '\'' || c == '"') return str_find(str_slice(text, at + 1, text.len), c) + 2;
    return c == ':' && at + 1 < text.len && text.ptr[at + 1] == ':' ? 2 : 0;
}

/* The body with each ":name" as `sign` and its number. */
static Str numbered(const Reader *r, const Statement *s, Str text, char sign)
{
    Buf b = buf_new(r->arena);
    bool used[SQL_VALUES_MAX] = {false};
    for (size_t i = 0; i < text.len;) {
        size_t n = literal_length(text, i);
        Str name = str_slice(text, i + 1, text.len);
        name.len = text.ptr[i] == ':' && !n ? name_length(name) : 0;
        if (name.len) {
            int index = value_index(s, name);
            must(r, index >= 0, "a :name that the head does not give");
            used[index] = true;
            buf_format(&b, "%c%d", sign, index + 1);
            n = 1 + name.len;
        } else {
            n = n ? n : 1;
            buf_str(&b, str_slice(text, i, i + n));
        }
        must(r, text.ptr[i] != ';', "one statement, and nothing behind its ';'");
        i += n;
    }
    for (int i = 0; i < s->value_count; i++) must(r, used[i], "a value that the body does not use in both engines");
    return buf_done(&b);
}

static void add_line(const Reader *r, Side *side, Str line)
{
    line = str_trim(without_comment(r, line));
    if (line.len == 0) return;
    must(r, !side->ended, "one statement, and nothing behind its ';'");
    side->ended = line.ptr[line.len - 1] == ';';
    if (side->ended) line.len--;
    if (side->text.len) buf_byte(&side->text, '\n');
    buf_str(&side->text, line);
}

static void read_body(Reader *r, Statement *s)
{
    Side sqlite = {.text = buf_new(r->arena)}, postgres = {.text = buf_new(r->arena)};
    while (!(sqlite.ended && postgres.ended)) {
        must(r, next_line(r), "a statement without ';' at its end, in one engine at least");
        Str text;
        LineKind kind = line_kind(r->now, &text);
        must(r, kind != LINE_HEAD, "a statement without ';' at its end, in one engine at least");
        if (kind == LINE_BOTH || kind == LINE_SQLITE) add_line(r, &sqlite, text);
        if (kind == LINE_BOTH || kind == LINE_POSTGRES) add_line(r, &postgres, text);
    }
    s->sqlite = numbered(r, s, buf_done(&sqlite.text), '?');
    s->postgres = numbered(r, s, buf_done(&postgres.text), '$');
    must(r, s->sqlite.len && s->postgres.len, "a statement without a body, in one engine at least");
}

static Statement *new_statement(Catalogue *c)
{
    if (c->statement_count == c->statement_room) {
        int room = c->statement_room ? c->statement_room * 2 : 64;
        c->statements = arena_grow(&c->arena, Statement, c->statements, (size_t)c->statement_count, (size_t)room);
        c->statement_room = room;
    }
    Statement *s = &c->statements[c->statement_count];
    s->number = c->statement_count++;
    return s;
}

static void must_be_new(const Reader *r, const Catalogue *c, const Statement *s)
{
    for (int i = 0; i < s->number; i++) must(r, !str_equal(c->statements[i].name, s->name), "a statement's name is taken");
}

static void read_statements(Catalogue *c, SqlFile file)
{
    Reader r = {.arena = &c->arena, .file = file, .rest = file.text};
    while (next_line(&r)) {
        Str text;
        LineKind kind = line_kind(r.now, &text);
        if (kind == LINE_BLANK || kind == LINE_COMMENT) continue;
        must(&r, kind == LINE_HEAD, "SQL before a head '-- name(values): why'");
        Statement *s = new_statement(c);
        read_head(&r, text, s);
        must_be_new(&r, c, s);
        read_body(&r, s);
    }
}

/* ---- a migration ---- */

/* Adds `line`; PostgreSQL is told to compare text by bytes, as SQLite does, whatever the order of words in its database. */
static void add_for_postgres(Buf *b, Str line)
{
    for (size_t i = 0; i < line.len;) {
        size_t n = literal_length(line, i);
        size_t word = i;
        while (word < line.len && (isalnum((unsigned char)line.ptr[word]) || line.ptr[word] == '_')) word++;
        if (!n) n = word > i ? word - i : 1;
        buf_str(b, str_slice(line, i, i + n));
        if (str_equal(str_slice(line, i, i + n), S("TEXT"))) buf_str(b, S(" COLLATE \"C\""));
        i += n;
    }
}

/* Comments behind columns stay: SQLite keeps them with the table, for whoever opens the file. */
static void add_migration_line(const Reader *r, Buf *b, Str line, bool collate)
{
    Str sql = without_comment(r, line);
    if (collate) add_for_postgres(b, sql);
    else buf_str(b, sql);
    buf_str(b, str_slice(line, sql.len, line.len));
    buf_byte(b, '\n');
}

/* "contest/schema/0003_contest.sql" -> 3 */
static int migration_number(const Reader *r, Str *ret_name)
{
    Str name = r->file.name, folder;
    while (str_cut(name, '/', &folder, &name)) {
    }
    name = folder;
    int64_t number = 0;
    must(r, name.len > 9 && name.ptr[4] == '_' && str_to_i64(str_slice(name, 0, 4), &number) && number > 0,
        "a migration is called NNNN_what.sql");
    *ret_name = str_slice(name, 0, name.len - 4);
    return (int)number;
}

static void read_migration(Catalogue *c, SqlFile file)
{
    Reader r = {.arena = &c->arena, .file = file, .rest = file.text};
    Migration *m = &c->migrations[c->migration_count++];
    m->number = migration_number(&r, &m->name);
    must(&r, m->number == c->migration_count, "the numbers of migrations are 1, 2, 3... over all rooms, each once");
    m->digest = sha256(file.text);
    Buf sqlite = buf_new(r.arena), postgres = buf_new(r.arena);
    while (next_line(&r)) {
        Str text;
        LineKind kind = line_kind(r.now, &text);
        if (kind == LINE_BLANK || kind == LINE_COMMENT || kind == LINE_HEAD) continue;
        if (kind != LINE_POSTGRES) add_migration_line(&r, &sqlite, text, false);
        if (kind != LINE_SQLITE) add_migration_line(&r, &postgres, text, kind == LINE_BOTH);
    }
    m->sqlite = buf_done(&sqlite);
    m->postgres = buf_done(&postgres);
    must(&r, m->sqlite.len + m->postgres.len, "an empty migration");
}

/* ---- the catalogue ---- */

static size_t name_hash(const char *name, size_t len)
{
    uint64_t h = 0xcbf29ce484222325u; /* FNV-1a */
    for (size_t i = 0; i < len; i++) h = (h ^ (unsigned char)name[i]) * 0x100000001b3u;
    return (size_t)(h ^ (h >> 32));
}

static void index_statements(Catalogue *c)
{
    size_t room = 64;
    while (room < 2 * (size_t)c->statement_count) room *= 2;
    c->slots = arena_new(&c->arena, const Statement *, room);
    c->slot_mask = room - 1;
    for (int i = 0; i < c->statement_count; i++) {
        const Statement *s = &c->statements[i];
        size_t at = name_hash(s->name.ptr, s->name.len) & c->slot_mask;
        while (c->slots[at]) at = (at + 1) & c->slot_mask;
        c->slots[at] = s;
    }
}

static void read_all(void)
{
    Catalogue *c = &catalogue;
    arena_init(&c->arena, ARENA_LIMIT_DEFAULT);
    for (int i = 0; i < sql_statement_file_count; i++) read_statements(c, sql_statement_files[i]);
    index_statements(c);
    c->migrations = arena_new(&c->arena, Migration, (size_t)sql_migration_file_count);
    for (int i = 0; i < sql_migration_file_count; i++) read_migration(c, sql_migration_files[i]);
}

static const Catalogue *the_catalogue(void)
{
    ASSERT(pthread_once(&catalogue_once, read_all) == 0);
    return &catalogue;
}

const Statement *sql_statement(const char *name)
{
    const Catalogue *c = the_catalogue();
    size_t len = strlen(name);
    for (size_t at = name_hash(name, len) & c->slot_mask; c->slots[at]; at = (at + 1) & c->slot_mask)
        if (str_equal(c->slots[at]->name, (Str){name, len})) return c->slots[at];
    return NULL;
}

const Statement *sql_statements(int *ret_count)
{
    *ret_count = the_catalogue()->statement_count;
    return the_catalogue()->statements;
}

const Migration *sql_migrations(int *ret_count)
{
    *ret_count = the_catalogue()->migration_count;
    return the_catalogue()->migrations;
}
