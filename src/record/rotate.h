/* rotate.h: what changing the key wants of sealing, and nobody else. SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef HUSTINGS_RECORD_ROTATE_H
#define HUSTINGS_RECORD_ROTATE_H

#include "record/seal.h"

/* record_seal, but the stored checkpoint may be of another name and of keys that we have not; that its root is the frontier's is checked all the same. */
NODISCARD Err record_seal_anew(Store *store, Db *db, Arena *a, const RecordKeys *keys, int64_t now, bool *ret_sealed, Fault *fault);

#endif
