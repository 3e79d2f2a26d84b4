/* SPDX-License-Identifier: MIT
 * The file of --policy: read at start and on SIGHUP. Main thread. */
#ifndef POLICY_FILE_H
#define POLICY_FILE_H

#include "loop/topology.h"

#include <stddef.h>

/* *text is malloc'ed, checked; NULL when path is "". 0, or E_… with a sentence in err. */
int policy_file_read(char **text, const char *path, char *err, size_t err_len);
/* Reads it again and tells every loop; what is wrong with it is logged, and the old one stays. */
void policy_file_reload(const char *path, const struct topology *topology);

#endif
