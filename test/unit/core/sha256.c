/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/unit.h"

#include "core/sha256.h"

/* FIPS 180-4's examples as NIST publishes them, and lengths around the block of 64 bytes from an independent
 * implementation (Python's hashlib). */
static void known_answers(void **state)
{
    Arena *a = *state;
    char *as = arena_new(a, char, 1000000);
    memset(as, 'a', 1000000);
    const struct {
        Str message, hex;
    } rows[] = {
        {S("abc"), S("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")},
        {S(""), S("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")},
        {{0}, S("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")},
        {S("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq"),
            S("248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1")},
        {S("abcdefghbcdefghicdefghijdefghijkefghijklfghijklmghijklmnhijklmnoijklmnopjklmnopqklmnopqrlmnopqrsmnopqrstnopqrstu"),
            S("cf5b16a778af8380036ce59e7b0492370b249b11e8f07a51afac45037afee9d1")},
        {{as, 1000000}, S("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0")},
        {S("\0"), S("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")},
        {{as, 55}, S("9f4390f8d30c2dd92ec9f095b65e2b9ae9b0a925a5258e241c9f1e910f734318")},
        {{as, 56}, S("b35439a4ac6f0948b6d6f9e3c6af0f5f590ce20f1bde7090ef7970686ec6738a")},
        {{as, 57}, S("f13b2d724659eb3bf47f2dd6af1accc87b81f09f59f2b75e5c0bed6589dfe8c6")},
        {{as, 63}, S("7d3e74a05d7db15bce4ad9ec0658ea98e3f06eeecf16b4c6fff2da457ddc2f34")},
        {{as, 64}, S("ffe054fe7ae0cb6dc65c3af9b61d5209f439851db43d0ba5997337df154668eb")},
        {{as, 65}, S("635361c48bb9eab14198e76ea8ab7f1a41685d6ad62aa9146d301d4f17eb0ae0")},
        {{as, 119}, S("31eba51c313a5c08226adf18d4a359cfdfd8d2e816b13f4af952f7ea6584dcfb")},
        {{as, 120}, S("2f3d335432c70b580af0e8e1b3674a7c020d683aa5f73aaaedfdc55af904c21c")},
        {{as, 127}, S("c57e9278af78fa3cab38667bef4ce29d783787a2f731d4e12200270f0c32320a")},
        {{as, 128}, S("6836cf13bac400e9105071cd6af47084dfacad4e5e302c94bfed24e013afb73e")},
        {{as, 129}, S("c12cb024a2e5551cca0e08fce8f1c5e314555cc3fef6329ee994a3db752166ae")},
    };
    for (int i = 0; i < COUNT_OF(rows); i++) assert_same_str(sha256_hex(a, sha256(rows[i].message)), rows[i].hex);
}

static void hex_is_lower_case_and_keeps_zeros(void **state)
{
    Arena *a = *state;
    Sha256 hash = {.bytes = {0x00, 0x01, 0xAB, 0xFF}};
    assert_str(sha256_hex(a, hash), "0001abff00000000000000000000000000000000000000000000000000000000");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        arena_test(known_answers),
        arena_test(hex_is_lower_case_and_keeps_zeros),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
