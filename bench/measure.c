/* measure.c: the wall time and the peak memory of one process.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 *     measure COMMAND [ARGUMENT...]      prints "SECONDS KIB"; what COMMAND prints is thrown away
 *
 * A small program of its own, because the system counts the memory of the process that starts another (an
 * interpreter's 15 MiB) among the peak of the one that is started.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    if (argc < 2) return fprintf(stderr, "usage: measure COMMAND [ARGUMENT...]\n"), 2;
    double began = now();
    pid_t child = fork();
    if (child == 0) {
        int nowhere = open("/dev/null", O_WRONLY);
        if (nowhere >= 0) dup2(nowhere, STDOUT_FILENO);
        execv(argv[1], argv + 1);
        perror(argv[1]);
        _exit(127);
    }
    int status = 0;
    struct rusage usage = {0};
    if (child < 0 || wait4(child, &status, 0, &usage) != child) return 3;
    printf("%.6f %ld\n", now() - began, usage.ru_maxrss);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
}
