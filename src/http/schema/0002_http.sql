-- 0002_http.sql: who is signed in, and the one-time links for signing in. Tokens themselves are nowhere: whoever reads the store cannot act as anybody.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- export session: nothing
CREATE TABLE session (
    token_hash BLOB NOT NULL PRIMARY KEY, -- SHA-256 of the token in the cookie
    id TEXT NOT NULL UNIQUE,              -- how everybody else calls it: 22 characters of base64url
    who TEXT NOT NULL,                    -- the role, as the route tables name it: 'steward'
    begun BIGINT NOT NULL,                -- milliseconds since 1970, UTC
    seen BIGINT NOT NULL,                 -- when it was last used, to within some minutes
    ends BIGINT NOT NULL                  -- when it ends, used or not
);

CREATE INDEX session_by_end ON session (ends);

-- export entry: nothing
CREATE TABLE entry (
    token_hash BLOB NOT NULL PRIMARY KEY, -- SHA-256 of the token in the link
    who TEXT NOT NULL,                    -- the role that it gives
    ends BIGINT NOT NULL                  -- until when it may be used; using it takes the row away
);
