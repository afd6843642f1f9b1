/* SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Published examples here: golang.org/x/mod/sumdb/note's own tests (PeterNeumann, EnochRoot); checkpoints that sum.golang.org has signed, as the web quotes
 * them; a request of litewitness's tests with a Sigsum log's key (filippo.io/torchwood); keys of transparency-dev/formats; the examples printed in the
 * C2SP specifications; RFC 8032 section 7.1; RFC 4648 section 10.
 */
#include "record/vectors.h"

#include "record/note.h"

#include <sodium/crypto_sign_ed25519.h>

#define PETER_VKEY "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
#define PETER_SKEY "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
#define ENOCH_VKEY "EnochRoot+af0cfe78+ATtqJ7zOtqQtYqOo0CpvDXNlMhV3HeJDpjrASKGLWdop"
#define QUOTE "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
#define PETER_SIGNED "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
#define ENOCH_SIGNED "\u2014 EnochRoot rwz+eBzmZa0SO3NbfRGzPCpDckykFXSdeX+MNtCOXm2/5n2tiOHp+vAF1aGrQ5ovTG01oOTGwnWLox33WWd1RvMc+QQ=\n"
#define SUMDB_VKEY "sum.golang.org+033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8"
#define ROOT_LINE "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n"
#define SOFA "example.com/behind-the-sofa\n20852163\n" ROOT_LINE

static Verifier verifier(Arena *a, const char *vkey)
{
    Verifier v = {0};
    Fault fault = {0};
    if (verifier_read(a, str_from_c(vkey), &v, &fault)) fail_msg("%s: %.*s", vkey, STR_ARG(fault_text(a, &fault)));
    return v;
}

static Note note_of(Arena *a, Str bytes)
{
    Note note = {0};
    Fault fault = {0};
    if (note_read(a, bytes, &note, &fault)) fail_msg("%.*s: %.*s", STR_ARG(bytes), STR_ARG(fault_text(a, &fault)));
    return note;
}

static Str joined(Arena *a, Str first, Str second)
{
    Buf b = buf_new(a);
    buf_str(&b, first);
    buf_str(&b, second);
    return buf_done(&b);
}

static Str times(Arena *a, Str s, int count)
{
    Buf b = buf_new(a);
    for (int i = 0; i < count; i++) buf_str(&b, s);
    return buf_done(&b);
}

/* What comes of opening a note with one key: ERR_OK only when it can be read and the key has signed it. */
static Err opened(Arena *a, Str bytes, const Verifier *v)
{
    Note note;
    Fault fault = {0};
    int64_t time;
    Err e = note_read(a, bytes, &note, &fault);
    assert_true(!e || (fault.err == e && fault.expected.len));
    return e ? e : note_check(&note, v, &time);
}

/* ---- base64 ---- */

static void base64_as_published(void **state)
{
    Arena *a = *state;
    const Str rows[][2] = {
        {S(""), S("")},
        {S("f"), S("Zg==")},
        {S("fo"), S("Zm8=")},
        {S("foo"), S("Zm9v")},
        {S("foob"), S("Zm9vYg==")},
        {S("fooba"), S("Zm9vYmE=")},
        {S("foobar"), S("Zm9vYmFy")},
        {S("\xFB\xFF\xBF"), S("+/+/")},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Str back;
        assert_same_str(base64(a, rows[i][0]), rows[i][1]);
        assert_true(base64_read(a, rows[i][1], &back));
        assert_same_str(back, rows[i][0]);
    }
    assert_str(base64(a, (Str){0}), "");
}

static void base64_in_one_way_only(void **state)
{
    Arena *a = *state;
    const Str rows[] = {
        S("Z"),
        S("Zg"),
        S("Zg="),
        S("Zg==="),
        S("Zg===="),
        S("Zh=="),
        S("Zm9="),
        S("Zm8"),
        S("Zm9vYg"),
        S("=Zg="),
        S("Zg==Zg=="),
        S("Z=g="),
        S("===="),
        S("="),
        S("Zm9v\n"),
        S("\nZm9v"),
        S("Zm9v "),
        S("Zm 9"),
        S("Zm\n9v"),
        S("Zm9v\r\n"),
        S("-_-_"),
        S("+/+_"),
        S("Zm9\0"),
        S("Zm9v\0\0\0\0"),
        S("Zm9\xFF"),
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Str back = S("untouched");
        assert_row(!base64_read(a, rows[i], &back), rows[i].ptr);
        assert_str(back, "untouched");
    }
}

/* Every pair of bytes at every place in the last group: what is taken is what would be written. */
static void base64_of_all_bytes(void **state)
{
    (void)state;
    Arena a;
    int taken = 0;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    for (int place = 0; place < 3; place++)
        for (int first = 0; first < 256; first++)
            for (int second = 0; second < 256; second++) {
                char text[] = "Zm9vZm9v";
                Str back;
                text[4 + place] = (char)first;
                text[5 + place] = (char)second;
                if (!base64_read(&a, (Str){text, 8}, &back)) continue;
                assert_true(str_equal(base64(&a, back), (Str){text, 8}));
                taken++;
                arena_recycle(&a);
            }
    assert_int_equal(taken, 3 * 64 * 64 + 16);
    arena_clear(&a);
}

/* ---- keys ---- */

static void names_of_keys(void **state)
{
    Arena *a = *state;
    const Str good[] = {S("a"), S("example.org/record"), S("PeterNeumann"), S("ed\xC3\xA8"), S("127.0.0.1:8080/record"),
        S("[::1]:80/record"), S("a-b_c~%20")};
    const Str bad[] = {
        {0},
        S(" "),
        S("a b"),
        S(" a"),
        S("a "),
        S("a+b"),
        S("+"),
        S("a\tb"),
        S("a\nb"),
        S("a\rb"),
        S("a\x0B"),
        S("a\x0C"),
        S("a\0b"),
        S("a\x7F"),
        S("a\x01"),
        S("a\xC2\x85"),
        S("a\xC2\xA0"),
        S("a\xE1\x9A\x80"),
        S("a\xE2\x80\x80"),
        S("a\xE2\x80\x8A"),
        S("a\xE2\x80\xA8"),
        S("a\xE2\x80\xA9"),
        S("a\xE2\x80\xAF"),
        S("a\xE2\x81\x9F"),
        S("a\xE3\x80\x80"),
        S("a\xFF"),
        S("\xC3"),
        S("a\xED\xA0\x80"),
    };
    for (int i = 0; i < COUNT_OF(good); i++) assert_row(key_name_is_good(good[i]), good[i].ptr);
    for (int i = 0; i < COUNT_OF(bad); i++) assert_row(!key_name_is_good(bad[i]), bad[i].ptr ? bad[i].ptr : "empty");
    assert_true(key_name_is_good(times(a, S("n"), KEY_NAME_MAX)));
    assert_false(key_name_is_good(times(a, S("n"), KEY_NAME_MAX + 1)));
}

static void keys_as_published(void **state)
{
    Arena *a = *state;
    const struct {
        const char *vkey, *name;
        KeyKind kind;
        uint32_t id;
    } rows[] = {
        {PETER_VKEY, "PeterNeumann", KEY_NOTE, 0xc74f20a3},
        {ENOCH_VKEY, "EnochRoot", KEY_NOTE, 0xaf0cfe78},
        {SUMDB_VKEY, "sum.golang.org", KEY_NOTE, 0x033de0ae},
        {"TEST+7997405c+AQcC+FTVKf0jlTdHDY3rbevmnKxxPjigCXlVtGe6RIr6", "TEST", KEY_NOTE, 0x7997405c},
        {"remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2", "remora.n621.de", KEY_COSIGN, 0xda77ade7},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Verifier v = verifier(a, rows[i].vkey);
        assert_true(str_equal(v.name, str_from_c(rows[i].name)) && v.kind == rows[i].kind && v.id == rows[i].id);
        assert_same_str(verifier_text(a, &v), str_from_c(rows[i].vkey));
        Verifier peter = verifier(a, PETER_VKEY);
        assert_true(verifier_equal(&v, &peter) == (i == 0));
    }
}

static void no_other_text_is_this_verifier(void **state)
{
    Arena *a = *state;
    Str all = S(PETER_VKEY);
    Verifier v = {.kind = 77};
    Fault fault = {0};
    for (size_t from = 0; from <= all.len; from++)
        for (size_t to = from; to <= all.len; to++)
            if (to - from < all.len) assert_int_equal(verifier_read(a, str_slice(all, from, to), &v, &fault), ERR_INPUT);
    for (size_t i = 0; i < all.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            Str copy = str_copy(a, all);
            ((char *)copy.ptr)[i] ^= (char)(1 << bit);
            assert_int_equal(verifier_read(a, copy, &v, &fault), ERR_INPUT);
        }
    const Str rows[] = {
        S("PeterNeumann+cc469956+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TWBADKEY=="), /* too long, with an id that fits */
        S("PeterNeumann+173116ae+ZRpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),         /* of an unknown kind, with an id that fits */
        S("PeterNeumann+C74F20A3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
        S(" " PETER_VKEY),
        S(PETER_VKEY " "),
        S(PETER_VKEY "\n"),
        S(PETER_SKEY),
        S("rekor.sigstore.dev+12345678+AwEB"),
        S("rekor.sigstore.dev+12345678+THIS_IS_NOT_BASE64!"),
        S("bananas.sigstore.dev+12344556"),
        S("+++"),
        S("a+b+c"),
        S("PeterNeumann+0c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"),
        S("PeterNeumann+c74f20a3+"),
        S("PeterNeumann++"),
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        fault = (Fault){0};
        assert_row(verifier_read(a, rows[i], &v, &fault) == ERR_INPUT, rows[i].ptr);
        assert_row(fault.err == ERR_INPUT && fault.expected.len, rows[i].ptr);
    }
    assert_int_equal(v.kind, 77);
}

static void signers_as_published(void **state)
{
    Arena *a = *state;
    Signer s;
    Fault fault = {0};
    Verifier peter = verifier(a, PETER_VKEY);
    assert_int_equal(signer_read(a, S(PETER_SKEY), &s, &fault), ERR_OK);
    assert_true(verifier_equal(&s.verifier, &peter));
    assert_str(signer_text(a, &s), PETER_SKEY);
    assert_str(note_sign(a, &s, S(QUOTE), 0), PETER_SIGNED);
    signer_wipe(&s);
    for (int i = 0; i < NOTE_SEED_BYTES; i++) assert_int_equal(s.seed[i], 0);
}

static void no_other_text_is_this_signer(void **state)
{
    Arena *a = *state;
    Str all = S(PETER_SKEY);
    Signer s = {.verifier.kind = 77};
    Fault fault = {0};
    for (size_t from = 0; from <= all.len; from++)
        for (size_t to = from; to <= all.len; to++)
            if (to - from < all.len) assert_int_equal(signer_read(a, str_slice(all, from, to), &s, &fault), ERR_INPUT);
    for (size_t i = 0; i < all.len; i++)
        for (int bit = 0; bit < 8; bit++) {
            Str copy = str_copy(a, all);
            ((char *)copy.ptr)[i] ^= (char)(1 << bit);
            assert_int_equal(signer_read(a, copy, &s, &fault), ERR_INPUT);
        }
    assert_int_equal(signer_read(a, S(PETER_VKEY), &s, &fault), ERR_INPUT);
    assert_int_equal(signer_read(a, S(PETER_SKEY "\n"), &s, &fault), ERR_INPUT);
    assert_int_equal(s.verifier.kind, 77);
}

static void new_keys(void **state)
{
    Arena *a = *state;
    const KeyKind kinds[] = {KEY_NOTE, KEY_COSIGN};
    for (int i = 0; i < COUNT_OF(kinds); i++) {
        Signer s, again, other;
        Fault fault = {0};
        signer_new(S("example.org/record"), kinds[i], &s);
        signer_new(S("example.org/record"), kinds[i], &other);
        assert_memory_not_equal(s.seed, other.seed, NOTE_SEED_BYTES);
        assert_false(verifier_equal(&s.verifier, &other.verifier));
        assert_int_equal(signer_read(a, signer_text(a, &s), &again, &fault), ERR_OK);
        assert_true(verifier_equal(&s.verifier, &again.verifier));
        assert_memory_equal(s.seed, again.seed, NOTE_SEED_BYTES);
        Verifier v = verifier(a, str_c(a, verifier_text(a, &s.verifier)));
        assert_true(verifier_equal(&s.verifier, &v) && v.kind == kinds[i]);
        assert_int_equal(opened(a, joined(a, S(QUOTE "\n"), note_sign(a, &s, S(QUOTE), 5)), &v), ERR_OK);
        assert_int_equal(opened(a, joined(a, S(QUOTE "\n"), note_sign(a, &other, S(QUOTE), 5)), &v), ERR_MISSING);
    }
}

/* The same pair of keys has another id as another kind, so neither passes for the other. */
static void a_kind_is_no_other_kind(void **state)
{
    Arena *a = *state;
    Signer s;
    Verifier v;
    Fault fault = {0};
    Str bytes;
    signer_new(S("example.org/w1"), KEY_COSIGN, &s);
    Str text = verifier_text(a, &s.verifier);
    assert_true(base64_read(a, str_slice(text, text.len - 44, text.len), &bytes));
    assert_int_equal(bytes.ptr[0], KEY_COSIGN);
    Str as_note = joined(a, S("\1"), str_slice(bytes, 1, bytes.len));
    Str relabelled = joined(a, str_slice(text, 0, text.len - 44), base64(a, as_note));
    assert_int_equal(verifier_read(a, relabelled, &v, &fault), ERR_INPUT);
    Verifier other = s.verifier;
    other.kind = KEY_NOTE;
    assert_int_equal(opened(a, joined(a, S(QUOTE "\n"), note_sign(a, &s, S(QUOTE), 5)), &other), ERR_INPUT);
}

/* ---- Ed25519 ---- */

static Str signature_line(Arena *a, Str name, uint32_t id, Str bytes)
{
    Buf b = buf_new(a);
    for (int shift = 24; shift >= 0; shift -= 8) buf_byte(&b, (char)(id >> shift));
    buf_str(&b, bytes);
    return str_format(a, "\u2014 %.*s %s\n", STR_ARG(name), base64(a, buf_done(&b)).ptr);
}

static void rfc_8032(void **state)
{
    Arena *a = *state;
    const struct {
        Str seed, public_key, message, signature;
    } rows[] = {
        {S("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60"),
            S("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"), S(""),
            S("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a"
              "100b")},
        {S("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"),
            S("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"), S("72"),
            S("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb"
              "0c00")},
        {S("c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7"),
            S("fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025"), S("af82"),
            S("6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1e"
              "c40a")},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Str name = S("rfc8032"), public_key = from_hex(a, rows[i].public_key), message = from_hex(a, rows[i].message);
        Sha256 id = sha256(joined(a, S("rfc8032\n\1"), public_key));
        Verifier v = {.name = name,
            .kind = KEY_NOTE,
            .id = (uint32_t)id.bytes[0] << 24 | (uint32_t)id.bytes[1] << 16 | (uint32_t)id.bytes[2] << 8 | id.bytes[3]};
        memcpy(v.public_key, public_key.ptr, NOTE_PUBLIC_BYTES);
        Signer s;
        Fault fault = {0};
        Str skey = str_format(
            a, "PRIVATE+KEY+rfc8032+%08x+%s", (unsigned)v.id, base64(a, joined(a, S("\1"), from_hex(a, rows[i].seed))).ptr);
        assert_int_equal(signer_read(a, skey, &s, &fault), ERR_OK);
        assert_true(verifier_equal(&s.verifier, &v));
        Str line = signature_line(a, name, v.id, from_hex(a, rows[i].signature));
        assert_int_equal(note_check_line(a, line, message, &v, NULL), ERR_OK);
        assert_int_equal(note_check_line(a, line, joined(a, message, S("\1")), &v, NULL), ERR_INPUT);
    }
}

/* Keys of small order, for which one signature fits every text, and an S that was raised by the group's order. */
static void signatures_that_only_the_careless_take(void **state)
{
    Arena *a = *state;
    Verifier v = {.name = S("x"), .kind = KEY_NOTE, .id = 1, .public_key = {1}};
    uint8_t bytes[NOTE_SIGNED_BYTES] = {1};
    assert_int_equal(
        note_check_line(a, signature_line(a, v.name, 1, (Str){(const char *)bytes, sizeof bytes}), S("any text\n"), &v, NULL), ERR_INPUT);
    static const uint8_t order[] = {0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10};
    Note note = note_of(a, S(QUOTE "\n" PETER_SIGNED));
    Verifier peter = verifier(a, PETER_VKEY);
    memcpy(bytes, note.signatures[0].bytes.ptr, sizeof bytes);
    assert_int_equal(
        note_check_line(a, signature_line(a, peter.name, peter.id, (Str){(const char *)bytes, sizeof bytes}), S(QUOTE), &peter, NULL),
        ERR_OK);
    unsigned carry = 0;
    for (int i = 0; i < 32; i++) {
        carry += (unsigned)bytes[32 + i] + order[i];
        bytes[32 + i] = (uint8_t)carry;
        carry >>= 8;
    }
    assert_int_equal(
        note_check_line(a, signature_line(a, peter.name, peter.id, (Str){(const char *)bytes, sizeof bytes}), S(QUOTE), &peter, NULL),
        ERR_INPUT);
}

/* ---- notes ---- */

static void notes_as_published(void **state)
{
    Arena *a = *state;
    Verifier peter = verifier(a, PETER_VKEY), enoch = verifier(a, ENOCH_VKEY), sumdb = verifier(a, SUMDB_VKEY);
    Note note = note_of(a, S(QUOTE "\n" PETER_SIGNED ENOCH_SIGNED));
    assert_str(note.text, QUOTE);
    assert_int_equal(note.signature_count, 2);
    assert_str(note.signatures[0].name, "PeterNeumann");
    assert_true(note.signatures[0].id == 0xc74f20a3 && note.signatures[0].bytes.len == 64);
    assert_str(note.signatures[0].line, PETER_SIGNED);
    assert_str(note.signatures[1].line, ENOCH_SIGNED);
    int64_t time = 77;
    assert_int_equal(note_check(&note, &peter, &time), ERR_OK);
    assert_int_equal(time, 0);
    assert_int_equal(note_check(&note, &enoch, NULL), ERR_OK);
    assert_int_equal(note_check(&note, &sumdb, NULL), ERR_MISSING);
    assert_int_equal(note_check_line(a, S(ENOCH_SIGNED), S(QUOTE), &enoch, &time), ERR_OK);
    assert_int_equal(note_check_line(a, S(ENOCH_SIGNED), S(QUOTE), &peter, &time), ERR_MISSING);
    assert_int_equal(opened(a, S(QUOTE "\n" PETER_SIGNED), &enoch), ERR_MISSING);
    assert_int_equal(opened(a, S(QUOTE "\n" PETER_SIGNED PETER_SIGNED ENOCH_SIGNED ENOCH_SIGNED), &peter), ERR_OK);
}

/* Signed by the checksum database of Go: a record of tens of millions of leaves, and keys that nobody here has. */
static void checkpoints_as_published(void **state)
{
    Arena *a = *state;
    const struct {
        const char *note;
        int64_t size;
    } rows[] = {
        {"go.sum database tree\n6476701\nmb8QLQIs0Z0yP5Cstq6guj87oXWeC9gEM8oVikmm9Wk=\n\n\u2014 sum.golang.org "
         "Az3grsLX85Gz+s1SiTbgkuqxgItqFq7gsMUEyVnrsa9LM7Us9S+1xbFIGu95949rj4nPRYfvimWEPWL+o3GeoWwOoAw=\n",
            6476701},
        {"go.sum database tree\n3935567\nSapHtgdNCeF00Cx8kqztePV24kgzNg++Xovae42HAMw=\n\n\u2014 sum.golang.org "
         "Az3grsm7Wm4CVNR1RHq9BFnu9jzcRlU2uw7lr0gfUWgO6+rqPNjT+fUTl9gH0NRTgdwW9nItuQSMbhSaLCsk8YeYSAs=\n",
            3935567},
        {"go.sum database tree\n15067302\ngJyioq6dwR9n+NjEWORfYmH+ubeYm3kH42BBQ0bTpYI=\n\n\u2014 sum.golang.org "
         "Az3grp1rvWOs5NKlr/xR4GLN/CDyzzakmt1o61uSxYKpK1SerqOP2ClbX/peKUZjYnyomH5Xz7GZG3TpB7OeKn4E2ww=\n\u2014 test.example.com "
         "qTGhC/xIPQ0AXKHK6Y+9ypRfuvMZWPjRXM8NiOg5M1WREn07VQXyuIXM3NRNav3ieVFLUqDRK77PWDmL6w8w84UqeAw=\n",
            15067302},
        {"go.sum database tree\n65209736\n5+uGFjx6xBZG8ip1+wi77v+grwbhhukIrxEUS8PXvRo=\n\n\u2014 sum.golang.org "
         "Az3grnbssgK7ubgFX36gVETtNv0U23qxyAhAMai2QUfeGa3nB/akvkMdlUErfcZz7l/R3cVtYspg3dxXABkGZZKdsQ8=\n",
            65209736},
    };
    Verifier sumdb = verifier(a, SUMDB_VKEY);
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Checkpoint c;
        Fault fault = {0};
        Note note = note_of(a, str_copy(a, str_from_c(rows[i].note)));
        assert_int_equal(note_check(&note, &sumdb, NULL), ERR_OK);
        assert_int_equal(checkpoint_read(note.text, &c, &fault), ERR_OK);
        assert_true(c.size == rows[i].size && str_equal(c.origin, S("go.sum database tree")));
        assert_same_str(checkpoint_text(a, &c), note.text);
        ((char *)note.text.ptr)[str_find(note.text, '\n') + 1] ^= 1; /* another size */
        assert_int_equal(note_check(&note, &sumdb, NULL), ERR_INPUT);
    }
}

static void a_request_to_a_witness_as_published(void **state)
{
    Arena *a = *state;
    Str body = S("old 0\n\nsigsum.org/v1/tree/985ea163f5af026723561354f51f2ebcdcf2af809ce254ccfb64aa9aadd80f90\n1\n"
                 "KgAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n\n"
                 "\u2014 sigsum.org/v1/tree/985ea163f5af026723561354f51f2ebcdcf2af809ce254ccfb64aa9aadd80f90 "
                 "7BKT0gOfNZ1J0So9unY3BZtm2YkPIoNYM/dce0Z2avJDs8dxN6ts9bOSwwrVrbjm6P9K3ZxpK6jJngOG6YvGGzV/lwo=\n");
    Str name = S("sigsum.org/v1/tree/985ea163f5af026723561354f51f2ebcdcf2af809ce254ccfb64aa9aadd80f90");
    Str key = from_hex(a, S("52c05edad1bf5feffa81354faae59a655d9a9a1a793ed2f62c39c26c0be2aecd"));
    Verifier v = verifier(a, str_format(a, "%.*s+ec1293d2+%s", STR_ARG(name), base64(a, joined(a, S("\1"), key)).ptr).ptr);
    AddCheckpoint request;
    Checkpoint c;
    Fault fault = {0};
    assert_int_equal(add_checkpoint_read(a, body, &request, &fault), ERR_OK);
    assert_true(request.old_size == 0 && request.proof.count == 0);
    Note note = note_of(a, request.checkpoint);
    assert_int_equal(note_check(&note, &v, NULL), ERR_OK);
    assert_int_equal(checkpoint_read(note.text, &c, &fault), ERR_OK);
    assert_true(str_equal(c.origin, name) && c.size == 1 && c.root.bytes[0] == 42);
    assert_same_str(add_checkpoint_text(a, &request), body);
}

/* Their signatures are only shown, the keys are not published. */
static void examples_of_the_specifications(void **state)
{
    Arena *a = *state;
    Note note = note_of(a, S("Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned \u00e8 subito sera.\n\n"
                             "\u2014 quasimodo.example/salvatore "
                             "NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n"));
    assert_str(note.text, "Ognuno sta solo sul cuor della terra\ntrafitto da un raggio di sole:\n\ned \u00e8 subito sera.\n");
    assert_true(note.signature_count == 1 && note.signatures[0].id == 0x367ba04b);
    note = note_of(a, S(SOFA "\n\u2014 example.com/behind-the-sofa "
                             "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
                             "\u2014 witness.example.com/w1 "
                             "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"));
    Checkpoint c;
    Fault fault = {0};
    assert_int_equal(note.signature_count, 2);
    assert_int_equal(note.signatures[1].bytes.len, 8 + 64);
    assert_memory_equal(note.signatures[1].bytes.ptr, "\0\0\0\0\x64\x18\x50\xCB", 8); /* 1679315147 */
    assert_int_equal(checkpoint_read(note.text, &c, &fault), ERR_OK);
    assert_true(str_equal(c.origin, S("example.com/behind-the-sofa")) && c.size == 20852163);
    assert_str(checkpoint_text(a, &c), SOFA);
}

static void no_bit_of_a_note_may_change(void **state)
{
    Arena *a = *state;
    Str all = S(QUOTE "\n" PETER_SIGNED);
    Verifier peter = verifier(a, PETER_VKEY);
    assert_int_equal(opened(a, all, &peter), ERR_OK);
    for (size_t i = 0; i < all.len; i++) {
        for (int value = 0; value < 256; value++) {
            Str copy = str_copy(a, all);
            ((char *)copy.ptr)[i] = (char)value;
            assert_true((opened(a, copy, &peter) == ERR_OK) == (value == (unsigned char)all.ptr[i]));
        }
        assert_int_not_equal(opened(a, joined(a, str_slice(all, 0, i), str_slice(all, i + 1, all.len)), &peter), ERR_OK);
        assert_int_not_equal(opened(a, str_slice(all, 0, i), &peter), ERR_OK);
    }
    for (size_t i = 0; i <= all.len; i++) {
        const Str more[] = {S("\n"), S(" "), S("x"), S("="), S("\xE2\x80\x94")};
        for (int k = 0; k < COUNT_OF(more); k++)
            assert_int_not_equal(
                opened(a, joined(a, joined(a, str_slice(all, 0, i), more[k]), str_slice(all, i, all.len)), &peter), ERR_OK);
    }
}

static void notes_that_are_none(void **state)
{
    Arena *a = *state;
    const Str rows[] = {
        {0},
        S("\n"),
        S("\n\n"),
        S("\n\n\n"),
        S(QUOTE),
        S(QUOTE "\n"),
        S(QUOTE "\n\n"),
        S("\n" PETER_SIGNED),
        S(PETER_SIGNED),
        S(QUOTE PETER_SIGNED),
        S("\x01" QUOTE "\n" PETER_SIGNED),
        S("\xFF" QUOTE "\n" PETER_SIGNED),
        S("\0" QUOTE "\n" PETER_SIGNED),
        S("a\tb\n\n" PETER_SIGNED),
        S("a\r\n\r\n" PETER_SIGNED),
        S("a\r\n\n" PETER_SIGNED),
        S(QUOTE "\n" PETER_SIGNED "Unexpected line.\n"),
        S(QUOTE "\n" PETER_SIGNED "\n"),
        S(QUOTE "\nUnexpected line.\n" PETER_SIGNED),
        S(QUOTE "\n\u2014 PeterNeumann\n"),
        S(QUOTE "\n\u2014 PeterNeumann \n"),
        S(QUOTE "\n\u2014  AAAAAAE=\n"),
        S(QUOTE "\n\u2014 Bad Name AAAAAAE=\n"),
        S(QUOTE "\n\u2014 Bad+Name AAAAAAE=\n"),
        S(QUOTE "\n\u2014 Bad\u00A0Name AAAAAAE=\n"),
        S(QUOTE "\n\u2014 Bad\u3000Name AAAAAAE=\n"),
        S(QUOTE "\n- Name AAAAAAE=\n"),
        S(QUOTE "\n\u2013 Name AAAAAAE=\n"),
        S(QUOTE "\n\u2014Name AAAAAAE=\n"),
        S(QUOTE "\n \u2014 Name AAAAAAE=\n"),
        S(QUOTE "\n\u2014 Name AAAAAAE= \n"),
        S(QUOTE "\n\u2014 Name  AAAAAAE=\n"),
        S(QUOTE "\n\u2014 Name AAAAAA==\n"),
        S(QUOTE "\n\u2014 Name AAAAAAF=\n"),
        S(QUOTE "\n\u2014 Name AAAAAAE\n"),
        S(QUOTE "\n\u2014 Name AAAAAAE=\r\n"),
        S(QUOTE "\n\u2014 Name AAAAAAE=x\n"),
        S(QUOTE "\n\u2014 Name AAAA\n"),
        S(QUOTE "\n\u2014 Name AAAAAAE="),
        S(QUOTE "\n\u2014 Na\xFFme AAAAAAE=\n"),
        S("\xED\xA0\x80\n\n" PETER_SIGNED),
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Note note = {.signature_count = 77};
        Fault fault = {0};
        assert_row(note_read(a, rows[i], &note, &fault) == ERR_INPUT, rows[i].ptr ? rows[i].ptr : "empty");
        assert_true(note.signature_count == 77 && fault.expected.len);
    }
    Note note;
    Fault fault = {0};
    assert_int_equal(note_read(a, S("one\ntwo\n\n" PETER_SIGNED "bad\n"), &note, &fault), ERR_INPUT);
    assert_int_equal(fault.line, 5);
}

/* What signed-note lets others do is let through, and is no signature of ours. */
static void signatures_of_strangers_pass(void **state)
{
    Arena *a = *state;
    Verifier peter = verifier(a, PETER_VKEY);
    const Str lines[] = {
        S("\u2014 Name AAAAAAE=\n"),         /* one byte of a kind that is not known */
        S("\u2014 PeterNeumann AAAAAAE=\n"), /* a known name, another key */
        S("\u2014 PeterNeuman x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"),
        S("\u2014 na\u00efve\x7F AAAAAAE=\n"),
        signature_line(a, times(a, S("n"), KEY_NAME_MAX + 1), 1, S("x")), /* longer than a name of ours */
        signature_line(a, S("pq"), 6, times(a, S("x"), 2428)),            /* ML-DSA-44 */
    };
    for (int i = 0; i < COUNT_OF(lines); i++) {
        assert_row(opened(a, joined(a, S(QUOTE "\n" PETER_SIGNED), lines[i]), &peter) == ERR_OK, lines[i].ptr);
        assert_row(opened(a, joined(a, joined(a, S(QUOTE "\n"), lines[i]), S(PETER_SIGNED)), &peter) == ERR_OK, lines[i].ptr);
        assert_row(opened(a, joined(a, S(QUOTE "\n"), lines[i]), &peter) == ERR_MISSING, lines[i].ptr);
    }
}

static void a_wrong_signature_of_a_known_key(void **state)
{
    Arena *a = *state;
    Verifier peter = verifier(a, PETER_VKEY);
    Str wrong = S("\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAA=\n");
    assert_int_equal(opened(a, joined(a, S(QUOTE "\n"), wrong), &peter), ERR_INPUT);
    assert_int_equal(opened(a, joined(a, S(QUOTE "\n" PETER_SIGNED), wrong), &peter), ERR_INPUT);
    assert_int_equal(opened(a, joined(a, joined(a, S(QUOTE "\n"), wrong), S(PETER_SIGNED)), &peter), ERR_INPUT);
    for (size_t len = 1; len <= 80; len++)
        if (len != 64)
            assert_int_equal(
                opened(a, joined(a, S(QUOTE "\n"), signature_line(a, peter.name, peter.id, times(a, S("x"), (int)len))), &peter),
                ERR_INPUT);
    assert_int_equal(note_check_line(a, wrong, S(QUOTE), &peter, NULL), ERR_INPUT);
}

/* During a rotation a record has two keys of one name. */
static void two_keys_of_one_name(void **state)
{
    Arena *a = *state;
    Signer old, new;
    signer_new(S("example.org/record"), KEY_NOTE, &old);
    signer_new(S("example.org/record"), KEY_NOTE, &new);
    Str both = joined(a, note_sign(a, &old, S(SOFA), 0), note_sign(a, &new, S(SOFA), 0));
    Note note = note_of(a, joined(a, S(SOFA "\n"), both));
    assert_int_equal(note_check(&note, &old.verifier, NULL), ERR_OK);
    assert_int_equal(note_check(&note, &new.verifier, NULL), ERR_OK);
    Str mixed = joined(a, note_sign(a, &old, S(SOFA), 0), note_sign(a, &new, S(QUOTE), 0));
    note = note_of(a, joined(a, S(SOFA "\n"), mixed));
    assert_int_equal(note_check(&note, &old.verifier, NULL), ERR_OK);
    assert_int_equal(note_check(&note, &new.verifier, NULL), ERR_INPUT);
    /* The same name and id by chance or malice, another key: it is wrong, not missing. */
    Verifier forged = old.verifier;
    memcpy(forged.public_key, new.verifier.public_key, NOTE_PUBLIC_BYTES);
    assert_int_equal(note_check(&note, &forged, NULL), ERR_INPUT);
}

static void bounds_of_a_note(void **state)
{
    Arena *a = *state;
    Verifier peter = verifier(a, PETER_VKEY);
    assert_int_equal(opened(a, joined(a, S(QUOTE "\n"), times(a, S(PETER_SIGNED), NOTE_SIGNATURES_MAX)), &peter), ERR_OK);
    assert_int_equal(opened(a, joined(a, S(QUOTE "\n"), times(a, S(PETER_SIGNED), NOTE_SIGNATURES_MAX + 1)), &peter), ERR_LIMIT);
    const KeyKind kinds[] = {KEY_NOTE, KEY_COSIGN};
    for (int i = 0; i < COUNT_OF(kinds); i++) {
        Signer s;
        signer_new(S("n"), kinds[i], &s);
        size_t line = note_sign(a, &s, S("\n"), INT64_MAX).len;
        Str text = joined(a, times(a, S("x"), (int)(NOTE_MAX - line - 2)), S("\n"));
        Str note = joined(a, joined(a, text, S("\n")), note_sign(a, &s, text, INT64_MAX));
        assert_int_equal(note.len, NOTE_MAX);
        assert_int_equal(opened(a, note, &s.verifier), ERR_OK);
        assert_int_equal(opened(a, joined(a, S("x"), note), &s.verifier), ERR_LIMIT);
        text = joined(a, times(a, S("x"), NOTE_MAX - 1), S("\n"));
        assert_int_equal(note_check_line(a, note_sign(a, &s, text, 1), text, &s.verifier, NULL), ERR_OK);
        assert_int_equal(note_check_line(a, note_sign(a, &s, text, 1), joined(a, S("x"), text), &s.verifier, NULL), ERR_INPUT);
    }
}

static void lines_that_came_alone(void **state)
{
    Arena *a = *state;
    Verifier peter = verifier(a, PETER_VKEY);
    const Str rows[] = {
        {0},
        S("\n"),
        S(PETER_SIGNED PETER_SIGNED),
        S("\n" PETER_SIGNED),
        S(PETER_SIGNED "\n"),
        S(PETER_SIGNED "x"),
        S(QUOTE "\n" PETER_SIGNED),
        S("\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM="),
        S("\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\r\n"),
    };
    for (int i = 0; i < COUNT_OF(rows); i++)
        assert_row(note_check_line(a, rows[i], S(QUOTE), &peter, NULL) == ERR_INPUT, rows[i].ptr ? rows[i].ptr : "empty");
    assert_int_equal(note_check_line(a, times(a, S("x"), NOTE_MAX + 1), S(QUOTE), &peter, NULL), ERR_INPUT);
}

/* ---- cosignatures ---- */

static void a_cosignature_signs_time_and_text(void **state)
{
    Arena *a = *state;
    Signer s;
    int64_t time = 0;
    signer_new(S("witness.example.com/w1"), KEY_COSIGN, &s);
    Str line = note_sign(a, &s, S(SOFA), 1679315147);
    Note note = note_of(a, joined(a, S(SOFA "\n"), line));
    Str bytes = note.signatures[0].bytes;
    assert_int_equal(bytes.len, 8 + NOTE_SIGNED_BYTES);
    assert_memory_equal(bytes.ptr, "\0\0\0\0\x64\x18\x50\xCB", 8);
    Str message = S("cosignature/v1\ntime 1679315147\n" SOFA); /* as tlog-cosignature prints it */
    assert_int_equal(crypto_sign_ed25519_verify_detached(
                         (const uint8_t *)bytes.ptr + 8, (const uint8_t *)message.ptr, message.len, s.verifier.public_key),
        0);
    assert_int_equal(note_check(&note, &s.verifier, &time), ERR_OK);
    assert_int_equal(time, 1679315147);
    assert_int_equal(note_check_line(a, line, S(SOFA), &s.verifier, &time), ERR_OK);
    assert_int_equal(note_check_line(a, line, S(SOFA "extension\n"), &s.verifier, &time), ERR_INPUT);
    Str other = joined(a, S("\0\0\0\0\x64\x18\x50\xCC"), str_slice(bytes, 8, bytes.len)); /* a second later */
    assert_int_equal(note_check_line(a, signature_line(a, s.verifier.name, s.verifier.id, other), S(SOFA), &s.verifier, NULL), ERR_INPUT);
    assert_int_equal(
        note_check_line(a, signature_line(a, s.verifier.name, s.verifier.id, str_slice(bytes, 8, bytes.len)), S(SOFA), &s.verifier, NULL),
        ERR_INPUT);
}

static void times_of_cosignatures(void **state)
{
    Arena *a = *state;
    Signer s;
    signer_new(S("w"), KEY_COSIGN, &s);
    const int64_t good[] = {0, 1, 9, 10, 1679315147, 4294967296, INT64_MAX};
    for (int i = 0; i < COUNT_OF(good); i++) {
        int64_t time = -1;
        assert_int_equal(note_check_line(a, note_sign(a, &s, S(SOFA), good[i]), S(SOFA), &s.verifier, &time), ERR_OK);
        assert_int_equal(time, good[i]);
    }
    /* tlog-cosignature: it must not exceed 2^63 - 1 */
    Str late = joined(a, S("\x80\0\0\0\0\0\0\0"), times(a, S("x"), NOTE_SIGNED_BYTES));
    assert_int_equal(note_check_line(a, signature_line(a, s.verifier.name, s.verifier.id, late), S(SOFA), &s.verifier, NULL), ERR_INPUT);
    /* Of several the newest, wherever it stands; and each must be right. */
    int64_t time = 0;
    Str both = joined(a, note_sign(a, &s, S(SOFA), 9), note_sign(a, &s, S(SOFA), 7));
    Note note = note_of(a, joined(a, S(SOFA "\n"), both));
    assert_int_equal(note_check(&note, &s.verifier, &time), ERR_OK);
    assert_int_equal(time, 9);
    note = note_of(a, joined(a, S(SOFA "\n"), joined(a, both, note_sign(a, &s, S(QUOTE), 8))));
    assert_int_equal(note_check(&note, &s.verifier, &time), ERR_INPUT);
}

/* ---- checkpoints ---- */

static void checkpoints_there_and_back(void **state)
{
    Arena *a = *state;
    const int64_t sizes[] = {0, 1, 10, 20852163, TREE_SIZE_MAX};
    for (int i = 0; i < COUNT_OF(sizes); i++) {
        Checkpoint c = {.origin = S("example.org/record"), .size = sizes[i], .root = tree_leaf(S("x"))}, back;
        Fault fault = {0};
        Str text = checkpoint_text(a, &c);
        assert_int_equal(checkpoint_read(text, &back, &fault), ERR_OK);
        assert_true(str_equal(back.origin, c.origin) && back.size == c.size && hash_equal(&back.root, &c.root));
        assert_int_equal(checkpoint_read(joined(a, text, S("extension\nand another one\n")), &back, &fault), ERR_OK);
        assert_true(back.size == c.size && hash_equal(&back.root, &c.root));
    }
}

static void checkpoints_that_are_none(void **state)
{
    Arena *a = *state;
    const struct {
        Str text;
        int line;
    } rows[] = {
        {{0}, 1},
        {S("\n"), 1},
        {S("o"), 1},
        {S("o\n"), 2},
        {S("\n1\n" ROOT_LINE), 1},
        {S("o\x01\n1\n" ROOT_LINE), 1},
        {S("o\xFF\n1\n" ROOT_LINE), 1},
        {S("o\n1"), 2},
        {S("o\n\n" ROOT_LINE), 2},
        {S("o\n01\n" ROOT_LINE), 2},
        {S("o\n00\n" ROOT_LINE), 2},
        {S("o\n+1\n" ROOT_LINE), 2},
        {S("o\n-1\n" ROOT_LINE), 2},
        {S("o\n-0\n" ROOT_LINE), 2},
        {S("o\n1 \n" ROOT_LINE), 2},
        {S("o\n 1\n" ROOT_LINE), 2},
        {S("o\n1\r\n" ROOT_LINE), 2},
        {S("o\n0x1\n" ROOT_LINE), 2},
        {S("o\n1e3\n" ROOT_LINE), 2},
        {S("o\n1,000\n" ROOT_LINE), 2},
        {S("o\n\xEF\xBC\x91\n" ROOT_LINE), 2},
        {S("o\n4503599627370497\n" ROOT_LINE), 2},
        {S("o\n9223372036854775807\n" ROOT_LINE), 2},
        {S("o\n9223372036854775808\n" ROOT_LINE), 2},
        {S("o\n18446744073709551617\n" ROOT_LINE), 2},
        {S("o\n99999999999999999999999999\n" ROOT_LINE), 2},
        {S("o\n1\n"), 3},
        {S("o\n1\n\n"), 3},
        {S("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="), 3},
        {S("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I\n"), 3},
        {S("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n"), 3},
        {S("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxqw==\n"), 3},
        {S("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2IA\n"), 3},
        {S("o\n1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I= \n"), 3},
        {S("o\n1\n" ROOT_LINE "\n"), 4},
        {S("o\n1\n" ROOT_LINE "x"), 4},
        {S("o\n1\n" ROOT_LINE "x\n\ny\n"), 5},
        {S("go.sum database tree\n0xabcdef\n" ROOT_LINE), 2},
        {S("go.sum database tree\n123456789012\nTszzRgjTG6xce+z2AG31kAXYKBgQVtCSCE40HmuwBTOOBIG=\n"), 3},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        Checkpoint c = {.size = 77};
        Fault fault = {0};
        const char *row = rows[i].text.ptr ? str_c(a, rows[i].text) : "empty";
        assert_row(checkpoint_read(rows[i].text, &c, &fault) == ERR_INPUT, row);
        assert_row(c.size == 77 && fault.line == rows[i].line, row);
    }
}

/* ---- proofs as files, and requests ---- */

static TreeProof proof_of(int count)
{
    TreeProof proof = {.count = count};
    for (int i = 0; i < count; i++) proof.hashes[i] = sha256((Str){(const char *)&(char){(char)i}, 1});
    return proof;
}

static bool same_proof(const TreeProof *proof, const TreeProof *other)
{
    return proof->count == other->count && memcmp(proof->hashes, other->hashes, sizeof(Sha256) * (size_t)proof->count) == 0;
}

static void proofs_as_published(void **state)
{
    Arena *a = *state;
    Sha256 one = sha256(S("hash1")), two = sha256(S("hash2"));
    Str h1 = base64(a, (Str){(const char *)one.bytes, 32}), h2 = base64(a, (Str){(const char *)two.bytes, 32});
    ProofFile p = {.index = 5, .proof = {.count = 2, .hashes = {one, two}}, .checkpoint = S("test checkpoint\n")};
    assert_same_str(proof_text(a, &p), str_format(a, "c2sp.org/tlog-proof@v1\nindex 5\n%s\n%s\n\ntest checkpoint\n", h1.ptr, h2.ptr));
    p = (ProofFile){
        .index = 10, .proof = {.count = 1, .hashes = {one}}, .extra = S("extra information"), .checkpoint = S("checkpoint data\n")};
    assert_same_str(proof_text(a, &p),
        str_format(a, "c2sp.org/tlog-proof@v1\nextra ZXh0cmEgaW5mb3JtYXRpb24=\nindex 10\n%s\n\ncheckpoint data\n", h1.ptr));
    p = (ProofFile){.checkpoint = S("checkpoint\n")};
    assert_str(proof_text(a, &p), "c2sp.org/tlog-proof@v1\nindex 0\n\ncheckpoint\n");
}

static void proofs_there_and_back(void **state)
{
    Arena *a = *state;
    const Str extras[] = {{0}, S("x"), S("\0\xFF\n"), times(a, S("e"), BUNDLE_ENTRY_MAX)};
    const int64_t indices[] = {0, 7, TREE_SIZE_MAX - 1};
    const int counts[] = {0, 1, 52, TREE_PROOF_MAX};
    for (int i = 0; i < COUNT_OF(extras) * COUNT_OF(indices) * COUNT_OF(counts); i++) {
        ProofFile p = {.extra = extras[i % 4],
                      .index = indices[i / 4 % 3],
                      .proof = proof_of(counts[i / 12]),
                      .checkpoint = S(SOFA "\n" PETER_SIGNED)},
                  back;
        Fault fault = {0};
        assert_int_equal(proof_read(a, proof_text(a, &p), &back, &fault), ERR_OK);
        assert_true(back.index == p.index && same_proof(&back.proof, &p.proof));
        assert_same_str(back.extra, p.extra);
        assert_same_str(back.checkpoint, p.checkpoint);
    }
}

#define PROOF "c2sp.org/tlog-proof@v1\n"
static void proofs_that_are_none(void **state)
{
    Arena *a = *state;
    const struct {
        Str text;
        int line;
    } rows[] = {
        {{0}, 1},
        {S("\n"), 1},
        {S("c2sp.org/tlog-proof@v1"), 1},
        {S("c2sp.org/tlog-proof@v2\nindex 0\n\nc\n"), 1},
        {S("wrong-header\nindex 0\n\nc\n"), 1},
        {S("c2sp.org/tlog-proof@v1\r\nindex 0\n\nc\n"), 1},
        {S(" " PROOF "index 0\n\nc\n"), 1},
        {S(PROOF), 2},
        {S(PROOF "\n\nc\n"), 2},
        {S(PROOF "extra !!notbase64!!\nindex 0\n\nc\n"), 2},
        {S(PROOF "extra \nindex 0\n\nc\n"), 2},
        {S(PROOF "extra Zh==\nindex 0\n\nc\n"), 2},
        {S(PROOF "extra Zg==\r\nindex 0\n\nc\n"), 2},
        {S(PROOF "extra\nindex 0\n\nc\n"), 2},
        {S(PROOF "extra Zg==\n"), 3},
        {S(PROOF "extra Zg==\nextra Zg==\nindex 0\n\nc\n"), 3},
        {S(PROOF "index 0\nextra Zg==\n\nc\n"), 3},
        {S(PROOF "index notanumber\n\nc\n"), 2},
        {S(PROOF "index -5\n\nc\n"), 2},
        {S(PROOF "index 05\n\nc\n"), 2},
        {S(PROOF "index\n\nc\n"), 2},
        {S(PROOF "index \n\nc\n"), 2},
        {S(PROOF "index  5\n\nc\n"), 2},
        {S(PROOF "index 5 \n\nc\n"), 2},
        {S(PROOF "Index 5\n\nc\n"), 2},
        {S(PROOF "index 4503599627370496\n\nc\n"), 2},
        {S(PROOF "index 18446744073709551616\n\nc\n"), 2},
        {S(PROOF "index 5"), 2},
        {S(PROOF "index 5\n"), 3},
        {S(PROOF "index 5\n" ROOT_LINE), 4},
        {S(PROOF "index 5\n!!notbase64!!\n\nc\n"), 3},
        {S(PROOF "index 5\n" ROOT_LINE "AAAA\n\nc\n"), 4},
        {S(PROOF "index 5\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n\nc\n"), 3},
        {S(PROOF "index 5\n\n"), 4},
        {S(PROOF "index 5\n" ROOT_LINE "\n"), 5},
        {S(PROOF "extra Zg==\nindex 5\n" ROOT_LINE " \nc\n"), 5},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        ProofFile p = {.index = 77};
        Fault fault = {0};
        const char *row = rows[i].text.ptr ? str_c(a, rows[i].text) : "empty";
        assert_row(proof_read(a, rows[i].text, &p, &fault) == ERR_INPUT, row);
        assert_row(p.index == 77 && fault.line == rows[i].line, row);
    }
    ProofFile p;
    Fault fault = {0};
    Str head = S(PROOF "index 5\n"), tail = S("\nc\n");
    assert_int_equal(proof_read(a, joined(a, joined(a, head, times(a, S(ROOT_LINE), TREE_PROOF_MAX)), tail), &p, &fault), ERR_OK);
    assert_int_equal(proof_read(a, joined(a, joined(a, head, times(a, S(ROOT_LINE), TREE_PROOF_MAX + 1)), tail), &p, &fault), ERR_INPUT);
    Str largest = joined(a, S(PROOF "index 5\n\n"), times(a, S("c"), PROOF_FILE_MAX - (int)S(PROOF "index 5\n\n").len));
    assert_int_equal(proof_read(a, largest, &p, &fault), ERR_OK);
    assert_int_equal(proof_read(a, joined(a, largest, S("c")), &p, &fault), ERR_LIMIT);
}

static void requests_there_and_back(void **state)
{
    Arena *a = *state;
    /* tlog-witness */
    Str body = S(
        "old 20852014\nPlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\njrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n"
        "5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n/6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n" SOFA "\n"
        "\u2014 example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "\u2014 example.com/behind-the-sofa "
        "opLqBQsREYCgu6xQkYQwJr9fo45a62DN9EdmHXnZdXNqlcVGlCum2Wks+49/V6267UEjw6QUXTS5Rovnzv++qbSzm9Q=\n");
    AddCheckpoint r;
    Fault fault = {0};
    assert_int_equal(add_checkpoint_read(a, body, &r, &fault), ERR_OK);
    assert_true(r.old_size == 20852014 && r.proof.count == 4 && r.proof.hashes[0].bytes[0] == 0x3e);
    assert_same_str(add_checkpoint_text(a, &r), body);
    Note note = note_of(a, r.checkpoint);
    assert_true(note.signature_count == 2 && str_equal(note.text, S(SOFA)));
    const int counts[] = {0, 1, 63};
    for (int i = 0; i < COUNT_OF(counts); i++) {
        AddCheckpoint sent = {.old_size = i ? TREE_SIZE_MAX : 0, .proof = proof_of(counts[i]), .checkpoint = S(SOFA "\n" PETER_SIGNED)},
                      back;
        assert_int_equal(add_checkpoint_read(a, add_checkpoint_text(a, &sent), &back, &fault), ERR_OK);
        assert_true(back.old_size == sent.old_size && same_proof(&back.proof, &sent.proof));
        assert_same_str(back.checkpoint, sent.checkpoint);
    }
}

static void requests_that_are_none(void **state)
{
    Arena *a = *state;
    const struct {
        Str text;
        int line;
    } rows[] = {
        {{0}, 1},
        {S("\n"), 1},
        {S("old"), 1},
        {S("old 1"), 1},
        {S("old\n\nc\n"), 1},
        {S("old \n\nc\n"), 1},
        {S("old 01\n\nc\n"), 1},
        {S("old -1\n\nc\n"), 1},
        {S("old +1\n\nc\n"), 1},
        {S("old 1 \n\nc\n"), 1},
        {S("old  1\n\nc\n"), 1},
        {S("Old 1\n\nc\n"), 1},
        {S("1\n\nc\n"), 1},
        {S("old 1\r\n\nc\n"), 1},
        {S("old 4503599627370497\n\nc\n"), 1},
        {S("old 99999999999999999999\n\nc\n"), 1},
        {S("old 1\n"), 2},
        {S("old 1\n" ROOT_LINE), 3},
        {S("old 1\nAAAA\n\nc\n"), 2},
        {S("old 1\n" ROOT_LINE " \nc\n"), 3},
        {S("old 1\n\r\nc\n"), 2},
        {S("old 1\n\n"), 3},
        {S("old 1\n" ROOT_LINE "\n"), 4},
        {S("old 1\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2J=\n\nc\n"), 2},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) {
        AddCheckpoint r = {.old_size = 77};
        Fault fault = {0};
        const char *row = rows[i].text.ptr ? str_c(a, rows[i].text) : "empty";
        assert_row(add_checkpoint_read(a, rows[i].text, &r, &fault) == ERR_INPUT, row);
        assert_row(r.old_size == 77 && fault.line == rows[i].line, row);
    }
    AddCheckpoint r;
    Fault fault = {0};
    assert_int_equal(
        add_checkpoint_read(a, joined(a, joined(a, S("old 1\n"), times(a, S(ROOT_LINE), 64)), S("\nc\n")), &r, &fault), ERR_INPUT);
    assert_int_equal(fault.line, 65);
    assert_int_equal(add_checkpoint_read(a, joined(a, S("old 1\n\n"), times(a, S("c"), NOTE_MAX)), &r, &fault), ERR_LIMIT);
}

/* ---- bugs stop the process ---- */

static void sign_half_a_line(void)
{
    Arena a;
    Signer s;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    signer_new(S("x"), KEY_NOTE, &s);
    (void)note_sign(&a, &s, S("no newline"), 0);
}

static void make_a_nameless_key(void)
{
    Signer s;
    signer_new(S("a b"), KEY_NOTE, &s);
}

static void write_an_origin_of_two_lines(void)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    (void)checkpoint_text(&a, &(Checkpoint){.origin = S("a\nb")});
}

static void ask_with_too_long_a_proof(void)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    (void)add_checkpoint_text(&a, &(AddCheckpoint){.checkpoint = S("c\n"), .proof = {.count = 64}});
}

static void bugs_stop(void **state)
{
    (void)state;
    assert_stops(sign_half_a_line);
    assert_stops(make_a_nameless_key);
    assert_stops(write_an_origin_of_two_lines);
    assert_stops(ask_with_too_long_a_proof);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(base64_as_published),
        arena_test(base64_in_one_way_only),
        cmocka_unit_test(base64_of_all_bytes),
        arena_test(names_of_keys),
        arena_test(keys_as_published),
        arena_test(no_other_text_is_this_verifier),
        arena_test(signers_as_published),
        arena_test(no_other_text_is_this_signer),
        arena_test(new_keys),
        arena_test(a_kind_is_no_other_kind),
        arena_test(rfc_8032),
        arena_test(signatures_that_only_the_careless_take),
        arena_test(notes_as_published),
        arena_test(checkpoints_as_published),
        arena_test(a_request_to_a_witness_as_published),
        arena_test(examples_of_the_specifications),
        arena_test(no_bit_of_a_note_may_change),
        arena_test(notes_that_are_none),
        arena_test(signatures_of_strangers_pass),
        arena_test(a_wrong_signature_of_a_known_key),
        arena_test(two_keys_of_one_name),
        arena_test(bounds_of_a_note),
        arena_test(lines_that_came_alone),
        arena_test(a_cosignature_signs_time_and_text),
        arena_test(times_of_cosignatures),
        arena_test(checkpoints_there_and_back),
        arena_test(checkpoints_that_are_none),
        arena_test(proofs_as_published),
        arena_test(proofs_there_and_back),
        arena_test(proofs_that_are_none),
        arena_test(requests_there_and_back),
        arena_test(requests_that_are_none),
        cmocka_unit_test(bugs_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
