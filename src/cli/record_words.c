/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "cli/record_words.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* ---- small words ---- */

Str utc_words(Arena *a, int64_t ms)
{
    time_t seconds = (time_t)(ms / 1000);
    struct tm t;
    gmtime_r(&seconds, &t);
    return str_format(a, "%04d-%02d-%02d %02d:%02d:%02d UTC", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec);
}

Str number_words(Arena *a, int64_t n)
{
    Str digits = str_format(a, "%lld", (long long)n);
    Buf b = buf_new(a);
    for (size_t i = 0; i < digits.len; i++) {
        if (i && (digits.len - i) % 3 == 0 && digits.ptr[i - 1] != '-') buf_byte(&b, ',');
        buf_byte(&b, digits.ptr[i]);
    }
    return buf_done(&b);
}

static Str counted(Arena *a, int64_t n, const char *one, const char *many)
{
    Str number = number_words(a, n);
    return str_format(a, "%.*s %s", STR_ARG(number), n == 1 ? one : many);
}

/* ---- tallies ---- */

void tally_add(Arena *a, Tally *tally, Str name, Str role)
{
    for (int i = 0; i < tally->count; i++) {
        if (!str_equal(tally->rows[i].name, name) || !str_equal(tally->rows[i].role, role)) continue;
        tally->rows[i].count++;
        return;
    }
    if (tally->count == TALLY_MAX) {
        tally->others++;
        return;
    }
    tally->rows[tally->count].name = str_copy(a, name);
    tally->rows[tally->count].role = str_copy(a, role);
    tally->rows[tally->count++].count = 1;
}

static int more_first(const void *p, const void *q)
{
    const TallyRow *x = p, *y = q;
    return (x->count < y->count) - (x->count > y->count);
}

void tally_sort(Tally *tally)
{
    qsort(tally->rows, (size_t)tally->count, sizeof tally->rows[0], more_first);
}

/* ---- what others wrote, for a terminal ---- */

/* Would move a cursor, colour what follows, or turn the direction of writing. */
static bool is_unsafe(uint32_t point)
{
    bool control = (point < 0x20 && point != '\n' && point != '\t') || (point >= 0x7f && point < 0xa0);
    return control || point == 0x2028 || point == 0x2029 || (point >= 0x202a && point <= 0x202e) || (point >= 0x2066 && point <= 0x206f);
}

/* As it is, but for such characters, as U+XXXX, and bytes that are no UTF-8, as \xNN. Files and --json have it as it is. */
static void safe_words(Buf *b, Str text)
{
    for (size_t at = 0; at < text.len;) {
        uint32_t point = 0;
        size_t len = str_code_point(text, at, &point);
        if (!len) buf_format(b, "\\x%02x", (unsigned)(uint8_t)text.ptr[at]);
        else if (is_unsafe(point)) buf_format(b, "<U+%04X>", (unsigned)point);
        else buf_str(b, str_slice(text, at, at + len));
        at += len ? len : 1;
    }
}

/* ---- one act ---- */

static void by_words(Buf *b, const Leaf *leaf)
{
    if (str_equal(leaf->by.role, S("program"))) buf_str(b, S("by the program itself"));
    else buf_format(b, "by %.*s, %.*s", STR_ARG(leaf->by.name), STR_ARG(leaf->by.role));
}

void leaf_words(Buf *b, const Leaf *leaf)
{
    Arena *a = b->arena;
    Str at = utc_words(a, leaf->at);
    buf_format(b, "%lld  %.*s  %.*s, ", (long long)leaf->number, STR_ARG(at), STR_ARG(leaf->title));
    by_words(b, leaf);
    buf_format(b, "\n    %.*s\n", STR_ARG(leaf->says));
    if (leaf->contest.len) buf_format(b, "    contest: %.*s\n", STR_ARG(leaf->contest));
    if (leaf->unit.len) buf_format(b, "    unit: %.*s\n", STR_ARG(leaf->unit));
    if (leaf->reason.len) buf_format(b, "    why: %.*s\n", STR_ARG(leaf->reason));
    if (leaf->until) {
        Str until = utc_words(a, leaf->until);
        buf_format(b, "    until: %.*s\n", STR_ARG(until));
    }
    if (leaf->power >= 0) buf_format(b, "    ends what leaf %lld gave\n", (long long)leaf->power);
    for (int i = 0; i < leaf->file_count; i++) {
        Str digest = sha256_hex(a, leaf->files[i].digest);
        buf_format(
            b, "    file: %.*s, %lld bytes, SHA-256 %.*s\n", STR_ARG(leaf->files[i].name), (long long)leaf->files[i].size, STR_ARG(digest));
    }
}

static void put_some(View *object, Str key, Str text)
{
    if (text.len) view_put_str(object, key, text);
}

void leaf_view(Arena *a, View *object, const Leaf *leaf)
{
    view_put_i64(object, S("leaf"), leaf->number);
    view_put_str(object, S("act"), leaf->kind);
    view_put_str(object, S("at"), utc_words(a, leaf->at));
    view_put_i64(object, S("at_ms"), leaf->at);
    view_put_str(object, S("says"), leaf->says);
    view_put_str(object, S("by"), leaf->by.name);
    view_put_str(object, S("role"), leaf->by.role);
    put_some(object, S("contest"), leaf->contest);
    put_some(object, S("unit"), leaf->unit);
    put_some(object, S("reason"), leaf->reason);
    if (leaf->until) view_put_str(object, S("until"), utc_words(a, leaf->until));
    if (leaf->power >= 0) view_put_i64(object, S("power"), leaf->power);
    if (leaf->data) view_put(object, S("data"), view_copy(a, leaf->data));
    view_put_str(object, S("entry"), leaf->entry);
}

/* ---- a report in words ---- */

static void line(Buf *b, const char *head, Str text)
{
    buf_format(b, "  %-12s ", head);
    safe_words(b, text);
    buf_byte(b, '\n');
}

static Str key_words(const VerifyReport *r)
{
    if (r->trust == KEY_GIVEN) return S("the one that you gave");
    if (r->trust == KEY_EARLIER) return S("one that you know from before, or that such a one vouches for");
    return S("the one that the record names as its own. Nobody else vouches for it: this shows that the record is whole, not whose it is.");
}

static void put_keys(Buf *b, const VerifyReport *r)
{
    line(b, "signed by", r->key.len ? r->key : S("no key that is known"));
    if (r->key.len) line(b, "", key_words(r));
}

static void put_what(Buf *b, const Told *t)
{
    const VerifyReport *r = t->report;
    Arena *a = b->arena;
    Str leaves = counted(a, r->leaves, "leaf was read", "leaves were read"), of = number_words(a, r->checkpoint.size);
    line(b, "leaves", str_format(a, "%.*s, of %.*s that were signed", STR_ARG(leaves), STR_ARG(of)));
    if (r->unsealed) line(b, "", str_format(a, "%lld more are not signed yet", (long long)r->unsealed));
    Str from = utc_words(a, r->first), to = utc_words(a, r->last);
    if (r->first) line(b, "from, to", str_format(a, "%.*s, %.*s", STR_ARG(from), STR_ARG(to)));
}

static void put_compared(Buf *b, const Told *t)
{
    const VerifyReport *r = t->report;
    Arena *a = b->arena;
    if (r->earlier_checked == 1)
        line(b, "earlier",
            str_format(a, "the checkpoint of %lld leaves from before: this record only adds to it", (long long)r->earlier_largest));
    else if (r->earlier_checked)
        line(b, "earlier",
            str_format(a, "%lld checkpoints from before, of %lld to %lld leaves: this record only adds to them",
                (long long)r->earlier_checked, (long long)r->earlier_smallest, (long long)r->earlier_largest));
    else if (!r->earlier_given)
        line(b, "earlier",
            S("no checkpoint from before was given: whether the record was rewritten before today cannot be told (--state remembers)"));
    if (r->earlier_given > r->earlier_checked)
        line(b, "",
            str_format(a, "of %lld checkpoints from before that were given, it fits %lld", (long long)r->earlier_given,
                (long long)r->earlier_checked));
    if (r->against_compared >= 0)
        line(b, "against", str_format(a, "%lld leaves are the same in %.*s", (long long)r->against_compared, STR_ARG(t->against)));
    for (int i = 0; i < r->witness_count; i++) {
        Str time = utc_words(a, r->witnesses[i].time * 1000), name = r->witnesses[i].name;
        Str what = r->witnesses[i].good ? str_format(a, "cosigned on %.*s", STR_ARG(time)) : S("has not cosigned this checkpoint");
        line(b, "witness", str_format(a, "%.*s %.*s", STR_ARG(name), STR_ARG(what)));
    }
    if (t->with_files)
        line(b, "files",
            str_format(a, "named %lld times: %lld read and right, %lld named again and not read twice, %lld there once and taken away",
                (long long)r->files, (long long)r->files_checked, (long long)r->files_again, (long long)r->files_gone));
}

static void put_store(Buf *b, const VerifyReport *r)
{
    if (!r->store_checkpoints) return;
    Arena *a = b->arena;
    Str unchecked = r->store_unchecked_cosignatures ? str_format(a, "; %lld of them by witnesses whose keys were not given (--witness)",
                                                          (long long)r->store_unchecked_cosignatures)
                                                    : S("");
    line(b, "the store",
        str_format(a, "every column, node, file and power was held against the entries; %lld checkpoints, %lld cosignatures%.*s",
            (long long)r->store_checkpoints, (long long)r->store_cosignatures, STR_ARG(unchecked)));
}

static void put_tally(Buf *b, const char *head, const Tally *tally)
{
    Arena *a = b->arena;
    for (int i = 0; i < tally->count && i < 12; i++) {
        Str n = number_words(a, tally->rows[i].count), name = tally->rows[i].name, role = tally->rows[i].role;
        Str of = role.len ? str_format(a, ", %.*s", STR_ARG(role)) : S("");
        line(b, i ? "" : head, str_format(a, "%.*s%.*s: %.*s", STR_ARG(name), STR_ARG(of), STR_ARG(n)));
    }
    if (tally->count > 12) line(b, "", S("and others ('hustings record show' lists all)"));
}

void findings_words(Buf *b, const VerifyReport *r)
{
    int kept = r->finding_count < FINDINGS_MAX ? r->finding_count : FINDINGS_MAX;
    for (int i = 0; i < kept; i++) {
        const Finding *f = &r->findings[i];
        buf_str(b, f->kind == FINDING_WRONG ? S("WRONG: ") : S("doubt: "));
        safe_words(b, f->words);
        buf_byte(b, '\n');
    }
    if (r->finding_count > kept) buf_format(b, "(%d more are not shown)\n", r->finding_count - kept);
    if (!r->contradiction) return;
    buf_str(b, S("\nThe two notes, which together prove it to anybody:\n"));
    for (int i = 0; i < 2; i++) {
        buf_byte(b, '\n');
        safe_words(b, r->evidence[i]);
    }
    buf_byte(b, '\n');
}

static void put_verdict(Buf *b, const Told *t)
{
    const VerifyReport *r = t->report;
    if (r->right && r->earlier_checked) buf_str(b, S("RIGHT: the record is whole, and nothing that it held before was rewritten.\n"));
    else if (r->right) buf_str(b, S("RIGHT: the record is whole: every entry is the one that was signed.\n"));
    else if (r->first_wrong >= 0) buf_format(b, "WRONG: the first leaf that is wrong is %lld.\n", (long long)r->first_wrong);
    else buf_str(b, S("WRONG.\n"));
    if (t->state.len && r->right) buf_format(b, "Remembered in %.*s for the next time.\n", STR_ARG(t->state));
}

void verdict_words(Buf *b, const Told *t)
{
    const VerifyReport *r = t->report;
    Arena *a = b->arena;
    buf_str(b, S("The record of "));
    safe_words(b, r->checkpoint.origin);
    buf_format(b, ", read from %.*s\n", STR_ARG(t->where));
    Str root = sha256_hex(a, r->checkpoint.root), size = counted(a, r->checkpoint.size, "leaf", "leaves");
    line(b, "checkpoint", str_format(a, "%.*s, root %.*s", STR_ARG(size), STR_ARG(root)));
    put_keys(b, r);
    put_what(b, t);
    put_compared(b, t);
    put_store(b, r);
    if (t->kinds) put_tally(b, "what", t->kinds);
    if (t->officers) put_tally(b, "who", t->officers);
    buf_byte(b, '\n');
    findings_words(b, r);
    put_verdict(b, t);
}

/* ---- and for programs ---- */

static void put_findings(View *v, const VerifyReport *r)
{
    View *list = view_put_array(v, S("findings"));
    for (int i = 0; i < r->finding_count && i < FINDINGS_MAX; i++) {
        View *f = view_add_object(list);
        view_put_str(f, S("kind"), r->findings[i].kind == FINDING_WRONG ? S("wrong") : S("doubt"));
        view_put_i64(f, S("leaf"), r->findings[i].leaf);
        view_put_i64(f, S("last"), r->findings[i].last);
        view_put_str(f, S("words"), r->findings[i].words);
    }
    view_put_i64(v, S("finding_count"), r->finding_count);
}

static void put_rows(View *v, Str key, const Tally *tally)
{
    View *list = view_put_array(v, key);
    for (int i = 0; tally && i < tally->count; i++) {
        View *row = view_add_object(list);
        view_put_str(row, S("name"), tally->rows[i].name);
        put_some(row, S("role"), tally->rows[i].role);
        view_put_i64(row, S("acts"), tally->rows[i].count);
    }
}

static void put_witnesses(View *v, const VerifyReport *r)
{
    View *list = view_put_array(v, S("witnesses"));
    for (int i = 0; i < r->witness_count; i++) {
        View *w = view_add_object(list);
        view_put_str(w, S("name"), r->witnesses[i].name);
        view_put_bool(w, S("cosigned"), r->witnesses[i].good);
        view_put_i64(w, S("time"), r->witnesses[i].time);
    }
}

static void put_checkpoint(Arena *a, View *v, const VerifyReport *r)
{
    static const Str trust[] = {[KEY_UNKNOWN] = S("own word"), [KEY_EARLIER] = S("known before"), [KEY_GIVEN] = S("given")};
    view_put_str(v, S("origin"), r->checkpoint.origin);
    view_put_i64(v, S("size"), r->checkpoint.size);
    view_put_str(v, S("root"), sha256_hex(a, r->checkpoint.root));
    view_put_str(v, S("note"), r->note);
    view_put_str(v, S("key"), r->key);
    view_put_str(v, S("key_trust"), trust[r->trust]);
}

Str verdict_json(Arena *a, const Told *t)
{
    const VerifyReport *r = t->report;
    View *v = view_object(a);
    view_put_bool(v, S("right"), r->right);
    view_put_i64(v, S("first_wrong"), r->first_wrong);
    put_checkpoint(a, v, r);
    view_put_i64(v, S("leaves"), r->leaves);
    view_put_i64(v, S("bytes"), r->bytes);
    view_put_i64(v, S("unsigned"), r->unsealed);
    view_put_i64(v, S("first_ms"), r->first);
    view_put_i64(v, S("last_ms"), r->last);
    view_put_i64(v, S("earlier_checkpoints"), r->earlier_checked);
    view_put_i64(v, S("same_as_other"), r->against_compared);
    view_put_i64(v, S("files"), r->files);
    view_put_i64(v, S("files_checked"), r->files_checked);
    view_put_i64(v, S("files_taken_away"), r->files_gone);
    view_put_i64(v, S("files_named_again"), r->files_again);
    put_witnesses(v, r);
    put_rows(v, S("kinds"), t->kinds);
    put_rows(v, S("officers"), t->officers);
    put_findings(v, r);
    view_put_bool(v, S("log_contradicts_itself"), r->contradiction);
    View *evidence = view_put_array(v, S("evidence"));
    for (int i = 0; i < 2 && r->contradiction; i++) view_add_str(evidence, r->evidence[i]);
    Buf b = buf_new(a);
    view_json(v, &b, true);
    return buf_done(&b);
}
