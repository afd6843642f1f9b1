/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/static.h"

#include "core/disk.h"
#include "core/sha256.h"
#include "http/embedded.h"

#include <string.h>
#define ZLIB_CONST /* what is read stays const */
#include <zlib.h>

/* What templates call a file, and where it is. */
typedef struct Asset {
    Str name, path;
} Asset;

struct Static {
    EmbeddedFile *files;
    Asset *assets; /* assets[k] is of files[k] */
    int count;
    Str overrides, dev;
};

/* The types that are served; scripts/embed.py has the same ones (TYPES). */
static const struct {
    const char *ending, *type;
} types[] = {
    {".css", "text/css; charset=utf-8"},
    {".ico", "image/x-icon"},
    {".jpg", "image/jpeg"},
    {".js", "text/javascript; charset=utf-8"},
    {".png", "image/png"},
    {".svg", "image/svg+xml"},
    {".txt", "text/plain; charset=utf-8"},
    {".webmanifest", "application/manifest+json"},
    {".woff2", "font/woff2"},
};

/* ---- files that are not compiled in ---- */

static size_t ending_at(Str name)
{
    size_t at = name.len;
    while (at > 0 && name.ptr[at - 1] != '.') at--;
    return at ? at - 1 : name.len;
}

static Str type_of(Str name)
{
    for (int k = 0; k < COUNT_OF(types); k++)
        if (str_equal(str_slice(name, ending_at(name), name.len), str_from_c(types[k].ending))) return str_from_c(types[k].type);
    return (Str){0};
}

/* Fit for a path and for a name in a template: no blanks, nothing that would have to be escaped. */
static bool is_plain_name(Str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (!word && c != '.') return false;
    }
    return name.len > 0 && name.len <= 100 && name.ptr[0] != '.';
}

/* As gzip -9 makes it; empty when that is not smaller. */
static Str packed(Arena *a, Str bytes)
{
    enum { GZIP = 16 };
    z_stream z = {0};
    if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, MAX_WBITS + GZIP, 9, Z_DEFAULT_STRATEGY) != Z_OK) out_of_memory(bytes.len);
    uLong room = deflateBound(&z, (uLong)bytes.len);
    Bytef *out = arena_new(a, Bytef, room);
    z.next_in = (const Bytef *)bytes.ptr;
    z.avail_in = (uInt)bytes.len;
    z.next_out = out;
    z.avail_out = (uInt)room;
    int end = deflate(&z, Z_FINISH);
    size_t len = room - z.avail_out;
    deflateEnd(&z);
    ASSERT(end == Z_STREAM_END);
    return len < bytes.len ? (Str){(const char *)out, len} : (Str){0};
}

static EmbeddedFile made_of(Arena *a, Str name, Str bytes)
{
    Str digest = sha256_hex(a, sha256(bytes));
    size_t at = ending_at(name);
    return (EmbeddedFile){
        .name = name,
        .hashed = str_format(a, "%.*s-%.16s%.*s", (int)at, name.ptr, digest.ptr, (int)(name.len - at), name.ptr + at),
        .type = type_of(name),
        .digest = digest,
        .bytes = bytes,
        .gzip = packed(a, bytes),
    };
}

NODISCARD static Err read_file(Arena *a, Str folder, Str name, EmbeddedFile *ret_file, Fault *fault)
{
    Str path = str_format(a, "%.*s/%.*s", STR_ARG(folder), STR_ARG(name)), bytes;
    if (!is_plain_name(name) || !type_of(name).len) {
        fault->file = path;
        return fault_set(fault, ERR_INPUT, 0, 0, S("a name of letters, digits, '_', '-' and an ending that is served (docs/templates.md)"),
            fault_quote(a, name));
    }
    Err e = disk_read(a, path, STATIC_FILE_MAX, &bytes, fault);
    if (e) return e;
    *ret_file = made_of(a, str_copy(a, name), bytes);
    return ERR_OK;
}

/* ---- the table ---- */

/* In place of that of the same name, or behind the others. */
static void take_file(Static *s, Arena *a, EmbeddedFile file)
{
    for (int k = 0; k < s->count; k++) {
        if (!str_equal(s->files[k].name, file.name)) continue;
        s->files[k] = file;
        return;
    }
    s->files = arena_grow(a, EmbeddedFile, s->files, (size_t)s->count, (size_t)s->count + 1);
    s->files[s->count++] = file;
}

/* `ours`: of the source tree, where files stand that are for no browser (jsconfig.json); an operator's would be a mistake. */
NODISCARD static Err take_folder(Static *s, Arena *a, Str folder, bool ours, Fault *fault)
{
    DiskEntry *entries;
    int count = 0;
    Err e = disk_list(a, folder, &entries, &count, fault);
    if (e == ERR_MISSING) return ERR_OK;
    for (int k = 0; k < count && !e; k++) {
        EmbeddedFile file;
        if (ours && !type_of(entries[k].name).len) continue;
        e = read_file(a, folder, entries[k].name, &file, fault);
        if (!e) take_file(s, a, file);
    }
    return e;
}

static Str asset_name(Arena *a, Str name)
{
    char *key = arena_new(a, char, name.len);
    for (size_t i = 0; i < name.len; i++) key[i] = name.ptr[i] == '.' || name.ptr[i] == '-' ? '_' : name.ptr[i];
    return (Str){key, name.len};
}

NODISCARD static Err name_assets(Static *s, Arena *a, Fault *fault)
{
    s->assets = arena_new(a, Asset, (size_t)s->count);
    for (int k = 0; k < s->count; k++) {
        s->assets[k] = (Asset){asset_name(a, s->files[k].name), str_format(a, "/static/%.*s", STR_ARG(s->files[k].hashed))};
        for (int n = 0; n < k; n++) {
            if (!str_equal(s->assets[k].name, s->assets[n].name)) continue;
            fault->file = s->files[k].name;
            return fault_set(
                fault, ERR_INPUT, 0, 0, S("a name that is another's neither with '_' for '.' and '-'"), fault_quote(a, s->files[n].name));
        }
    }
    return ERR_OK;
}

NODISCARD static Err fill(Static *s, Arena *a, Fault *fault)
{
    for (int k = 0; k < embedded_file_count; k++) take_file(s, a, embedded_files[k]);
    Err e = ERR_OK;
    if (s->dev.len) e = take_folder(s, a, str_format(a, "%.*s/web", STR_ARG(s->dev)), true, fault);
    if (!e && s->overrides.len) e = take_folder(s, a, str_format(a, "%.*s/static", STR_ARG(s->overrides)), false, fault);
    return e ? e : name_assets(s, a, fault);
}

Err static_open(Arena *a, const StaticOptions *options, Static **ret_static, Fault *fault)
{
    Static *s = arena_new(a, Static, 1);
    *s = (Static){.overrides = str_copy(a, options->overrides), .dev = str_copy(a, options->dev)};
    Err e = fill(s, a, fault);
    if (e) return e;
    *ret_static = s;
    return ERR_OK;
}

/* The table as it is now: with `dev`, read again into `a`. A file that cannot be read now leaves the table as it was at start. */
static const Static *now(const Static *files, Arena *a, Static *again)
{
    Fault fault = {0};
    if (!files->dev.len) return files;
    *again = (Static){.overrides = files->overrides, .dev = files->dev};
    return fill(again, a, &fault) ? files : again;
}

View *static_assets(const Static *files, Arena *a)
{
    Static again;
    const Static *s = now(files, a, &again);
    View *assets = view_object(a);
    for (int k = 0; k < s->count; k++) view_put_str(assets, s->assets[k].name, s->assets[k].path);
    return assets;
}

/* ---- answering ---- */

static bool quality_is_zero(Str parameters)
{
    Str one;
    while (parameters.len) {
        str_cut(parameters, ';', &one, &parameters);
        one = str_trim(one);
        if (!str_equal_nocase(str_slice(one, 0, one.len < 2 ? one.len : 2), S("q="))) continue;
        for (size_t i = 2; i < one.len; i++)
            if (one.ptr[i] != '0' && one.ptr[i] != '.') return false;
        return true;
    }
    return false;
}

bool accepts_gzip(Str accept_encoding)
{
    bool any = false, named = false, accepted = false;
    while (accept_encoding.len) {
        Str one, coding, parameters;
        str_cut(accept_encoding, ',', &one, &accept_encoding);
        str_cut(one, ';', &coding, &parameters);
        coding = str_trim(coding);
        bool gzip = str_equal_nocase(coding, S("gzip")) || str_equal_nocase(coding, S("x-gzip"));
        if (gzip) accepted = !quality_is_zero(parameters);
        if (str_equal(coding, S("*"))) any = !quality_is_zero(parameters);
        named |= gzip;
    }
    return named ? accepted : any;
}

static Str without_weakness(Str etag)
{
    etag = str_trim(etag);
    return str_starts(etag, S("W/")) ? str_slice(etag, 2, etag.len) : etag;
}

bool etag_matches(Str if_none_match, Str etag)
{
    if (str_equal(str_trim(if_none_match), S("*"))) return true;
    while (if_none_match.len) {
        Str one;
        str_cut(if_none_match, ',', &one, &if_none_match);
        if (str_equal(without_weakness(one), without_weakness(etag))) return true;
    }
    return false;
}

static void say(Answer *answer, Str name, Str value)
{
    ASSERT(answer->header_count < ANSWER_HEADERS_MAX);
    answer->headers[answer->header_count++] = (Header){name, value};
}

static void answer_with(const EmbeddedFile *file, Exchange *ex, Str how_long)
{
    bool gzip = file->gzip.len && accepts_gzip(exchange_header(ex, "accept-encoding"));
    /* Two representations, two tags. */
    Str etag = str_format(ex->arena, "\"%.32s%s\"", file->digest.ptr, gzip ? "-gzip" : "");
    bool known = etag_matches(exchange_header(ex, "if-none-match"), etag);
    Answer *answer = &ex->answer;
    answer->status = known ? 304 : 200;
    say(answer, S("ETag"), etag);
    say(answer, S("Cache-Control"), how_long);
    if (file->gzip.len) say(answer, S("Vary"), S("Accept-Encoding"));
    if (known) return;
    say(answer, S("Content-Type"), file->type);
    if (gzip) say(answer, S("Content-Encoding"), S("gzip"));
    answer->body = gzip ? file->gzip : file->bytes;
}

bool static_answer(const Static *files, Exchange *ex, Str name)
{
    Static again;
    const Static *s = now(files, ex->arena, &again);
    for (int k = 0; k < s->count; k++) {
        bool hashed = str_equal(s->files[k].hashed, name);
        if (!hashed && !str_equal(s->files[k].name, name)) continue;
        Str how_long = s->dev.len ? S("no-cache") : hashed ? S("public, max-age=31536000, immutable") : S("public, max-age=300");
        answer_with(&s->files[k], ex, how_long);
        return true;
    }
    return false;
}
