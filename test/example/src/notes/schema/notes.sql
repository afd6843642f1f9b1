-- Notes that visitors leave, newest last.
-- SPDX-License-Identifier: AGPL-3.0-or-later

CREATE TABLE note (
    id    TEXT   NOT NULL PRIMARY KEY, -- 22 characters of base64url
    words TEXT   NOT NULL,             -- as typed
    seats BIGINT NOT NULL,             -- how many people come
    at    BIGINT NOT NULL              -- when it was left: milliseconds since 1970, UTC
);
