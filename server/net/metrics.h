/* SPDX-License-Identifier: MIT
 * The figures as Prometheus text (exposition format 0.0.4). Holds nothing about users. Pure
 * function of what it is given; the loop of the request. */
#ifndef NET_METRICS_H
#define NET_METRICS_H

#include "net/figures.h"

#define METRICS_TYPE "text/plain; version=0.0.4; charset=utf-8"

void metrics_text(struct buf *b, const struct figures *f);

#endif
