/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "contest/child.h"

#include "core/clock.h"
#include "contest/asked.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { WALL_MS = 30000, PIECE = 64 * 1024, OUT_OF_MEMORY_STATUS = 3, NOT_STARTED_STATUS = 127 };
#define ANSWER_MOST ((size_t)16 * 1024 * 1024)

/* ---- the child ---- */

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif

static bool limit(int what, rlim_t soft, rlim_t hard)
{
    return setrlimit((__rlimit_resource_t)what, &(struct rlimit){soft, hard}) == 0;
}

/* Under a sanitizer the address space is terabytes of shadow, which no limit on it allows; and it looks for leaks at the end, in files of /proc. */
static bool limit_memory_and_files(void)
{
#ifdef SANITIZED
    return limit(RLIMIT_NOFILE, 64, 64);
#else
    rlim_t bytes = (rlim_t)CHILD_MEMORY_MB * 1024 * 1024;
    return limit(RLIMIT_AS, bytes, bytes) && limit(RLIMIT_NOFILE, 3, 3);
#endif
}

static bool limit_all(void)
{
    return limit_memory_and_files() && limit(RLIMIT_CPU, CHILD_CPU_SECONDS, CHILD_CPU_SECONDS + 1) && limit(RLIMIT_FSIZE, 0, 0) &&
           limit(RLIMIT_CORE, 0, 0) && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) == 0;
}

static bool read_all(int from, Buf *b)
{
    char piece[PIECE];
    for (;;) {
        ssize_t n = read(from, piece, sizeof piece);
        if (n == 0) return true;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        buf_str(b, (Str){piece, (size_t)n});
    }
}

static bool write_all(int to, Str bytes)
{
    while (bytes.len) {
        ssize_t n = write(to, bytes.ptr, bytes.len);
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return false;
        bytes = str_slice(bytes, (size_t)n, bytes.len);
    }
    return true;
}

int child_main(void)
{
    if (!limit_all()) return 1;
    Arena a;
    arena_init(&a, ARENA_LIMIT_DEFAULT);
    Buf in = buf_new(&a), out = buf_new(&a);
    View *view;
    Asked asked;
    bool good = read_all(0, &in) && !view_unpack(&a, buf_done(&in), &view) && !asked_read(view, &asked);
    if (good) {
        view_pack(asked_answer(&a, &asked), &out);
        good = write_all(1, buf_done(&out));
    }
    arena_clear(&a);
    return good ? 0 : 1;
}

/* ---- its parent ---- */

static void close_fd(const int *fd)
{
    if (*fd >= 0) close(*fd);
}
#define AUTO_FD __attribute__((cleanup(close_fd))) int

/* A file in memory with what is asked, read from its start; no pipe that could fill up while nobody reads. */
static int file_of(Str asked)
{
    int fd = memfd_create("asked", MFD_CLOEXEC);
    if (fd < 0) return -1;
    if (write_all(fd, asked) && lseek(fd, 0, SEEK_SET) == 0) return fd;
    close(fd);
    return -1;
}

/* Descriptors of the child: 0, 1, 2, and none of ours. */
static bool plan_files(posix_spawn_file_actions_t *files, int in, int out)
{
    return posix_spawn_file_actions_adddup2(files, in, 0) == 0 && posix_spawn_file_actions_adddup2(files, out, 1) == 0 &&
           posix_spawn_file_actions_addopen(files, 2, "/dev/null", O_WRONLY, 0) == 0 &&
           posix_spawn_file_actions_addclosefrom_np(files, 3) == 0;
}

/* Signals as they are in a new process, and a group of its own, so that a terminal's Ctrl-C is the server's to answer. */
static bool plan_signals(posix_spawnattr_t *attributes)
{
    sigset_t all, none;
    sigfillset(&all);
    sigemptyset(&none);
    return posix_spawnattr_setsigdefault(attributes, &all) == 0 && posix_spawnattr_setsigmask(attributes, &none) == 0 &&
           posix_spawnattr_setpgroup(attributes, 0) == 0 &&
           posix_spawnattr_setflags(attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP) == 0;
}

static bool start(const char *program, int in, int out, pid_t *ret_child)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    if (posix_spawn_file_actions_init(&files) != 0) return false;
    if (posix_spawnattr_init(&attributes) != 0) {
        posix_spawn_file_actions_destroy(&files);
        return false;
    }
    char name[] = "hustings", word[] = CHILD_WORD;
    char *arguments[] = {name, word, NULL}, *environment[] = {NULL};
    bool started = plan_files(&files, in, out) && plan_signals(&attributes) &&
                   posix_spawn(ret_child, program ? program : "/proc/self/exe", &files, &attributes, arguments, environment) == 0;
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return started;
}

/* Until the child closes its end: CHILD_ANSWERED, else why it must be killed. */
static ChildEnd listen_to(int from, int64_t deadline, size_t most, Buf *answer)
{
    char piece[PIECE];
    for (;;) {
        int64_t left = deadline - clock_ms();
        if (left <= 0) return CHILD_TOO_LONG;
        struct pollfd wait = {.fd = from, .events = POLLIN};
        int ready = poll(&wait, 1, (int)left);
        if (ready < 0 && errno != EINTR) return CHILD_DIED;
        if (ready <= 0) continue;
        ssize_t n = read(from, piece, sizeof piece);
        if (n == 0) return CHILD_ANSWERED;
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return CHILD_DIED;
        if (answer->len + (size_t)n > most) return CHILD_TOO_LARGE;
        buf_str(answer, (Str){piece, (size_t)n});
    }
}

static ChildEnd end_of(int status)
{
    if (WIFEXITED(status)) {
        if (WEXITSTATUS(status) == 0) return CHILD_ANSWERED;
        if (WEXITSTATUS(status) == NOT_STARTED_STATUS) return CHILD_NOT_STARTED; /* where posix_spawn learns too late that it failed */
        return WEXITSTATUS(status) == OUT_OF_MEMORY_STATUS ? CHILD_TOO_LARGE : CHILD_DIED;
    }
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGXCPU ? CHILD_TOO_LONG : CHILD_DIED;
}

/* It has closed its pipe, or is killed: it ends at once, or at its deadline. */
static ChildEnd finish(pid_t child, ChildEnd heard, int64_t deadline)
{
    int status = 0;
    if (heard != CHILD_ANSWERED) kill(child, SIGKILL);
    while (heard == CHILD_ANSWERED && waitpid(child, &status, WNOHANG) == 0) {
        if (clock_ms() >= deadline) {
            kill(child, SIGKILL);
            heard = CHILD_TOO_LONG;
        } else {
            nanosleep(&(struct timespec){.tv_nsec = 200000}, NULL);
        }
    }
    if (heard != CHILD_ANSWERED) {
        while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
        }
        return heard;
    }
    return end_of(status);
}

ChildEnd child_count(Arena *a, Str asked, const ChildOptions *options, View **ret_answer)
{
    AUTO_FD in = file_of(asked);
    int ends[2];
    if (in < 0 || pipe2(ends, O_CLOEXEC) != 0) return CHILD_NOT_STARTED;
    AUTO_FD from = ends[0];
    int64_t deadline = clock_ms() + (options->wall_ms ? options->wall_ms : WALL_MS);
    pid_t child = 0;
    bool started = start(options->program, in, ends[1], &child);
    close(ends[1]);
    if (!started) return CHILD_NOT_STARTED;
    Buf answer = buf_new(a);
    ChildEnd heard = listen_to(from, deadline, options->answer_most ? options->answer_most : ANSWER_MOST, &answer);
    ChildEnd end = finish(child, heard, deadline);
    if (end != CHILD_ANSWERED) return end;
    return view_unpack(a, buf_done(&answer), ret_answer) ? CHILD_DIED : CHILD_ANSWERED;
}
