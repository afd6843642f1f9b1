/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/shown.h"

#include <ctype.h>

enum { ROOT_SHORT = 12 };

/* ---- small words ---- */

Str leaf_path(Arena *a, int64_t number)
{
    return str_format(a, "/record/leaves/%lld", (long long)number);
}

Str count_words(Arena *a, int64_t n)
{
    Str digits = str_format(a, "%lld", (long long)n);
    Buf b = buf_new(a);
    for (size_t i = 0; i < digits.len; i++) {
        if (i && (digits.len - i) % 3 == 0) buf_byte(&b, ',');
        buf_byte(&b, digits.ptr[i]);
    }
    return buf_done(&b);
}

Str address_encoded(Arena *a, Str text)
{
    Buf b = buf_new(a);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
                     c == '~';
        if (plain) buf_byte(&b, c);
        else buf_format(&b, "%%%02X", (unsigned)(unsigned char)c);
    }
    return buf_done(&b);
}

static void put_time(Req *req, View *v, Str iso_key, Str words_key, int64_t at)
{
    view_put_str(v, iso_key, at ? time_iso(req->arena, at) : S(""));
    view_put_str(v, words_key, at ? time_words(req->arena, at) : S(""));
}

/* ---- how it stands ---- */

/* Is the newest checkpoint what its row says, and signed by no key of ours wrongly? One by an older key alone is no fault: verifying follows the keys. */
static bool is_wrong_note(Arena *a, const Sealed *sealed, const SealState *state)
{
    Fault fault = {0};
    Checkpoint said;
    Note *note = arena_new(a, Note, 1);
    if (note_read(a, sealed->note, note, &fault) || checkpoint_read(note->text, &said, &fault)) return true;
    if (said.size != sealed->checkpoint.size || !hash_equal(&said.root, &sealed->checkpoint.root)) return true;
    for (int i = 0; i < state->key_count; i++) {
        Verifier key;
        if (!verifier_read(a, state->keys[i], &key, &fault) && note_check(note, &key, NULL) == ERR_INPUT) return true;
    }
    return false;
}

static Str origin_of(Arena *a, const Standing *s)
{
    Verifier key;
    Fault fault = {0};
    if (s->sealed.note.len) return s->sealed.checkpoint.origin;
    return s->state.key_count && !verifier_read(a, s->state.keys[0], &key, &fault) ? key.name : S("");
}

Err standing_read(Req *req, Standing *s)
{
    Arena *a = req->arena;
    *s = (Standing){0};
    Err e = record_size(req->db, a, &s->size);
    if (!e) e = record_sealed(req->db, a, &s->sealed);
    if (e == ERR_MISSING) e = ERR_OK;
    if (!e) e = record_cosigners(req->db, a, &s->cosignatures, &s->cosignature_count);
    if (e) return e;
    record_seal_state(a, &s->state);
    s->origin = origin_of(a, s);
    s->wrong_note = s->sealed.note.len && is_wrong_note(a, &s->sealed, &s->state);
    return ERR_OK;
}

bool is_sealed(const Standing *s, int64_t number)
{
    return number < s->sealed.checkpoint.size;
}

int witnesses_of(const Standing *s, int64_t number)
{
    int count = 0;
    for (int i = 0; i < s->cosignature_count; i++) count += s->cosignatures[i].size > number;
    return count;
}

static void put_sealed(Req *req, const Sealed *sealed, View *v)
{
    Str root = sealed->note.len ? base64(req->arena, (Str){(const char *)sealed->checkpoint.root.bytes, SHA256_BYTES}) : S("");
    view_put_i64(v, S("signed_size"), sealed->checkpoint.size);
    view_put_str(v, S("signed_size_words"), count_words(req->arena, sealed->checkpoint.size));
    put_time(req, v, S("signed_at_iso"), S("signed_at_words"), sealed->at);
    view_put_str(v, S("root"), root);
    view_put_str(v, S("root_short"), str_slice(root, 0, root.len < ROOT_SHORT ? root.len : ROOT_SHORT));
}

void standing_put(Req *req, const Standing *s, View *view)
{
    View *v = view_put_object(view, S("standing"));
    view_put_i64(v, S("size"), s->size);
    view_put_str(v, S("size_words"), count_words(req->arena, s->size));
    view_put_bool(v, S("is_one"), s->size == 1);
    put_sealed(req, &s->sealed, v);
    view_put_bool(v, S("is_signed"), s->sealed.note.len > 0);
    view_put_bool(v, S("all_signed"), s->sealed.note.len && s->sealed.checkpoint.size == s->size && !s->state.stopped.len);
    view_put_str(
        v, S("waiting"), s->sealed.checkpoint.size < s->size ? count_words(req->arena, s->size - s->sealed.checkpoint.size) : S(""));
    view_put_str(v, S("origin"), s->origin);
    View *keys = view_put_array(v, S("keys"));
    for (int i = 0; i < s->state.key_count; i++) view_add_str(keys, s->state.keys[i]);
    view_put_bool(v, S("is_keyed"), s->state.key_count > 0);
    view_put_str(v, S("stopped"), s->state.stopped);
    view_put_bool(v, S("wrong_note"), s->wrong_note);
    view_put_bool(v, S("no_witness"), s->cosignature_count == 0);
    view_put_i64(v, S("witnesses_known"), s->cosignature_count);
    view_put_str(v, S("url"), str_format(req->arena, "%.*s/record", STR_ARG(req->base)));
}

/* ---- an entry ---- */

Fit leaf_fit(const Leaf *leaf, const Sha256 *stored)
{
    Sha256 hash = tree_leaf(leaf->entry);
    if (!hash_equal(&hash, stored)) return FIT_CHANGED;
    return leaf->kind.len ? FIT_GOOD : FIT_UNREADABLE;
}

/* Is a contest published at that address? */
static NODISCARD Err title_of(Req *req, Standing *s, Str slug, Str *ret_title)
{
    DbRows rows;
    for (int i = 0; i < s->contest_count; i++)
        if (str_equal(s->contests[i].slug, slug)) {
            *ret_title = s->contests[i].title;
            return ERR_OK;
        }
    Err e = db_one(req->db, req->arena, "record_contest_title", DB_VALUES(db_string(slug)), &rows);
    if (e && e != ERR_MISSING) return e;
    *ret_title = e ? S("") : db_text(&rows, "title");
    if (s->contest_count < SHOWN_CONTESTS_MAX) {
        s->contests[s->contest_count].slug = slug;
        s->contests[s->contest_count++].title = *ret_title;
    }
    return ERR_OK;
}

static NODISCARD Err put_contest(Req *req, Standing *s, Str slug, View *object)
{
    Str title;
    if (!slug.len) return ERR_OK;
    Err e = title_of(req, s, slug, &title);
    if (e) return e;
    Str encoded = address_encoded(req->arena, slug);
    View *v = view_put_object(object, S("contest"));
    view_put_str(v, S("slug"), slug);
    view_put_str(v, S("title"), title);
    view_put_str(v, S("path"), title.len ? str_format(req->arena, "/contests/%.*s", STR_ARG(encoded)) : S(""));
    view_put_str(v, S("entries_path"), str_format(req->arena, "/record?contest=%.*s", STR_ARG(encoded)));
    return ERR_OK;
}

static void put_unit(Req *req, Str unit, View *object)
{
    if (!unit.len) return;
    View *v = view_put_object(object, S("unit"));
    view_put_str(v, S("slug"), unit);
    view_put_str(v, S("entries_path"), str_format(req->arena, "/record?unit=%.*s", STR_ARG(address_encoded(req->arena, unit))));
}

static void put_by(const Officer *by, View *object)
{
    View *v = view_put_object(object, S("by"));
    view_put_str(v, S("name"), by->name);
    view_put_str(v, S("role"), by->role);
    view_put_bool(v, S("is_program"), str_equal(by->role, S("program")));
}

static void put_proven(const Standing *s, int64_t number, View *v)
{
    int witnesses = witnesses_of(s, number);
    view_put_bool(v, S("signed"), is_sealed(s, number));
    view_put_i64(v, S("witness_count"), witnesses);
    view_put_bool(v, S("has_witnesses"), witnesses > 0);
    view_put_bool(v, S("one_witness"), witnesses == 1);
}

Err leaf_put(Req *req, Standing *s, const Leaf *leaf, const Sha256 *stored, View *v)
{
    Arena *a = req->arena;
    Fit fit = leaf_fit(leaf, stored);
    view_put_i64(v, S("number"), leaf->number);
    view_put_str(v, S("number_words"), count_words(a, leaf->number));
    view_put_str(v, S("path"), leaf_path(a, leaf->number));
    view_put_bool(v, S("is_changed"), fit == FIT_CHANGED);
    view_put_bool(v, S("is_unreadable"), !leaf->kind.len);
    put_proven(s, leaf->number, v);
    if (!leaf->kind.len) return ERR_OK;
    view_put_str(v, S("kind"), leaf->kind);
    view_put_str(v, S("title"), leaf->title);
    view_put_str(v, S("says"), leaf->says);
    put_by(&leaf->by, v);
    put_time(req, v, S("at_iso"), S("at_words"), leaf->at);
    view_put_str(v, S("reason"), leaf->reason);
    view_put_str(v, S("until_iso"), leaf->until ? time_iso(req->arena, leaf->until) : S(""));
    view_put_str(v, S("until_words"), leaf->until ? end_words(req->arena, leaf->until) : S(""));
    view_put_i64(v, S("file_count"), leaf->file_count);
    put_unit(req, leaf->unit, v);
    if (leaf->power >= 0) {
        View *ends = view_put_object(v, S("ends"));
        view_put_i64(ends, S("number"), leaf->power);
        view_put_str(ends, S("number_words"), count_words(a, leaf->power));
        view_put_str(ends, S("path"), leaf_path(a, leaf->power));
    }
    return put_contest(req, s, leaf->contest, v);
}

/* ---- choosing ---- */

/* What people paste: the whole address of a contest, or its name in capitals. */
static Str slug_of(Arena *a, Str given)
{
    while (str_ends(given, S("/"))) given = str_slice(given, 0, given.len - 1);
    for (Str head, rest = given; str_cut(rest, '/', &head, &rest);) given = rest;
    char *slug = arena_new(a, char, given.len);
    for (size_t i = 0; i < given.len; i++)
        slug[i] = given.ptr[i] >= 'A' && given.ptr[i] <= 'Z' ? (char)(given.ptr[i] - 'A' + 'a') : given.ptr[i];
    return (Str){slug, given.len};
}

static int64_t number_or_none(const Req *req, const char *field)
{
    return req_given(req, field) ? req_number(req, field) : -1;
}

/* Cut the digits or letters that stand next off *rest, with whatever else stands before them. */
static Str next_piece(Str *rest)
{
    size_t from = 0, to;
    const char *s = rest->ptr;
    while (from < rest->len && !isalnum((unsigned char)s[from])) from++;
    bool digits = from < rest->len && isdigit((unsigned char)s[from]);
    for (to = from; to < rest->len && (digits ? isdigit((unsigned char)s[to]) : isalpha((unsigned char)s[to]));) to++;
    Str piece = str_slice(*rest, from, to);
    *rest = str_slice(*rest, to, rest->len);
    return piece;
}

/* "November", "Nov" and "11" are 11; -1 for anything else. */
static int64_t month_of(Str piece)
{
    static const Str names[] = {S("january"), S("february"), S("march"), S("april"), S("may"), S("june"), S("july"), S("august"),
        S("september"), S("october"), S("november"), S("december")};
    int64_t number;
    for (int i = 0; i < COUNT_OF(names); i++)
        if (piece.len >= 3 && piece.len <= names[i].len && str_equal_nocase(piece, str_slice(names[i], 0, piece.len))) return i + 1;
    return str_to_i64(piece, &number) ? number : -1;
}

/* A day as people here write it, or as ISO 8601 has it: "22 November 2026", "22/11/2026", "2026-11-22". As "2026-11-22"; what is none of these stays. */
static Str day_of(Arena *a, Str given)
{
    Str rest = given, first = next_piece(&rest), second = next_piece(&rest), third = next_piece(&rest);
    if (second.len == 2 && isalpha((unsigned char)second.ptr[0])) second = third, third = next_piece(&rest); /* "22nd" */
    bool year_first = first.len == 4;
    int64_t day, year, month = month_of(second);
    if (!str_to_i64(year_first ? third : first, &day) || !str_to_i64(year_first ? first : third, &year)) return given;
    bool whole = str_trim(rest).len == 0 && month > 0 && day > 0 && day < 32 && month < 13 && year > 999 && year < 10000;
    return whole ? str_format(a, "%04d-%02d-%02d", (int)year, (int)month, (int)day) : given;
}

Err choosing_read(Req *req, const Standing *s, bool paged, Choosing *c)
{
    int64_t begins, ends;
    *c = (Choosing){.kind = req_text(req, "kind"),
        .contest = slug_of(req->arena, req_text(req, "contest")),
        .unit = slug_of(req->arena, req_text(req, "unit")),
        .day = day_of(req->arena, req_text(req, "day")),
        .before = number_or_none(req, "before"),
        .after = paged ? number_or_none(req, "after") : -1,
        .limit = s->size};
    if (c->contest.len && c->unit.len) return req_wrong(req, "unit", "Choose a contest or a unit, not both");
    if (c->before >= 0 && c->after >= 0) return req_wrong(req, "after", "Ask for what is before an entry or after one, not both");
    if (!c->day.len) return ERR_OK;
    if (!day_bounds(c->day, &begins, &ends)) return req_wrong(req, "day", "Say the day as 22 November 2026, or as 22/11/2026");
    return record_number_at(req->db, req->arena, ends, &c->limit);
}

bool is_choosing(const Choosing *c)
{
    return c->kind.len || c->contest.len || c->unit.len || c->day.len;
}

static void add_text(Buf *b, const char *name, Str value)
{
    if (value.len)
        buf_format(b, "%c%s=%.*s", str_find(buf_done(b), '?') < b->len ? '&' : '?', name, STR_ARG(address_encoded(b->arena, value)));
}

static void add_number(Buf *b, const char *name, int64_t value)
{
    if (value >= 0) buf_format(b, "%c%s=%lld", str_find(buf_done(b), '?') < b->len ? '&' : '?', name, (long long)value);
}

Str choosing_path(Arena *a, const Choosing *c, const char *path, int64_t before, int64_t after)
{
    Buf b = buf_new(a);
    buf_str(&b, str_from_c(path));
    add_text(&b, "kind", c->kind);
    add_text(&b, "contest", c->contest);
    add_text(&b, "unit", c->unit);
    add_text(&b, "day", c->day);
    add_number(&b, "before", before);
    add_number(&b, "after", after);
    return buf_done(&b);
}

static NODISCARD Err leaves_after(
    Req *req, const Choosing *c, LeafFilter *filter, Leaf **ret_leaves, Sha256 **ret_hashes, int *ret_count, bool *ret_newer)
{
    filter->after = c->after;
    Err e = record_leaves(req->db, req->arena, filter, ret_leaves, ret_hashes, ret_count);
    if (e) return e;
    int skip = 0;
    *ret_newer = *ret_count == filter->most;
    if (*ret_newer) skip = 1;
    while (skip < *ret_count && (*ret_leaves)[skip].number >= c->limit) {
        skip++;
        *ret_newer = false;
    }
    *ret_leaves += skip;
    *ret_hashes += skip;
    *ret_count -= skip;
    return ERR_OK;
}

static NODISCARD Err leaves_before(
    Req *req, const Choosing *c, LeafFilter *filter, Leaf **ret_leaves, Sha256 **ret_hashes, int *ret_count, bool *ret_older)
{
    filter->before = c->before >= 0 && c->before < c->limit ? c->before : c->limit;
    Err e = record_leaves(req->db, req->arena, filter, ret_leaves, ret_hashes, ret_count);
    if (e) return e;
    *ret_older = *ret_count == filter->most;
    if (*ret_older) --*ret_count;
    return ERR_OK;
}

Err choosing_leaves(
    Req *req, const Choosing *c, int most, Leaf **ret_leaves, Sha256 **ret_hashes, int *ret_count, bool *ret_older, bool *ret_newer)
{
    LeafFilter filter = {.kind = c->kind, .contest = c->contest, .unit = c->unit, .before = -1, .after = -1, .most = most + 1};
    *ret_older = c->after >= 0;
    *ret_newer = c->before >= 0 && c->before < c->limit;
    if (c->after >= 0) return leaves_after(req, c, &filter, ret_leaves, ret_hashes, ret_count, ret_newer);
    return leaves_before(req, c, &filter, ret_leaves, ret_hashes, ret_count, ret_older);
}
