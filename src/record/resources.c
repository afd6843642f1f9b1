/* resources.c: what programs read of the record: C2SP tlog-tiles, the keys, proofs, and files by digest. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "record/shown.h"

static const Str octets = S("application/octet-stream"), plain = S("text/plain; charset=utf-8");

Err record_checkpoint_page(Req *req, View *view)
{
    (void)view;
    Str note;
    Checkpoint checkpoint;
    Err e = record_checkpoint(req->db, req->arena, false, -1, &note, &checkpoint);
    if (e == ERR_MISSING) return req_fail(req, e, "Nothing has been signed yet.");
    if (!e) req_send(req, plain, note, (Str){0});
    return e;
}

Err record_keys_page(Req *req, View *view)
{
    (void)view;
    SealState *state = arena_new(req->arena, SealState, 1);
    record_seal_state(req->arena, state);
    if (!state->key_count) return req_fail(req, ERR_MISSING, "This server signs nothing, so it has no keys to show.");
    Buf b = buf_new(req->arena);
    for (int i = 0; i < state->key_count; i++) buf_format(&b, "%.*s\n", STR_ARG(state->keys[i]));
    req_send(req, plain, buf_done(&b), (Str){0});
    return ERR_OK;
}

/* There is one right way to write an address of a tile; a tile of a given width never changes. */
Err record_tile_page(Req *req, View *view)
{
    (void)view;
    int level, width;
    int64_t index;
    Str bytes;
    if (!tile_path_read(req_text(req, "path"), &level, &index, &width))
        return req_fail(req, ERR_MISSING, "That is not the address of a tile.");
    Err e = record_tile(req->db, req->arena, level, index, width, &bytes);
    if (e == ERR_MISSING) return req_fail(req, e, "The newest checkpoint does not reach so far.");
    if (e) return e;
    req_send(req, octets, bytes, (Str){0});
    if (level < 0) req_packable(req);
    req_lasting(req);
    return ERR_OK;
}

Err record_proof_page(Req *req, View *view)
{
    (void)view;
    Str text;
    int64_t number = req_number(req, "leaf"), size;
    Err e = record_proof(req->db, req->arena, number, &text);
    if (!e) req_send(req, plain, text, str_format(req->arena, "leaf-%lld.tlog-proof", (long long)number));
    if (e != ERR_MISSING) return e;
    e = record_size(req->db, req->arena, &size);
    if (e) return e;
    return req_fail(req, ERR_MISSING,
        number < size ? "Entry %lld is not signed yet. That takes a second or two: try again." : "There is no entry %lld in the record.",
        (long long)number);
}

static int digit_of(char c)
{
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool digest_read(Str text, Sha256 *ret_digest)
{
    if (text.len != (size_t)2 * SHA256_BYTES) return false;
    for (size_t i = 0; i < SHA256_BYTES; i++) {
        int high = digit_of(text.ptr[2 * i]), low = digit_of(text.ptr[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        ret_digest->bytes[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}

/* What it is on this site: its own address when it has one, its bytes when the record keeps them; nothing that runs (req_send). */
Err record_side_page(Req *req, View *view)
{
    (void)view;
    Sha256 digest;
    ActFile file;
    if (!digest_read(req_text(req, "digest"), &digest))
        return req_fail(req, ERR_MISSING, "A file's address here is its SHA-256: 64 digits, 0-9 and a-f.");
    Err e = record_file(req->db, req->arena, &digest, &file);
    if (e == ERR_MISSING) return req_fail(req, e, "No entry of the record names a file with that SHA-256.");
    if (e) return e;
    if (file.path.len) {
        req_redirect(req, "%.*s", STR_ARG(file.path));
        return ERR_OK;
    }
    if (!file.bytes.len && file.size)
        return req_gone(req, "This file (%.*s) was here and has been taken away. That it was here, and its SHA-256, stay in the record.",
            STR_ARG(file.name));
    req_send(req, octets, file.bytes, file.name);
    req_lasting(req);
    return ERR_OK;
}
