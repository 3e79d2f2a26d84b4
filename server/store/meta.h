/* SPDX-License-Identifier: MIT
 *
 * The table `meta`: what a data directory is and how far background work has come.
 *
 *     secret     32 random bytes: signs session tokens
 *     cid_key    16 random bytes: key of the hash in table cids
 *     epoch      of every room's numbering
 *     running    "DURABILITY BOOT_ID" while a server runs; found at start, it was no clean end
 *     cids_to    events.id up to which table cids is complete
 *     search_to  events.id up to which table search is complete
 */
#ifndef STORE_META_H
#define STORE_META_H

#include "store/store.h"

#include <sqlite3.h>

#define META_SECRET_LEN 32
#define META_CID_KEY_LEN 16
#define META_EPOCH_MAX 16

struct identity {
    unsigned char secret[META_SECRET_LEN];
    unsigned char cid_key[META_CID_KEY_LEN];
    char epoch[META_EPOCH_MAX + 1];
};

/* Main thread. Reads the identity, makes what is missing, judges how the last run ended (and
 * takes a new epoch when it may have lost events), and marks this run as running. */
int meta_start(sqlite3 *db, enum durability durability, struct identity *identity, const char *path,
               char *err, size_t err_len);
/* Main thread. Marks a clean end. */
int meta_finish(sqlite3 *db);

#endif
