/* The process in which strangers' papers are counted: what it may, and what becomes of one that misbehaves.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * This program is its own child: started with the hidden word it does what the first bytes of its input say.
 */
#include "core/unit.h"

#include "contest/child.c"

#include <dirent.h>

/* ---- as a child ---- */

static int open_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    int count = 0;
    if (!folder) return -1;
    // cppcheck-suppress readdirCalled ; nobody else reads this folder
    while (readdir(folder)) count++;
    closedir(folder);
    return count - 3; /* ".", "..", and the folder itself */
}

static int tell_limits(void)
{
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    View *v = view_object(&a);
    view_put_i64(v, S("descriptors"), open_descriptors());
    view_put_bool(v, S("environment"), environ[0] != NULL);
    bool limited = limit_all();
    view_put_bool(v, S("limited"), limited);
    view_put_bool(v, S("opens"), open("/dev/null", O_RDONLY) >= 0);
    view_put_bool(v, S("privileges"), prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1);
    struct rlimit core, cpu;
    getrlimit(RLIMIT_CORE, &core);
    getrlimit(RLIMIT_CPU, &cpu);
    view_put_i64(v, S("core"), (int64_t)core.rlim_max);
    view_put_i64(v, S("cpu"), (int64_t)cpu.rlim_cur);
    sigset_t blocked;
    sigprocmask(SIG_BLOCK, NULL, &blocked);
    view_put_bool(v, S("blocked"), sigismember(&blocked, SIGTERM));
    Buf b = buf_new(&a);
    view_pack(v, &b);
    bool written = write_all(1, buf_done(&b));
    arena_clear(&a);
    return written ? 0 : 1;
}

static int use_all_memory(void)
{
    Arena a;
#ifdef SANITIZED
    arena_init(&a, 64 * 1024 * 1024);
#else
    if (!limit_all()) return 1;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
#endif
    for (;;) arena_new(&a, char, 1 << 20)[0] = 1;
}

static int use_all_time(void)
{
    if (!limit_all() || !limit(RLIMIT_CPU, 1, 2)) return 1;
    for (volatile unsigned n = 0;; n++) {
    }
}

static int write_for_ever(void)
{
    static const char piece[4096] = "x";
    while (write_all(1, (Str){piece, sizeof piece})) {
    }
    return 1;
}

_Noreturn static void linger(void)
{
    close(1);
    for (;;) pause();
}

static int misbehave(void)
{
    char how[16] = "";
    if (pread(0, how, sizeof how - 1, 0) < 0) return 1;
    if (strcmp(how, "limits") == 0) return tell_limits();
    if (strcmp(how, "memory") == 0) return use_all_memory();
    if (strcmp(how, "time") == 0) return use_all_time();
    if (strcmp(how, "flood") == 0) return write_for_ever();
    if (strcmp(how, "linger") == 0) linger();
    if (strcmp(how, "garbage") == 0) return write_all(1, S("this is no view")) ? 0 : 1;
    if (strcmp(how, "silence") == 0) return 0;
    if (strcmp(how, "failure") == 0) return 7;
    if (strcmp(how, "crash") == 0) raise(SIGKILL);
    while (strcmp(how, "sleep") == 0) pause();
    return child_main();
}

/* ---- as its parent ---- */

static char program[4096];

static ChildEnd end_with(Arena *a, Str asked, int wall_ms, View **ret_answer)
{
    ChildOptions options = {.program = program, .wall_ms = wall_ms, .answer_most = 8 * 1024 * 1024};
    return child_count(a, asked, &options, ret_answer);
}

static void counts(void **state)
{
    Arena *a = *state;
    Asked asked = {.title = S("T"), .format = S("auto"), .rules = S("av-2011"), .want = S("page"), .file_count = 1};
    asked.files[0] = (CountedFile){.name = S("x.csv"), .bytes = S("Ann,Bob\n1,2\n1,\n2,1\n")};
    Buf b = buf_new(a);
    view_pack(asked_view(a, &asked), &b);
    View *answer = NULL;
    assert_int_equal(end_with(a, buf_done(&b), 0, &answer), CHILD_ANSWERED);
    assert_true(view_i64(view_get(answer, S("ok"))));
    assert_str(view_str(view_get(view_get(view_get(answer, S("views")), S("contest")), S("outcome"))), "Ann is elected.");
}

static void tells_what_is_wrong(void **state)
{
    Arena *a = *state;
    Asked asked = {.format = S("auto"), .rules = S("av-2011"), .want = S("page"), .file_count = 1};
    asked.files[0] = (CountedFile){.name = S("x.csv"), .bytes = S("1,2\nAnn,Bob\nAnn,\"Bob\n")};
    Buf b = buf_new(a);
    view_pack(asked_view(a, &asked), &b);
    View *answer = NULL;
    assert_int_equal(end_with(a, buf_done(&b), 0, &answer), CHILD_ANSWERED);
    assert_false(view_i64(view_get(answer, S("ok"))));
    assert_int_equal(view_i64(view_get(answer, S("line"))), 3);
    assert_int_equal(view_i64(view_get(answer, S("part"))), PART_PAPERS);
}

static void is_limited(void **state)
{
    View *answer = NULL;
    assert_int_equal(end_with(*state, S("limits"), 0, &answer), CHILD_ANSWERED);
    assert_int_equal(view_i64(view_get(answer, S("descriptors"))), 3);
    assert_true(view_i64(view_get(answer, S("limited"))));
#ifdef SANITIZED /* which opens files at the end */
    static const char *const never[] = {"environment", "privileges", "core", "blocked"};
#else
    static const char *const never[] = {"environment", "opens", "privileges", "core", "blocked"};
#endif
    for (int i = 0; i < COUNT_OF(never); i++) assert_row(view_i64(view_get(answer, str_from_c(never[i]))) == 0, never[i]);
    assert_int_equal(view_i64(view_get(answer, S("cpu"))), CHILD_CPU_SECONDS);
}

typedef struct Misdeed {
    const char *how;
    int wall_ms;
    ChildEnd end;
} Misdeed;

static const Misdeed misdeeds[] = {
    {"sleep", 100, CHILD_TOO_LONG},
    {"linger", 100, CHILD_TOO_LONG},
    {"time", 0, CHILD_TOO_LONG},
    {"memory", 0, CHILD_TOO_LARGE},
    {"flood", 0, CHILD_TOO_LARGE},
    {"garbage", 0, CHILD_DIED},
    {"silence", 0, CHILD_DIED},
    {"failure", 0, CHILD_DIED},
    {"crash", 0, CHILD_DIED},
    {"no view", 0, CHILD_DIED},
};

static void outlives_all(void **state)
{
    for (int i = 0; i < COUNT_OF(misdeeds); i++) {
        View *answer = NULL;
        ChildEnd end = end_with(*state, str_from_c(misdeeds[i].how), misdeeds[i].wall_ms, &answer);
        if (end != misdeeds[i].end) fail_msg("%s: %d, not %d", misdeeds[i].how, (int)end, (int)misdeeds[i].end);
        assert_row(!answer, misdeeds[i].how);
        assert_row(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD, misdeeds[i].how); /* none is left behind */
    }
}

static void cannot_start(void **state)
{
    View *answer = NULL;
    ChildOptions options = {.program = "/nonexistent/hustings"};
    int before = dup(0);
    assert_int_equal(child_count(*state, S("x"), &options, &answer), CHILD_NOT_STARTED);
    int after = dup(0);
    assert_int_equal(after, before + 1); /* no descriptor was left open */
    close(before);
    close(after);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], CHILD_WORD) == 0) return misbehave();
    ssize_t length = readlink("/proc/self/exe", program, sizeof program - 1);
    if (length < 0) return 1;
    const struct CMUnitTest tests[] = {
        arena_test(counts), arena_test(tells_what_is_wrong), arena_test(is_limited), arena_test(outlives_all), arena_test(cannot_start)};
    return cmocka_run_group_tests_name("contest/child", tests, NULL, NULL);
}
