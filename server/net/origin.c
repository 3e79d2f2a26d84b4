/* SPDX-License-Identifier: MIT
 * Which web pages may open a socket; see origin.h. */
#include "net/origin.h"

#include "config/config.h"

#include <string.h>
#include <strings.h>

bool origin_is_allowed(const char *origin, const char *host, const char *allowed)
{
    if (origin == NULL || origin[0] == '\0')
        return true;
    if (allowed[0] != '\0')
        return config_list_has(allowed, origin);
    const char *authority = strstr(origin, "://");
    return authority != NULL && host != NULL && strcasecmp(authority + 3, host) == 0;
}
