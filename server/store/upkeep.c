/* SPDX-License-Identifier: MIT
 *
 * Work for idle moments: moving cids to their table and making its filter exact, trimming rooms,
 * feeding the search index. Each step is a small transaction of its own, and the thread looks for
 * messages between steps. Writer thread.
 */
#include "store/writer.h"

#include "base/log.h"

/* Entries in memory from which on cids are moved when idle; twice as many do not wait for that. A
 * move touches every page of the table, so it grows with the table, else an event would cost more
 * the longer the history is. Bounded, because a start reads that many back (0.2 s). */
#define MERGE_MIN 32768
#define MERGE_MAX 262144
#define MERGE_SHARE 8

#define MERGE_STEP 512
#define FILTER_STEP 256 /* words, of eight keys at most */
#define RETENTION_STEP 128
#define SEARCH_STEP 64

static size_t merge_at(const struct writer *w)
{
    size_t share = (size_t)w->cids.merged_to / MERGE_SHARE;
    return share < MERGE_MIN ? MERGE_MIN : share < MERGE_MAX ? share : MERGE_MAX;
}

bool upkeep_is_due(const struct writer *w)
{
    return cids_is_merging(&w->cids) || cids_waiting(&w->cids) >= merge_at(w)
           || cids_filter_is_stale(&w->cids) || !list_is_empty(&w->rooms.excess)
           || search_is_behind(w);
}

static int begin_merge(struct writer *w, size_t at)
{
    if (cids_is_merging(&w->cids) || cids_waiting(&w->cids) < at)
        return SQLITE_OK;
    return cids_merge_begin(&w->cids, w->next_id - 1);
}

static int do_step(struct writer *w, int64_t *search_to)
{
    if (cids_is_merging(&w->cids))
        return cids_merge_step(&w->cids, MERGE_STEP);
    if (!list_is_empty(&w->rooms.excess))
        return retention_step(w, container_of(w->rooms.excess.next, struct room_entry, excess),
                              RETENTION_STEP);
    int rc = search_feed(w, SEARCH_STEP, search_to);
    if ((rc & 0xff) == SQLITE_CORRUPT) {
        log_error("store", "the search index is damaged and no longer fed; chat goes on");
        w->search_broken = true;
    }
    return rc;
}

void upkeep_step(struct writer *w)
{
    int64_t search_to = w->search_to;
    int rc = begin_merge(w, merge_at(w));
    if (rc == SQLITE_OK && !cids_is_merging(&w->cids) && cids_filter_is_stale(&w->cids)) {
        rc = cids_filter_step(&w->cids, FILTER_STEP);
        if (rc != SQLITE_OK)
            writer_lose(w, rc);
        return; /* nothing was written */
    }
    if (rc == SQLITE_OK)
        rc = writer_begin(w);
    if (rc == SQLITE_OK)
        rc = do_step(w, &search_to);
    if (rc != SQLITE_OK)
        writer_lose(w, rc);
    else if (writer_commit(w) == SQLITE_OK)
        w->search_to = search_to;
}

int upkeep_in_batch(struct writer *w, size_t events)
{
    if (cids_is_merging(&w->cids) && cids_waiting(&w->cids) >= 2 * merge_at(w))
        return cids_merge_step(&w->cids, 2 * events);
    /* A few keys an event, which soon saves each of them a look into the table. */
    return cids_filter_is_stale(&w->cids) ? cids_filter_step(&w->cids, events + 1) : SQLITE_OK;
}
