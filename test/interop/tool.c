/* What src/record writes and reads, for programs of others to read and write (test/interop/run.py). SPDX-License-Identifier: AGPL-3.0-or-later
 *
 *   tool keys NAME KIND            a new key of kind 1 or 4: two lines, the signing key and the verifier
 *   tool log SIZE SKEY COSIGNER    a whole record in the current folder, as a site serves it under /record/: checkpoint (cosigned at second 1679315147),
 *                                  keys, tile/...; beside it leaves/N.tlog-proof for some N, and grown/N.request: that it grew from N leaves
 *   tool sign SKEY SECONDS         sign the text on stdin: a note
 *   tool check VKEY                is the note on stdin signed by that key, rightly? Exit status 0; else the number of the error
 *   tool prove VKEY                does the proof file on stdin prove the entry that it carries as "extra"? The same
 *   tool grown VKEY NOTE           does the request on stdin prove that its checkpoint grew from that of the note in file NOTE? The same
 */
#include "record/note.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { INPUT_MAX = 1 << 20, COSIGNED_AT = 1679315147, SOME = 40 };

static Arena arena;
static Arena *const a = &arena;

static _Noreturn void stop(const char *what)
{
    fprintf(stderr, "tool: %s: %s\n", what, strerror(errno));
    exit(99);
}

static Str input(FILE *from)
{
    char *bytes = arena_new(a, char, INPUT_MAX);
    size_t len = from ? fread(bytes, 1, INPUT_MAX, from) : 0;
    if (!from || ferror(from) || len == INPUT_MAX) stop("reading");
    return (Str){bytes, len};
}

static void output(Str bytes)
{
    if (fwrite(bytes.ptr, 1, bytes.len, stdout) != bytes.len || fflush(stdout)) stop("writing");
}

static void write_file(Str path, Str bytes)
{
    const char *name = str_c(a, path);
    for (size_t i = 0; i < path.len; i++)
        if (path.ptr[i] == '/' && mkdir(str_c(a, str_slice(path, 0, i)), 0777) && errno != EEXIST) stop(name);
    FILE *f = fopen(name, "wb");
    if (!f || fwrite(bytes.ptr, 1, bytes.len, f) != bytes.len || fclose(f)) stop(name);
}

static Verifier verifier(const char *text)
{
    Verifier v;
    Fault fault = {0};
    if (verifier_read(a, str_from_c(text), &v, &fault)) exit(98);
    return v;
}

static Signer signer(const char *text)
{
    Signer s;
    Fault fault = {0};
    if (signer_read(a, str_from_c(text), &s, &fault)) exit(98);
    return s;
}

/* ---- a record made up ---- */

/* Every hash of every tile, by level. */
typedef struct Made {
    int64_t size;
    Sha256 *levels[TILE_LEVELS_MAX];
} Made;

static Err made_read(void *context, int level, int64_t index, int count, Sha256 *ret_hashes)
{
    const Made *m = context;
    ASSERT(index >= 0 && index + count <= tile_hashes(level, m->size));
    memcpy(ret_hashes, m->levels[level] + index, sizeof(Sha256) * (size_t)count);
    return ERR_OK;
}

/* Of different lengths: some empty, some as long as may be. */
static Str entry(int64_t number)
{
    if (number % 1000 == 7) return (Str){0};
    if (number % 5000 == 8)
        return (Str){memset(arena_new(a, char, BUNDLE_ENTRY_MAX), (int)(number % 251), BUNDLE_ENTRY_MAX), BUNDLE_ENTRY_MAX};
    return str_format(a, "{\"hustings\":1,\"act\":\"test.made\",\"number\":%lld}", (long long)number);
}

static Made make(int64_t size)
{
    Made m = {.size = size};
    for (int level = 0; level < TILE_LEVELS_MAX; level++) {
        int64_t count = tile_hashes(level, size);
        m.levels[level] = arena_new(a, Sha256, (size_t)count);
        for (int64_t i = 0; i < count; i++) {
            Frontier f = {0};
            for (int k = 0; level > 0 && k < TILE_WIDTH; k++) frontier_add(&f, &m.levels[level - 1][i * TILE_WIDTH + k]);
            m.levels[level][i] = level ? frontier_root(&f) : tree_leaf(entry(i));
        }
    }
    return m;
}

static void write_tiles(const Made *m)
{
    for (int level = -1; level < TILE_LEVELS_MAX; level++) {
        int64_t hashes = tile_hashes(level < 0 ? 0 : level, m->size);
        for (int64_t first = 0; first < hashes; first += TILE_WIDTH) {
            int width = hashes - first < TILE_WIDTH ? (int)(hashes - first) : TILE_WIDTH;
            Buf b = buf_new(a);
            for (int64_t i = first; i < first + width; i++) {
                if (level < 0) bundle_add(&b, entry(i));
                else buf_str(&b, (Str){(const char *)m->levels[level][i].bytes, SHA256_BYTES});
            }
            write_file(tile_path(a, level, first / TILE_WIDTH, width), buf_done(&b));
        }
    }
}

/* Some numbers below `below`: both ends, around the ends of tiles, and others. */
static bool is_some(int64_t number, int64_t below)
{
    return number < 5 || number >= below - 5 || number % TILE_WIDTH == 0 || number % TILE_WIDTH == TILE_WIDTH - 1 ||
           number % (below / SOME + 1) == 0;
}

static void write_proofs(const Made *m, Str checkpoint)
{
    const TreeHashes hashes = {made_read, (void *)m};
    for (int64_t i = 0; i < m->size; i++) {
        ProofFile p = {.index = i, .checkpoint = checkpoint, .extra = entry(i)};
        AddCheckpoint r = {.old_size = i, .checkpoint = checkpoint};
        if (!is_some(i, m->size)) continue;
        if (tree_prove_inclusion(&hashes, i, m->size, &p.proof) || tree_prove_consistency(&hashes, i, m->size, &r.proof)) stop("proving");
        write_file(str_format(a, "leaves/%lld.tlog-proof", (long long)i), proof_text(a, &p));
        write_file(str_format(a, "grown/%lld.request", (long long)i), add_checkpoint_text(a, &r));
    }
}

static void make_log(int64_t size, const char *skey, const char *cosigner)
{
    Signer s = signer(skey), w = signer(cosigner);
    Made m = make(size);
    Checkpoint c = {.origin = s.verifier.name, .size = size};
    if (tree_root(&(TreeHashes){made_read, &m}, size, &c.root)) stop("root");
    Buf b = buf_new(a);
    Str text = checkpoint_text(a, &c);
    buf_str(&b, text);
    buf_byte(&b, '\n');
    buf_str(&b, note_sign(a, &s, text, 0));
    buf_str(&b, note_sign(a, &w, text, COSIGNED_AT));
    write_file(S("checkpoint"), buf_done(&b));
    write_file(S("keys"), str_format(a, "%.*s\n", STR_ARG(verifier_text(a, &s.verifier))));
    write_tiles(&m);
    write_proofs(&m, buf_done(&b));
}

/* ---- what others wrote ---- */

static Err checked(Str bytes, const Verifier *v, Checkpoint *ret_checkpoint)
{
    Note *note = arena_new(a, Note, 1);
    Fault fault = {0};
    Err e = note_read(a, bytes, note, &fault);
    if (!e) e = note_check(note, v, NULL);
    return e || !ret_checkpoint ? e : checkpoint_read(note->text, ret_checkpoint, &fault);
}

static Err proves(Str bytes, const Verifier *v)
{
    ProofFile p;
    Checkpoint c;
    Fault fault = {0};
    Err e = proof_read(a, bytes, &p, &fault);
    if (!e) e = checked(p.checkpoint, v, &c);
    if (e) return e;
    Sha256 leaf = tree_leaf(p.extra);
    return tree_verify_inclusion(&p.proof, p.index, &leaf, c.size, &c.root);
}

static Err has_grown(Str bytes, const Verifier *v, Str old_note)
{
    AddCheckpoint r;
    Checkpoint c, old;
    Fault fault = {0};
    Err e = add_checkpoint_read(a, bytes, &r, &fault);
    if (!e) e = checked(r.checkpoint, v, &c);
    if (!e) e = checked(old_note, v, &old);
    if (e) return e;
    return r.old_size == old.size ? tree_verify_consistency(&r.proof, old.size, &old.root, c.size, &c.root) : ERR_INPUT;
}

static void print_keys(const char *name, int kind)
{
    Signer s;
    signer_new(str_from_c(name), (KeyKind)kind, &s);
    output(str_format(a, "%.*s\n%.*s\n", STR_ARG(signer_text(a, &s)), STR_ARG(verifier_text(a, &s.verifier))));
    signer_wipe(&s);
}

static void print_signed(const char *skey, int64_t seconds)
{
    Signer s = signer(skey);
    Str text = input(stdin);
    output(text);
    output(S("\n"));
    output(note_sign(a, &s, text, seconds));
}

int main(int argc, char **argv)
{
    arena_init(a, ARENA_LIMIT_DEFAULT);
    Str what = str_from_c(argc > 1 ? argv[1] : "");
    Err e = ERR_OK;
    Verifier v;
    if (str_equal(what, S("keys")) && argc == 4) print_keys(argv[2], atoi(argv[3]));
    else if (str_equal(what, S("log")) && argc == 5) make_log(atoll(argv[2]), argv[3], argv[4]);
    else if (str_equal(what, S("sign")) && argc == 4) print_signed(argv[2], atoll(argv[3]));
    else if (str_equal(what, S("check")) && argc == 3) v = verifier(argv[2]), e = checked(input(stdin), &v, NULL);
    else if (str_equal(what, S("prove")) && argc == 3) v = verifier(argv[2]), e = proves(input(stdin), &v);
    else if (str_equal(what, S("grown")) && argc == 4) v = verifier(argv[2]), e = has_grown(input(stdin), &v, input(fopen(argv[3], "rb")));
    else e = ERR_MISSING;
    arena_clear(a);
    return (int)e;
}
