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

/* Lines: a path, then parameters and headers. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *rest = text;
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    struct route_match match;
    const char *problem = NULL;
    int status = route_find(strsep(&rest, "\n"), &match, &problem);
    demand(status == 0 || status == E_NOT_FOUND || (status == E_BAD_REQUEST && problem != NULL));
    demand(match.room[0] == '\0' || room_name_is_valid(match.room, strlen(match.room)));
    if (status == 0) {
        struct params p;
        char err[128] = "";
        params_init(&p, match.route);
        for (char *line; (line = strsep(&rest, "\n")) != NULL;) {
            if (params_take(&p, match.route, line, err, sizeof err) != 0)
                demand(err[0] != '\0' && memchr(err, '\0', sizeof err) != NULL);
            demand(p.limit <= match.route->limit_max);
            bearer_token(line);
            header_lists(line, "gzip");
        }
    }
    free(text);
    return 0;
}
