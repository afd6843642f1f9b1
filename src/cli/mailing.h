/* mailing.h: the post of `hustings serve`, from its settings. SPDX-License-Identifier: AGPL-3.0-or-later */
#ifndef HUSTINGS_CLI_MAILING_H
#define HUSTINGS_CLI_MAILING_H

#include "cli/settings.h"
#include "people/post.h"

/* `url`: where this server listens, when no address is set. Faults name the setting. */
NODISCARD Err mailing_start(Arena *a, const Settings *s, Str url, Store *store, Post **ret_post, Fault *fault);

#endif
