/* cosign.h: asking one witness to cosign (C2SP tlog-witness, the asking side), on a thread of its own.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: a witness may be down, slow, wrong or hostile, and none of that may hold up the sealing, or another witness.
 * Life: asker_start -> asker_tell (whenever something was sealed) -> asker_stop (of all) -> asker_join.
 * What comes back is believed only when it is a cosignature by the key that the operator wrote down, over the very text that was sent, and of about now.
 */
#ifndef HUSTINGS_RECORD_COSIGN_H
#define HUSTINGS_RECORD_COSIGN_H

#include "record/seal.h"

enum { TROUBLE_MAX = 300 };

typedef struct Asker Asker;

NODISCARD Err asker_start(Store *store, const Witness *witness, Asker **ret_asker, Fault *fault);
/* The newest checkpoint has so many leaves. Never waits. */
void asker_tell(Asker *asker, int64_t size);
void asker_stop(Asker *asker); /* what is under way ends */
void asker_join(Asker *asker); /* and frees it; safe on NULL */

typedef struct AskerState {
    int64_t asked, answered; /* milliseconds since 1970; 0: never */
    int64_t failures;        /* since the start */
    char trouble[TROUBLE_MAX];
} AskerState;
AskerState asker_state(Asker *asker);

#endif
