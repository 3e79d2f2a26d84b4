/* SPDX-License-Identifier: MIT
 * The description of the Perspective API with our address in it; see perspective.h. */
#include "net/perspective.h"

#include "perspective_discovery_json.h"

#include <string.h>

#define HOLE "{root}"

void perspective_discovery(struct buf *b, const char *root)
{
    const char *at = perspective_discovery_json, *hole;
    while ((hole = strstr(at, HOLE)) != NULL) {
        buf_append(b, at, (size_t)(hole - at));
        buf_append_str(b, root);
        at = hole + sizeof HOLE - 1;
    }
    buf_append_str(b, at);
}
