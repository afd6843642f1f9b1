/* generate.h: an invented organisation of any size, with manipulations planted in it: for demonstrations, benchmarks and the test of the audit.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Nobody in it exists: family names are put together of syllables, addresses are of streets and postcodes (QQ..) that are nowhere, e-mail is at example.org, and
 *      telephone numbers are those that Ofcom keeps free for drama (18,000; in larger organisations most people have none).
 * What is innocent in it is meant to look suspicious at times: households share an address, an account, a telephone; halls of residence and homes put fifty at one
 *      address; campaigns bring many members to all units at once, stalls a dozen to one; forms lie about for weeks; fathers and sons have one name.
 * Pure, and the same for the same options on every machine. Memory: some 120 bytes a membership.
 */
#ifndef HUSTINGS_PEOPLE_GENERATE_H
#define HUSTINGS_PEOPLE_GENERATE_H

#include "people/person.h"
#include "people/unit.h"

typedef enum Plant {
    PLANT_NONE,
    PLANT_PAYER, /* one payer for memberships that have nothing in common */
    PLANT_BANK,  /* one cheque */
    PLANT_PHONE,
    PLANT_EMAIL,
    PLANT_DEVICE,
    PLANT_ADDRESS,
    PLANT_RECEIPT,   /* joined long before the first receipt, many in one unit */
    PLANT_BACKDATED, /* written down long after the date of joining */
    PLANT_SURGE,     /* a burst of joins in one unit */
    PLANT_MANDATE,   /* no mandates where the rest have them */
    PLANT_MANDATE_TWICE,
    PLANT_SIGNATURE, /* no signatures where the rest have them */
    PLANT_SIGNATURE_TWICE,
    PLANT_TWO_NAMES,
    PLANT_TWO_SECTIONS,
    PLANT_RECRUITER, /* many by one recruiter just before the freeze */
    PLANT_REVIVED,   /* lapsed, and revived together just before the freeze */
    PLANT__COUNT
} Plant;
Str plant_name(Plant plant); /* "one-payer" */

typedef struct GenerateOptions {
    int people; /* memberships, those that are planted among them: 100 to 5,000,000 */
    int units;  /* constituencies; 0: one for every 800 people, at least 3 */
    uint64_t seed;
    Day today;     /* nothing in the list is later; it is also the date by which members must have joined (the freeze) */
    bool innocent; /* nothing is planted */
} GenerateOptions;

typedef struct Generated Generated;
Generated *generate(Arena *a, const GenerateOptions *options);
int generated_count(const Generated *g);
/* The row, 0 to count - 1: its texts are in `scratch`. *ret_plant, *ret_case: what it belongs to, and which case of that (1, 2 ...; 0 with PLANT_NONE). */
void generated_row(const Generated *g, Arena *scratch, int row, Values *ret_values, Plant *ret_plant, int *ret_case);
/* The units, those above first. */
int generated_units(const Generated *g, Arena *a, Unit **ret_units);

#endif
