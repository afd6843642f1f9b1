/* SPDX-License-Identifier: AGPL-3.0-or-later */
#include "http/metrics.h"

#include <dirent.h>
#include <stdatomic.h>
#include <stdio.h>
#include <unistd.h>

typedef struct Words {
    const char *name, *labels, *help; /* help NULL: the same metric as the row before, with other labels */
} Words;

static const Words metric_words[METRIC__COUNT] = {
    [METRIC_CONNECTIONS] = {"hustings_connections_total", "", "Connections that were opened."},
    [METRIC_CONNECTIONS_REFUSED] = {"hustings_connections_refused_total", "", "Connections closed at once, because a limit was reached."},
    [METRIC_REQUESTS_2XX] = {"hustings_requests_total", "{status=\"2xx\"}", "Requests answered, by the first digit of the status."},
    [METRIC_REQUESTS_3XX] = {"hustings_requests_total", "{status=\"3xx\"}", NULL},
    [METRIC_REQUESTS_4XX] = {"hustings_requests_total", "{status=\"4xx\"}", NULL},
    [METRIC_REQUESTS_5XX] = {"hustings_requests_total", "{status=\"5xx\"}", NULL},
    [METRIC_LINT_REFUSED] = {"hustings_requests_malformed_total", "", "Requests refused because their head could be read in two ways."},
    [METRIC_DEADLINES] = {"hustings_connections_slow_total", "", "Connections cut because they were too slow."},
    [METRIC_KEPT_HITS] = {"hustings_page_cache_total", "{found=\"yes\"}", "Pages looked for among the kept ones."},
    [METRIC_KEPT_MISSES] = {"hustings_page_cache_total", "{found=\"no\"}", NULL},
    [METRIC_STREAMS] = {"hustings_streams_total", "", "Live streams that were opened."},
    [METRIC_STREAM_EVENTS] = {"hustings_stream_events_total", "", "Events sent, over all live streams."},
    [METRIC_RATE_LIMITED] = {"hustings_requests_rate_limited_total", "", "Requests refused because one address or session sent too many."},
};

static const Words gauge_words[GAUGE__COUNT] = {
    [GAUGE_CONNECTIONS] = {"hustings_connections", "", "Connections that are open now."},
    [GAUGE_STREAMS] = {"hustings_streams", "", "Live streams that are open now."},
    [GAUGE_WORKING] = {"hustings_working", "", "Requests that wait for a worker or are with one now."},
};

/* Upper bounds of the histogram, in microseconds. */
static const int64_t bounds[] = {500, 1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000};

static _Atomic int64_t metrics[METRIC__COUNT];
static _Atomic int64_t gauges[GAUGE__COUNT];
static _Atomic int64_t took[COUNT_OF(bounds) + 1];
static _Atomic int64_t took_in_all;

void metric_add(Metric metric, int64_t n)
{
    atomic_fetch_add_explicit(&metrics[metric], n, memory_order_relaxed);
}

void gauge_add(Gauge gauge, int64_t n)
{
    atomic_fetch_add_explicit(&gauges[gauge], n, memory_order_relaxed);
}

int64_t gauge_value(Gauge gauge)
{
    return atomic_load_explicit(&gauges[gauge], memory_order_relaxed);
}

void metric_took(int64_t microseconds)
{
    int i = 0;
    while (i < COUNT_OF(bounds) && microseconds > bounds[i]) i++;
    atomic_fetch_add_explicit(&took[i], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&took_in_all, microseconds, memory_order_relaxed);
}

/* ---- as text ---- */

static void head(Buf *out, const char *name, const char *help, const char *type)
{
    buf_format(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void number(Buf *out, const char *name, const char *help, const char *type, int64_t value)
{
    head(out, name, help, type);
    buf_format(out, "%s %lld\n", name, (long long)value);
}

static void rows(Buf *out, const Words *words, const _Atomic int64_t *values, int count, const char *type)
{
    for (int i = 0; i < count; i++) {
        if (words[i].help) head(out, words[i].name, words[i].help, type);
        buf_format(out, "%s%s %lld\n", words[i].name, words[i].labels, (long long)atomic_load_explicit(&values[i], memory_order_relaxed));
    }
}

static void histogram(Buf *out)
{
    int64_t below = 0;
    head(out, "hustings_request_seconds", "Time from a request's headers to its answer.", "histogram");
    for (int i = 0; i < COUNT_OF(bounds); i++) {
        below += atomic_load_explicit(&took[i], memory_order_relaxed);
        buf_format(out, "hustings_request_seconds_bucket{le=\"%g\"} %lld\n", (double)bounds[i] / 1e6, (long long)below);
    }
    below += atomic_load_explicit(&took[COUNT_OF(bounds)], memory_order_relaxed);
    buf_format(out, "hustings_request_seconds_bucket{le=\"+Inf\"} %lld\n", (long long)below);
    buf_format(out, "hustings_request_seconds_sum %.6f\n", (double)atomic_load_explicit(&took_in_all, memory_order_relaxed) / 1e6);
    buf_format(out, "hustings_request_seconds_count %lld\n", (long long)below);
}

/* The second number of /proc/self/statm, in pages; 0 where there is none. */
static int64_t resident_bytes(void)
{
    FILE *f = fopen("/proc/self/statm", "re");
    long long pages = 0;
    if (!f) return 0;
    if (fscanf(f, "%*d %lld", &pages) != 1) pages = 0;
    (void)fclose(f);
    return pages * sysconf(_SC_PAGESIZE);
}

/* The directory's own descriptor, which is open while we count, is not counted. */
static int64_t open_descriptors(void)
{
    DIR *d = opendir("/proc/self/fd");
    int64_t n = -1;
    if (!d) return 0;
    /* This stream is ours alone, and glibc's readdir needs no more. */
    // cppcheck-suppress readdirCalled
    for (const struct dirent *e = readdir(d); e; e = readdir(d)) n += e->d_name[0] != '.';
    closedir(d);
    return n;
}

void metrics_text(const StoreFigures *store, Buf *out)
{
    rows(out, metric_words, metrics, METRIC__COUNT, "counter");
    rows(out, gauge_words, gauges, GAUGE__COUNT, "gauge");
    histogram(out);
    number(out, "hustings_commands_total", "Commands given to the store.", "counter", store->commands);
    number(out, "hustings_commands_failed_total", "Commands that failed.", "counter", store->failed);
    number(out, "hustings_commands_repeated_total", "Commands answered from their first time.", "counter", store->repeated);
    number(out, "hustings_commits_total", "Commits of the store; each holds one command or more.", "counter", store->commits);
    number(out, "hustings_commands_queued", "Commands that wait now.", "gauge", store->queued);
    number(out, "process_resident_memory_bytes", "Memory of this process.", "gauge", resident_bytes());
    number(out, "process_open_fds", "Open file descriptors of this process.", "gauge", open_descriptors());
}

void metrics_record(const SealState *state, int64_t now, Buf *out)
{
    int64_t failures = 0, troubled = 0;
    if (state->leaves < 0) return;
    for (int i = 0; i < state->witness_count; i++) {
        failures += state->witnesses[i].failures;
        troubled += state->witnesses[i].trouble.len > 0;
    }
    number(out, "hustings_record_leaves", "Leaves of the public record.", "gauge", state->leaves);
    number(
        out, "hustings_record_sealed_leaves", "Leaves that the newest checkpoint holds.", "gauge", state->sealed > 0 ? state->sealed : 0);
    number(out, "hustings_record_sealed_seconds", "Time since the newest checkpoint was signed.", "gauge",
        state->sealed_at ? (now - state->sealed_at) / 1000 : -1);
    number(out, "hustings_record_stopped", "1: nothing is signed any more, and the log says why.", "gauge", state->stopped.len > 0);
    number(out, "hustings_record_witnesses", "Witnesses that are asked.", "gauge", state->witness_count);
    number(out, "hustings_record_witnesses_troubled", "Those whose last answer was none or wrong.", "gauge", troubled);
    number(out, "hustings_record_witness_failures_total", "Times that a witness gave no answer or a wrong one.", "counter", failures);
}
