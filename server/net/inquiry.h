/* SPDX-License-Identifier: MIT
 *
 * Texts that programs want analysed over HTTP: a thread of its own, because a body may have tens of
 * megabytes and no event loop may wait while that is decoded, or its results are written.
 *
 *     loop                           inquiry                          dispatch
 *     INQUIRY_ASK ------------------> decode, rate, DISPATCH_JOB ----> (a window of texts)
 *                                    INQUIRY_JUDGED <----------------
 *     LOOP_INQUIRED <--------------- results in their order
 *     INQUIRY_CANCEL --------------> the client has gone: no further text is sent
 */
#ifndef NET_INQUIRY_H
#define NET_INQUIRY_H

#include "loop/topology.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A request's life; what was not begun by then is told as unavailable. */
#define INQUIRY_S 60
/* 1,000 texts of 64 KB, and their quotes. */
#define INQUIRY_BODY_MAX (72 * 1024 * 1024)

struct inquiry;

/* Main thread. `rate`: texts a second for each API key, 0 no limit. NULL when memory is short. */
struct inquiry *inquiry_new(double rate);
void inquiry_free(struct inquiry *q);
struct mailbox *inquiry_mailbox(struct inquiry *q);
/* 0 or E_NO_MEMORY; `topology` must outlive the thread. */
int inquiry_start(struct inquiry *q, const struct topology *topology);
void inquiry_stop(struct inquiry *q);

/* Any thread. Bodies in memory are bounded over all loops: false when there is no room for one
 * more of this size. What was reserved is to be released. */
bool inquiry_reserve(struct inquiry *q, size_t bytes);
void inquiry_release(struct inquiry *q, size_t bytes);

#endif
