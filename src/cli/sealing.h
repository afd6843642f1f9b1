/* sealing.h: the record's key and its sealer, as this installation is set up.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_CLI_SEALING_H
#define HUSTINGS_CLI_SEALING_H

#include "cli/settings.h"

/* Is it said where the key is? ERR_INPUT: PostgreSQL, and nobody has. */
NODISCARD Err sealing_check(const Settings *s, Fault *fault);

/* The keys that sign the record of this store. `make`: a key is made when there is none and nothing was ever signed; the log tells that. ERR_MISSING: there is
 * none; ERR_INPUT: it is not the one that belongs to this store, or not usable. record_keys_wipe it. */
NODISCARD Err sealing_keys(const Settings *s, Store *store, bool make, RecordKeys *ret_keys, Fault *fault);

/* For a server. */
NODISCARD Err sealing_start(const Settings *s, Store *store, Sealer **ret_sealer, Fault *fault);

#endif
