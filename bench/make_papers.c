/* make_papers.c: large made-up elections, the same on every machine.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 *     make_papers five  > FILE    1,000,000 papers, 5 candidates, 26 MB: many plump for one, many rank all
 *     make_papers twenty > FILE   1,000,000 papers, 20 candidates, 300,000 distinct orders
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAPERS = 1000000, ORDERS = 300000, CANDIDATES_MAX = 20 };

static uint64_t state = 20100925; /* the seed */

/* splitmix64 */
static uint64_t next_random(void)
{
    state += UINT64_C(0x9E3779B97F4A7C15);
    uint64_t z = state;
    z = (z ^ (z >> 30)) * UINT64_C(0xBF58476D1CE4E5B9);
    z = (z ^ (z >> 27)) * UINT64_C(0x94D049BB133111EB);
    return z ^ (z >> 31);
}

static int below(int n)
{
    return (int)((next_random() >> 32) * (uint64_t)n >> 32);
}

typedef struct Order {
    uint8_t names[CANDIDATES_MAX];
    uint8_t count;
} Order;

/* Draw `count` names one after another, by their popularity. */
static Order draw(const int *popularity, int candidates, int count)
{
    Order order = {.count = (uint8_t)count};
    bool taken[CANDIDATES_MAX] = {false};
    for (int k = 0; k < count; k++) {
        int sum = 0;
        for (int i = 0; i < candidates; i++) sum += taken[i] ? 0 : popularity[i];
        int at = below(sum), i = 0;
        for (;; i++) {
            if (taken[i]) continue;
            at -= popularity[i];
            if (at < 0) break;
        }
        taken[i] = true;
        order.names[k] = (uint8_t)i;
    }
    return order;
}

static void print_header(int candidates)
{
    for (int i = 1; i <= candidates; i++) printf(i < candidates ? "%d," : "%d\n", i);
}

static void print_order(const Order *order, const char *const *names, int candidates)
{
    char row[512];
    size_t n = 0;
    for (int k = 0; k < candidates; k++) {
        if (k) row[n++] = ',';
        if (k >= order->count) continue;
        size_t length = strlen(names[order->names[k]]);
        memcpy(row + n, names[order->names[k]], length);
        n += length;
    }
    row[n++] = '\n';
    fwrite(row, 1, n, stdout);
}

static void five(void)
{
    static const char *const names[] = {"D Abbott", "E Balls", "A Burnham", "David M", "Ed M"};
    static const int popularity[] = {9, 13, 11, 36, 31};
    static const int lengths[] = {1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 5, 5, 5}; /* how many are ranked */
    print_header(5);
    for (int i = 0; i < PAPERS; i++) {
        Order order = draw(popularity, 5, lengths[below(sizeof lengths / sizeof *lengths)]);
        print_order(&order, names, 5);
    }
}

static int compare(const void *x, const void *y)
{
    return memcmp(x, y, sizeof(Order));
}

static void twenty(void)
{
    static const char *const names[] = {"Archer", "Baker", "Carter", "Dyer", "Eaton", "Fisher", "Glover", "Hunter", "Irwin", "Joiner",
        "Keeper", "Lister", "Mason", "Naylor", "Osler", "Potter", "Quirk", "Reeve", "Smith", "Turner"};
    int popularity[20];
    for (int i = 0; i < 20; i++) popularity[i] = 10 + i;
    /* Draw some more than needed, leave out the equal ones, put them in another order. */
    size_t drawn = ORDERS + ORDERS / 50, distinct = 0;
    Order *orders = calloc(drawn, sizeof *orders);
    if (!orders) exit(3);
    for (size_t i = 0; i < drawn; i++) orders[i] = draw(popularity, 20, 5 + below(16));
    qsort(orders, drawn, sizeof *orders, compare);
    for (size_t i = 0; i < drawn; i++)
        if (i == 0 || compare(&orders[i - 1], &orders[i])) orders[distinct++] = orders[i];
    if (distinct < ORDERS) exit(1);
    for (size_t i = distinct - 1; i > 0; i--) {
        size_t other = (size_t)below((int)i + 1);
        Order order = orders[i];
        orders[i] = orders[other];
        orders[other] = order;
    }
    print_header(20);
    /* Every order once, the other papers drawn from them with a long tail. */
    for (int i = 0; i < PAPERS; i++) {
        int at = i < ORDERS ? i : below(1 + below(ORDERS));
        print_order(&orders[at], names, 20);
    }
    free(orders);
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "five") == 0) five();
    else if (argc == 2 && strcmp(argv[1], "twenty") == 0) twenty();
    else return fprintf(stderr, "usage: make_papers five|twenty\n"), 2;
    return fflush(stdout) || ferror(stdout) ? 1 : 0;
}
