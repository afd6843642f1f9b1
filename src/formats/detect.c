/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "formats/detect.h"

static const char *const names[FORMAT__COUNT] = {
    [FORMAT_UNKNOWN] = "unknown", [FORMAT_CSV] = "csv", [FORMAT_BLT] = "blt", [FORMAT_PREFLIB] = "preflib"};

Str format_name(Format format)
{
    ASSERT(format >= 0 && format < FORMAT__COUNT);
    return str_from_c(names[format]);
}

Format format_from_name(Str name)
{
    for (int i = FORMAT_UNKNOWN + 1; i < FORMAT__COUNT; i++)
        if (str_equal_nocase(name, str_from_c(names[i]))) return (Format)i;
    return FORMAT_UNKNOWN;
}

static bool ends_nocase(Str s, Str suffix)
{
    return s.len > suffix.len && str_equal_nocase(str_slice(s, s.len - suffix.len, s.len), suffix);
}

Format format_from_file_name(Str file_name)
{
    static const struct {
        Str ending;
        Format format;
    } endings[] = {
        {S(".csv"), FORMAT_CSV},
        {S(".tsv"), FORMAT_CSV},
        {S(".blt"), FORMAT_BLT},
        {S(".soc"), FORMAT_PREFLIB},
        {S(".soi"), FORMAT_PREFLIB},
        {S(".toc"), FORMAT_PREFLIB},
        {S(".toi"), FORMAT_PREFLIB},
    };
    if (ends_nocase(file_name, S(".gz"))) file_name.len -= 3;
    for (int i = 0; i < COUNT_OF(endings); i++)
        if (ends_nocase(file_name, endings[i].ending)) return endings[i].format;
    return FORMAT_UNKNOWN;
}

static bool is_preflib_key(Str comment)
{
    return str_starts(comment, S("FILE NAME:")) || str_starts(comment, S("DATA TYPE:")) || str_starts(comment, S("NUMBER ALTERNATIVES:")) ||
           str_starts(comment, S("ALTERNATIVE NAME "));
}

/* "4 2", perhaps with more of the file behind it; a comma, semicolon or tab would make it a row of cells. */
static bool is_blt_start(Str line)
{
    size_t comment = str_find(line, '#');
    line = str_trim(str_slice(line, 0, comment));
    int numbers = 0;
    for (; line.len && numbers < 2; numbers++) {
        Str word, rest;
        str_cut(line, ' ', &word, &rest);
        int64_t n;
        if (!str_to_i64(word, &n) || n < 0) return false;
        line = str_trim(rest);
    }
    return numbers == 2 && str_find(line, ',') == line.len && str_find(line, ';') == line.len;
}

Format format_from_text(Str text)
{
    while (text.len) {
        Str line, rest;
        str_cut(text, '\n', &line, &rest);
        line = str_trim(line);
        text = rest;
        if (line.len == 0) continue;
        if (line.ptr[0] != '#') return is_blt_start(line) ? FORMAT_BLT : FORMAT_CSV;
        if (is_preflib_key(str_trim(str_slice(line, 1, line.len)))) return FORMAT_PREFLIB;
    }
    return FORMAT_CSV;
}
