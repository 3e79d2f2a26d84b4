/* SPDX-License-Identifier: MIT */
/* roomlog: see roomlog.h. */
#include "roomlog.h"

#include <stdlib.h>

int roomlog_init(struct roomlog *log, unsigned slots, size_t frame_max)
{
    log->slot_size = (sizeof(struct roomlog_slot) + frame_max + 63) & ~(size_t)63;
    log->mask = slots - 1;
    log->slots = calloc(slots, log->slot_size);
    return log->slots ? 0 : -1;
}

void roomlog_free(struct roomlog *log)
{
    free(log->slots);
    log->slots = NULL;
}

void roomlog_keep(struct roomlog *log, const struct oracle_event *event, const uint8_t *frame,
                  size_t len)
{
    struct roomlog_slot *slot = roomlog_slot(log, event->seq);

    slot->event = *event;
    slot->len = 0;
    slot->judged = false;
    if (frame && sizeof(*slot) + len <= log->slot_size) {
        memcpy(slot->frame, frame, len);
        slot->len = len;
    }
}

const struct oracle_event *roomlog_find(const struct roomlog *log, uint64_t seq)
{
    const struct oracle_event *event = &roomlog_slot(log, seq)->event;

    return event->seq == seq ? event : NULL;
}
