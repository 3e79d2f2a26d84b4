/* SPDX-License-Identifier: MIT
 *
 * The experiment `--analysis inline`: the analyzers run on the event loop that owns the room, as
 * they would in a server that is one program. It exists to show what that costs everybody's
 * messages (tests/bench), and is not for production.
 *
 * Python is loaded when the first message wants it, by the loop; there may be one loop only.
 */
#ifndef DISPATCH_INLINE_H
#define DISPATCH_INLINE_H

#include "loop/msg.h"

#include <stddef.h>

struct inline_config {
    const char *library; /* path of libparley-inline.so */
    const char *python_path, *venv, *analyzers_dir, *disable; /* as for the workers */
};

/* Main thread. The strings must live on. 0, or E_IO with a message for people in err. */
int inline_open(const struct inline_config *config, char *err, size_t err_len);

/* The loop's thread; blocks it. The verdict, or NULL when there is none. Borrows the job. */
struct msg_verdict *inline_analyze(const struct msg_job *job);

#endif
