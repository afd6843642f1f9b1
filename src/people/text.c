/* text.c: values in one form. What is plain ASCII, as nearly all of a list is, never meets libunistring.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#include "people/text.h"

#include <stdlib.h>
#include <string.h>
#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

/* ---- characters ---- */

static bool is_letter(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static char lower(char c)
{
    return (char)(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
}

static char upper(char c)
{
    return (char)(c >= 'a' && c <= 'z' ? c - ('a' - 'A') : c);
}

/* Printable ASCII in its final form: no blank at the ends, none beside another. */
static bool is_settled_ascii(Str s)
{
    if (s.len && (s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ')) return false;
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < 0x20 || c > 0x7e || (c == ' ' && s.ptr[i + 1] == ' ')) return false;
    }
    return true;
}

/* What turns the line around, hides, or ends it: nothing of that may stand in a value (Unicode Standard Annex 9; U+2028, U+2029 are line ends). */
static bool is_forbidden(uint32_t c)
{
    return c < 0x20 || (c >= 0x7f && c < 0xa0) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0x200e ||
           c == 0x200f || c == 0x061c || c == 0xfeff || uc_is_property_not_a_character(c);
}

static bool is_blank(uint32_t c)
{
    return c == ' ' || c == 0xa0 || c == 0x3000 || c == 0x1680 || (c >= 0x2000 && c <= 0x200b) || c == 0x202f || c == 0x205f;
}

static void put_point(Buf *b, uint32_t c)
{
    uint8_t bytes[6];
    int n = u8_uctomb(bytes, c, sizeof bytes);
    ASSERT(n > 0);
    buf_str(b, (Str){(const char *)bytes, (size_t)n});
}

/* ---- lines and names ---- */

static bool is_line(Str typed, const char **ret_expected)
{
    *ret_expected = "text in UTF-8";
    uint32_t c;
    for (size_t at = 0, n; at < typed.len; at += n) {
        n = str_code_point(typed, at, &c);
        if (!n) return false;
        if (is_forbidden(c) && c != '\t') {
            *ret_expected = "text on one line, without control characters";
            return false;
        }
    }
    return true;
}

/* Blanks of any kind become one space between words. */
static Str settle(Arena *a, Str s)
{
    Buf b = buf_new(a);
    bool blank = false;
    uint32_t c;
    for (size_t at = 0; at < s.len; at += str_code_point(s, at, &c)) {
        size_t n = str_code_point(s, at, &c);
        if (is_blank(c) || c == '\t') {
            blank = b.len > 0;
            continue;
        }
        if (blank) buf_byte(&b, ' ');
        blank = false;
        buf_str(&b, str_slice(s, at, at + n));
    }
    return buf_done(&b);
}

static Str normal(Arena *a, uninorm_t form, Str s)
{
    size_t len = 0;
    uint8_t *bytes = u8_normalize(form, (const uint8_t *)s.ptr, s.len, NULL, &len);
    if (!bytes) out_of_memory(s.len);
    Str copy = str_copy(a, (Str){(const char *)bytes, len});
    free(bytes);
    return copy;
}

bool text_line(Arena *a, Str typed, Str *ret_text, const char **ret_expected)
{
    *ret_text = typed;
    *ret_expected = "at most 400 bytes";
    if (typed.len > 4 * (size_t)PEOPLE_TEXT_MAX) return false;
    if (!is_settled_ascii(typed)) {
        if (!is_line(typed, ret_expected)) return false;
        *ret_text = settle(a, normal(a, UNINORM_NFC, typed));
        *ret_expected = "at most 400 bytes";
    }
    return ret_text->len <= PEOPLE_TEXT_MAX;
}

static bool has_letter(Str s)
{
    uint32_t c;
    for (size_t at = 0; at < s.len; at += str_code_point(s, at, &c))
        if (is_letter(s.ptr[at]) || (str_code_point(s, at, &c) > 1 && uc_is_property_alphabetic(c))) return true;
    return false;
}

bool text_name(Arena *a, Str typed, Str *ret_text, const char **ret_expected)
{
    if (!text_line(a, typed, ret_text, ret_expected)) return false;
    *ret_expected = "a name, with a letter in it";
    return ret_text->len == 0 || has_letter(*ret_text);
}

/* ---- folding ---- */

/* Letters that no decomposition leads to a plain one, and what they are taken for. */
static const struct {
    uint32_t point;
    const char *plain;
} plain_letters[] = {{0xe6, "ae"}, {0xf0, "d"}, {0xf8, "o"}, {0xfe, "th"}, {0x111, "d"}, {0x127, "h"}, {0x131, "i"}, {0x138, "k"},
    {0x142, "l"}, {0x14b, "n"}, {0x153, "oe"}, {0x167, "t"}, {0x180, "b"}, {0x253, "b"}, {0x254, "o"}, {0x257, "d"}, {0x25b, "e"},
    {0x268, "i"}, {0x272, "n"}, {0x199, "k"}, {0x1b4, "y"}};

/* A point of text that is decomposed and without case. */
static void put_folded(Buf *b, uint32_t c, bool *blank)
{
    if (c == '\'' || c == '.' || c == 0x2019 || c == 0x2bc || c == 0xb7 ||
        uc_is_general_category_withtable(c, UC_CATEGORY_MASK_Mn | UC_CATEGORY_MASK_Me | UC_CATEGORY_MASK_Cf))
        return;
    if (!uc_is_general_category_withtable(c, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N | UC_CATEGORY_MASK_Mc)) {
        *blank = true;
        return;
    }
    if (*blank && b->len) buf_byte(b, ' ');
    *blank = false;
    for (int i = 0; i < COUNT_OF(plain_letters); i++)
        if (plain_letters[i].point == c) {
            buf_str(b, str_from_c(plain_letters[i].plain));
            return;
        }
    put_point(b, c);
}

static Str fold_unicode(Arena *a, Str text)
{
    size_t len = 0;
    uint8_t *bytes = u8_casefold((const uint8_t *)text.ptr, text.len, NULL, UNINORM_NFKD, NULL, &len);
    if (!bytes) return S(""); /* malformed: nothing that could be compared */
    Buf b = buf_new(a);
    Str s = {(const char *)bytes, len};
    bool blank = false;
    uint32_t c;
    for (size_t at = 0, n; at < s.len && (n = str_code_point(s, at, &c)) > 0; at += n) put_folded(&b, c, &blank);
    free(bytes);
    return buf_done(&b);
}

Str text_fold(Arena *a, Str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] > 0x7e) return fold_unicode(a, text);
    char *folded = arena_new(a, char, text.len + 1);
    size_t n = 0;
    bool blank = false;
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        if (c == '\'' || c == '.') continue;
        if (!is_letter(c) && !is_digit(c)) {
            blank = n > 0;
            continue;
        }
        if (blank) folded[n++] = ' ';
        blank = false;
        folded[n++] = lower(c);
    }
    return (Str){folded, n};
}

Str text_slug(Arena *a, Str name)
{
    enum { SLUG_MOST = 80 };
    Str folded = text_fold(a, name);
    Buf b = buf_new(a);
    for (size_t i = 0; i < folded.len && b.len < SLUG_MOST; i++) {
        char c = folded.ptr[i];
        if (is_letter(c) || is_digit(c)) buf_byte(&b, c);
        if (c == ' ' && b.len && b.ptr[b.len - 1] != '-') buf_byte(&b, '-');
    }
    while (b.len && b.ptr[b.len - 1] == '-') b.len--;
    return buf_done(&b);
}

/* ---- e-mail ---- */

static bool is_local_part(Str s)
{
    static const char marks[] = "!#$%&'*+/=?^_`{|}~-";
    if (!s.len || s.len > 64 || s.ptr[0] == '.' || s.ptr[s.len - 1] == '.') return false;
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '.' ? s.ptr[i + 1] == '.' : !is_letter(c) && !is_digit(c) && !(c && strchr(marks, c))) return false;
    }
    return true;
}

static bool is_label(Str s)
{
    if (!s.len || s.len > 63 || s.ptr[0] == '-' || s.ptr[s.len - 1] == '-') return false;
    for (size_t i = 0; i < s.len; i++)
        if (!is_letter(s.ptr[i]) && !is_digit(s.ptr[i]) && s.ptr[i] != '-') return false;
    return true;
}

static bool is_domain(Str s)
{
    int labels = 0;
    Str label, rest = s;
    for (bool more = true; more; labels++) {
        more = str_cut(rest, '.', &label, &rest);
        if (!is_label(label)) return false;
    }
    return labels >= 2 && !is_digit(s.ptr[s.len - 1]);
}

bool text_email(Arena *a, Str typed, Str *ret_email, const char **ret_expected)
{
    enum { EMAIL_MOST = 254 };
    *ret_expected = "an e-mail address, as name@example.org";
    Str s = *ret_email = str_trim(typed), local, domain;
    if (!s.len) return true;
    if (s.len > EMAIL_MOST || !str_cut(s, '@', &local, &domain) || !is_local_part(local) || !is_domain(domain)) return false;
    char *email = arena_new(a, char, s.len);
    for (size_t i = 0; i < s.len; i++) email[i] = i > local.len ? lower(s.ptr[i]) : s.ptr[i];
    *ret_email = (Str){email, s.len};
    return true;
}

/* ---- postcodes and countries ---- */

/* The forms of the outward half: A9 A99 AA9 AA99 A9A AA9A (BS 7666; Royal Mail's Programmers' Guide). */
static bool is_outward(Str s)
{
    size_t letters = 0;
    while (letters < s.len && is_letter(s.ptr[letters])) letters++;
    if (letters < 1 || letters > 2 || letters == s.len || !is_digit(s.ptr[letters])) return false;
    size_t after = s.len - letters - 1;
    return after == 0 || (after == 1 && (is_digit(s.ptr[s.len - 1]) || is_letter(s.ptr[s.len - 1])));
}

static bool is_inward(Str s)
{
    return is_digit(s.ptr[0]) && is_letter(s.ptr[1]) && is_letter(s.ptr[2]) && !strchr("CIKMOV", s.ptr[1]) && !strchr("CIKMOV", s.ptr[2]);
}

static Str capitals(Arena *a, Str s, bool blanks)
{
    char *text = arena_new(a, char, s.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.len; i++)
        if (blanks || s.ptr[i] != ' ') text[n++] = upper(s.ptr[i]);
    return (Str){text, n};
}

bool text_postcode(Arena *a, Str typed, Str country, Str *ret_postcode, const char **ret_expected)
{
    Str line;
    if (!text_line(a, typed, &line, ret_expected)) return false;
    *ret_postcode = capitals(a, line, true);
    if (!line.len || !str_equal(country, S("GB"))) return true;
    *ret_expected = "a British postcode, as SW1A 1AA";
    Str s = capitals(a, line, false);
    if (s.len < 5 || s.len > 7) return false;
    Str outward = str_slice(s, 0, s.len - 3), inward = str_slice(s, s.len - 3, s.len);
    if (!is_inward(inward) || (!is_outward(outward) && !str_equal(outward, S("GIR")))) return false;
    char *postcode = arena_new(a, char, s.len + 1);
    memcpy(postcode, outward.ptr, outward.len);
    postcode[outward.len] = ' ';
    memcpy(postcode + outward.len + 1, inward.ptr, inward.len);
    *ret_postcode = (Str){postcode, s.len + 1};
    return true;
}

/* ISO 3166-1 alpha-2, and XK, which is in use for Kosovo. */
static const char countries[] = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW "
                                "BY BZ CA CC CD CF CG CH CI CK CL CM CN "
                                "CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR GA GB GD GE GF GG GH GI "
                                "GL GM GN GP GQ GR GS GT GU GW GY HK HM "
                                "HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR "
                                "LS LT LU LV LY MA MC MD ME MF MG MH MK "
                                "ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL "
                                "PM PN PR PS PT PW PY QA RE RO RS RU RW "
                                "SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV "
                                "TW TZ UA UG UM US UY UZ VA VC VE VG VI "
                                "VN VU WF WS XK YE YT ZA ZM ZW";

/* What lists call the countries that most of their members live in. */
static const struct {
    const char *name, *code;
} country_names[] = {{"uk", "GB"}, {"united kingdom", "GB"}, {"great britain", "GB"}, {"england", "GB"}, {"scotland", "GB"},
    {"wales", "GB"}, {"northern ireland", "GB"}, {"ireland", "IE"}, {"france", "FR"}, {"germany", "DE"}, {"spain", "ES"}, {"italy", "IT"},
    {"united states", "US"}, {"usa", "US"}, {"australia", "AU"}, {"canada", "CA"}, {"new zealand", "NZ"}, {"netherlands", "NL"},
    {"belgium", "BE"}};

bool text_country(Arena *a, Str typed, Str *ret_country, const char **ret_expected)
{
    *ret_expected = "a country's two letters (ISO 3166-1), as GB";
    Str s = *ret_country = str_trim(typed);
    if (!s.len) return true;
    for (int i = 0; i < COUNT_OF(country_names); i++)
        if (str_equal_nocase(s, str_from_c(country_names[i].name))) {
            *ret_country = str_from_c(country_names[i].code);
            return true;
        }
    if (s.len != 2) return false;
    for (size_t i = 0; i < sizeof countries - 1; i += 3)
        if (countries[i] == upper(s.ptr[0]) && countries[i + 1] == upper(s.ptr[1])) {
            *ret_country = capitals(a, s, true);
            return true;
        }
    return false;
}

/* ---- likeness ---- */

static int points_of(Str s, uint32_t *points)
{
    int count = 0;
    for (size_t at = 0, n; at < s.len && count < PEOPLE_TEXT_MAX && (n = str_code_point(s, at, &points[count])) > 0; at += n) count++;
    return count;
}

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Optimal string alignment in three rows, only as far from the diagonal as `most` allows (Ukkonen 1985). */
int text_distance(Str s, Str other, int most)
{
    uint32_t p[PEOPLE_TEXT_MAX] = {0}, q[PEOPLE_TEXT_MAX] = {0};
    int rows[3][PEOPLE_TEXT_MAX + 1] = {0};
    int m = points_of(s, p), n = points_of(other, q), far = most + 1;
    if (m - n > most || n - m > most) return far;
    bool was_far = false;
    for (int j = 0; j <= n; j++) rows[0][j] = j;
    for (int i = 1; i <= m; i++) {
        int *now = rows[i % 3], *before = rows[(i + 2) % 3], *two = rows[(i + 1) % 3];
        int from = i - most > 1 ? i - most : 1, to = least(n, i + most);
        int nearest = from == 1 ? i : far;
        now[0] = i;
        if (from > 1) now[from - 1] = far;
        for (int j = from; j <= to; j++) {
            int up = j < i + most ? before[j] : far;
            int cost = least(before[j - 1] + (p[i - 1] != q[j - 1]), least(up, now[j - 1]) + 1);
            if (i > 1 && j > 1 && p[i - 1] == q[j - 2] && p[i - 2] == q[j - 1]) cost = least(cost, two[j - 2] + 1);
            now[j] = cost;
            nearest = least(nearest, cost);
        }
        if (nearest > most && was_far) return far; /* two rows: a swap reaches over one */
        was_far = nearest > most;
    }
    return least(rows[m % 3][n], far);
}
