/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/headcount.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { BUCKETS = 4096 };

typedef struct Head Head;
struct Head {
    Head *next;
    Address address;
    int counts[HEAD__COUNT];
};

struct Headcount {
    pthread_mutex_t mutex;
    unsigned char key[crypto_shorthash_KEYBYTES]; /* so that nobody can choose addresses that share a bucket */
    Head *buckets[BUCKETS];
};

Address address_household(const Address *address)
{
    static const uint8_t mapped[12] = {[10] = 0xFF, [11] = 0xFF};
    Address household = *address;
    if (memcmp(address->bytes, mapped, sizeof mapped) != 0) memset(household.bytes + 8, 0, 8);
    return household;
}

Headcount *headcount_new(void)
{
    Headcount *heads = calloc(1, sizeof *heads);
    if (!heads) out_of_memory(sizeof *heads);
    pthread_mutex_init(&heads->mutex, NULL);
    randombytes_buf(heads->key, sizeof heads->key);
    return heads;
}

void headcount_free(Headcount *heads)
{
    if (!heads) return;
    for (int i = 0; i < BUCKETS; i++)
        for (Head *h = heads->buckets[i]; h;) {
            Head *next = h->next;
            free(h);
            h = next;
        }
    pthread_mutex_destroy(&heads->mutex);
    free(heads);
}

/* The pointer that leads to the address's head, or to the end of its bucket. */
static Head **place_of(Headcount *heads, const Address *household)
{
    uint64_t hash;
    crypto_shorthash((unsigned char *)&hash, household->bytes, sizeof household->bytes, heads->key);
    Head **place = &heads->buckets[hash % BUCKETS];
    while (*place && memcmp(&(*place)->address, household, sizeof *household) != 0) place = &(*place)->next;
    return place;
}

static Head *head_new(const Address *household)
{
    Head *head = calloc(1, sizeof *head);
    if (!head) out_of_memory(sizeof *head);
    head->address = *household;
    return head;
}

bool headcount_enter(Headcount *heads, const Address *address, HeadKind kind, int most)
{
    Address household = address_household(address);
    pthread_mutex_lock(&heads->mutex);
    Head **place = place_of(heads, &household);
    bool fits = most > 0 && (!*place || (*place)->counts[kind] < most);
    if (fits && !*place) *place = head_new(&household);
    if (fits) (*place)->counts[kind]++;
    pthread_mutex_unlock(&heads->mutex);
    return fits;
}

static bool is_idle(const Head *head)
{
    for (int kind = 0; kind < HEAD__COUNT; kind++)
        if (head->counts[kind]) return false;
    return true;
}

void headcount_leave(Headcount *heads, const Address *address, HeadKind kind)
{
    Address household = address_household(address);
    pthread_mutex_lock(&heads->mutex);
    Head **place = place_of(heads, &household), *head = *place;
    ASSERT(head && head->counts[kind] > 0);
    head->counts[kind]--;
    if (is_idle(head)) {
        *place = head->next;
        free(head);
    }
    pthread_mutex_unlock(&heads->mutex);
}
