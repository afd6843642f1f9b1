/* vectors.h: published examples, read from test/vectors. SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef HUSTINGS_TEST_RECORD_VECTORS_H
#define HUSTINGS_TEST_RECORD_VECTORS_H

#include "core/unit.h"

#include "record/tree.h"

#include <jansson.h>
#include <sodium/utils.h>

static const char *vectors_folder; /* set by main */

static inline json_t *vectors_load(Arena *a, const char *name)
{
    json_error_t error;
    json_t *all = json_load_file(str_format(a, "%s/%s", vectors_folder, name).ptr, JSON_REJECT_DUPLICATES, &error);
    if (!all) fail_msg("%s:%d: %s", name, error.line, error.text);
    return all;
}

static inline Str json_text(const json_t *json)
{
    assert_true(json_is_string(json));
    return (Str){json_string_value(json), json_string_length(json)};
}

static inline int64_t json_number(const json_t *json)
{
    assert_true(json_is_integer(json));
    return json_integer_value(json);
}

static inline Str from_hex(Arena *a, Str hex)
{
    uint8_t *bytes = arena_new(a, uint8_t, hex.len / 2 + 1);
    size_t len = 0;
    assert_int_equal(sodium_hex2bin(bytes, hex.len / 2, hex.ptr, hex.len, NULL, &len, NULL), 0);
    assert_int_equal(len * 2, hex.len);
    return (Str){(const char *)bytes, len};
}

static inline Sha256 hash_from_hex(Arena *a, Str hex)
{
    Sha256 hash;
    Str bytes = from_hex(a, hex);
    assert_int_equal(bytes.len, SHA256_BYTES);
    memcpy(hash.bytes, bytes.ptr, SHA256_BYTES);
    return hash;
}

#endif
