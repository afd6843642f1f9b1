/* streams.c: many readers of live streams at once, and when an event had reached all of them.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 *     streams PORT PATH COUNT SOURCE      opens COUNT streams to 127.0.0.1:PORT, from 127.0.0.SOURCE on, 5,000 from each address
 *
 * Prints "open COUNT" when every one of them has its headers, then for every line "go" on standard input the time of the first and of the last
 * stream that got an event: "event FIRST LAST", nanoseconds of CLOCK_MONOTONIC. Ends when standard input does; status 1 when a stream breaks off.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { FROM_ONE_ADDRESS = 5000, CONNECTING_MOST = 200, EVENTS = 512, STDIN_MARK = -1 };

typedef struct Reader {
    int fd;
    bool asked, open, told;
} Reader;

typedef struct Bench {
    int epoll, port, source, count;
    const char *path;
    Reader *readers;
    int started, opened, told;
    int64_t first, last;
} Bench;

static _Noreturn void give_up(const char *what)
{
    perror(what);
    exit(1);
}

static int64_t now_ns(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static void start_one(Bench *b)
{
    int number = b->started++, one = 1;
    Reader *r = &b->readers[number];
    struct sockaddr_in from = {
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7F000000U + (unsigned)(b->source + number / FROM_ONE_ADDRESS))};
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons((uint16_t)b->port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    r->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (r->fd < 0) give_up("socket");
    setsockopt(r->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    if (bind(r->fd, (const struct sockaddr *)&from, sizeof from) != 0) give_up("bind");
    if (connect(r->fd, (const struct sockaddr *)&to, sizeof to) != 0 && errno != EINPROGRESS) give_up("connect");
    struct epoll_event wish = {.events = EPOLLIN | EPOLLOUT, .data.u32 = (uint32_t)number};
    if (epoll_ctl(b->epoll, EPOLL_CTL_ADD, r->fd, &wish) != 0) give_up("epoll_ctl");
}

static void ask(Bench *b, int number)
{
    char request[512];
    Reader *r = &b->readers[number];
    int len = snprintf(
        request, sizeof request, "GET %s HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAccept: text/event-stream\r\n\r\n", b->path, b->port);
    if (write(r->fd, request, (size_t)len) != len) give_up("write");
    r->asked = true;
    struct epoll_event wish = {.events = EPOLLIN, .data.u32 = (uint32_t)number};
    if (epoll_ctl(b->epoll, EPOLL_CTL_MOD, r->fd, &wish) != 0) give_up("epoll_ctl");
}

static void opened(Bench *b, Reader *r, const char *text)
{
    if (strncmp(text, "HTTP/1.1 200 ", 13) != 0) {
        fprintf(stderr, "streams: %.200s\n", text);
        exit(1);
    }
    r->open = true;
    if (++b->opened == b->count) printf("open %d\n", b->count);
}

static void told(Bench *b, Reader *r)
{
    r->told = true;
    b->last = now_ns();
    if (b->told == 0) b->first = b->last;
    if (++b->told == b->count) printf("event %lld %lld\n", (long long)b->first, (long long)b->last);
}

static void take(Bench *b, int number)
{
    char text[4096];
    Reader *r = &b->readers[number];
    ssize_t n = read(r->fd, text, sizeof text - 1);
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) give_up("a stream broke off");
    text[n] = '\0';
    if (!r->open) opened(b, r, text);
    else if (!r->told && strstr(text, "data:")) told(b, r);
}

/* "go": from now on every stream is waited for again. False at the end. */
static bool take_word(Bench *b)
{
    char line[64];
    ssize_t n = read(STDIN_FILENO, line, sizeof line);
    if (n <= 0) return false;
    for (int i = 0; i < b->count; i++) b->readers[i].told = false;
    b->told = 0;
    printf("ready\n");
    return true;
}

static void run(Bench *b)
{
    struct epoll_event events[EVENTS];
    for (;;) {
        while (b->started < b->count && b->started - b->opened < CONNECTING_MOST) start_one(b);
        int n = epoll_wait(b->epoll, events, EVENTS, -1);
        for (int i = 0; i < n; i++) {
            int number = (int)events[i].data.u32;
            if (number == STDIN_MARK) {
                if (!take_word(b)) return;
            } else if (!b->readers[number].asked) {
                ask(b, number);
            } else {
                take(b, number);
            }
        }
    }
}

int main(int argc, char **argv)
{
    if (argc != 5) return fprintf(stderr, "usage: streams PORT PATH COUNT SOURCE\n"), 2;
    struct rlimit files;
    if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
        files.rlim_cur = files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    Bench b = {
        .epoll = epoll_create1(EPOLL_CLOEXEC), .port = atoi(argv[1]), .path = argv[2], .count = atoi(argv[3]), .source = atoi(argv[4])};
    b.readers = calloc((size_t)b.count + 1, sizeof *b.readers);
    struct epoll_event word = {.events = EPOLLIN, .data.u32 = (uint32_t)STDIN_MARK};
    if (!b.readers || epoll_ctl(b.epoll, EPOLL_CTL_ADD, STDIN_FILENO, &word) != 0) give_up("streams");
    run(&b);
    free(b.readers);
    return 0;
}
