/* metrics.h: counts of what the server did, for /metrics. SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Every number is one atomic, raised where the thing happens. No label ever holds a path, a name or an address.
 */
#ifndef HUSTINGS_HTTP_METRICS_H
#define HUSTINGS_HTTP_METRICS_H

#include "record/seal.h"

typedef enum Metric {
    METRIC_CONNECTIONS,         /* opened */
    METRIC_CONNECTIONS_REFUSED, /* over a limit */
    METRIC_REQUESTS_2XX,
    METRIC_REQUESTS_3XX,
    METRIC_REQUESTS_4XX,
    METRIC_REQUESTS_5XX,
    METRIC_LINT_REFUSED, /* requests that broke the header lint */
    METRIC_DEADLINES,    /* connections cut for being slow */
    METRIC_KEPT_HITS,    /* pages answered from the kept ones */
    METRIC_KEPT_MISSES,
    METRIC_STREAMS,       /* opened */
    METRIC_STREAM_EVENTS, /* sent, over all streams */
    METRIC_RATE_LIMITED,
    METRIC__COUNT
} Metric;

typedef enum Gauge { GAUGE_CONNECTIONS, GAUGE_STREAMS, GAUGE_WORKING, GAUGE__COUNT } Gauge; /* now */

void metric_add(Metric metric, int64_t n);
void gauge_add(Gauge gauge, int64_t n);
int64_t gauge_value(Gauge gauge);
/* One request took so long, from headers to answer (microseconds). */
void metric_took(int64_t microseconds);

/* Prometheus text format 0.0.4. */
void metrics_text(const StoreFigures *store, Buf *out);
/* The same of the public record, if this process seals it. */
void metrics_record(const SealState *state, int64_t now, Buf *out);

#endif
