/* The pages of the public record, and the room's route table.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "record/shown.h"

enum { LIST_MOST = 50, POWERS_MOST = 500, FILTER_MAX = 200, DAY_MAX = 40 };

/* ---- the list ---- */

static void put_kinds(View *view, Str chosen)
{
    View *array = view_put_array(view, S("kinds"));
    for (int i = 0; i < act_kind_count; i++) {
        View *kind = view_add_object(array);
        view_put_str(kind, S("name"), str_from_c(act_kinds[i].name));
        view_put_str(kind, S("title"), str_from_c(act_kinds[i].title));
        view_put_bool(kind, S("chosen"), str_equal(chosen, str_from_c(act_kinds[i].name)));
    }
}

/* What was chosen, for the form, and in words for whoever reads the list. */
static void put_choosing(Req *req, const Choosing *c, View *view)
{
    View *v = view_put_object(view, S("chosen"));
    const ActKind *kind = act_kind(c->kind);
    view_put_bool(v, S("any"), is_choosing(c));
    view_put_str(v, S("kind"), c->kind);
    view_put_str(v, S("kind_title"), kind ? str_from_c(kind->title) : c->kind);
    view_put_str(v, S("contest"), c->contest);
    view_put_str(v, S("unit"), c->unit);
    view_put_str(v, S("day"), c->day);
    view_put_str(v, S("day_words"), date_words(req->arena, c->day));
    put_kinds(view, c->kind);
}

static void put_around(Req *req, const Choosing *c, const Leaf *leaves, int count, bool older, bool newer, View *view)
{
    Arena *a = req->arena;
    int64_t oldest = count ? leaves[count - 1].number : c->after + 1, newest = count ? leaves[0].number : c->before - 1;
    view_put_str(view, S("older_path"), older ? choosing_path(a, c, "/record", oldest, -1) : S(""));
    view_put_str(view, S("newer_path"), newer && newest >= 0 ? choosing_path(a, c, "/record", -1, newest) : S(""));
    view_put_str(view, S("newest_path"), c->before >= 0 || c->after >= 0 ? choosing_path(a, c, "/record", -1, -1) : S(""));
    view_put_str(view, S("feed_path"), choosing_path(a, c, "/record/feed.atom", -1, -1));
    view_put_str(view, S("feed_title"), S("What the apparatus did"));
    view_put_str(view, S("csv_path"), choosing_path(a, c, "/record.csv", -1, -1));
}

static Err list_page(Req *req, View *view)
{
    Standing *s = arena_new(req->arena, Standing, 1);
    Choosing c;
    Leaf *leaves;
    Sha256 *hashes;
    int count;
    bool older, newer;
    Err e = standing_read(req, s);
    if (!e) e = choosing_read(req, s, true, &c);
    if (!e) e = choosing_leaves(req, &c, LIST_MOST, &leaves, &hashes, &count, &older, &newer);
    if (e) return e;
    standing_put(req, s, view);
    put_choosing(req, &c, view);
    View *entries = view_put_array(view, S("entries"));
    for (int i = 0; i < count && !e; i++) e = leaf_put(req, s, &leaves[i], &hashes[i], view_add_object(entries));
    put_around(req, &c, leaves, count, older, newer, view);
    view_put_bool(view, S("is_first_page"), c.before < 0 && c.after < 0);
    return e;
}

/* ---- one entry ---- */

/* What somebody could do to an entry and its neighbours shows in the way from it to the signed root. */
static bool leads_to_root(Req *req, const Standing *s, const Leaf *leaf)
{
    TreeProof *proof = arena_new(req->arena, TreeProof, 1);
    const Checkpoint *c = &s->sealed.checkpoint;
    Sha256 hash = tree_leaf(leaf->entry);
    TreeHashes hashes = record_hashes(req->db, req->arena);
    return !tree_prove_inclusion(&hashes, leaf->number, c->size, proof) &&
           !tree_verify_inclusion(proof, leaf->number, &hash, c->size, &c->root);
}

static void put_hash(Req *req, View *v, const Leaf *leaf, const Sha256 *stored)
{
    Sha256 hash = tree_leaf(leaf->entry);
    view_put_str(v, S("hash"), sha256_hex(req->arena, hash));
    view_put_str(v, S("stored_hash"), sha256_hex(req->arena, *stored));
    view_put_str(v, S("raw"), leaf->entry);
    view_put_i64(v, S("raw_bytes"), (int64_t)leaf->entry.len);
    view_put_str(v, S("raw_bytes_words"), count_words(req->arena, (int64_t)leaf->entry.len));
}

static NODISCARD Err put_file(Req *req, View *array, const ActFile *file)
{
    ActFile kept;
    Err e = record_file(req->db, req->arena, &file->digest, &kept);
    if (e && e != ERR_MISSING) return e;
    View *v = view_add_object(array);
    Str digest = sha256_hex(req->arena, file->digest);
    view_put_str(v, S("name"), file->name);
    view_put_i64(v, S("size"), file->size);
    view_put_str(v, S("size_words"), count_words(req->arena, file->size));
    view_put_str(v, S("sha256"), digest);
    bool there = !e && (kept.path.len || kept.bytes.len || !file->size);
    view_put_str(v, S("path"), there ? str_format(req->arena, "/record/side/%.*s", STR_ARG(digest)) : S(""));
    view_put_bool(v, S("gone"), !there);
    return ERR_OK;
}

/* A power that this entry gave: still in force, or ended by which entry? */
static NODISCARD Err put_power(Req *req, const Leaf *leaf, View *v)
{
    int64_t ended;
    Err e = record_power_ended(req->db, req->arena, leaf->number, &ended);
    if (e) return e == ERR_MISSING ? ERR_OK : e;
    View *by = view_put_object(v, S("ended_by"));
    view_put_i64(by, S("number"), ended);
    view_put_str(by, S("number_words"), count_words(req->arena, ended));
    view_put_str(by, S("path"), leaf_path(req->arena, ended));
    return ERR_OK;
}

static void put_data(Req *req, const Leaf *leaf, View *v)
{
    if (leaf->data) view_put(v, S("data"), view_copy(req->arena, leaf->data));
}

static NODISCARD Err put_whole(Req *req, Standing *s, const Leaf *leaf, const Sha256 *stored, View *v)
{
    Err e = leaf_put(req, s, leaf, stored, v);
    if (!e) e = put_power(req, leaf, v);
    View *files = view_put_array(v, S("files"));
    for (int i = 0; i < leaf->file_count && !e; i++) e = put_file(req, files, &leaf->files[i]);
    if (e) return e;
    put_hash(req, v, leaf, stored);
    put_data(req, leaf, v);
    bool good = leaf_fit(leaf, stored) == FIT_GOOD;
    view_put_bool(v, S("is_off_tree"), good && is_sealed(s, leaf->number) && !leads_to_root(req, s, leaf));
    view_put_str(v, S("proof_path"),
        is_sealed(s, leaf->number) ? str_format(req->arena, "/record/leaves/%lld/proof", (long long)leaf->number) : S(""));
    view_put_str(v, S("previous_path"), leaf->number ? leaf_path(req->arena, leaf->number - 1) : S(""));
    view_put_str(v, S("next_path"), leaf->number + 1 < s->size ? leaf_path(req->arena, leaf->number + 1) : S(""));
    return ERR_OK;
}

static Err leaf_page(Req *req, View *view)
{
    Standing *s = arena_new(req->arena, Standing, 1);
    Leaf leaf;
    Sha256 stored;
    int64_t number = req_number(req, "leaf");
    Err e = standing_read(req, s);
    if (!e) e = record_leaf(req->db, req->arena, number, &leaf, &stored);
    if (e == ERR_MISSING) return req_fail(req, e, "There is no entry %lld in the record.", (long long)number);
    if (e) return e;
    standing_put(req, s, view);
    Str words = count_words(req->arena, number);
    req_title(req, leaf.kind.len ? str_format(req->arena, "Entry %.*s: %.*s", STR_ARG(words), STR_ARG(leaf.title))
                                 : str_format(req->arena, "Entry %.*s", STR_ARG(words)));
    return put_whole(req, s, &leaf, &stored, view_put_object(view, S("entry")));
}

/* ---- powers ---- */

static void put_held(Req *req, View *array, const PowerHeld *power)
{
    View *v = view_add_object(array);
    view_put_i64(v, S("number"), power->number);
    view_put_str(v, S("number_words"), count_words(req->arena, power->number));
    view_put_str(v, S("path"), leaf_path(req->arena, power->number));
    view_put_str(v, S("holder"), power->holder);
    view_put_str(v, S("what"), power->what);
    view_put_str(v, S("contest"), power->contest);
    view_put_str(v, S("unit"), power->unit);
    view_put_str(v, S("until_iso"), power->until ? time_iso(req->arena, power->until) : S(""));
    view_put_str(v, S("until_words"), power->until ? end_words(req->arena, power->until) : S(""));
}

static Err powers_page(Req *req, View *view)
{
    PowerHeld *powers;
    int count;
    Err e = record_powers(req->db, req->arena, req->now, POWERS_MOST, &powers, &count);
    if (e) return e;
    View *array = view_put_array(view, S("powers"));
    for (int i = 0; i < count; i++) put_held(req, array, &powers[i]);
    view_put_bool(view, S("has_powers"), count > 0);
    view_put_bool(view, S("full"), count == POWERS_MOST);
    return ERR_OK;
}

/* ---- witnesses ---- */

static const Cosignature *newest_of(const Standing *s, Str name)
{
    for (int i = 0; i < s->cosignature_count; i++)
        if (str_equal(s->cosignatures[i].witness, name)) return &s->cosignatures[i];
    return NULL;
}

static bool is_asked(const Standing *s, Str name)
{
    for (int i = 0; i < s->state.witness_count; i++)
        if (str_equal(s->state.witnesses[i].name, name)) return true;
    return false;
}

static void put_cosigned(Req *req, const Standing *s, const Cosignature *c, View *v)
{
    int64_t behind = c ? s->sealed.checkpoint.size - c->size : 0;
    view_put_bool(v, S("has_cosigned"), c != NULL);
    view_put_i64(v, S("size"), c ? c->size : 0);
    view_put_str(v, S("size_words"), count_words(req->arena, c ? c->size : 0));
    view_put_str(v, S("time_iso"), c ? time_iso(req->arena, c->time * 1000) : S(""));
    view_put_str(v, S("time_words"), c ? time_words(req->arena, c->time * 1000) : S(""));
    view_put_str(v, S("behind"), behind > 0 ? count_words(req->arena, behind) : S(""));
    view_put_bool(v, S("one_behind"), behind == 1);
}

static void put_witnesses(Req *req, const Standing *s, View *array)
{
    for (int i = 0; i < s->state.witness_count; i++) {
        View *v = view_add_object(array);
        view_put_str(v, S("name"), s->state.witnesses[i].name);
        view_put_str(v, S("vkey"), s->state.witnesses[i].vkey);
        view_put_str(v, S("trouble"), s->state.witnesses[i].trouble);
        view_put_bool(v, S("asked"), true);
        put_cosigned(req, s, newest_of(s, s->state.witnesses[i].name), v);
    }
    for (int i = 0; i < s->cosignature_count; i++) { /* those that are asked no longer, or by another process */
        if (is_asked(s, s->cosignatures[i].witness)) continue;
        View *v = view_add_object(array);
        view_put_str(v, S("name"), s->cosignatures[i].witness);
        view_put_str(v, S("vkey"), S(""));
        view_put_str(v, S("trouble"), S(""));
        view_put_bool(v, S("asked"), false);
        put_cosigned(req, s, &s->cosignatures[i], v);
    }
}

static Err witnesses_page(Req *req, View *view)
{
    Standing *s = arena_new(req->arena, Standing, 1);
    Err e = standing_read(req, s);
    if (e) return e;
    standing_put(req, s, view);
    put_witnesses(req, s, view_put_array(view, S("witnesses")));
    view_put_bool(view, S("has_witnesses"), s->state.witness_count + s->cosignature_count > 0);
    view_put_bool(view, S("signed_one"), s->sealed.checkpoint.size == 1);
    return ERR_OK;
}

/* ---- the table ---- */

#define NUMBER_FIELD(name_, needed)                                               \
    {                                                                             \
        name_, FIELD_NUMBER, .required = (needed), .min = 0, .max = TREE_SIZE_MAX \
    }
#define CHOOSING_FIELDS                                                                                                              \
    {"kind", FIELD_LINE, .max = FILTER_MAX, .label = "Kind of act"}, {"contest", FIELD_LINE, .max = FILTER_MAX, .label = "Contest"}, \
        {"unit", FIELD_LINE, .max = FILTER_MAX, .label = "Unit"}, {"day", FIELD_LINE, .max = DAY_MAX, .label = "Up to the day"},     \
        NUMBER_FIELD("before", false)

static const Field list_fields[] = {CHOOSING_FIELDS, NUMBER_FIELD("after", false), {0}};
static const Field table_fields[] = {CHOOSING_FIELDS, {0}};
static const Field leaf_fields[] = {NUMBER_FIELD("leaf", true), {0}};
static const Field tile_fields[] = {{"path", FIELD_LINE, .required = true, .max = TILE_PATH_MAX}, {0}};
static const Field side_fields[] = {{"digest", FIELD_SLUG, .required = true}, {0}};

static const Route routes[] = {
    {GET, "/record", WHO_ANYONE, "What the apparatus did", "The public record, the newest entries first, fifty a page.", list_fields,
        .page = list_page, .html = "record", .topic = "record", .names_base = true, .nav = "Record"},
    {GET, "/record.csv", WHO_ANYONE, "The record as a table", "The newest 5,000 entries that were chosen; go on with `before`.",
        table_fields, .page = record_csv, .rate = RATE_WORK, .heavy = true, .no_json = true},
    {GET, "/record/feed.atom", WHO_ANYONE, "The record as a feed", "Atom (RFC 4287): the newest fifty entries that were chosen.",
        table_fields, .page = record_feed, .topic = "record", .names_base = true, .no_json = true},
    {GET, "/record/leaves/:leaf", WHO_ANYONE, "Entry", "An entry in words, as it was hashed, and what it led to.", leaf_fields,
        .page = leaf_page, .html = "leaf"},
    {GET, "/record/leaves/:leaf/proof", WHO_ANYONE, "Proof of an entry", "That it is in the record, as c2sp.org/tlog-proof@v1.",
        leaf_fields, .page = record_proof_page, .no_json = true},
    {GET, "/record/powers", WHO_ANYONE, "Who holds which power", "Powers in force, the soonest to end first.", .page = powers_page,
        .html = "powers"},
    {GET, "/record/witnesses", WHO_ANYONE, "Witnesses", "Who countersigned the record, and up to where.", .page = witnesses_page,
        .html = "witnesses"},
    {GET, "/record/checkpoint", WHO_ANYONE, "The newest checkpoint", "A signed note (c2sp.org/tlog-checkpoint), with cosignatures.",
        .page = record_checkpoint_page, .topic = "record", .rate = RATE_STATIC, .no_json = true},
    {GET, "/record/keys", WHO_ANYONE, "Keys of the record", "Those that sign now, one vkey a line.", .page = record_keys_page,
        .rate = RATE_STATIC, .no_json = true},
    {GET, "/record/tile/*path", WHO_ANYONE, "A tile", "Hashes, or a bundle of entries (c2sp.org/tlog-tiles).", tile_fields,
        .page = record_tile_page, .rate = RATE_STATIC, .heavy = true, .no_json = true},
    {GET, "/record/side/:digest", WHO_ANYONE, "A file of the record", "By its SHA-256; 410 when it was taken away.", side_fields,
        .page = record_side_page, .rate = RATE_STATIC, .heavy = true, .no_json = true},
};

static const TopicRule topics[] = {{"record", WHO_ANYONE}, {0}};
const Room record_room = {"record", routes, COUNT_OF(routes), .topics = topics, .expire = record_expire};
