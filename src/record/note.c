/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Text that others wrote is read strictly: a line, a number or base64 that we would not write so is refused, so that there is one text for one meaning.
 * Signature lines are the exception that signed-note asks for: names and kinds of keys that we do not know pass, and are no signature of ours.
 */
#include "record/note.h"

#include <sodium/crypto_hash_sha256.h>
#include <sodium/crypto_sign_ed25519.h>
#include <sodium/randombytes.h>
#include <sodium/utils.h>

#include <string.h>

#define SIGNATURE_MARK "\xE2\x80\x94 " /* U+2014, a space */
#define PRIVATE_MARK "PRIVATE+KEY+"
#define COSIGNED_HEAD "cosignature/v1\ntime "
#define PROOF_HEAD "c2sp.org/tlog-proof@v1"
static const char hex_digits[] = "0123456789abcdef";

enum {
    KEY_ID_BYTES = 4,
    KEY_ID_DIGITS = 8,
    KEY_BYTES = 1 + NOTE_PUBLIC_BYTES, /* the kind, then 32 bytes, public or secret */
    KEY_TEXT_BYTES = 44 + 1,           /* KEY_BYTES in base64, and sodium's zero */
    TIME_BYTES = 8,
    DECIMAL_MAX = 19,
    HASH_TEXT_BYTES = 44,
    WITNESS_PROOF_MAX = 63, /* tlog-witness: no more lines may be sent */
};
_Static_assert(NOTE_SEED_BYTES == NOTE_PUBLIC_BYTES, "keys of both sorts share KEY_BYTES");

/* ---- base64 and numbers ---- */

static Str bytes_str(const uint8_t *bytes, size_t count)
{
    return (Str){(const char *)bytes, count};
}

/* sodium (1.0.18) takes some bytes above 127 for letters of the alphabet, so they are turned away first. */
static bool base64_into(Str text, uint8_t *bytes, size_t capacity, size_t *ret_count)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] > 127) return false;
    return sodium_base642bin(bytes, capacity, text.ptr ? text.ptr : "", text.len, NULL, ret_count, NULL, sodium_base64_VARIANT_ORIGINAL) ==
           0;
}

/* Exactly `count` bytes. */
static bool base64_fill(Str text, uint8_t *bytes, size_t count)
{
    size_t got = 0;
    return base64_into(text, bytes, count, &got) && got == count;
}

Str base64(Arena *a, Str bytes)
{
    size_t len = sodium_base64_ENCODED_LEN(bytes.len, sodium_base64_VARIANT_ORIGINAL); /* its zero too */
    char *text = arena_new(a, char, len);
    sodium_bin2base64(text, len, (const unsigned char *)bytes.ptr, bytes.len, sodium_base64_VARIANT_ORIGINAL);
    return (Str){text, len - 1};
}

bool base64_read(Arena *a, Str text, Str *ret_bytes)
{
    if (text.len % 4) return false;
    size_t capacity = text.len / 4 * 3, count = 0;
    uint8_t *bytes = arena_new(a, uint8_t, capacity);
    if (!base64_into(text, bytes, capacity, &count)) return false;
    *ret_bytes = bytes_str(bytes, count);
    return true;
}

/* Decimal digits without a leading zero or sign, from 0 to `most`. */
static bool number_read(Str text, int64_t most, int64_t *ret_number)
{
    int64_t number = 0;
    if (text.len == 0 || text.len > DECIMAL_MAX || (text.len > 1 && text.ptr[0] == '0') || text.ptr[0] == '-') return false;
    if (!str_to_i64(text, &number) || number > most) return false;
    *ret_number = number;
    return true;
}

static uint32_t big_endian_32(const uint8_t *bytes)
{
    return (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
}

/* ---- keys ---- */

static bool is_space(uint32_t point)
{
    return point == ' ' || (point >= '\t' && point <= '\r') || point == 0x85 || point == 0xA0 || point == 0x1680 ||
           (point >= 0x2000 && point <= 0x200A) || point == 0x2028 || point == 0x2029 || point == 0x202F || point == 0x205F ||
           point == 0x3000;
}

/* What signed-note says of a key's name. */
static bool is_name(Str name)
{
    for (size_t i = 0; i < name.len;) {
        uint32_t point = 0;
        size_t n = str_code_point(name, i, &point);
        if (n == 0 || is_space(point) || point == '+') return false;
        i += n;
    }
    return name.len > 0;
}

bool key_name_is_good(Str name)
{
    return is_name(name) && name.len <= KEY_NAME_MAX && str_is_clean_text(name);
}

static uint32_t key_id(Str name, KeyKind kind, const uint8_t *public_key)
{
    const uint8_t middle[2] = {'\n', (uint8_t)kind};
    uint8_t hash[SHA256_BYTES];
    crypto_hash_sha256_state state;
    crypto_hash_sha256_init(&state);
    crypto_hash_sha256_update(&state, (const unsigned char *)name.ptr, name.len);
    crypto_hash_sha256_update(&state, middle, sizeof middle);
    crypto_hash_sha256_update(&state, public_key, NOTE_PUBLIC_BYTES);
    crypto_hash_sha256_final(&state, hash);
    return big_endian_32(hash);
}

/* Eight lower-case digits. */
static bool key_id_read(Str text, uint32_t *ret_id)
{
    uint32_t id = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *digit = text.ptr[i] ? strchr(hex_digits, text.ptr[i]) : NULL;
        if (!digit) return false;
        id = id << 4 | (uint32_t)(digit - hex_digits);
    }
    *ret_id = id;
    return text.len == KEY_ID_DIGITS;
}

/* "NAME+KEYID+BASE64" cut into its parts; the name is not copied. `ret_key` may hold a secret, whatever is returned. */
static Err key_parts(Str text, Str *ret_name, uint32_t *ret_id, uint8_t *ret_key, Fault *fault)
{
    Str name, id, key, rest;
    if (!str_cut(text, '+', &name, &rest) || !str_cut(rest, '+', &id, &key) || !key_name_is_good(name))
        return fault_set(fault, ERR_INPUT, 0, 0, S("a key: NAME+KEYID+BASE64, with no space in it"), (Str){0});
    if (!key_id_read(id, ret_id)) return fault_set(fault, ERR_INPUT, 0, 0, S("eight hexadecimal digits as the key's id"), (Str){0});
    if (!base64_fill(key, ret_key, KEY_BYTES))
        return fault_set(fault, ERR_INPUT, 0, 0, S("base64 of a kind and 32 bytes as the key"), (Str){0});
    if (ret_key[0] != KEY_NOTE && ret_key[0] != KEY_COSIGN)
        return fault_set(fault, ERR_INPUT, 0, 0, S("a key of kind 1 (Ed25519) or 4 (cosignature/v1)"), (Str){0});
    *ret_name = name;
    return ERR_OK;
}

static Err id_check(const Verifier *v, uint32_t id, Fault *fault)
{
    if (v->id == id) return ERR_OK;
    return fault_set(fault, ERR_INPUT, 0, 0, S("the id that belongs to this name and key"), (Str){0});
}

Err verifier_read(Arena *a, Str vkey, Verifier *ret_verifier, Fault *fault)
{
    uint8_t key[KEY_BYTES] = {0};
    uint32_t id = 0;
    Str name = {0};
    Err e = key_parts(vkey, &name, &id, key, fault);
    if (e) return e;
    Verifier v = {.name = name, .kind = (KeyKind)key[0], .id = key_id(name, (KeyKind)key[0], key + 1)};
    memcpy(v.public_key, key + 1, NOTE_PUBLIC_BYTES);
    e = id_check(&v, id, fault);
    if (e) return e;
    v.name = str_copy(a, name);
    *ret_verifier = v;
    return ERR_OK;
}

/* `mark`NAME+KEYID+BASE64 of the kind and 32 bytes. */
static Str key_text(Arena *a, const char *mark, const Verifier *v, const uint8_t *bytes)
{
    uint8_t key[KEY_BYTES] = {(uint8_t)v->kind};
    char text[KEY_TEXT_BYTES];
    memcpy(key + 1, bytes, KEY_BYTES - 1);
    sodium_bin2base64(text, sizeof text, key, sizeof key, sodium_base64_VARIANT_ORIGINAL);
    Str all = str_format(a, "%s%.*s+%08x+%s", mark, STR_ARG(v->name), (unsigned)v->id, text);
    sodium_memzero(key, sizeof key);
    sodium_memzero(text, sizeof text);
    return all;
}

Str verifier_text(Arena *a, const Verifier *verifier)
{
    return key_text(a, "", verifier, verifier->public_key);
}

bool verifier_equal(const Verifier *verifier, const Verifier *other)
{
    return str_equal(verifier->name, other->name) && verifier->kind == other->kind && verifier->id == other->id &&
           memcmp(verifier->public_key, other->public_key, NOTE_PUBLIC_BYTES) == 0;
}

static void signer_from_seed(Str name, KeyKind kind, const uint8_t *seed, Signer *ret_signer)
{
    uint8_t secret[crypto_sign_ed25519_SECRETKEYBYTES];
    *ret_signer = (Signer){.verifier = {.name = name, .kind = kind}};
    memcpy(ret_signer->seed, seed, NOTE_SEED_BYTES);
    crypto_sign_ed25519_seed_keypair(ret_signer->verifier.public_key, secret, seed);
    ret_signer->verifier.id = key_id(name, kind, ret_signer->verifier.public_key);
    sodium_memzero(secret, sizeof secret);
}

static Err signer_from_parts(Arena *a, Str text, uint8_t *key, Signer *ret_signer, Fault *fault)
{
    uint32_t id = 0;
    Str name = {0};
    if (!str_starts(text, S(PRIVATE_MARK)))
        return fault_set(fault, ERR_INPUT, 0, 0, S("a signing key: PRIVATE+KEY+NAME+KEYID+BASE64"), (Str){0});
    Err e = key_parts(str_slice(text, sizeof PRIVATE_MARK - 1, text.len), &name, &id, key, fault);
    if (e) return e;
    signer_from_seed(name, (KeyKind)key[0], key + 1, ret_signer);
    e = id_check(&ret_signer->verifier, id, fault);
    if (!e) ret_signer->verifier.name = str_copy(a, name);
    return e;
}

Err signer_read(Arena *a, Str skey, Signer *ret_signer, Fault *fault)
{
    uint8_t key[KEY_BYTES] = {0};
    Signer signer = {0};
    Err e = signer_from_parts(a, skey, key, &signer, fault);
    if (!e) *ret_signer = signer;
    sodium_memzero(key, sizeof key);
    signer_wipe(&signer);
    return e;
}

Str signer_text(Arena *a, const Signer *signer)
{
    return key_text(a, PRIVATE_MARK, &signer->verifier, signer->seed);
}

void signer_new(Str name, KeyKind kind, Signer *ret_signer)
{
    ASSERT(key_name_is_good(name) && (kind == KEY_NOTE || kind == KEY_COSIGN));
    uint8_t seed[NOTE_SEED_BYTES];
    randombytes_buf(seed, sizeof seed);
    signer_from_seed(name, kind, seed, ret_signer);
    sodium_memzero(seed, sizeof seed);
}

void signer_wipe(Signer *signer)
{
    sodium_memzero(signer->seed, sizeof signer->seed);
}

/* ---- notes: what is signed ---- */

/* The bytes that a key of this kind signs: the text, or for a cosignature two lines more before it. */
typedef struct Message {
    char bytes[NOTE_MAX + sizeof COSIGNED_HEAD + DECIMAL_MAX + 1];
    size_t len;
} Message;

static void message_add(Message *m, Str s)
{
    ASSERT(s.len <= sizeof m->bytes - m->len);
    if (s.len) memcpy(m->bytes + m->len, s.ptr, s.len);
    m->len += s.len;
}

static void message_add_number(Message *m, int64_t number)
{
    char digits[DECIMAL_MAX];
    size_t first = sizeof digits;
    do digits[--first] = (char)('0' + number % 10);
    while ((number /= 10) > 0);
    message_add(m, (Str){digits + first, sizeof digits - first});
}

static void message_of(KeyKind kind, Str text, int64_t time, Message *ret_message)
{
    ret_message->len = 0;
    if (kind == KEY_COSIGN) {
        message_add(ret_message, S(COSIGNED_HEAD));
        message_add_number(ret_message, time);
        message_add(ret_message, S("\n"));
    }
    message_add(ret_message, text);
}

static void put_big_endian(uint8_t *bytes, int count, uint64_t number)
{
    for (int i = count - 1; i >= 0; i--, number >>= 8) bytes[i] = (uint8_t)number;
}

Str note_sign(Arena *a, const Signer *signer, Str text, int64_t time)
{
    const Verifier *v = &signer->verifier;
    ASSERT(str_ends(text, S("\n")) && text.len <= NOTE_MAX && (v->kind != KEY_COSIGN || time >= 0));
    Message message;
    uint8_t secret[crypto_sign_ed25519_SECRETKEYBYTES], public_key[NOTE_PUBLIC_BYTES];
    uint8_t bytes[KEY_ID_BYTES + TIME_BYTES + NOTE_SIGNED_BYTES];
    size_t len = KEY_ID_BYTES;
    put_big_endian(bytes, KEY_ID_BYTES, v->id);
    if (v->kind == KEY_COSIGN) {
        put_big_endian(bytes + len, TIME_BYTES, (uint64_t)time);
        len += TIME_BYTES;
    }
    message_of(v->kind, text, time, &message);
    crypto_sign_ed25519_seed_keypair(public_key, secret, signer->seed);
    crypto_sign_ed25519_detached(bytes + len, NULL, (const unsigned char *)message.bytes, message.len, secret);
    sodium_memzero(secret, sizeof secret);
    Str b64 = base64(a, bytes_str(bytes, len + NOTE_SIGNED_BYTES));
    return str_format(a, SIGNATURE_MARK "%.*s %.*s\n", STR_ARG(v->name), STR_ARG(b64));
}

/* ---- notes: reading ---- */

/* Cut the first line off, without its newline; false when there is no newline. */
static bool line_next(Str *rest, Str *ret_line)
{
    Str line, after;
    if (!str_cut(*rest, '\n', &line, &after)) return false;
    *ret_line = line;
    *rest = after;
    return true;
}

static bool signature_read(Arena *a, Str line, NoteSignature *ret_signature)
{
    Str name, text, bytes;
    if (!str_starts(line, S(SIGNATURE_MARK))) return false;
    if (!str_cut(str_slice(line, sizeof SIGNATURE_MARK - 1, line.len), ' ', &name, &text) || !is_name(name)) return false;
    if (!base64_read(a, text, &bytes) || bytes.len <= KEY_ID_BYTES) return false;
    *ret_signature = (NoteSignature){
        .name = name,
        .id = big_endian_32((const uint8_t *)bytes.ptr),
        .bytes = str_slice(bytes, KEY_ID_BYTES, bytes.len),
        .line = {line.ptr, line.len + 1},
    };
    return true;
}

static bool is_note_text(Str s)
{
    for (size_t i = 0; i < s.len;) {
        uint32_t point = 0;
        size_t n = str_code_point(s, i, &point);
        if (n == 0 || (point < 0x20 && point != '\n')) return false;
        i += n;
    }
    return true;
}

/* Where the last empty line begins; s.len: there is none. */
static size_t last_empty_line(Str s)
{
    for (size_t i = s.len; i >= 2; i--)
        if (s.ptr[i - 1] == '\n' && s.ptr[i - 2] == '\n') return i - 1;
    return s.len;
}

static int64_t lines_of(Str s)
{
    int64_t lines = 0;
    for (size_t i = 0; i < s.len; i++) lines += s.ptr[i] == '\n';
    return lines;
}

Err note_read(Arena *a, Str bytes, Note *ret_note, Fault *fault)
{
    if (bytes.len > NOTE_MAX) return fault_set(fault, ERR_LIMIT, 0, 0, S("a note of at most 65,536 bytes"), (Str){0});
    if (!is_note_text(bytes)) return fault_set(fault, ERR_INPUT, 0, 0, S("UTF-8 with no control characters but newlines"), (Str){0});
    size_t cut = last_empty_line(bytes);
    if (cut == bytes.len) return fault_set(fault, ERR_INPUT, 0, 0, S("a text, an empty line and signatures"), (Str){0});
    Note *note = arena_new(a, Note, 1);
    note->text = str_slice(bytes, 0, cut);
    Str rest = str_slice(bytes, cut + 1, bytes.len), line;
    int64_t number = lines_of(note->text) + 2;
    if (rest.len == 0) return fault_set(fault, ERR_INPUT, number, 0, S("a signature"), (Str){0});
    for (; rest.len; number++) {
        if (note->signature_count == NOTE_SIGNATURES_MAX)
            return fault_set(fault, ERR_LIMIT, number, 0, S("at most 64 signatures"), (Str){0});
        if (!line_next(&rest, &line) || !signature_read(a, line, &note->signatures[note->signature_count]))
            return fault_set(fault, ERR_INPUT, number, 0, S("a signature: " SIGNATURE_MARK "NAME BASE64"), (Str){0});
        note->signature_count++;
    }
    *ret_note = *note;
    return ERR_OK;
}

/* ---- notes: checking ---- */

static bool is_by(const NoteSignature *s, const Verifier *v)
{
    return s->id == v->id && str_equal(s->name, v->name);
}

/* Its time, of a cosignature; false when it cannot be one. */
static bool signature_time(const NoteSignature *s, const Verifier *v, int64_t *ret_time)
{
    size_t time_bytes = v->kind == KEY_COSIGN ? TIME_BYTES : 0;
    uint64_t time = 0;
    if (s->bytes.len != time_bytes + NOTE_SIGNED_BYTES) return false;
    for (size_t i = 0; i < time_bytes; i++) time = time << 8 | (uint8_t)s->bytes.ptr[i];
    *ret_time = (int64_t)time;
    return time <= INT64_MAX;
}

static Err signature_check(const NoteSignature *s, Str text, const Verifier *v, int64_t *ret_time)
{
    int64_t time = 0;
    Message message;
    if (text.len > NOTE_MAX || !signature_time(s, v, &time)) return ERR_INPUT;
    message_of(v->kind, text, time, &message);
    const uint8_t *bytes = (const uint8_t *)s->bytes.ptr + s->bytes.len - NOTE_SIGNED_BYTES;
    if (crypto_sign_ed25519_verify_detached(bytes, (const unsigned char *)message.bytes, message.len, v->public_key)) return ERR_INPUT;
    *ret_time = time;
    return ERR_OK;
}

Err note_check(const Note *note, const Verifier *verifier, int64_t *ret_time)
{
    int64_t newest = 0;
    bool found = false;
    for (int i = 0; i < note->signature_count; i++) {
        int64_t time = 0;
        if (!is_by(&note->signatures[i], verifier)) continue;
        Err e = signature_check(&note->signatures[i], note->text, verifier, &time);
        if (e) return e;
        found = true;
        if (time > newest) newest = time;
    }
    if (!found) return ERR_MISSING;
    if (ret_time) *ret_time = newest;
    return ERR_OK;
}

Err note_check_line(Arena *a, Str line, Str text, const Verifier *verifier, int64_t *ret_time)
{
    NoteSignature signature;
    int64_t time = 0;
    Str rest = line, first;
    if (line.len > NOTE_MAX || !is_note_text(line) || !line_next(&rest, &first) || rest.len || !signature_read(a, first, &signature))
        return ERR_INPUT;
    if (!is_by(&signature, verifier)) return ERR_MISSING;
    Err e = signature_check(&signature, text, verifier, &time);
    if (e) return e;
    if (ret_time) *ret_time = time;
    return ERR_OK;
}

/* ---- checkpoints ---- */

static void hash_line(Buf *b, const Sha256 *hash)
{
    char text[HASH_TEXT_BYTES + 1];
    sodium_bin2base64(text, sizeof text, hash->bytes, SHA256_BYTES, sodium_base64_VARIANT_ORIGINAL);
    buf_str(b, (Str){text, HASH_TEXT_BYTES});
    buf_byte(b, '\n');
}

static bool hash_read(Str text, Sha256 *ret_hash)
{
    return base64_fill(text, ret_hash->bytes, SHA256_BYTES);
}

Str checkpoint_text(Arena *a, const Checkpoint *checkpoint)
{
    ASSERT(checkpoint->origin.len && str_is_clean_text(checkpoint->origin) && checkpoint->size >= 0 && checkpoint->size <= TREE_SIZE_MAX);
    Buf b = buf_new(a);
    buf_str(&b, checkpoint->origin);
    buf_byte(&b, '\n');
    buf_i64(&b, checkpoint->size);
    buf_byte(&b, '\n');
    hash_line(&b, &checkpoint->root);
    return buf_done(&b);
}

/* A name that is shown as it is written, also on a terminal, and also when whoever wrote it is not trusted yet. signed-note forbids only what is below
 * U+0020; the other control characters, line ends and marks that turn a line (U+2028 to U+202E, U+2066 to U+206F) are no better in an origin. */
static bool is_origin(Str s)
{
    for (size_t i = 0, n; i < s.len; i += n) {
        uint32_t point = 0;
        n = str_code_point(s, i, &point);
        bool control = point < 0x20 || (point >= 0x7F && point < 0xA0);
        if (n == 0 || control || (point >= 0x2028 && point <= 0x202E) || (point >= 0x2066 && point <= 0x206F)) return false;
    }
    return s.len > 0;
}

Err checkpoint_read(Str text, Checkpoint *ret_checkpoint, Fault *fault)
{
    Checkpoint c;
    Str rest = text, size, root, more;
    if (!line_next(&rest, &c.origin) || !is_origin(c.origin))
        return fault_set(fault, ERR_INPUT, 1, 0, S("the origin of a record"), (Str){0});
    if (!line_next(&rest, &size) || !number_read(size, TREE_SIZE_MAX, &c.size))
        return fault_set(fault, ERR_INPUT, 2, 0, S("a number of leaves"), (Str){0});
    if (!line_next(&rest, &root) || !hash_read(root, &c.root))
        return fault_set(fault, ERR_INPUT, 3, 0, S("a root hash in base64"), (Str){0});
    for (int64_t number = 4; rest.len; number++)
        if (!line_next(&rest, &more) || more.len == 0)
            return fault_set(fault, ERR_INPUT, number, 0, S("a line that is not empty"), (Str){0});
    *ret_checkpoint = c;
    return ERR_OK;
}

/* ---- proofs as lines ---- */

static void proof_lines(Buf *b, const TreeProof *proof, int most)
{
    ASSERT(proof->count >= 0 && proof->count <= most);
    for (int i = 0; i < proof->count; i++) hash_line(b, &proof->hashes[i]);
    buf_byte(b, '\n');
}

/* Hashes, at most `most`, up to and with an empty line. */
static Err proof_lines_read(Str *rest, int64_t *number, int most, TreeProof *ret_proof, Fault *fault)
{
    for (ret_proof->count = 0;; ++*number) {
        Str line;
        if (!line_next(rest, &line)) break;
        if (line.len == 0) return ERR_OK;
        if (ret_proof->count == most || !hash_read(line, &ret_proof->hashes[ret_proof->count])) break;
        ret_proof->count++;
    }
    return fault_set(fault, ERR_INPUT, *number, 0, S("hashes in base64, no more than a proof has, and an empty line"), (Str){0});
}

/* A line of `word`, a space and a number. */
static bool word_and_number(Str *rest, Str word, int64_t most, int64_t *ret_number)
{
    Str line, head, number;
    return line_next(rest, &line) && str_cut(line, ' ', &head, &number) && str_equal(head, word) && number_read(number, most, ret_number);
}

Str proof_text(Arena *a, const ProofFile *proof)
{
    ASSERT(proof->index >= 0 && proof->index < TREE_SIZE_MAX && proof->checkpoint.len);
    Buf b = buf_new(a);
    buf_str(&b, S(PROOF_HEAD "\n"));
    if (proof->extra.len) buf_format(&b, "extra %s\n", base64(a, proof->extra).ptr);
    buf_str(&b, S("index "));
    buf_i64(&b, proof->index);
    buf_byte(&b, '\n');
    proof_lines(&b, &proof->proof, TREE_PROOF_MAX);
    buf_str(&b, proof->checkpoint);
    return buf_done(&b);
}

/* The line that may be left out. */
static bool extra_read(Arena *a, Str *rest, Str *ret_extra)
{
    Str line, head, text;
    *ret_extra = (Str){0};
    if (!str_starts(*rest, S("extra "))) return true;
    return line_next(rest, &line) && str_cut(line, ' ', &head, &text) && text.len && base64_read(a, text, ret_extra);
}

Err proof_read(Arena *a, Str text, ProofFile *ret_proof, Fault *fault)
{
    if (text.len > PROOF_FILE_MAX) return fault_set(fault, ERR_LIMIT, 0, 0, S("a proof of at most 262,144 bytes"), (Str){0});
    ProofFile *p = arena_new(a, ProofFile, 1);
    Str rest = text, line;
    if (!line_next(&rest, &line) || !str_equal(line, S(PROOF_HEAD)))
        return fault_set(fault, ERR_INPUT, 1, 0, S("\"" PROOF_HEAD "\""), (Str){0});
    if (!extra_read(a, &rest, &p->extra)) return fault_set(fault, ERR_INPUT, 2, 0, S("\"extra\" and base64"), (Str){0});
    int64_t number = p->extra.len ? 3 : 2;
    if (!word_and_number(&rest, S("index"), TREE_SIZE_MAX - 1, &p->index))
        return fault_set(fault, ERR_INPUT, number, 0, S("\"index\" and the number of a leaf"), (Str){0});
    number++;
    Err e = proof_lines_read(&rest, &number, TREE_PROOF_MAX, &p->proof, fault);
    if (e) return e;
    if (rest.len == 0) return fault_set(fault, ERR_INPUT, number + 1, 0, S("a signed checkpoint"), (Str){0});
    p->checkpoint = rest;
    *ret_proof = *p;
    return ERR_OK;
}

/* ---- what is sent to a witness ---- */

Str add_checkpoint_text(Arena *a, const AddCheckpoint *request)
{
    ASSERT(request->old_size >= 0 && request->old_size <= TREE_SIZE_MAX && request->checkpoint.len);
    Buf b = buf_new(a);
    buf_str(&b, S("old "));
    buf_i64(&b, request->old_size);
    buf_byte(&b, '\n');
    proof_lines(&b, &request->proof, WITNESS_PROOF_MAX);
    buf_str(&b, request->checkpoint);
    return buf_done(&b);
}

Err add_checkpoint_read(Arena *a, Str text, AddCheckpoint *ret_request, Fault *fault)
{
    if (text.len > NOTE_MAX) return fault_set(fault, ERR_LIMIT, 0, 0, S("a request of at most 65,536 bytes"), (Str){0});
    AddCheckpoint *r = arena_new(a, AddCheckpoint, 1);
    Str rest = text;
    int64_t number = 2;
    if (!word_and_number(&rest, S("old"), TREE_SIZE_MAX, &r->old_size))
        return fault_set(fault, ERR_INPUT, 1, 0, S("\"old\" and a number of leaves"), (Str){0});
    Err e = proof_lines_read(&rest, &number, WITNESS_PROOF_MAX, &r->proof, fault);
    if (e) return e;
    if (rest.len == 0) return fault_set(fault, ERR_INPUT, number + 1, 0, S("a signed checkpoint"), (Str){0});
    r->checkpoint = rest;
    *ret_request = *r;
    return ERR_OK;
}
