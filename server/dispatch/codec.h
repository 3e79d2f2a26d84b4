/* SPDX-License-Identifier: MIT
 *
 * The worker link's messages (proto/worker.proto) to and from bytes. A worker runs other
 * people's code and is not trusted: nothing of what it sent is used before it was held
 * against every limit that worker.proto states. Dispatch thread.
 */
#ifndef DISPATCH_CODEC_H
#define DISPATCH_CODEC_H

#include "base/buf.h"
#include "dispatch/ledger.h"

#include "worker.pb-c.h"

#include <stddef.h>

#define LINK_PROTOCOL 1
#define LINK_FROM_WORKER_MAX (4u << 20)

#define LABELS_MAX 64     /* a message */
#define SPANS_MAX 64      /* a label */
#define ANALYZERS_MAX 64
#define ERRORS_MAX 256    /* a batch */

/* A decoded message, checked as far as it can be by itself, or NULL: then *why says what
 * was wrong. */
Parley__Worker__ToServer *codec_unpack(const void *data, size_t len, const char **why);
void codec_free(Parley__Worker__ToServer *m);

/* Holds a result against the batch that it answers; NULL, or what is wrong with it. */
const char *codec_check_result(const Parley__Worker__Result *r, const struct batch *b);

/* Into an empty buffer; it remembers when memory was short. */
void codec_pack_batch(struct buf *out, const struct batch *b, uint32_t deadline_ms);
void codec_pack_beat(struct buf *out, uint64_t seq, bool ready);

#endif
