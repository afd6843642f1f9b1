/* pages.c: what the pages of the record, its feed, its table and its tiles say; and that nothing tampered with is shown as if it were whole.
 * SPDX-License-Identifier: AGPL-3.0-or-later */
#include "../http/house.h"

#include "record/seal.h"

#include <sqlite3.h>

extern const Room record_room;

enum { DAY_MS = 24 * 60 * 60 * 1000 };
#define ACT(...) (&(const Act){.by = {S("Ada Poll"), S("steward")}, __VA_ARGS__})

static int house_setup(void **state)
{
    static const Room *const rooms[] = {&record_room};
    *state = house_open(rooms, COUNT_OF(rooms));
    return 0;
}
#define record_test(function) cmocka_unit_test_setup_teardown(function, house_setup, house_teardown)

/* ---- acts, seals, and hands in the store ---- */

static Err act_run(Db *db, Command *command)
{
    int64_t number;
    Err e = record_act(db, command->arena, command->input, command->now, &number, &command->fault);
    command->answer = str_format(command->arena, "%lld", (long long)number);
    return e;
}

static int64_t run_act(House *h, Err (*run)(Db *, Command *), const void *input)
{
    int64_t number = -1;
    Command command = {.name = "test", .leaf = LEAF_ONE, .run = run, .input = input, .arena = &h->arena, .now = h->now};
    if (store_run(h->store, &command)) fail_msg("%.*s", STR_ARG(fault_text(&h->arena, &command.fault)));
    assert_true(str_to_i64(command.answer, &number));
    return number;
}

static int64_t add(House *h, const Act *act)
{
    return run_act(h, act_run, act);
}

static int64_t publish(House *h, const char *contest, const char *says)
{
    return add(h, ACT(.kind = "contest.published", .says = str_from_c(says), .contest = str_from_c(contest)));
}

static void seal(House *h)
{
    RecordKeys keys = {0};
    bool made, sealed;
    Fault fault = {0};
    Str file = str_format(&h->arena, "%s/key", h->folder);
    if (record_keys_open(&h->arena, file, S("vote.example.org/record"), &keys, &made, &fault))
        fail_msg("%.*s", STR_ARG(fault_text(&h->arena, &fault)));
    if (record_seal(h->store, h->db, &h->arena, &keys, h->now, &sealed, &fault)) fail_msg("%.*s", STR_ARG(fault_text(&h->arena, &fault)));
    record_keys_wipe(&keys);
}

static int seal_teardown(void **state)
{
    House *h = *state;
    static const char *const names[] = {"key", "key.last"};
    for (int i = 0; i < COUNT_OF(names); i++) unlink(str_c(&h->arena, str_format(&h->arena, "%s/%s", h->folder, names[i])));
    return house_teardown(state);
}
#define sealed_test(function) cmocka_unit_test_setup_teardown(function, house_setup, seal_teardown)

/* What somebody with the machine could do. */
static void by_hand(House *h, const char *sql)
{
    sqlite3 *file = NULL;
    char *wrong = NULL;
    assert_int_equal(sqlite3_open(str_c(&h->arena, h->url), &file), SQLITE_OK);
    sqlite3_busy_timeout(file, 5000);
    if (sqlite3_exec(file, sql, NULL, NULL, &wrong) != SQLITE_OK) fail_msg("%s: %s", sql, wrong);
    sqlite3_close(file);
}

static void assert_lacks_at(Shown s, const char *words, const char *file, int line)
{
    if (!says(&s, words)) return;
    print_error("\"%s\" is in:\n%.*s\n", words, STR_ARG(s.body));
    _fail(file, line);
}
#define assert_lacks(shown, words) assert_lacks_at((shown), (words), __FILE__, __LINE__)

static Shown get_format(House *h, const char *format, int64_t number)
{
    char target[128];
    snprintf(target, sizeof target, format, (long long)number);
    return get(h, target);
}

/* ---- the list ---- */

static void nothing_was_written_yet(void **state)
{
    House *h = *state;
    Shown s = get(h, "/record");
    assert_status(s, 200);
    assert_says(s, "Nothing has been written yet.");
    assert_lacks(s, "Nothing here matches.");
    assert_says(get(h, "/record?kind=contest.published"), "Nothing here matches.");
    assert_status(get(h, "/record/leaves/0"), 404);
    assert_status(get(h, "/record/leaves/0/proof"), 404);
    assert_status(get(h, "/record/checkpoint"), 404);
    assert_status(get(h, "/record/tile/0/000"), 404);
    assert_says(get(h, "/record/powers"), "Nobody holds any power now.");
    assert_says(get(h, "/record/witnesses"), "Nobody witnesses this record yet.");
    assert_says(get(h, "/record/feed.atom"), "</feed>");
    assert_says(get(h, "/record.csv"), "entry,at,kind");
}

static void an_act_in_words(void **state)
{
    House *h = *state;
    int64_t number = add(h, ACT(.kind = "contest.withdrawn", .says = S("The contest “Chair” was taken out."), .contest = S("chair-2026"),
                                .reason = S("Published too early & by mistake."), .until = h->now + DAY_MS));
    assert_int_equal(number, 0);
    Shown s = get(h, "/record");
    assert_says(s, "The contest “Chair” was taken out.");
    assert_says(s, "Reason given: <bdi>Published too early &amp; by mistake.</bdi>");
    assert_says(s, "<bdi>Ada Poll</bdi>, steward, on <time datetime=\"2026-09-21T14:13:20Z\">21 September 2026, 15:13 BST</time>");
    assert_says(s, "; until <time datetime=\"2026-09-22T14:13:20Z\">");
    assert_says(s, "Contest <bdi>chair-2026</bdi>, no longer published");
    assert_says(s, "Not signed yet");
    assert_says(s, "<small>1 not signed yet</small>");
    assert_says(s, "rel=\"alternate\" type=\"application/atom+xml\"");
    Shown json = get(h, "/record.json");
    assert_says(json, "\"kind\": \"contest.withdrawn\"");
    assert_says(json, "\"signed\": false");
    Shown leaf = get(h, "/record/leaves/0");
    assert_status(leaf, 200);
    assert_says(leaf, "A proof can be downloaded here as soon as the entry is signed.");
    assert_says(leaf, "{&quot;hustings&quot;:1,&quot;act&quot;:&quot;contest.withdrawn&quot;");
    assert_lacks(leaf, "class=\"alarm\"");
    assert_status(get(h, "/record/leaves/1"), 404);
    assert_status(get(h, "/record/leaves/x"), 404);
}

static void signed_and_proven(void **state)
{
    House *h = *state;
    for (int i = 0; i < 3; i++) publish(h, "chair-2026", "The result was published.");
    seal(h);
    Shown s = get(h, "/record");
    assert_says(s, "<dd>All<small>");
    assert_says(s, "· Signed</p>");
    assert_lacks(s, "not signed yet");
    Shown leaf = get(h, "/record/leaves/1");
    assert_says(leaf, "href=\"/record/leaves/1/proof\"");
    assert_lacks(leaf, "class=\"alarm\"");
    assert_says(leaf, "href=\"/record/leaves/0\" rel=\"next\"");
    assert_says(leaf, "href=\"/record/leaves/2\" rel=\"prev\"");
    Shown proof = get(h, "/record/leaves/1/proof"), note = get(h, "/record/checkpoint");
    assert_status(proof, 200);
    assert_says(proof, "c2sp.org/tlog-proof@v1\n");
    assert_says(proof, "\nindex 1\n");
    assert_str(header_named(&proof, "content-disposition"), "attachment; filename*=UTF-8''leaf-1.tlog-proof");
    assert_str(header_named(&note, "content-type"), "text/plain; charset=utf-8");
    assert_str(header_named(&note, "cache-control"), "no-cache");
    assert_says(note, "vote.example.org/record\n3\n");
    publish(h, "chair-2026", "The result was published.");
    assert_status(get(h, "/record/leaves/3/proof"), 404);
    assert_says(get(h, "/record/leaves/3/proof"), "not signed yet");
}

/* A proof that the page gives holds by what a reader can compute. */
static void a_proof_holds(void **state)
{
    House *h = *state;
    for (int i = 0; i < 300; i++) publish(h, "chair-2026", "The result was published.");
    seal(h);
    for (int64_t number = 0; number < 300; number += 37) {
        ProofFile proof;
        Note note;
        Checkpoint c;
        Leaf leaf;
        Fault fault = {0};
        Shown s = get_format(h, "/record/leaves/%lld/proof", number);
        assert_int_equal(proof_read(&h->arena, s.body, &proof, &fault), ERR_OK);
        assert_int_equal(note_read(&h->arena, proof.checkpoint, &note, &fault), ERR_OK);
        assert_int_equal(checkpoint_read(note.text, &c, &fault), ERR_OK);
        assert_int_equal(record_leaf(h->db, &h->arena, number, &leaf, NULL), ERR_OK);
        Sha256 hash = tree_leaf(leaf.entry);
        assert_int_equal(tree_verify_inclusion(&proof.proof, number, &hash, c.size, &c.root), ERR_OK);
        assert_lacks(get_format(h, "/record/leaves/%lld", number), "class=\"alarm\"");
    }
}

/* ---- filters and pages ---- */

static void fill(House *h)
{
    for (int i = 0; i < 130; i++) {
        h->now += 60000;
        if (i % 10 == 9) add(h, ACT(.kind = "export.made", .says = S("All of the store was copied out."), .unit = S("leeds")));
        else publish(h, i % 2 ? "odd" : "even", "The result was published.");
    }
}

static int count_of(const Shown *s, const char *words)
{
    int count = 0;
    Str rest = s->body;
    for (const char *at; (at = memmem(rest.ptr, rest.len, words, strlen(words))) != NULL; count++)
        rest = str_slice(rest, (size_t)(at - rest.ptr) + 1, rest.len);
    return count;
}

/* Walk along `rel` to its end; how many entries were seen, each once, in order. */
static int walk(House *h, Str path, const char *rel)
{
    int seen = 0;
    int64_t last = -1;
    for (int pages = 0; path.len && pages < 20; pages++) {
        Shown s = get(h, str_c(&h->arena, path));
        assert_status(s, 200);
        Str rest = s.body;
        for (const char *at; (at = memmem(rest.ptr, rest.len, "<h3><a href=\"/record/leaves/", 28)) != NULL; seen++) {
            int64_t number = strtoll(at + 28, NULL, 10);
            if (*rel == 'n' && last >= 0) assert_true(number < last);
            last = number;
            rest = str_slice(rest, (size_t)(at - rest.ptr) + 28, rest.len);
        }
        char mark[32];
        snprintf(mark, sizeof mark, "\" rel=\"%s\"", rel);
        const char *at = memmem(s.body.ptr, s.body.len, mark, strlen(mark)), *from = at;
        while (from && from[-1] != '"') from--;
        Buf b = buf_new(&h->arena);
        for (const char *c = from; from && c < at; c++) { /* &amp; */
            buf_byte(&b, *c);
            if (*c == '&') c += 4;
        }
        path = buf_done(&b);
    }
    return seen;
}

static void pages_lead_to_every_entry(void **state)
{
    House *h = *state;
    fill(h);
    assert_int_equal(walk(h, S("/record"), "next"), 130);
    assert_int_equal(walk(h, S("/record?kind=export.made"), "next"), 13);
    assert_int_equal(walk(h, S("/record?contest=odd"), "next"), 52);
    assert_int_equal(walk(h, S("/record?contest=odd&kind=contest.published"), "next"), 52);
    assert_int_equal(walk(h, S("/record?unit=leeds"), "next"), 13);
    assert_int_equal(walk(h, S("/record?before=10"), "prev"), 130);
    assert_int_equal(walk(h, S("/record?contest=even&before=1"), "prev"), 65);
    Shown s = get(h, "/record");
    assert_int_equal(count_of(&s, "<h3>"), 50);
    assert_lacks(s, "rel=\"prev\"");
    assert_says(s, "href=\"/record?before=80\" rel=\"next\"");
}

static void filters(void **state)
{
    House *h = *state;
    fill(h);
    Shown s = get(h, "/record?kind=export.made&contest=&unit=&day="); /* as the form sends it */
    assert_int_equal(count_of(&s, "<h3>"), 13);
    assert_says(s, "<option value=\"export.made\" selected>");
    s = get(h, "/record?contest=https%3A%2F%2Fvote.example.org%2Fcontests%2FODD%2F");
    assert_says(s, "about the contest <bdi>odd</bdi>");
    assert_int_equal(count_of(&s, "<h3>"), 50);
    assert_says(get(h, "/record?contest=nobody"), "Nothing here matches.");
    assert_says(get(h, "/record?kind=%3Cscript%3E"), "“<bdi>&lt;script&gt;</bdi>”");
    assert_says(get(h, "/record?before=0"), "There are no entries here.");
    static const char *const days[] = {"21+September+2026", "21/09/2026", "21.9.2026", "21st+Sept+2026", "2026-09-21", "+21+sep+2026+"};
    for (int i = 0; i < COUNT_OF(days); i++) {
        s = get(h, str_c(&h->arena, str_format(&h->arena, "/record?day=%s", days[i])));
        assert_row(s.status == 200 && says(&s, "up to 21 September 2026") && says(&s, "day=2026-09-21"), days[i]);
    }
    static const char *const wrong[] = {"/record?contest=odd&unit=leeds", "/record?day=2026-02-30", "/record?day=yesterday",
        "/record?day=31+June+2026", "/record?day=21+Octember+2026", "/record?day=9/2026", "/record?day=21/9/26", "/record?day=21/9/2026/1",
        "/record?day=%00", "/record?before=x", "/record?before=1&after=1", "/record?before=-1", "/record/feed.atom?day=2026-02-30",
        "/record.csv?contest=odd&unit=leeds"};
    for (int i = 0; i < COUNT_OF(wrong); i++) assert_row(get(h, wrong[i]).status == 422, wrong[i]);
}

/* 21 September 2026, 15:13 in London; the first hundred entries are of that day and the others of three days later. */
static void up_to_a_day(void **state)
{
    House *h = *state;
    for (int i = 0; i < 120; i++) {
        if (i == 100) h->now += (int64_t)3 * DAY_MS;
        publish(h, "odd", "The result was published.");
    }
    Shown s = get(h, "/record?day=2026-09-21");
    assert_says(s, "up to 21 September 2026");
    assert_says(s, "<h3><a href=\"/record/leaves/99\">");
    assert_lacks(s, "<h3><a href=\"/record/leaves/100\">");
    assert_lacks(s, "rel=\"prev\"");
    assert_int_equal(walk(h, S("/record?day=2026-09-21"), "next"), 100);
    assert_int_equal(walk(h, S("/record?day=2026-09-21&before=1"), "prev"), 100);
    assert_int_equal(walk(h, S("/record?day=2026-09-24"), "next"), 120);
    assert_int_equal(walk(h, S("/record?day=2026-09-20"), "next"), 0);
    Shown feed = get(h, "/record/feed.atom?day=2026-09-21"), csv = get(h, "/record.csv?day=2026-09-21");
    assert_says(feed, "/record/leaves/99\"");
    assert_lacks(feed, "/record/leaves/100\"");
    assert_int_equal(count_of(&csv, "contest.published"), 100);
}

/* ---- text of people ---- */

#define HOSTILE "<script>window.hit=1</script>\" ' & {{7*7}} \xD7\xA9\xD7\x9C\xD7\x95\xD7\x9D"

static void hostile_words(void **state)
{
    House *h = *state;
    Buf b = buf_new(&h->arena);
    buf_str(&b, S(HOSTILE " =1+1 "));
    while (b.len < ACT_SAYS_MAX - 10) buf_str(&b, S("wwwwwwwwww"));
    Act act = {.kind = "contest.withdrawn",
        .by = {S(HOSTILE), S("steward")},
        .says = buf_done(&b),
        .contest = S("chair-2026"),
        .reason = S("=1+1|" HOSTILE)};
    add(h, &act);
    static const char *const paths[] = {"/record", "/record/leaves/0", "/record/feed.atom"};
    for (int i = 0; i < COUNT_OF(paths); i++) {
        Shown s = get(h, paths[i]);
        assert_status(s, 200);
        assert_says(s, "&lt;script&gt;window.hit=1&lt;/script&gt;");
        assert_says(s, "{{7*7}}");
        assert_lacks(s, "<script>window");
    }
    Shown csv = get(h, "/record.csv"), json = get(h, "/record/leaves/0.json");
    assert_says(csv, "\"'=1+1|<script>");
    assert_says(csv, "</script>\"\" ' & {{7*7}}");
    assert_says(json, "<script>window.hit=1</script>");
}

/* ---- what was done by hand ---- */

static void sealed_three(House *h)
{
    for (int i = 0; i < 3; i++) publish(h, "chair-2026", "The result was published.");
    seal(h);
}

static void a_changed_entry_is_loud(void **state)
{
    House *h = *state;
    sealed_three(h);
    by_hand(h, "UPDATE record_leaf SET entry = CAST(replace(CAST(entry AS TEXT), 'Ada Poll', 'Eve Poll') AS BLOB) WHERE number = 1");
    Shown leaf = get(h, "/record/leaves/1"), list = get(h, "/record?contest=chair-2026"), feed = get(h, "/record/feed.atom");
    assert_status(leaf, 200);
    assert_says(leaf, "This entry was changed after it was written");
    assert_says(leaf, "role=\"alert\"");
    assert_int_equal(count_of(&list, "class=\"unfit\""), 1);
    assert_says(list, "it no longer fits its fingerprint");
    assert_says(feed, "Entry 1 does not fit its fingerprint");
    assert_says(get(h, "/record.csv"), "NO: it was changed after it was written");
    assert_lacks(get(h, "/record/leaves/0"), "was changed after it was written");
}

static void a_changed_fingerprint_is_loud(void **state)
{
    House *h = *state;
    sealed_three(h);
    by_hand(h, "UPDATE record_leaf SET hash = zeroblob(32) WHERE number = 2");
    assert_says(get(h, "/record/leaves/2"), "This entry was changed after it was written");
    assert_says(get(h, "/record/leaves/0"), "This entry does not lead to what was signed"); /* its neighbour's way is its own */
}

/* Somebody who knows how changes both. */
static void both_changed_is_loud(void **state)
{
    House *h = *state;
    sealed_three(h);
    Leaf leaf;
    assert_int_equal(record_leaf(h->db, &h->arena, 1, &leaf, NULL), ERR_OK);
    const char *name = memmem(leaf.entry.ptr, leaf.entry.len, "Ada", 3);
    assert_non_null(name);
    size_t at = (size_t)(name - leaf.entry.ptr);
    Str before = str_slice(leaf.entry, 0, at), behind = str_slice(leaf.entry, at + 3, leaf.entry.len);
    Str entry = str_format(&h->arena, "%.*sEve%.*s", STR_ARG(before), STR_ARG(behind));
    Sha256 hash = tree_leaf(entry);
    Str hex = sha256_hex(&h->arena, hash);
    by_hand(
        h, str_c(&h->arena, str_format(&h->arena, "UPDATE record_leaf SET hash = x'%.*s', entry = CAST('%.*s' AS BLOB) WHERE number = 1",
                                STR_ARG(hex), STR_ARG(entry))));
    Shown s = get(h, "/record/leaves/1");
    assert_says(s, "<bdi>Eve Poll</bdi>");
    assert_says(s, "This entry does not lead to what was signed");
}

// NOLINTBEGIN(misc-misleading-bidirectional): a mark that turns the line is what must not get through
static void an_entry_that_cannot_be_read(void **state)
{
    House *h = *state;
    sealed_three(h);
    Sha256 hash = tree_leaf(S("no entry <at all> \xE2\x80\xAE"));
    Str hex = sha256_hex(&h->arena, hash);
    by_hand(h, str_c(&h->arena,
                   str_format(&h->arena,
                       "UPDATE record_leaf SET hash = x'%.*s', entry = CAST('no entry <at all> \xE2\x80\xAE' AS BLOB) WHERE number = 1",
                       STR_ARG(hex))));
    Shown leaf = get(h, "/record/leaves/1"), list = get(h, "/record");
    assert_status(leaf, 200);
    assert_says(leaf, "An entry that cannot be read");
    assert_says(leaf, "no entry &lt;at all&gt; \xEF\xBF\xBD"); /* what turns the direction of writing is not sent on */
    assert_status(list, 200);
    assert_says(list, "This entry cannot be read");
    assert_int_equal(count_of(&list, "class=\"unfit\""), 1);
    assert_status(get(h, "/record/feed.atom"), 200);
    assert_says(get(h, "/record.csv"), "NO: it cannot be read");
}
// NOLINTEND(misc-misleading-bidirectional)

static void a_changed_checkpoint_is_loud(void **state)
{
    House *h = *state;
    sealed_three(h);
    by_hand(h, "UPDATE record_checkpoint SET root = zeroblob(32)");
    assert_says(get(h, "/record?kind="), "The newest signature is not right");
    assert_says(get(h, "/record/leaves/0"), "The newest signature is not right");
    assert_says(get(h, "/record/witnesses"), "The newest signature is not right");
}

/* ---- tiles ---- */

static void tiles_have_one_address(void **state)
{
    House *h = *state;
    for (int i = 0; i < 300; i++) publish(h, "chair-2026", "The result was published.");
    seal(h);
    publish(h, "chair-2026", "The result was published.");
    static const struct {
        const char *path;
        size_t bytes;
    } good[] = {{"0/000", 8192}, {"0/001.p/44", (size_t)44 * 32}, {"1/000.p/1", 32}, {"0/000.p/7", (size_t)7 * 32}};
    for (int i = 0; i < COUNT_OF(good); i++) {
        Shown s = get(h, str_c(&h->arena, str_format(&h->arena, "/record/tile/%s", good[i].path)));
        assert_row(s.status == 200 && s.body.len == good[i].bytes, good[i].path);
        assert_row(str_equal(header_named(&s, "content-type"), S("application/octet-stream")), good[i].path);
        assert_row(str_equal(header_named(&s, "cache-control"), S("public, max-age=31536000, immutable")), good[i].path);
    }
    static const char *const bad[] = {"0/001", "0/001.p/45", "0/001.p/256", "0/001.p/0", "0/001.p/044", "0/002", "1/000", "1/000.p/2",
        "2/000.p/1", "0/0", "00/000", "0/x000/000", "0/000.p", "entries/001", "entries/001.p/45", "entries/0", "64/000", "-1/000",
        "0/x001/x234/067", "x/000", "entries/000.p/256", "0/000.p/1/1"};
    for (int i = 0; i < COUNT_OF(bad); i++)
        assert_row(get(h, str_c(&h->arena, str_format(&h->arena, "/record/tile/%s", bad[i]))).status == 404, bad[i]);
}

static void bundles_hold_the_entries(void **state)
{
    House *h = *state;
    for (int i = 0; i < 300; i++) publish(h, "chair-2026", "The result was published.");
    seal(h);
    Shown hashes = get(h, "/record/tile/0/001.p/44"), bundle = get(h, "/record/tile/entries/001.p/44");
    Str rest = bundle.body, entry;
    for (size_t i = 0; i < 44; i++) {
        assert_true(bundle_next(&rest, &entry));
        Sha256 hash = tree_leaf(entry);
        assert_memory_equal(hash.bytes, hashes.body.ptr + i * 32, 32);
    }
    assert_int_equal(rest.len, 0);
    Shown packed = get_with(h, "/record/tile/entries/001.p/44", "accept-encoding: gzip\n");
    assert_str(header_named(&packed, "content-encoding"), "gzip");
    assert_true(packed.body.len < bundle.body.len / 4);
    Shown plain = get_with(h, "/record/tile/0/001.p/44", "accept-encoding: gzip\n");
    assert_int_equal(header_named(&plain, "content-encoding").len, 0);
}

/* ---- files ---- */

static ActFile file_of(Str name, Str bytes, Str path)
{
    ActFile file = {.name = name, .size = (int64_t)bytes.len, .digest = sha256(bytes), .path = path};
    if (!path.len) file.bytes = bytes;
    return file;
}

static Err gone_run(Db *db, Command *command)
{
    return record_files_gone(db, *(const Str *)command->input);
}

static Shown side(House *h, const ActFile *file)
{
    return get(h, str_c(&h->arena, str_format(&h->arena, "/record/side/%.*s", STR_ARG(sha256_hex(&h->arena, file->digest)))));
}

static void files_by_digest(void **state)
{
    House *h = *state;
    Str prefix = S("/contests/chair-2026/");
    ActFile files[] = {file_of(S("<papers>.csv"), S("a,b\n1,2\n"), S("/contests/chair-2026/files/papers-csv")),
        file_of(S("why.txt"), S("<b>because</b>"), S(""))};
    add(h, ACT(.kind = "contest.published", .says = S("The result was published."), .contest = S("chair-2026"), .files = files,
               .file_count = 2));
    Shown at = side(h, &files[0]), kept = side(h, &files[1]), leaf = get(h, "/record/leaves/0");
    assert_status(at, 303);
    assert_str(header_named(&at, "location"), "/contests/chair-2026/files/papers-csv");
    assert_status(kept, 200);
    assert_str(kept.body, "<b>because</b>");
    assert_str(header_named(&kept, "content-type"), "application/octet-stream");
    assert_true(str_starts(header_named(&kept, "content-security-policy"), S("sandbox;")));
    assert_says(leaf, "&lt;papers&gt;.csv</bdi></a>, 8 bytes");
    Command command = {.name = "test", .leaf = LEAF_NONE, .run = gone_run, .input = &prefix, .arena = &h->arena, .now = h->now};
    assert_int_equal(store_run(h->store, &command), ERR_OK);
    at = side(h, &files[0]);
    assert_status(at, 410);
    assert_says(at, "has been taken away");
    assert_says(get(h, "/record/leaves/0"), "<strong>It was taken away</strong>");
    assert_status(side(h, &files[1]), 200);
    ActFile other = file_of(S("x"), S("never"), S(""));
    assert_status(side(h, &other), 404);
    assert_status(get(h, "/record/side/abc"), 404);
    assert_status(get(h, "/record/side/ABCDEF"), 404);
}

/* ---- powers ---- */

static Err give_run(Db *db, Command *command)
{
    int64_t number;
    Act act = {.kind = "role.given",
        .by = {S("Ada Poll"), S("operator")},
        .says = S("Bea Ward was given the role of steward."),
        .until = command->now + DAY_MS};
    Power power = {.ended = "role.ended", .holder = S("Bea Ward"), .what = S("the role of steward")};
    Err e = record_power_give(db, command->arena, &act, &power, command->now, &number, &command->fault);
    command->answer = str_format(command->arena, "%lld", (long long)number);
    return e;
}

static Err end_run(Db *db, Command *command)
{
    command->answer = S("1");
    return record_power_end(db, command->arena, 0, (Officer){S("Bea Ward"), S("steward")}, S("Signed out."), command->now, &command->fault);
}

static void powers_and_their_ends(void **state)
{
    House *h = *state;
    assert_int_equal(run_act(h, give_run, NULL), 0);
    Shown held = get(h, "/record/powers");
    assert_says(held, "<bdi>Bea Ward</bdi>");
    assert_says(held, "<bdi>the role of steward</bdi>");
    assert_says(held, "<a href=\"/record/leaves/0\">Entry 0</a>");
    assert_lacks(get(h, "/record/leaves/0"), "It is over");
    run_act(h, end_run, NULL);
    assert_says(get(h, "/record/powers"), "Nobody holds any power now.");
    assert_says(get(h, "/record/leaves/0"), "It is over: <a href=\"/record/leaves/1\">entry 1</a> says so");
    assert_says(get(h, "/record/leaves/1"), "What <a href=\"/record/leaves/0\">entry 0</a> gave");
    assert_says(get(h, "/record"), "Ends what <a href=\"/record/leaves/0\">entry 0</a> gave");
}

/* ---- witnesses ---- */

static Err cosigned_run(Db *db, Command *command)
{
    return record_cosigned(db, command->input, command->now);
}

static void cosign(House *h, const char *name, int64_t size)
{
    Cosignature c = {.witness = str_from_c(name), .id = 7, .size = size, .time = h->now / 1000, .line = S("— w AAAA\n")};
    Command command = {.name = "test", .leaf = LEAF_NONE, .run = cosigned_run, .input = &c, .arena = &h->arena, .now = h->now};
    assert_int_equal(store_run(h->store, &command), ERR_OK);
}

static void who_witnessed_what(void **state)
{
    House *h = *state;
    sealed_three(h);
    cosign(h, "witness.example/<one>", 3);
    Shown s = get(h, "/record"), leaf = get(h, "/record/leaves/2");
    assert_says(s, "Signed, and countersigned by 1 witness</p>");
    assert_says(leaf, "countersigned by 1 <a href=\"/record/witnesses\">witness</a>");
    publish(h, "chair-2026", "The result was published.");
    seal(h);
    cosign(h, "witness.example/two", 4);
    s = get(h, "/record");
    assert_says(s, "Signed, and countersigned by 2 witnesses</p>");
    assert_says(s, "Signed, and countersigned by 1 witness</p>");
    Shown page = get(h, "/record/witnesses");
    assert_says(page, "<bdi>witness.example/&lt;one&gt;</bdi>");
    assert_says(page, "1 entry behind");
    assert_says(page, "Up to date");
}

/* ---- the feed, and what is kept ---- */

static void ids_of_the_feed_last(void **state)
{
    House *h = *state;
    sealed_three(h);
    Shown first = get(h, "/record/feed.atom");
    assert_str(header_named(&first, "content-type"), "application/atom+xml; charset=utf-8");
    assert_says(first, "href=\"http://vote.example.org/record/leaves/2\"");
    Str id = between(h, &first, "<entry>\n<id>", "</id>");
    assert_true(str_starts(id, S("urn:uuid:")));
    Site *before = h->site;
    static const Room *const rooms[] = {&record_room};
    h->options.base = S("https://moved.example.org");
    h->site = open_site(h, h->store, rooms, COUNT_OF(rooms));
    Shown moved = get(h, "/record/feed.atom");
    assert_says(moved, "href=\"https://moved.example.org/record/leaves/2\"");
    assert_same_str(between(h, &moved, "<entry>\n<id>", "</id>"), id);
    Shown other = get(h, "/record/feed.atom?contest=chair-2026");
    assert_same_str(between(h, &other, "<entry>\n<id>", "</id>"), id);
    assert_false(str_equal(between(h, &other, "\">\n<id>", "</id>"), between(h, &moved, "\">\n<id>", "</id>")));
    site_close(h->site);
    h->site = before;
}

static void kept_until_the_next_act(void **state)
{
    House *h = *state;
    Site *before = h->site;
    static const Room *const rooms[] = {&record_room};
    h->options.base = S("https://vote.example.org");
    h->site = open_site(h, h->store, rooms, COUNT_OF(rooms));
    sealed_three(h);
    static const char *const paths[] = {"/record", "/record/feed.atom", "/record/checkpoint"};
    for (int i = 0; i < COUNT_OF(paths); i++) {
        Shown first = get(h, paths[i]), again = get(h, paths[i]);
        assert_row(again.kept && first.status == 200, paths[i]);
        assert_row(
            get_with(h, paths[i], str_c(&h->arena, str_format(&h->arena, "if-none-match: %.*s\n", STR_ARG(header_named(&first, "etag")))))
                    .status == 304,
            paths[i]);
        publish(h, "chair-2026", "Another result was published.");
        seal(h);
        Shown later = get(h, paths[i]);
        assert_row(later.status == 200 && !str_equal(later.body, first.body), paths[i]);
    }
    site_close(h->site);
    h->site = before;
}

static void contests_that_are_there(void **state)
{
    House *h = *state;
    by_hand(h,
        "INSERT INTO contest (slug, title, date, place, outcome, note, totals, open, published, changed, views_version, program, figures) "
        "VALUES ('chair-2026', 'Chair <2026>', '', '', '', '', 0, 0, 1, 1, 1, '', x'00')");
    publish(h, "chair-2026", "The result was published.");
    assert_says(get(h, "/record"), "<a href=\"/contests/chair-2026\"><bdi>Chair &lt;2026&gt;</bdi></a>");
    assert_says(get(h, "/record/leaves/0"), "<a href=\"/record?contest=chair-2026\">all entries about it</a>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        record_test(nothing_was_written_yet),
        record_test(an_act_in_words),
        sealed_test(signed_and_proven),
        sealed_test(a_proof_holds),
        record_test(pages_lead_to_every_entry),
        record_test(filters),
        record_test(up_to_a_day),
        record_test(hostile_words),
        sealed_test(a_changed_entry_is_loud),
        sealed_test(a_changed_fingerprint_is_loud),
        sealed_test(both_changed_is_loud),
        sealed_test(an_entry_that_cannot_be_read),
        sealed_test(a_changed_checkpoint_is_loud),
        sealed_test(tiles_have_one_address),
        sealed_test(bundles_hold_the_entries),
        record_test(files_by_digest),
        record_test(powers_and_their_ends),
        sealed_test(who_witnessed_what),
        sealed_test(ids_of_the_feed_last),
        sealed_test(kept_until_the_next_act),
        record_test(contests_that_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
