/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "core/markup.h"

Html html_new(Arena *a)
{
    return (Html){.bytes = buf_new(a)};
}

void html_markup(Html *h, Markup markup)
{
    buf_str(&h->bytes, (Str){markup.ptr, markup.len});
}

void html_number(Html *h, int64_t number)
{
    buf_i64(&h->bytes, number);
}

/* Bytes of the well-formed UTF-8 character at `i` that XML 1.0 allows, 0 if it is none. */
static size_t xml_character(Str s, size_t i)
{
    unsigned char c = (unsigned char)s.ptr[i];
    if (c < 0x80) return c >= 0x20 || c == '\t' || c == '\n' ? (c != 0x7F) : 0;
    size_t n = c < 0xE0 ? 2 : c < 0xF0 ? 3 : 4;
    if (n > s.len - i) return 0;
    Str one = str_slice(s, i, i + n);
    if (n == 3 && c == 0xEF && (unsigned char)one.ptr[1] == 0xBF && (unsigned char)one.ptr[2] >= 0xBE) return 0;
    return str_is_clean_text(one) ? n : 0;
}

/* U+2028 to U+202E and U+2066 to U+2069 break lines or turn the direction of writing. In a name, one that is never closed would show the
 * rest of a sentence, figures and all, from right to left. */
static bool turns_text(Str s, size_t i)
{
    if (s.len - i < 3 || (unsigned char)s.ptr[i] != 0xE2) return false;
    unsigned char second = (unsigned char)s.ptr[i + 1], third = (unsigned char)s.ptr[i + 2];
    return (second == 0x80 && third >= 0xA8 && third <= 0xAE) || (second == 0x81 && third >= 0xA6 && third <= 0xA9);
}

/* Bytes from `i` on that need nothing done to them: most of all text, so written in one go. */
static size_t plain_run(Str s, size_t i)
{
    static const bool special[128] = {['&'] = true, ['<'] = true, ['>'] = true, ['"'] = true, ['\''] = true, [0x7F] = true};
    size_t end = i;
    for (; end < s.len; end++) {
        unsigned char c = (unsigned char)s.ptr[end];
        if (c >= 0x80 || special[c] || (c < 0x20 && c != '\t' && c != '\n')) break;
    }
    return end - i;
}

static Str escaped(char c)
{
    switch (c) {
    case '&': return S("&amp;");
    case '<': return S("&lt;");
    case '>': return S("&gt;");
    case '"': return S("&quot;");
    case '\'': return S("&#39;");
    default: return (Str){0};
    }
}

void markup_escape(Buf *out, Str text)
{
    for (size_t i = 0; i < text.len;) {
        size_t run = plain_run(text, i);
        buf_str(out, str_slice(text, i, i + run));
        i += run;
        if (i == text.len) return;
        size_t n = xml_character(text, i);
        Str entity = escaped(text.ptr[i]);
        if (n == 0 || turns_text(text, i)) buf_str(out, S("\xEF\xBF\xBD"));
        else buf_str(out, entity.len ? entity : str_slice(text, i, i + n));
        i += n ? n : 1;
    }
}

void html_text(Html *h, Str text)
{
    markup_escape(&h->bytes, text);
}

void html_attribute(Html *h, Markup name, Str value)
{
    buf_byte(&h->bytes, ' ');
    html_markup(h, name);
    buf_str(&h->bytes, S("=\""));
    html_text(h, value);
    buf_byte(&h->bytes, '"');
}

void html_element(Html *h, Markup name, Str text)
{
    html_markup(h, M("<"));
    html_markup(h, name);
    html_markup(h, M(">"));
    html_text(h, text);
    html_markup(h, M("</"));
    html_markup(h, name);
    html_markup(h, M(">"));
}

void html_fragment(Html *h, const Html *inner)
{
    buf_str(&h->bytes, buf_done(&inner->bytes));
}

void html_out(const Html *h, Buf *out)
{
    buf_str(out, buf_done(&h->bytes));
}

/* Tenths as whole numbers: printf would ask the locale for its decimal point. */
static void one_decimal(Html *h, double number)
{
    int64_t tenths = (int64_t)(number * 10 + (number < 0 ? -0.5 : 0.5));
    if (tenths < 0) {
        html_markup(h, M("-"));
        tenths = -tenths;
    }
    html_number(h, tenths / 10);
    if (tenths % 10 == 0) return;
    html_markup(h, M("."));
    html_number(h, tenths % 10);
}

void html_draw_numbers(Html *h, Markup markup, const double *numbers, int count)
{
    int used = 0;
    for (size_t i = 0; i < markup.len; i++) {
        if (markup.ptr[i] != '@') {
            buf_byte(&h->bytes, markup.ptr[i]);
            continue;
        }
        ASSERT(used < count);
        one_decimal(h, numbers[used++]);
    }
    ASSERT(used == count);
}
