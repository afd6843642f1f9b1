/* libpq.h: PostgreSQL's client library, loaded when the first postgres:// url is met and never before.
 * SPDX-License-Identifier: AGPL-3.0-or-later
 *
 * Why: most organisations run on SQLite; they should need neither libpq nor what comes with it (Kerberos, LDAP). Call pq.PQexec(...) where the manual of
 *      libpq says PQexec(...): the types are those of its own header.
 * Not here: what is said to the server (postgres.c).
 */
#ifndef HUSTINGS_DB_LIBPQ_H
#define HUSTINGS_DB_LIBPQ_H

#include "core/err.h"

#include <libpq-fe.h>

#define LIBPQ_FUNCTIONS(X)    \
    X(PQclear)                \
    X(PQcmdStatus)            \
    X(PQcmdTuples)            \
    X(PQconnectdbParams)      \
    X(PQconninfoFree)         \
    X(PQconninfoParse)        \
    X(PQconsumeInput)         \
    X(PQenterPipelineMode)    \
    X(PQerrorMessage)         \
    X(PQexec)                 \
    X(PQexitPipelineMode)     \
    X(PQfinish)               \
    X(PQflush)                \
    X(PQfname)                \
    X(PQfreemem)              \
    X(PQftype)                \
    X(PQgetCopyData)          \
    X(PQgetResult)            \
    X(PQgetisnull)            \
    X(PQgetlength)            \
    X(PQgetvalue)             \
    X(PQisBusy)               \
    X(PQnfields)              \
    X(PQnotifies)             \
    X(PQnparams)              \
    X(PQntuples)              \
    X(PQparamtype)            \
    X(PQpipelineSync)         \
    X(PQputCopyData)          \
    X(PQputCopyEnd)           \
    X(PQresultErrorField)     \
    X(PQresultStatus)         \
    X(PQsendDescribePrepared) \
    X(PQsendPrepare)          \
    X(PQsendQuery)            \
    X(PQsendQueryParams)      \
    X(PQsendQueryPrepared)    \
    X(PQsetNoticeProcessor)   \
    X(PQsetnonblocking)       \
    X(PQsocket)               \
    X(PQstatus)

typedef struct LibPq {
#define X(name) __typeof__(name) *(name);
    LIBPQ_FUNCTIONS(X)
#undef X
} LibPq;
extern LibPq pq;

/* Load it once; safe from any thread. ERR_IO when the system has no libpq of version 14 or above. */
NODISCARD Err libpq_load(Fault *fault);

#endif
