-- account.sql: how persons sign in, the letters that wait, and what members ask their secretaries.
-- SPDX-License-Identifier: AGPL-3.0-or-later

-- ---- asking for a letter ----

-- sign_in_ask(id, browser, email, seed, next, asked, ends): an address was typed; whether anybody has it is looked at later, and elsewhere
INSERT INTO sign_in (id, browser, email, seed, next, tries, asked, ends) VALUES (:id, :browser, :email, :seed, :next, 0, :asked, :ends);

-- sign_in_to_do(most): those that nobody has looked at yet
SELECT id, email, seed FROM sign_in WHERE email <> '' ORDER BY asked LIMIT :most;

-- sign_in_looked_at(id, none): one row changed means that nobody was faster; `none` is no bytes
UPDATE sign_in SET email = '', seed = :none WHERE id = :id AND email <> '';

-- sign_in_persons(email_key, most): those who have that address
SELECT id, given_name, family_name FROM person WHERE email_key = :email_key ORDER BY number LIMIT :most;

-- sign_in_link_add(token_hash, person, email_key, sign_in, slot, ends): what the letter gives one of them
INSERT INTO sign_in_link (token_hash, person, email_key, sign_in, slot, ends) VALUES (:token_hash, :person, :email_key, :sign_in, :slot, :ends);

-- sign_in_link(token_hash, now): whose link it is, while it is good and her address is still the one it was sent to
SELECT l.token_hash, l.person, p.given_name, p.family_name, s.next FROM sign_in_link l
    JOIN person p ON p.id = l.person AND p.email_key = l.email_key JOIN sign_in s ON s.id = l.sign_in
    WHERE l.token_hash = :token_hash AND l.ends > :now;

-- sign_in_link_use(token_hash): one row changed means that nobody was faster; the code beside it goes with it
DELETE FROM sign_in_link WHERE token_hash = :token_hash;

-- sign_in_codes(browser, now, tries, most): what this browser asked for of late, and may still try codes for
SELECT id, next FROM sign_in WHERE browser = :browser AND ends > :now AND tries < :tries ORDER BY asked DESC, id LIMIT :most;

-- sign_in_tried(id, tries): one code more; no row changed means that it was one too many
UPDATE sign_in SET tries = tries + 1 WHERE id = :id AND tries < :tries;

-- sign_in_slot(sign_in, slot, now): whom that code would let in, as sign_in_link
SELECT l.token_hash, l.person, p.given_name, p.family_name, s.next FROM sign_in_link l
    JOIN person p ON p.id = l.person AND p.email_key = l.email_key JOIN sign_in s ON s.id = l.sign_in
    WHERE l.sign_in = :sign_in AND l.slot = :slot AND l.ends > :now;

-- sign_in_expire_links(now): those that nobody used in time
DELETE FROM sign_in_link WHERE ends <= :now;

-- sign_in_expire(now): and what they belong to
DELETE FROM sign_in WHERE ends <= :now;

-- ---- pauses ----

-- sign_in_pause(what): until when, after how many times
SELECT times, until FROM sign_in_pause WHERE what = :what;

-- sign_in_pause_put(what, times, until, forget): once more
INSERT INTO sign_in_pause (what, times, until, forget) VALUES (:what, :times, :until, :forget)
    ON CONFLICT (what) DO UPDATE SET times = excluded.times, until = excluded.until, forget = excluded.forget;

-- sign_in_pause_drop(what): it went well
DELETE FROM sign_in_pause WHERE what = :what;

-- sign_in_expire_pauses(now): those that are long ago
DELETE FROM sign_in_pause WHERE forget <= :now;

-- ---- passwords ----

-- account_password_of(person): has she one?
SELECT password, password_set FROM account WHERE person = :person;

-- account_by_email(email_key): the one password that is tried for an address; where several persons share it, the one set last
SELECT a.person, a.password FROM account a JOIN person p ON p.id = a.person WHERE p.email_key = :email_key
    ORDER BY a.password_set DESC, a.person LIMIT 1;

-- account_in_use(person): does she sign in here?
SELECT 1 AS used FROM session WHERE person = :person UNION ALL SELECT 1 AS used FROM account WHERE person = :person LIMIT 1;

-- account_password_put(person, password, password_set): set or changed
INSERT INTO account (person, password, password_set) VALUES (:person, :password, :password_set)
    ON CONFLICT (person) DO UPDATE SET password = excluded.password, password_set = excluded.password_set;

-- account_password_drop(person): she signs in by letter alone
DELETE FROM account WHERE person = :person;

-- ---- a new address ----

-- email_change_put(person, email, token_hash, ends): asked for; an earlier one is worth nothing any more
INSERT INTO email_change (person, email, token_hash, ends) VALUES (:person, :email, :token_hash, :ends)
    ON CONFLICT (person) DO UPDATE SET email = excluded.email, token_hash = excluded.token_hash, ends = excluded.ends;

-- email_change(person, token_hash, now): which address it is, while the link is good
SELECT email FROM email_change WHERE person = :person AND token_hash = :token_hash AND ends > :now;

-- email_change_drop(person): done, or no more
DELETE FROM email_change WHERE person = :person;

-- email_change_expire(now): those that nobody confirmed
DELETE FROM email_change WHERE ends <= :now;

-- ---- she goes, or her address does ----

-- account_end_sessions(person): signed out everywhere
DELETE FROM session WHERE person = :person;

-- account_drop_links(person): what letters under way would give her
DELETE FROM sign_in_link WHERE person = :person;

-- account_drop_mail(person): letters to her, sent or not
DELETE FROM mail WHERE person = :person;

-- account_drop_requests(person): and what she asked
DELETE FROM person_request WHERE person = :person;

-- ---- letters ----

-- mail_put(id, person, recipient, subject, words, queued, ends): to be sent
INSERT INTO mail (id, person, recipient, subject, words, queued, due, held, tries, ends, state, trouble)
    VALUES (:id, :person, :recipient, :subject, :words, :queued, :queued, 0, 0, :ends, 'waiting', '');

-- mail_is_due(now): is there any?
SELECT 1 AS due FROM mail WHERE state = 'waiting' AND due <= :now AND held <= :now LIMIT 1;

-- mail_due(now, most): those that nobody has in hand
SELECT id, recipient, subject, words, queued, tries, ends FROM mail WHERE state = 'waiting' AND due <= :now AND held <= :now ORDER BY due LIMIT :most;

-- mail_hold(id, now, held): one row changed means that nobody was faster
UPDATE mail SET held = :held WHERE id = :id AND state = 'waiting' AND held <= :now;

-- mail_done(id, state, trouble): sent or given up; its words, and whom it was to, are forgotten
UPDATE mail SET state = :state, trouble = :trouble, recipient = '', subject = '', words = '', held = 0, tries = tries + 1 WHERE id = :id;

-- mail_again(id, due, trouble): not taken this time
UPDATE mail SET due = :due, trouble = :trouble, held = 0, tries = tries + 1 WHERE id = :id AND state = 'waiting';

-- mail_late(now): those whose time is over, also where nothing is sent
UPDATE mail SET state = 'given-up', trouble = 'late', recipient = '', subject = '', words = '', held = 0 WHERE state = 'waiting' AND ends <= :now AND held <= :now;

-- mail_drop(before): rows of letters that were done with long ago
DELETE FROM mail WHERE state <> 'waiting' AND queued <= :before;

-- mail_outbox(most): for the demonstration: what would be sent
SELECT id, recipient, subject, words, queued FROM mail WHERE state = 'waiting' ORDER BY queued DESC, id DESC LIMIT :most;

-- ---- what members ask ----

-- person_request_add(id, person, words, asked): to be put right
INSERT INTO person_request (id, person, words, asked, answered, answered_by, answer) VALUES (:id, :person, :words, :asked, 0, '', '');

-- person_requests_of(person): hers, the newest first
SELECT id, words, asked, answered, answered_by, answer FROM person_request WHERE person = :person ORDER BY asked DESC, id LIMIT 200;

-- person_requests_open_of(person): how many wait for an answer
SELECT count(*) AS open FROM person_request WHERE person = :person AND answered = 0;

-- person_requests_at(unit, most): those of members of the unit and below, that wait, the oldest first; then those that were answered last
SELECT r.id, r.person, p.given_name, p.family_name, r.words, r.asked, r.answered, r.answered_by, r.answer FROM person_request r JOIN person p ON p.id = r.person
    WHERE EXISTS (SELECT 1 FROM membership m JOIN unit_over o ON o.unit = m.unit WHERE m.person = r.person AND o.above = :unit)
    ORDER BY CASE WHEN r.answered = 0 THEN r.asked ELSE 9000000000000 - r.answered END, r.id LIMIT :most;

-- person_request_answer(id, unit, now, answered_by, answer): one row changed means that it was open, and of a member of that unit
UPDATE person_request SET answered = :now, answered_by = :answered_by, answer = :answer WHERE id = :id AND answered = 0
    AND EXISTS (SELECT 1 FROM membership m JOIN unit_over o ON o.unit = m.unit WHERE m.person = person_request.person AND o.above = :unit);
