/* site.h: a house with the example's room (test/example), and whatever rooms a test adds. SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef HUSTINGS_TEST_SITE_H
#define HUSTINGS_TEST_SITE_H

#include "house.h"

#include "notes/notes.h"

static inline int notes_setup(void **state)
{
    static const Room *const rooms[] = {&notes_room};
    *state = house_open(rooms, 1);
    return 0;
}

#define notes_test(function) cmocka_unit_test_setup_teardown(function, notes_setup, house_teardown)

#endif
