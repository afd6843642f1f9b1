/* columns.c: the table of columns, and names compared as people write them.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/columns.h"

#include <string.h>

#define P true
#define M false
#define PEOPLE_COLUMN_ROW(id, name, kind, of, aliases, help) [COL_##id] = {name, kind, of, aliases, help},
const PeopleColumnInfo people_columns[COL__COUNT] = {PEOPLE_COLUMNS(PEOPLE_COLUMN_ROW)};
#undef P
#undef M

/* Without case, blanks, hyphens and underscores, a list's own prefix ("osdi:") left out: false when it is too long for any name. */
enum { NAME_MAX_BYTES = 64 };
static bool plain(Str name, char ret_plain[NAME_MAX_BYTES], size_t *ret_len)
{
    size_t n = 0;
    if (str_starts(name, S("osdi:"))) name = str_slice(name, 5, name.len);
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        if (c == ' ' || c == '-' || c == '_' || c == '\t') continue;
        if (n == NAME_MAX_BYTES) return false;
        ret_plain[n++] = (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
    }
    *ret_len = n;
    return n > 0;
}

static bool same(const char *wanted, size_t wanted_len, Str name)
{
    char mine[NAME_MAX_BYTES];
    size_t len;
    return plain(name, mine, &len) && len == wanted_len && memcmp(mine, wanted, len) == 0;
}

static bool is_called(const PeopleColumnInfo *c, const char *wanted, size_t len)
{
    if (same(wanted, len, str_from_c(c->name))) return true;
    Str rest = str_from_c(c->aliases), alias;
    while (rest.len) {
        str_cut(rest, ' ', &alias, &rest);
        if (same(wanted, len, alias)) return true;
    }
    return false;
}

PeopleColumn people_column(Str name)
{
    char wanted[NAME_MAX_BYTES];
    size_t len;
    if (plain(name, wanted, &len))
        for (PeopleColumn i = 0; i < COL__COUNT; i++)
            if (is_called(&people_columns[i], wanted, len)) return i;
    return COL__COUNT;
}

static const struct {
    const char *word;
    Status status;
} status_words[] = {
    {"applied", STATUS_APPLIED},
    {"active", STATUS_ACTIVE},
    {"lapsed", STATUS_LAPSED},
    {"suspended", STATUS_SUSPENDED},
    {"resigned", STATUS_RESIGNED},
    {"expelled", STATUS_EXPELLED},
    {"died", STATUS_DIED}, /* the words themselves, in order; then what else they are called */
    {"application", STATUS_APPLIED},
    {"pending", STATUS_APPLIED},
    {"provisional", STATUS_APPLIED},
    {"current", STATUS_ACTIVE},
    {"member", STATUS_ACTIVE},
    {"paid", STATUS_ACTIVE},
    {"approved", STATUS_ACTIVE},
    {"arrears", STATUS_LAPSED},
    {"in arrears", STATUS_LAPSED},
    {"expired", STATUS_LAPSED},
    {"unpaid", STATUS_LAPSED},
    {"cancelled", STATUS_RESIGNED},
    {"left", STATUS_RESIGNED},
    {"deceased", STATUS_DIED},
    {"excluded", STATUS_EXPELLED},
};

Str status_name(Status status)
{
    return status == STATUS_NONE ? S("") : str_from_c(status_words[status - 1].word);
}

Status status_of(Str word)
{
    for (int i = 0; i < COUNT_OF(status_words); i++)
        if (str_equal_nocase(word, str_from_c(status_words[i].word))) return status_words[i].status;
    return STATUS_NONE;
}
