/* keys.c: the key file, and what an operator writes down of a witness. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * What was read of it lives in the caller's arena only as names; the text with the secrets goes through an arena that is overwritten.
 */
#include "record/seal.h"

#include "core/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sodium/utils.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 4096, FILE_MODE = 0600, LOCK_MS = 5000 };

static Err cannot(Arena *a, Fault *fault, int why)
{
    char words[200];
    Str reason = str_copy(a, str_from_c(strerror_r(why, words, sizeof words)));
    return fault_set(fault, why == ENOENT ? ERR_MISSING : why == ELOOP ? ERR_INPUT : ERR_IO, 0, 0, reason, (Str){0});
}

/* --- reading --- */

static Err check_owner_alone(Arena *a, Str path, const struct stat *about, Fault *fault)
{
    if (!S_ISREG(about->st_mode)) return fault_set(fault, ERR_INPUT, 0, 0, S("a file with the record's key"), S("no plain file"));
    if ((about->st_mode & 077) == 0) return ERR_OK;
    return fault_setf(fault, a, ERR_INPUT,
        "others than its owner may read or write this key (mend it: chmod 600 %.*s; if others had it, change the key)", STR_ARG(path));
}

/* `secret` is the arena that will be overwritten. */
static Err read_open_file(Arena *a, Arena *secret, Str path, int file, Str *ret_text, Fault *fault)
{
    struct stat about;
    if (fstat(file, &about) != 0) return cannot(a, fault, errno);
    Err e = check_owner_alone(a, path, &about, fault);
    if (e) return e;
    char *bytes = arena_new(secret, char, FILE_MAX + 1);
    ssize_t len = read(file, bytes, FILE_MAX + 1);
    if (len < 0) return cannot(a, fault, errno);
    if (len > FILE_MAX) return fault_setf(fault, a, ERR_INPUT, "more than %d bytes are no keys", FILE_MAX);
    *ret_text = (Str){bytes, (size_t)len};
    return ERR_OK;
}

static Err read_file(Arena *a, Arena *secret, Str path, Str *ret_text, Fault *fault)
{
    int file = open(str_c(a, path), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK);
    if (file < 0) return cannot(a, fault, errno);
    Err e = read_open_file(a, secret, path, file, ret_text, fault);
    close(file);
    return e;
}

static bool is_known(const RecordKeys *keys, const Verifier *verifier)
{
    for (int i = 0; i < keys->count; i++)
        if (verifier_equal(&keys->signers[i].verifier, verifier)) return true;
    return false;
}

/* Words that do not quote the line: it may be a secret with one byte too many. */
static Err refuse_line(Fault *fault, int64_t line, Str expected)
{
    return fault_set(fault, ERR_INPUT, line, 0, expected, (Str){0});
}

static Err read_key(Arena *a, Arena *secret, Str text, int64_t line, RecordKeys *keys, Fault *fault)
{
    Fault why = {0};
    if (keys->count == RECORD_KEYS_MAX) return refuse_line(fault, line, str_format(a, "more than %d keys", RECORD_KEYS_MAX));
    Signer *signer = &keys->signers[keys->count];
    if (signer_read(secret, text, signer, &why)) return refuse_line(fault, line, S("this is no key ('PRIVATE+KEY+NAME+ID+...')"));
    Verifier *verifier = &signer->verifier;
    verifier->name = str_copy(a, verifier->name);
    if (verifier->kind != KEY_NOTE) return refuse_line(fault, line, S("this key cosigns, as a witness; the record wants one that signs"));
    if (keys->count && !str_equal(verifier->name, keys->signers[0].verifier.name))
        return fault_set(
            fault, ERR_INPUT, line, 0, S("keys of one name, that of the record"), str_copy(a, fault_quote(secret, verifier->name)));
    if (is_known(keys, verifier)) return refuse_line(fault, line, S("this key stands here twice"));
    keys->count++;
    return ERR_OK;
}

static Err read_keys(Arena *a, Arena *secret, Str text, RecordKeys *keys, Fault *fault)
{
    for (int64_t line = 1; text.len; line++) {
        Str one;
        str_cut(text, '\n', &one, &text);
        one = str_trim(one);
        Err e = one.len ? read_key(a, secret, one, line, keys, fault) : ERR_OK;
        if (e) return e;
    }
    return keys->count ? ERR_OK : fault_set(fault, ERR_INPUT, 0, 0, S("there is no key in it"), (Str){0});
}

static Err open_keys(Arena *a, Str path, RecordKeys *keys, Fault *fault)
{
    AUTO(arena_wipe) Arena secret;
    arena_init(&secret, ARENA_LIMIT_DEFAULT);
    Str text = {0};
    Err e = read_file(a, &secret, path, &text, fault);
    return e ? e : read_keys(a, &secret, text, keys, fault);
}

/* --- writing --- */

Err record_keys_write(Arena *a, const RecordKeys *keys, Fault *fault)
{
    AUTO(arena_wipe) Arena secret;
    arena_init(&secret, ARENA_LIMIT_DEFAULT);
    char *text = arena_new(&secret, char, FILE_MAX);
    size_t len = 0;
    for (int i = 0; i < keys->count; i++) {
        Str line = signer_text(&secret, &keys->signers[i]);
        ASSERT(len + line.len < FILE_MAX);
        memcpy(text + len, line.ptr, line.len);
        len += line.len;
        text[len++] = '\n';
    }
    return disk_replace(a, keys->file, (Str){text, len}, FILE_MODE, fault);
}

/* Two servers that begin at once must not each make a key: the second one waits, and reads what the first has made. */
static Err make_keys(Arena *a, Str name, RecordKeys *keys, bool *ret_made, Fault *fault)
{
    AUTO(disk_unlock) int lock = -1;
    Err e = disk_lock(a, keys->file, LOCK_MS, &lock, fault);
    if (e) return e == ERR_MISSING ? ERR_IO : e;
    e = open_keys(a, keys->file, keys, fault);
    if (e != ERR_MISSING) return e;
    ASSERT(key_name_is_good(name));
    signer_new(str_copy(a, name), KEY_NOTE, &keys->signers[0]);
    keys->count = 1;
    e = record_keys_write(a, keys, fault);
    *ret_made = !e;
    return e;
}

/* --- the whole --- */

Err record_keys_open(Arena *a, Str file, Str make, RecordKeys *ret_keys, bool *ret_made, Fault *fault)
{
    RecordKeys *keys = ret_keys;
    *keys = (RecordKeys){.file = str_copy(a, file)};
    (void)sodium_mlock(keys, sizeof *keys); /* where it can be: no more than a good intention of the machine's */
    *ret_made = false;
    Err e = open_keys(a, keys->file, keys, fault);
    if (e == ERR_MISSING && make.len) e = make_keys(a, make, keys, ret_made, fault);
    if (!e) {
        *fault = (Fault){0};
        return ERR_OK;
    }
    fault->file = keys->file;
    record_keys_wipe(keys);
    return fault->err = e;
}

void record_keys_wipe(RecordKeys *keys)
{
    sodium_munlock(keys, sizeof *keys); /* overwrites them, locked or not */
}

/* --- those of others --- */

static bool is_address(Str url)
{
    size_t start = str_starts(url, S("https://")) ? 8 : str_starts(url, S("http://")) ? 7 : 0;
    for (size_t i = start; i < url.len; i++)
        if (url.ptr[i] <= ' ' || url.ptr[i] >= 0x7F || strchr("\"'<>,@?#\\", url.ptr[i])) return false;
    return start && url.len > start && url.ptr[start] != '/';
}

Err witness_read(Arena *a, Str text, Witness *ret_witness, Fault *fault)
{
    Str vkey, url;
    Verifier verifier;
    Fault why = {0};
    if (!str_cut(str_trim(text), ' ', &vkey, &url) || !is_address(str_trim(url)))
        return fault_set(fault, ERR_INPUT, 0, 0, S("a witness's key, a space, and its http:// or https:// address"), fault_quote(a, text));
    if (verifier_read(a, vkey, &verifier, &why) || verifier.kind != KEY_COSIGN)
        return fault_set(fault, ERR_INPUT, 0, 0, S("a key that cosigns, as 'hustings witness' prints it"), fault_quote(a, vkey));
    *ret_witness = (Witness){.verifier = verifier, .url = str_copy(a, str_trim(url))};
    return ERR_OK;
}
