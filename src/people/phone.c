/* phone.c: opens hustings-phone.so beside the program (a build folder) or where it was installed (HUSTINGS_MODULES, from the program's folder).
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/phone.h"

#include "core/library.h"

#include <string.h>

static struct {
    bool (*begin)(void);
    bool (*read)(const char *typed, size_t len, const char *region, char *e164, size_t room);
    bool (*shown)(const char *e164, size_t len, const char *region, char *shown, size_t room);
} module;

static const LibraryFunction functions[] = {
    {"hustings_phone_begin", (void *)&module.begin},
    {"hustings_phone_read", (void *)&module.read},
    {"hustings_phone_shown", (void *)&module.shown},
};

static bool begin(void)
{
    return module.begin();
}

Err phone_load(Fault *fault)
{
    static Library library = {
        .files = {"$ORIGIN/hustings-phone.so", "$ORIGIN/" HUSTINGS_MODULES "/hustings-phone.so"},
        .functions = functions,
        .count = sizeof functions / sizeof *functions,
        .needed = S("the module hustings-phone.so and libphonenumber 8 for telephone numbers (Debian: apt install libphonenumber8; built "
                    "from source: "
                    "libphonenumber-dev, then build again)"),
        .begin = begin,
        .lock = PTHREAD_MUTEX_INITIALIZER,
    };
    return library_load(&library, fault);
}

enum { REGION_CHARS = 2, TYPED_MOST = 250 }; /* libphonenumber reads no more either */

/* Two capitals; "ZZ", libphonenumber's word for none, when they are no such thing. */
static void put_region(Str region, char ret_region[REGION_CHARS + 1])
{
    memcpy(ret_region, "ZZ", REGION_CHARS + 1);
    if (region.len != REGION_CHARS) return;
    for (int i = 0; i < REGION_CHARS; i++) {
        char c = region.ptr[i];
        ret_region[i] = (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
    }
}

/* What lists are full of is read without libphonenumber, and exactly as it reads it (test/unit/people/phone.c compares): of Britain, 0 and ten digits, the first
 * of them no 0, or +44 and the same; blanks anywhere between. Whatever is not quite that is left to it. */
static bool read_british(Str typed, const char *region, char ret_e164[PHONE_MAX + 1])
{
    enum { DIGITS = 10, CODE = 3 };
    bool full = str_starts(typed, S("+44"));
    size_t n = 0;
    if (!full && (typed.ptr[0] != '0' || strcmp(region, "GB") != 0)) return false;
    for (size_t i = full ? CODE : 1; i < typed.len; i++) {
        char c = typed.ptr[i];
        if (c == ' ' && typed.ptr[i - 1] != ' ') continue;
        if (c < '0' || c > '9' || n == DIGITS || (n == 0 && c == '0')) return false;
        ret_e164[CODE + n++] = c;
    }
    if (n < DIGITS || typed.ptr[typed.len - 1] == ' ') return false;
    memcpy(ret_e164, "+44", CODE);
    ret_e164[CODE + DIGITS] = '\0';
    return true;
}

bool phone_read(Str typed, Str region, char ret_e164[PHONE_MAX + 1])
{
    char letters[REGION_CHARS + 1];
    ASSERT(module.read);
    if (!typed.len || typed.len > TYPED_MOST) return false;
    put_region(region, letters);
    if (read_british(typed, letters, ret_e164)) return true;
    return module.read(typed.ptr, typed.len, letters, ret_e164, PHONE_MAX + 1);
}

Str phone_shown(Arena *a, Str e164, Str region)
{
    enum { ROOM = 64 };
    char letters[REGION_CHARS + 1], *shown = arena_new(a, char, ROOM);
    put_region(region, letters);
    bool can = module.shown && e164.len <= PHONE_MAX && module.shown(e164.ptr, e164.len, letters, shown, ROOM);
    return can ? str_from_c(shown) : e164;
}
