/* SPDX-License-Identifier: MIT
 *
 * The data directory: made with mode 0700, held by one server at a time through a lock on
 * DATA/lock. Main thread, at start and stop.
 */
#ifndef STORE_DATADIR_H
#define STORE_DATADIR_H

#include <stddef.h>

/* Makes the directory if it is missing and locks it. Returns the descriptor that holds the lock, or
 * E_LOCKED or E_IO with a sentence in `err`. */
int datadir_lock(const char *path, char *err, size_t err_len);
/* Ends the lock. The file stays: removing it would let two servers lock two different files. */
void datadir_unlock(int fd);

#endif
