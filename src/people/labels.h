/* labels.h: what a page calls a column, and who sees it. docs/people.md has the same table. Private to people's pages.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_PEOPLE_LABELS_H
#define HUSTINGS_PEOPLE_LABELS_H

#include "people/person.h"

extern const char *const column_labels[COL__COUNT];

/* What an organiser sees of a person or a membership: her name, her town, what she belongs to, and the ways by which she agreed to be reached. Everything else is empty. */
Values values_for_organiser(const Values *person_or_membership, Str consent);
/* Is that word ("phone") among those of her consent? */
bool consents(Str consent, Str way);

#endif
