/* feed.c: the record as an Atom feed (RFC 4287) and as a table (RFC 4180), with the filters of the list. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/shown.h"

#include "core/markup.h"

enum { FEED_MOST = 50, CSV_ROWS_MOST = 5000, CSV_BYTES_MOST = 8 * 1024 * 1024, CSV_STEP = 100 };

/* ---- Atom ---- */

/* An id that never changes, wherever the record is served: a UUID (RFC 9562, version 8) of the log's origin and the entry's number. */
static Str urn_of(Arena *a, Str origin, Str what)
{
    Sha256 h = sha256(str_format(a, "hustings record\n%.*s\n%.*s\n", STR_ARG(origin), STR_ARG(what)));
    h.bytes[6] = (uint8_t)(0x80 | (h.bytes[6] & 0x0F));
    h.bytes[8] = (uint8_t)(0x80 | (h.bytes[8] & 0x3F));
    Str hex = sha256_hex(a, h);
    return str_format(a, "urn:uuid:%.8s-%.4s-%.4s-%.4s-%.12s", hex.ptr, hex.ptr + 8, hex.ptr + 12, hex.ptr + 16, hex.ptr + 20);
}

static void add_link(Html *h, Str relation, Str type, Str base, Str path)
{
    if (!path.len) return;
    html_markup(h, M("<link"));
    html_attribute(h, M("rel"), relation);
    html_attribute(h, M("type"), type);
    html_attribute(h, M("href"), str_format(h->bytes.arena, "%.*s%.*s", STR_ARG(base), STR_ARG(path)));
    html_markup(h, M("/>\n"));
}

static Str content_of(Req *req, const Leaf *leaf)
{
    Buf b = buf_new(req->arena);
    buf_str(&b, leaf->says);
    if (leaf->reason.len) buf_format(&b, "\n\nReason given: %.*s", STR_ARG(leaf->reason));
    Str until = leaf->until ? end_words(req->arena, leaf->until) : S("");
    if (leaf->until) buf_format(&b, "\n\nUntil %.*s.", STR_ARG(until));
    return buf_done(&b);
}

/* An entry that was tampered with is in the feed as well, and says so. */
static void add_unfit(Req *req, Html *h, const Leaf *leaf)
{
    html_element(h, M("title"), str_format(req->arena, "Entry %lld does not fit its fingerprint", (long long)leaf->number));
    html_markup(h, M("\n<updated>1970-01-01T00:00:00Z</updated>\n<author><name>hustings</name></author>\n"));
    html_element(h, M("content"), S("This entry was changed after it was written, or cannot be read. Check the record."));
}

static void add_fit(Req *req, Html *h, const Leaf *leaf)
{
    html_element(h, M("title"),
        leaf->contest.len ? str_format(req->arena, "%.*s: %.*s", STR_ARG(leaf->title), STR_ARG(leaf->contest)) : leaf->title);
    html_markup(h, M("\n"));
    html_element(h, M("updated"), time_iso(req->arena, leaf->at));
    html_markup(h, M("\n<author>"));
    html_element(h, M("name"), leaf->by.name);
    html_markup(h, M("</author>\n<category"));
    html_attribute(h, M("term"), leaf->kind);
    html_attribute(h, M("label"), leaf->title);
    html_markup(h, M("/>\n"));
    html_element(h, M("content"), content_of(req, leaf));
}

static void add_entry(Req *req, Html *h, const Standing *s, const Leaf *leaf, const Sha256 *stored)
{
    html_markup(h, M("<entry>\n"));
    html_element(h, M("id"), urn_of(req->arena, s->origin, str_format(req->arena, "%lld", (long long)leaf->number)));
    html_markup(h, M("\n"));
    if (leaf_fit(leaf, stored) == FIT_GOOD) add_fit(req, h, leaf);
    else add_unfit(req, h, leaf);
    html_markup(h, M("\n"));
    add_link(h, S("alternate"), S("text/html"), req->base, leaf_path(req->arena, leaf->number));
    html_markup(h, M("</entry>\n"));
}

static void add_head(Req *req, Html *h, const Standing *s, const Choosing *c, Str updated, Str next)
{
    Arena *a = req->arena;
    html_markup(h, M("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en-GB\">\n"));
    html_element(h, M("id"), urn_of(a, s->origin, choosing_path(a, c, "feed", -1, -1)));
    html_markup(h, M("\n"));
    html_element(h, M("title"), is_choosing(c) ? S("What the apparatus did: a choice of entries") : S("What the apparatus did"));
    html_markup(h, M("\n"));
    html_element(h, M("updated"), updated);
    html_markup(h, M("\n"));
    add_link(h, S("self"), S("application/atom+xml"), req->base, choosing_path(a, c, "/record/feed.atom", c->before, -1));
    add_link(h, S("alternate"), S("text/html"), req->base, choosing_path(a, c, "/record", -1, -1));
    add_link(h, S("next"), S("application/atom+xml"), req->base, next);
}

Err record_feed(Req *req, View *view)
{
    (void)view;
    Standing *s = arena_new(req->arena, Standing, 1);
    Choosing c;
    Leaf *leaves;
    Sha256 *hashes;
    int count;
    bool older, newer;
    Err e = standing_read(req, s);
    if (!e) e = choosing_read(req, s, false, &c);
    if (!e) e = choosing_leaves(req, &c, FEED_MOST, &leaves, &hashes, &count, &older, &newer);
    if (e) return e;
    Html h = html_new(req->arena);
    Buf out = buf_new(req->arena);
    Str next = older && count ? choosing_path(req->arena, &c, "/record/feed.atom", leaves[count - 1].number, -1) : S("");
    add_head(req, &h, s, &c, time_iso(req->arena, count ? leaves[0].at : 0), next);
    for (int i = 0; i < count; i++) add_entry(req, &h, s, &leaves[i], &hashes[i]);
    html_markup(&h, M("</feed>\n"));
    html_out(&h, &out);
    req_send(req, S("application/atom+xml; charset=utf-8"), buf_done(&out), (Str){0});
    return ERR_OK;
}

/* ---- the table ---- */

static void add_cell(Buf *b, Str text)
{
    if (b->len && b->ptr[b->len - 1] != '\n') buf_byte(b, ',');
    buf_byte(b, '"');
    bool formula = text.len && str_find(S("=+-@\t\r\n"), text.ptr[0]) < 7; /* a spreadsheet would calculate it */
    if (formula) buf_byte(b, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"') buf_byte(b, '"');
        buf_byte(b, text.ptr[i]);
    }
    buf_byte(b, '"');
}

static void add_number_cell(Arena *a, Buf *b, int64_t number)
{
    add_cell(b, number >= 0 ? str_format(a, "%lld", (long long)number) : S(""));
}

static void add_row(Arena *a, Buf *b, const Leaf *leaf, const Sha256 *stored)
{
    static const Str fits[] = {S("yes"), S("NO: it was changed after it was written"), S("NO: it cannot be read")};
    const Str cells[] = {leaf->at ? time_iso(a, leaf->at) : S(""), leaf->kind, leaf->says, leaf->by.name, leaf->by.role, leaf->reason,
        leaf->until ? time_iso(a, leaf->until) : S(""), leaf->contest, leaf->unit};
    add_number_cell(a, b, leaf->number);
    for (int i = 0; i < COUNT_OF(cells); i++) add_cell(b, cells[i]);
    add_number_cell(a, b, leaf->kind.len ? leaf->power : -1);
    add_cell(b, sha256_hex(a, tree_leaf(leaf->entry)));
    add_cell(b, fits[leaf_fit(leaf, stored)]);
    buf_str(b, S("\r\n"));
}

/* So many rows from `c->before` on, in memory that is given back at once; c->before is moved. */
static NODISCARD Err add_rows(Req *req, Buf *b, Choosing *c, int *ret_count, bool *ret_older)
{
    Arena own, *outer = req->arena;
    Leaf *leaves;
    Sha256 *hashes;
    bool newer;
    arena_init(&own, ARENA_LIMIT_DEFAULT);
    req->arena = &own;
    Err e = choosing_leaves(req, c, CSV_STEP, &leaves, &hashes, ret_count, ret_older, &newer);
    for (int i = 0; !e && i < *ret_count; i++) {
        add_row(&own, b, &leaves[i], &hashes[i]);
        c->before = leaves[i].number;
    }
    req->arena = outer;
    arena_clear(&own);
    return e;
}

Err record_csv(Req *req, View *view)
{
    (void)view;
    Standing *s = arena_new(req->arena, Standing, 1);
    Choosing c;
    Err e = standing_read(req, s);
    if (!e) e = choosing_read(req, s, false, &c);
    if (e) return e;
    Buf b = buf_new(req->arena);
    buf_str(&b, S("entry,at,kind,says,name,role,reason,until,contest,unit,ends power of entry,hash,fits its hash\r\n"));
    bool older = true;
    for (int rows = 0, count = 0; older && rows < CSV_ROWS_MOST && b.len < CSV_BYTES_MOST; rows += count) {
        e = add_rows(req, &b, &c, &count, &older);
        if (e) return e;
    }
    req_send(req, S("text/csv; charset=utf-8"), buf_done(&b), S("record.csv"));
    return ERR_OK;
}
