/* unit.h: what the tests of this room share: cmocka, comparing a Str, and watching a process stop.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 */
#ifndef HUSTINGS_TEST_UNIT_H
#define HUSTINGS_TEST_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/str.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

/* Shows both texts when they differ. */
static inline void assert_str_at(Str actual, Str expected, const char *file, int line)
{
    if (str_equal(actual, expected)) return;
    print_error("got:      \"%.*s\"\nexpected: \"%.*s\"\n", STR_ARG(actual), STR_ARG(expected));
    _fail(file, line);
}
#define assert_str(actual, literal) assert_str_at((actual), S(literal), __FILE__, __LINE__)
#define assert_same_str(actual, expected) assert_str_at((actual), (expected), __FILE__, __LINE__)

/* Fail with the name of the row of a table that is wrong. */
#define assert_row(condition, row)                               \
    do {                                                         \
        if (!(condition)) fail_msg("%s: %s", (row), #condition); \
    } while (0)

typedef struct Ending {
    int signal; /* that killed it, or 0 */
    int status; /* with which it exited, or -1 */
    char said[1024];
} Ending;

/* Run `body` in a child process; how it ended, and what it wrote to stderr. A body that returns exits with 0. */
static inline Ending ending_of(void (*body)(void))
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0});
        dup2(ends[1], STDERR_FILENO);
        signal(SIGABRT, SIG_DFL);
        body();
        _exit(0);
    }
    close(ends[1]);
    Ending e = {.status = -1};
    size_t len = 0;
    ssize_t n;
    while (len < sizeof e.said - 1 && (n = read(ends[0], e.said + len, sizeof e.said - 1 - len)) > 0) len += (size_t)n;
    close(ends[0]);
    int state = 0;
    assert_int_equal(waitpid(child, &state, 0), child);
    if (WIFSIGNALED(state)) e.signal = WTERMSIG(state);
    if (WIFEXITED(state)) e.status = WEXITSTATUS(state);
    return e;
}

/* `body` breaks an ASSERT: the process aborts and says where. */
#define assert_stops(body)                                                 \
    do {                                                                   \
        Ending ending_ = ending_of(body);                                  \
        assert_int_equal(ending_.signal, SIGABRT);                         \
        assert_non_null(strstr(ending_.said, "hustings: internal error")); \
    } while (0)

/* `body` runs out of memory: status 3, and a message. */
#define assert_out_of_memory(body)                              \
    do {                                                        \
        Ending ending_ = ending_of(body);                       \
        assert_int_equal(ending_.status, 3);                    \
        assert_non_null(strstr(ending_.said, "out of memory")); \
    } while (0)

/* How many of the very many cases of one kind are tried: all (1), or each Nth where HUSTINGS_TEST_EACH says so. Under valgrind, which is thirty times slower and looks
 * for values that were never set, not at values, scripts/test.sh asks for fewer; all are tried with gcc, clang and the sanitizers. */
static inline int each_nth(void)
{
    const char *asked = getenv("HUSTINGS_TEST_EACH");
    int n = asked ? (int)strtol(asked, NULL, 10) : 1;
    return n > 1 ? n : 1;
}

/* An arena for each test, cleared whatever the test did: give both to cmocka_unit_test_setup_teardown. */
static inline int arena_setup(void **state)
{
    Arena *a = malloc(sizeof *a);
    if (!a) return -1;
    arena_init(a, ARENA_LIMIT_DEFAULT);
    *state = a;
    return 0;
}

static inline int arena_teardown(void **state)
{
    arena_clear(*state);
    free(*state);
    return 0;
}
#define arena_test(function) cmocka_unit_test_setup_teardown(function, arena_setup, arena_teardown)

#endif
