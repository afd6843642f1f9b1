/* yardstick.c: the least a count of one-row-a-paper CSV can do, to measure the real program by.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * One thread: maps the file, finds lines with memchr, groups equal lines in a hash table (eight bytes at a time), cuts
 * each distinct line into names once, and counts by the alternative vote: whoever has more than half of the votes still
 * in play wins, else the lowest goes out (the later in the file of two equal ones). No checks, no quotes, no messages.
 *
 *     yardstick FILE.csv      prints the stages and the winner
 */
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { NAMES_MAX = 64, RANKS_MAX = 64, FIRST_SLOTS = 1 << 12 };

typedef struct Group {
    const char *line;
    uint32_t length;
    uint32_t papers;
    uint64_t hash;
} Group;

typedef struct Ranking {
    uint8_t names[RANKS_MAX];
    uint8_t count;
    uint32_t papers;
} Ranking;

static Group *groups;
static size_t group_count, slots = FIRST_SLOTS;

static const char *names[NAMES_MAX];
static size_t name_lengths[NAMES_MAX];
static int name_count;

static uint64_t hash_line(const char *p, size_t n)
{
    uint64_t hash = n;
    for (; n >= 8; p += 8, n -= 8) {
        uint64_t word;
        memcpy(&word, p, 8);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    uint64_t last = 0;
    memcpy(&last, p, n);
    hash = (hash ^ last) * UINT64_C(0x9E3779B97F4A7C15);
    return hash ^ (hash >> 32);
}

static void grow(void)
{
    Group *old = groups;
    size_t old_slots = slots;
    slots *= 4;
    groups = calloc(slots, sizeof *groups);
    if (!groups) exit(3);
    for (size_t i = 0; i < old_slots; i++) {
        if (!old[i].line) continue;
        size_t at = old[i].hash & (slots - 1);
        while (groups[at].line) at = (at + 1) & (slots - 1);
        groups[at] = old[i];
    }
    free(old);
}

static void add_line(const char *line, size_t length)
{
    uint64_t hash = hash_line(line, length);
    size_t at = hash & (slots - 1);
    for (; groups[at].line; at = (at + 1) & (slots - 1)) {
        Group *g = &groups[at];
        if (g->hash == hash && g->length == length && memcmp(g->line, line, length) == 0) {
            g->papers++;
            return;
        }
    }
    groups[at] = (Group){.line = line, .length = (uint32_t)length, .papers = 1, .hash = hash};
    if (++group_count * 2 > slots) grow();
}

static int find_name(const char *name, size_t length)
{
    for (int i = 0; i < name_count; i++)
        if (name_lengths[i] == length && memcmp(names[i], name, length) == 0) return i;
    if (name_count == NAMES_MAX) exit(2);
    names[name_count] = name;
    name_lengths[name_count] = length;
    return name_count++;
}

static Ranking cut_line(const Group *g)
{
    Ranking ranking = {.papers = g->papers};
    const char *p = g->line, *end = g->line + g->length;
    while (p <= end) {
        const char *comma = memchr(p, ',', (size_t)(end - p));
        if (!comma) comma = end;
        if (comma > p && ranking.count < RANKS_MAX) ranking.names[ranking.count++] = (uint8_t)find_name(p, (size_t)(comma - p));
        p = comma + 1;
    }
    return ranking;
}

static void count(const Ranking *rankings, size_t n)
{
    bool out[NAMES_MAX] = {false};
    for (int stage = 1;; stage++) {
        int64_t votes[NAMES_MAX] = {0}, total = 0;
        for (size_t i = 0; i < n; i++) {
            for (int k = 0; k < rankings[i].count; k++) {
                if (out[rankings[i].names[k]]) continue;
                votes[rankings[i].names[k]] += rankings[i].papers;
                total += rankings[i].papers;
                break;
            }
        }
        int most = -1, least = -1;
        printf("stage %d:", stage);
        for (int i = 0; i < name_count; i++) {
            if (out[i]) continue;
            printf(" %.*s %lld", (int)name_lengths[i], names[i], (long long)votes[i]);
            if (most < 0 || votes[i] > votes[most]) most = i;
            if (least < 0 || votes[i] <= votes[least]) least = i;
        }
        printf("\n");
        if (most < 0 || 2 * votes[most] > total || most == least) {
            printf("elected: %.*s\n", most < 0 ? 6 : (int)name_lengths[most], most < 0 ? "nobody" : names[most]);
            return;
        }
        out[least] = true;
    }
}

int main(int argc, char **argv)
{
    if (argc != 2) return 2;
    int fd = open(argv[1], O_RDONLY);
    if (fd < 0) return 2;
    struct stat st;
    const char *text = MAP_FAILED;
    if (fstat(fd, &st) == 0 && st.st_size > 0) text = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    close(fd);
    if (text == MAP_FAILED) return 2;
    const char *end = text + st.st_size;
    groups = calloc(slots, sizeof *groups);
    if (!groups) return 3;

    const char *p = memchr(text, '\n', (size_t)(end - text)); /* behind the header */
    while (p && ++p < end) {
        const char *line_end = memchr(p, '\n', (size_t)(end - p));
        if (!line_end) line_end = end;
        add_line(p, (size_t)(line_end - p));
        p = line_end < end ? line_end : NULL;
    }

    Ranking *rankings = calloc(group_count, sizeof *rankings);
    if (!rankings) return 3;
    size_t n = 0;
    for (size_t i = 0; i < slots; i++)
        if (groups[i].line) rankings[n++] = cut_line(&groups[i]);
    count(rankings, n);
    free(rankings);
    free(groups);
    return 0;
}
