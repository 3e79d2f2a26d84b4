/* SPDX-License-Identifier: MIT
 * Whatever path, parameter or header an HTTP client sends is taken or refused within bounds. */
#include "base/status.h"
#include "chat/request.h"
#include "net/route.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void take_lines(const struct route *route, char *rest)
{
    struct params p;
    params_init(&p, route);
    for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
        char err[128] = "";
        if (params_take(&p, route, line, err, sizeof err) != 0)
            demand(err[0] != '\0' && memchr(err, '\0', sizeof err) != NULL);
        demand(p.limit <= route->limit_max);
        bearer_token(line);
        header_lists(line, "gzip");
    }
}

/* A letter for the method, then lines: a path, parameters and headers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum http_method method = data[0] % (METHOD_OTHER + 1);
    char *text = strndup((const char *)data + 1, size - 1), *rest = text;
    if (text == NULL)
        return 0;
    struct route_match match;
    const char *problem = NULL;
    int status = route_find(strsep(&rest, "\n"), method, &match, &problem);
    demand(status == 0 || status == E_NOT_FOUND || (status == E_BAD_REQUEST && problem != NULL));
    demand(match.room[0] == '\0' || room_name_is_valid(match.room, strlen(match.room)));
    demand(match.id >= 0);
    if (status == 0)
        take_lines(match.route, rest);
    free(text);
    return 0;
}
