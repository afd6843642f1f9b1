/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * A proof is read loosely and then held against the one way to write what was read, so that every byte of it means something.
 */
#include "roll/freeze.h"

#include "core/json.h"

Str roll_proof_text(Arena *a, const RollProof *p)
{
    Buf b = buf_new(a);
    Str root = sha256_hex(a, p->root);
    buf_format(&b, "roll-entry/1\nroll %.*s version %lld\nentry %lld of %lld\nroot %.*s\npath %d\n", STR_ARG(p->roll),
        (long long)p->version, (long long)p->number, (long long)p->size, STR_ARG(root), p->path.count);
    for (int i = 0; i < p->path.count; i++) {
        buf_str(&b, sha256_hex(a, p->path.hashes[i]));
        buf_byte(&b, '\n');
    }
    buf_byte(&b, '\n');
    buf_str(&b, p->entry);
    buf_byte(&b, '\n');
    return buf_done(&b);
}

/* ---- reading, line by line ---- */

typedef struct Reader {
    Arena *a;
    Str rest;
    int64_t line;
    Fault *fault;
} Reader;

static Err refuse(Reader *r, const char *expected, Str found)
{
    return fault_set(r->fault, ERR_INPUT, r->line, 0, str_from_c(expected), found.len ? fault_quote(r->a, found) : S("nothing"));
}

static Str next_line(Reader *r)
{
    Str line;
    str_cut(r->rest, '\n', &line, &r->rest);
    r->line++;
    return line;
}

static bool take_word(Str *rest, const char *word)
{
    Str w = str_from_c(word);
    if (!str_starts(*rest, w)) return false;
    *rest = str_slice(*rest, w.len, rest->len);
    return true;
}

static bool take_number(Str text, int64_t *ret_number)
{
    return str_to_i64(text, ret_number) && *ret_number >= 0;
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool hash_of(Str hex, Sha256 *ret_hash)
{
    if (hex.len != (size_t)2 * SHA256_BYTES) return false;
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        int high = digit_of(hex.ptr[2 * i]), low = digit_of(hex.ptr[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        ret_hash->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

static Err read_head(Reader *r, RollProof *p)
{
    Str line = next_line(r), rest, left;
    if (!str_equal(line, S("roll-entry/1"))) return refuse(r, "a member's proof, whose first line is 'roll-entry/1'", line);
    line = rest = next_line(r);
    if (!take_word(&rest, "roll ") || !str_cut(rest, ' ', &p->roll, &rest) || !p->roll.len || !take_word(&rest, "version ") ||
        !take_number(rest, &p->version))
        return refuse(r, "'roll NAME version NUMBER'", line);
    line = rest = next_line(r);
    if (!take_word(&rest, "entry ") || !str_cut(rest, ' ', &left, &rest) || !take_number(left, &p->number) || !take_word(&rest, "of ") ||
        !take_number(rest, &p->size))
        return refuse(r, "'entry NUMBER of NUMBER'", line);
    line = rest = next_line(r);
    if (!take_word(&rest, "root ") || !hash_of(rest, &p->root)) return refuse(r, "'root' and 64 hexadecimal digits", line);
    return ERR_OK;
}

static Err read_path(Reader *r, RollProof *p)
{
    int64_t count;
    Str line = next_line(r), rest = line;
    if (!take_word(&rest, "path ") || !take_number(rest, &count) || count > TREE_PROOF_MAX)
        return refuse(r, "'path' and a number up to 64", line);
    p->path.count = (int)count;
    for (int i = 0; i < p->path.count; i++) {
        line = next_line(r);
        if (!hash_of(line, &p->path.hashes[i])) return refuse(r, "64 hexadecimal digits", line);
    }
    line = next_line(r);
    return line.len ? refuse(r, "an empty line before the entry", line) : ERR_OK;
}

static Err read_entry(Reader *r, RollProof *p)
{
    View *fields;
    p->entry = next_line(r);
    if (!p->entry.len || p->entry.len > ROLL_ENTRY_MAX) return refuse(r, "the entry: one line of JSON", p->entry);
    Err e = json_read(r->a, p->entry, &fields, r->fault);
    if (e) {
        r->fault->line += r->line - 1;
        return e;
    }
    const View *mark = view_get(fields, S("hustings_roll")), *roll = view_get(fields, S("roll"));
    if (!mark || view_kind(mark) != VIEW_I64 || view_i64(mark) != 1)
        return refuse(r, "an entry of a roll: {\"hustings_roll\":1,...", p->entry);
    if (!roll || view_kind(roll) != VIEW_STR || !str_equal(view_str(roll), p->roll))
        return refuse(r, "an entry of the roll named above", p->entry);
    p->fields = fields;
    return ERR_OK;
}

Err roll_proof_read(Arena *a, Str text, RollProof *ret_proof, Fault *fault)
{
    Reader r = {.a = a, .rest = text, .fault = fault};
    RollProof p = {0};
    Err e = read_head(&r, &p);
    if (!e) e = read_path(&r, &p);
    if (!e) e = read_entry(&r, &p);
    if (e) return e;
    if (!str_equal(roll_proof_text(a, &p), text))
        return fault_set(fault, ERR_INPUT, 0, 0, S("a proof as 'roll-entry/1' is written, and nothing else"),
            S("blanks, digits or lines that stand otherwise there"));
    Sha256 leaf = tree_leaf(p.entry);
    if (tree_verify_inclusion(&p.path, p.number, &leaf, p.size, &p.root))
        return fault_set(fault, ERR_INPUT, 0, 0, S("a path that leads from the entry to the root"),
            S("one that does not: something in this file was changed"));
    *ret_proof = p;
    return ERR_OK;
}

static Str roll_in_words(Arena *a, Str roll, int64_t version)
{
    return str_format(a, "a proof of the roll %.*s, version %lld", STR_ARG(roll), (long long)version);
}

Err roll_proof_check(Arena *a, const RollProof *proof, const RollPublished *published, Fault *fault)
{
    if (!str_equal(proof->roll, published->roll) || proof->version != published->version)
        return fault_set(
            fault, ERR_INPUT, 0, 0, roll_in_words(a, published->roll, published->version), roll_in_words(a, proof->roll, proof->version));
    if (proof->size != published->count)
        return fault_set(fault, ERR_INPUT, 0, 0, str_format(a, "a proof of a roll of %lld entries", (long long)published->count),
            str_format(a, "one of %lld", (long long)proof->size));
    if (hash_equal(&proof->root, &published->root)) return ERR_OK;
    return fault_set(fault, ERR_INPUT, 0, 0, S("the root that was published"), S("another root in the proof"));
}
