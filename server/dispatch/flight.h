/* SPDX-License-Identifier: MIT
 *
 * Which messages are with the workers, and how often they were, in a file that outlives this
 * process. Owner: the dispatch thread; opened by main before it starts.
 *
 * A message may take the server down together with its worker (it eats all memory, say, and the
 * kernel ends both). If attempts were only counted in memory, each new server would begin to count
 * anew and die of it again, for ever. So each job is noted before it is sent, and the note removed
 * when it is done: a few stores into a mapped file, which the kernel keeps whatever ends the
 * process. It need not survive a power cut, which no message can cause.
 */
#ifndef DISPATCH_FLIGHT_H
#define DISPATCH_FLIGHT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Jobs that can be noted at once; more go without. */
#define FLIGHT_NOTES 16384

struct flight_note {
    int64_t id;       /* of the message; 0: free */
    uint8_t attempts; /* those charged, the one in flight included */
    uint8_t forgiven;
    uint8_t flying;   /* with a worker now */
    uint8_t unused[5];
};

struct flight;

/* Opens or makes the file. `epoch` tells which numbering the ids belong to: notes of another one
 * are dropped. 0, or E_… with a sentence in err. */
int flight_open(struct flight **out, const char *path, const char *epoch, char *err,
                size_t err_len);
void flight_close(struct flight *f);

/* `place` is 0 while the job has no note. All of these may be given no flight (NULL). */

/* What the last server noted of the message, the job's own note from now on; false: nothing. */
bool flight_recall(struct flight *f, int64_t id, struct flight_note *note, uint32_t *place);
void flight_put(struct flight *f, const struct flight_note *note, uint32_t *place);
void flight_remove(struct flight *f, uint32_t *place);

#endif
