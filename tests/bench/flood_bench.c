/* SPDX-License-Identifier: MIT
 *
 * The flood rules (server/chat/flood) on texts from stdin, a line each: time in ms, user, text,
 * separated by tabs; an empty line begins another room. Prints for each the near-same texts of its
 * user and the users with near-same texts, as the server would count them. flood.py makes the
 * lines and reads the answers; under callgrind it tells what a message costs.
 */
#include "chat/flood.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void judge(struct flood *f, char *line)
{
    char *rest, *at = strtok_r(line, "\t", &rest), *user = strtok_r(NULL, "\t", &rest);
    if (at == NULL || user == NULL || rest == NULL) {
        fprintf(stderr, "flood_bench: a line must be TIME\\tUSER\\tTEXT\n");
        exit(2);
    }
    struct flood_count n = flood_note(f, user, rest, strlen(rest), strtoull(at, NULL, 10));
    printf("%u %u\n", n.repeats, n.users);
}

int main(void)
{
    char *line = NULL;
    size_t cap = 0;
    struct flood *f = flood_new();
    for (ssize_t len; f != NULL && (len = getline(&line, &cap, stdin)) >= 0;) {
        if (len > 0 && line[len - 1] == '\n')
            line[--len] = '\0';
        if (len > 0) {
            judge(f, line);
            continue;
        }
        flood_free(f);
        f = flood_new();
    }
    free(line);
    flood_free(f);
    return 0;
}
