/* search_text.h: what is searched of a person, the tokens under which she stands in the index, and what somebody typed. Private to search.c.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Pure. The tokens of a person are a function of her text and units alone, so that what was put into the index can be taken out again. Whoever changes it
 * writes a migration that empties person_search, person_index, person_word and person_fact: then all is made anew.
 */
#ifndef HUSTINGS_PEOPLE_SEARCH_TEXT_H
#define HUSTINGS_PEOPLE_SEARCH_TEXT_H

#include "people/search.h"

typedef enum SearchLine {
    LINE_FAMILY,
    LINE_GIVEN,
    LINE_JOINED,
    LINE_EMAIL,
    LINE_PHONES,
    LINE_POSTCODE,
    LINE_IDENTIFIER,
    LINE__COUNT
} SearchLine;

Str search_text(Arena *a, const Values *person);
/* Her tokens, a blank between them, none twice. `units` as in person_search. */
Str search_tokens(Arena *a, Str text, Str units);
void search_lines(Str text, Str lines[LINE__COUNT]);
/* The words of her names, for person_word: at most `most`. */
int search_name_words(Str text, Str *words, int most);
/* From the last character to the first. */
Str search_backward(Arena *a, Str word);
/* Characters. */
int search_points(Str s);

/* ---- what was typed ---- */

typedef enum TypedKind {
    TYPED_NAME,   /* letters */
    TYPED_NUMBER, /* digits: of a telephone or an identifier */
    TYPED_CODE,   /* both: a postcode, an identifier */
    TYPED_EMAIL,  /* has an @ */
} TypedKind;

typedef struct TypedWord {
    TypedKind kind;
    Str text;       /* folded; of a number: without what stands for the country or long distance */
    Str digits;     /* of a number: as typed */
    size_t outward; /* of a postcode in two pieces: how long the first is, which is whole; or 0 */
    bool whole;     /* only a whole word will do: it was put in place of a mistyped one */
} TypedWord;

typedef struct Typed {
    TypedWord words[SEARCH_WORDS_MAX];
    int count;
    Str unreadable; /* not empty: why it cannot be searched */
} Typed;

Typed typed_read(Arena *a, Str typed);
/* How it reads in an answer. */
Str typed_shown(Arena *a, const Typed *typed);

/* The question for the index, in the engine's words: those who may fit at least so well, within the units (none: anywhere). */
Str typed_match(Arena *a, const Typed *typed, SearchFit fit, const Str *units, int unit_count, bool postgres);
/* How well she fits; -1: not at all. */
int typed_fit(const Typed *typed, Str text);

#endif
