/* site_acts.c: a write leaves the leaf that its row promises, or is undone; roles begin and end in the record. SPDX-License-Identifier: AGPL-3.0-or-later */
#include "site.h"

#include "http/session.h"
#include "record/record.h"

/* ---- a room whose writes keep their word, or do not ---- */

static Err note_of(Req *req, Db *db)
{
    GuestNote note = {.id = req_new_id(req), .words = str_from_c(req->route->path), .seats = 1, .at = req->now};
    return note_add(db, req->arena, &note);
}

static Err leave(Req *req, Db *db, const char *kind)
{
    Officer by = req->officer.name.len ? req->officer : officer_program();
    Act act = {.kind = kind, .by = by, .says = S("Something was done."), .contest = S("a-contest"), .reason = S("a test")};
    return record_act(db, req->arena, &act, req->now, NULL, &req->fault);
}

static Err right(Req *req, Db *db, View *answer)
{
    (void)answer;
    Err e = note_of(req, db);
    return e ? e : leave(req, db, "contest.withdrawn");
}

static Err silent(Req *req, Db *db, View *answer)
{
    (void)answer;
    return note_of(req, db);
}

static Err other(Req *req, Db *db, View *answer)
{
    Err e = right(req, db, answer);
    return e ? e : leave(req, db, "contest.published");
}

static Err fails(Req *req, Db *db, View *answer)
{
    Err e = right(req, db, answer);
    return e ? e : ERR_CONFLICT;
}

static Err steward_acts(Req *req, Db *db, View *answer)
{
    return right(req, db, answer);
}

#define ACT .act = "contest.withdrawn role.ended"
static const Route act_routes[] = {
    {POST, "/acts/right", WHO_ANYONE, "Right", .write = right, ACT},
    {POST, "/acts/silent", WHO_ANYONE, "Says an act, leaves none", .write = silent, ACT},
    {POST, "/acts/none", WHO_ANYONE, "Says none, leaves none", .write = silent, .act = "none: a test"},
    {POST, "/acts/secret", WHO_ANYONE, "Says none, leaves one", .write = right, .act = "none: a test"},
    {POST, "/acts/other", WHO_ANYONE, "Leaves one more, of another kind", .write = other, ACT},
    {POST, "/acts/fails", WHO_ANYONE, "Leaves one, and fails", .write = fails, ACT},
    {POST, "/acts/steward", WHO_STEWARD, "A steward's", .write = steward_acts, ACT},
};
static const Room act_room = {"notes", act_routes, COUNT_OF(act_routes), .topics = NULL};

static int setup(void **state)
{
    static const Room *const rooms[] = {&notes_room, &act_room};
    *state = house_open(rooms, 2);
    return 0;
}
#define acts_test(function) cmocka_unit_test_setup_teardown(function, setup, house_teardown)

static int64_t size_of(House *h)
{
    int64_t size = -1;
    assert_int_equal(record_size(h->db, &h->arena, &size), ERR_OK);
    return size;
}

static Leaf leaf_at(House *h, int64_t number)
{
    Leaf leaf = {0};
    assert_int_equal(record_leaf(h->db, &h->arena, number, &leaf, NULL), ERR_OK);
    return leaf;
}

static bool noted(House *h, const char *words)
{
    Shown s = get(h, "/notes.json");
    return says(&s, words);
}

static Shown act(House *h, const char *path, const char *key)
{
    Str lines = str_format(&h->arena, "accept: application/json\nidempotency-key: %s\n", key);
    return post(h, path, str_c(&h->arena, lines), S(""));
}

/* ---- writes are held to their rows ---- */

static void what_a_row_says_is_what_is_left(void **state)
{
    House *h = *state;
    static const struct {
        const char *path;
        int status;
        int leaves;
        bool done;
    } rows[] = {{"/acts/right", 200, 1, true}, {"/acts/silent", 503, 0, false}, {"/acts/none", 200, 0, true},
        {"/acts/secret", 503, 0, false}, {"/acts/other", 503, 0, false}, {"/acts/fails", 409, 0, false}};
    for (int i = 0; i < COUNT_OF(rows); i++) {
        int64_t before = size_of(h);
        Shown s = act(h, rows[i].path, rows[i].path);
        assert_row(s.status == rows[i].status, rows[i].path);
        assert_row(size_of(h) - before == rows[i].leaves, rows[i].path);
        assert_row(noted(h, rows[i].path) == rows[i].done, rows[i].path);
    }
}

static void the_same_key_leaves_one(void **state)
{
    House *h = *state;
    Shown first = act(h, "/acts/right", "k"), again = act(h, "/acts/right", "k");
    assert_status(first, 200);
    assert_status(again, 200);
    assert_same_str(first.body, again.body);
    assert_int_equal(size_of(h), 1);
    assert_status(act(h, "/acts/right", "another"), 200);
    assert_int_equal(size_of(h), 2);
}

/* ---- roles ---- */

static Str entry_link(House *h, const char *name)
{
    Str path;
    Fault fault = {0};
    EntryLink link = {.who = WHO_STEWARD, .name = str_from_c(name), .by = {.name = S("Carol Count"), .role = S("operator")}, .minutes = 15};
    if (site_entry_link(&h->arena, h->store, &link, h->now, &path, &fault)) fail_msg("%.*s", STR_ARG(fault.expected));
    return path;
}

static void sign_in(House *h, const char *name)
{
    const char *path = str_c(&h->arena, entry_link(h, name));
    Shown page = get(h, path);
    keep_cookies(h, &page);
    Shown sent = post(h, path, "", filled(h, &page, ""));
    assert_status(sent, 303);
    keep_cookies(h, &sent);
}

static Shown send_form(House *h, const char *action)
{
    Shown page = get(h, "/steward");
    assert_status(page, 200);
    return post(h, action, "", filled(h, &page, ""));
}

static void expire(House *h)
{
    Command command = {.name = "expire", .leaf = LEAF_MAYBE, .run = site_expire, .arena = &h->arena, .now = h->now};
    assert_int_equal(store_run(h->store, &command), ERR_OK);
}

static int powers(House *h)
{
    PowerHeld *held;
    int count = 0;
    assert_int_equal(record_powers(h->db, &h->arena, h->now, 100, &held, &count), ERR_OK);
    return count;
}

static void assert_leaf_at(const Leaf *leaf, const char *kind, const char *name, const char *role, const char *file, int line)
{
    if (str_equal(leaf->kind, str_from_c(kind)) && str_equal(leaf->by.name, str_from_c(name)) && str_equal(leaf->by.role, str_from_c(role)))
        return;
    print_error("not %s by %s, %s: %.*s\n", kind, name, role, STR_ARG(leaf->entry));
    _fail(file, line);
}
#define assert_leaf(leaf, kind, name, role) assert_leaf_at((leaf), (kind), (name), (role), __FILE__, __LINE__)

static bool tells(const Leaf *leaf, const char *words)
{
    return memmem(leaf->says.ptr, leaf->says.len, words, strlen(words)) != NULL;
}

static void a_role_is_offered_given_and_ended(void **state)
{
    House *h = *state; /* it is 21 September 2026, 14:13:20 UTC */
    sign_in(h, "Ada Poll");
    Leaf offered = leaf_at(h, 0), given = leaf_at(h, 1);
    assert_leaf(&offered, "role.offered", "Carol Count", "operator");
    assert_true(tells(&offered, "A link was made with which Ada Poll may take the role of steward of this installation, once, until 21 "
                                "September 2026, 14:28 UTC."));
    assert_int_equal(offered.until, h->now + 15 * 60000);
    assert_leaf(&given, "role.given", "Ada Poll", "steward");
    assert_true(tells(&given, "Ada Poll was given the role of steward of this installation, until 22 September 2026, 02:13 UTC at the "
                              "latest, with a link made at the "
                              "machine by Carol Count."));
    assert_int_equal(given.until, h->now + SESSION_LONGEST_MS);
    assert_int_equal(view_i64(view_get(given.data, S("offer"))), 0);
    assert_int_equal(powers(h), 1);
    assert_status(send_form(h, "/sign-out"), 303);
    Leaf ended = leaf_at(h, 2);
    assert_leaf(&ended, "role.ended", "Ada Poll", "steward");
    assert_int_equal(ended.power, 1);
    assert_str(ended.reason, "signed out");
    assert_int_equal(powers(h), 0);
    assert_int_equal(size_of(h), 3);
}

static void everywhere_ends_each(void **state)
{
    House *h = *state;
    sign_in(h, "Ada Poll");
    h->jar = S("");
    sign_in(h, "Bob Box");
    assert_status(send_form(h, "/sign-out/everywhere"), 303);
    assert_int_equal(size_of(h), 6);
    for (int i = 4; i < 6; i++) {
        Leaf ended = leaf_at(h, i);
        assert_leaf(&ended, "role.ended", "Bob Box", "steward");
        assert_str(ended.reason, "everybody was signed out, everywhere");
    }
    assert_int_equal(leaf_at(h, 4).power, 1);
    assert_int_equal(leaf_at(h, 5).power, 3);
    assert_int_equal(powers(h), 0);
}

static void signing_in_anew_ends_the_role_before(void **state)
{
    House *h = *state;
    sign_in(h, "Ada Poll");
    sign_in(h, "Ada Poll");
    assert_int_equal(size_of(h), 5);
    Leaf ended = leaf_at(h, 3), given = leaf_at(h, 4);
    assert_leaf(&ended, "role.ended", "Ada Poll", "steward");
    assert_int_equal(ended.power, 1);
    assert_leaf(&given, "role.given", "Ada Poll", "steward");
    assert_int_equal(powers(h), 1);
}

static void what_nobody_ends_ends_by_itself(void **state)
{
    House *h = *state;
    sign_in(h, "Ada Poll");
    entry_link(h, "Never Came");
    h->now += 60000;
    expire(h);
    assert_int_equal(size_of(h), 3); /* nothing is over yet */
    h->now += SESSION_IDLE_MS;
    expire(h);
    Leaf ended = leaf_at(h, 3), unused = leaf_at(h, 4);
    assert_leaf(&ended, "role.ended", "hustings", "program");
    assert_str(ended.reason, "it was not used for 120 minutes");
    assert_int_equal(ended.power, 1);
    assert_leaf(&unused, "role.offer_ended", "hustings", "program");
    assert_true(tells(&unused, "Nobody used the link with which Never Came could have taken the role of steward of this installation."));
    assert_int_equal(unused.power, 2);
    assert_int_equal(powers(h), 0);
    expire(h);
    assert_int_equal(size_of(h), 5); /* each once */
}

static void its_time_is_over(void **state)
{
    House *h = *state;
    sign_in(h, "Ada Poll");
    h->now += SESSION_LONGEST_MS;
    expire(h);
    Leaf ended = leaf_at(h, 2);
    assert_leaf(&ended, "role.ended", "hustings", "program");
    assert_str(ended.reason, "its time was over");
}

/* The record ended the power when its time was over; the session's row goes later, without a second leaf. */
static void the_record_may_be_first(void **state)
{
    House *h = *state;
    sign_in(h, "Ada Poll");
    h->now += SESSION_LONGEST_MS;
    Command command = {.name = "record", .leaf = LEAF_MAYBE, .run = record_expire, .arena = &h->arena, .now = h->now};
    assert_int_equal(store_run(h->store, &command), ERR_OK);
    assert_int_equal(size_of(h), 3);
    expire(h);
    assert_int_equal(size_of(h), 3);
    DbRows rows;
    assert_int_equal(db_query(h->db, &h->arena, "http_sessions_all", DB_NO_VALUES, &rows), ERR_OK);
    assert_int_equal(rows.count, 0);
}

/* ---- from before there was a record ---- */

static Err run_nameless(Db *db, Command *command)
{
    Err e = db_run(db, "http_session_begin",
        DB_VALUES(db_bytes(S("0123456789abcdef0123456789abcdef")), db_string(S("old")), db_string(S("steward")), db_string(S("")),
            db_number(-1), db_number(command->now), db_number(command->now + SESSION_LONGEST_MS)));
    return e ? e
             : db_run(db, "http_entry_make",
                   DB_VALUES(db_bytes(S("fedcba9876543210fedcba9876543210")), db_string(S("steward")), db_string(S("")), db_number(-1),
                       db_number(command->now + 60000)));
}

/* The record never heard of them, so it does not tell their end. Neither lets anybody in meanwhile. */
static void the_nameless_end(void **state)
{
    House *h = *state;
    Command command = {.name = "nameless", .leaf = LEAF_NONE, .run = run_nameless, .arena = &h->arena, .now = h->now};
    assert_int_equal(store_run(h->store, &command), ERR_OK);
    expire(h);
    DbRows rows;
    assert_int_equal(db_query(h->db, &h->arena, "http_sessions_all", DB_NO_VALUES, &rows), ERR_OK);
    assert_int_equal(rows.count, 0);
    assert_int_equal(db_query(h->db, &h->arena, "http_entries_over", DB_VALUES(db_number(h->now + 60000)), &rows), ERR_OK);
    assert_int_equal(rows.count, 0);
    assert_int_equal(size_of(h), 0);
}

static Err run_end(Db *db, Command *command)
{
    const Str *id = command->input;
    return db_run(db, "http_session_end", DB_VALUES(db_string(*id)));
}

/* Her role ended between her request and its turn: she may do it no more, and nothing is done. */
static void a_role_that_ended_does_nothing(void **state)
{
    House *h = *state;
    sign_in(h, "Ada Poll");
    Shown page = get(h, "/notes/new");
    Str body = filled(h, &page, "");
    Str csrf = str_slice(body, 0, str_find(body, '&'));
    assert_status(post(h, "/acts/steward", "idempotency-key: a\n", csrf), 303);
    assert_int_equal(size_of(h), 3);
    Leaf leaf = leaf_at(h, 2);
    assert_leaf(&leaf, "contest.withdrawn", "Ada Poll", "steward");
    DbRows rows;
    assert_int_equal(db_query(h->db, &h->arena, "http_sessions_all", DB_NO_VALUES, &rows), ERR_OK);
    assert_true(db_next(&rows));
    Str id = db_text(&rows, "id");
    Command command = {.name = "end", .leaf = LEAF_NONE, .run = run_end, .input = &id, .arena = &h->arena, .now = h->now};
    assert_int_equal(db_snapshot(h->db), ERR_OK); /* this reader still sees her session when it looks; the writer does not */
    assert_int_equal(db_query(h->db, &h->arena, "http_sessions_all", DB_NO_VALUES, &rows), ERR_OK);
    assert_int_equal(store_run(h->store, &command), ERR_OK);
    Shown late = post(h, "/acts/steward", "idempotency-key: b\n", csrf);
    db_release(h->db);
    assert_status(late, 403);
    assert_says(late, "Your session is over");
    assert_int_equal(size_of(h), 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        acts_test(what_a_row_says_is_what_is_left),
        acts_test(the_same_key_leaves_one),
        acts_test(a_role_is_offered_given_and_ended),
        acts_test(everywhere_ends_each),
        acts_test(signing_in_anew_ends_the_role_before),
        acts_test(what_nobody_ends_ends_by_itself),
        acts_test(its_time_is_over),
        acts_test(the_record_may_be_first),
        acts_test(the_nameless_end),
        acts_test(a_role_that_ended_does_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
