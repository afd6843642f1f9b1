-- 0008_accounts.sql: sessions of persons, how they sign in, and the mail that is sent to them. No token and no code is here: whoever reads the store cannot act
-- as anybody; what a letter says is here until it is sent, and no longer.
-- SPDX-License-Identifier: AGPL-3.0-or-later

ALTER TABLE session ADD COLUMN person TEXT NOT NULL DEFAULT ''; -- person.id whose session it is; empty: a steward's
ALTER TABLE session ADD COLUMN device TEXT NOT NULL DEFAULT ''; -- what it was begun with, in words: "Firefox on Android"
CREATE INDEX session_by_person ON session (person) WHERE person <> '';

-- Those who have set a password.
-- export account: all
CREATE TABLE account (
    person       TEXT   NOT NULL PRIMARY KEY, -- person.id
    password     TEXT   NOT NULL,             -- argon2id, as libsodium's crypto_pwhash_str writes it
    password_set BIGINT NOT NULL              -- milliseconds since 1970, UTC, as all times here
);

-- Somebody typed an address and asked for a letter with which to sign in.
-- export sign_in: nothing
CREATE TABLE sign_in (
    id      TEXT   NOT NULL PRIMARY KEY, -- 22 characters of base64url
    browser BLOB   NOT NULL,             -- a MAC of that browser's cookie: codes are good there alone; empty: it had none
    email   TEXT   NOT NULL,             -- as typed; emptied when it was looked for
    seed    BLOB   NOT NULL,             -- of the codes in the letter, which the browser's cookie makes again; emptied when the letter is written
    next    TEXT   NOT NULL,             -- path to go to after signing in; empty: her own page
    tries   BIGINT NOT NULL,             -- codes that were tried
    asked   BIGINT NOT NULL,
    ends    BIGINT NOT NULL
);
CREATE INDEX sign_in_to_do ON sign_in (asked) WHERE email <> '';
CREATE INDEX sign_in_by_browser ON sign_in (browser, asked);
CREATE INDEX sign_in_by_end ON sign_in (ends);

-- What such a letter gives: one row for each person with that address. Using it takes the row away.
-- export sign_in_link: nothing
CREATE TABLE sign_in_link (
    token_hash BLOB   NOT NULL PRIMARY KEY, -- SHA-256 of the token in the link
    person     TEXT   NOT NULL,             -- person.id
    email_key  TEXT   NOT NULL,             -- person.email_key when it was written: worth nothing once hers is another
    sign_in    TEXT   NOT NULL,             -- sign_in.id
    slot       BIGINT NOT NULL,             -- which of the seed's codes: 0, 1, 2...
    ends       BIGINT NOT NULL
);
CREATE INDEX sign_in_link_by_asking ON sign_in_link (sign_in, slot);
CREATE INDEX sign_in_link_by_person ON sign_in_link (person);
CREATE INDEX sign_in_link_by_end ON sign_in_link (ends);

-- What went wrong, or was done, too often of late: the next time only after a pause, which grows.
-- export sign_in_pause: nothing
CREATE TABLE sign_in_pause (
    what   BLOB   NOT NULL PRIMARY KEY, -- a digest of "password" or "letter" and the address it is about, known or not
    times  BIGINT NOT NULL,
    until  BIGINT NOT NULL,             -- not again before that
    forget BIGINT NOT NULL              -- when the row goes
);
CREATE INDEX sign_in_pause_by_end ON sign_in_pause (forget);

-- A new address of hers, until the link that was sent there shows that it is.
-- export email_change: nothing
CREATE TABLE email_change (
    person     TEXT   NOT NULL PRIMARY KEY, -- person.id
    email      TEXT   NOT NULL,
    token_hash BLOB   NOT NULL UNIQUE,      -- SHA-256 of the token in the link
    ends       BIGINT NOT NULL
);
CREATE INDEX email_change_by_end ON email_change (ends);

-- Letters to be sent. One that was sent, or given up, loses its words at once and its row after some days.
-- export mail: nothing
CREATE TABLE mail (
    id        TEXT   NOT NULL PRIMARY KEY, -- 22 characters of base64url; also its Message-ID
    person    TEXT   NOT NULL,             -- person.id of whom it is about; empty: nobody
    recipient TEXT   NOT NULL,             -- the address; emptied with the words
    subject   TEXT   NOT NULL,
    words     TEXT   NOT NULL,
    queued    BIGINT NOT NULL,
    due       BIGINT NOT NULL, -- when it is to be tried (again)
    held      BIGINT NOT NULL, -- until when one process has it in its hands
    tries     BIGINT NOT NULL,
    ends      BIGINT NOT NULL, -- of no use after that: given up
    state     TEXT   NOT NULL, -- waiting, sent, given-up
    trouble   TEXT   NOT NULL  -- the server's status of the last try, "451", or why there was none; never its words
);
CREATE INDEX mail_due ON mail (due) WHERE state = 'waiting';
CREATE INDEX mail_done ON mail (queued) WHERE state <> 'waiting';
CREATE INDEX mail_by_person ON mail (person) WHERE person <> '';

-- What a member asks her secretary to put right: facts that she may not change herself.
-- export person_request: all
CREATE TABLE person_request (
    id          TEXT   NOT NULL PRIMARY KEY, -- 22 characters of base64url
    person      TEXT   NOT NULL,             -- person.id
    words       TEXT   NOT NULL,
    asked       BIGINT NOT NULL,
    answered    BIGINT NOT NULL,             -- 0: not yet
    answered_by TEXT   NOT NULL,             -- the officer's name
    answer      TEXT   NOT NULL
);
CREATE INDEX person_request_by_person ON person_request (person, asked);
CREATE INDEX person_request_open ON person_request (asked) WHERE answered = 0;
