/* SPDX-License-Identifier: MIT */
/* parley-load: a load tester for chat that checks what it measures.  Main thread. */
#include "options.h"
#include "report.h"
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { EXIT_VIOLATED = 1, EXIT_USAGE = 2, EXIT_COULD_NOT = 3 };

int main(int argc, char **argv)
{
    struct options options;
    struct run_result *result;
    FILE *out = stdout;
    int status = EXIT_SUCCESS;

    switch (options_parse(&options, argc, argv, stdout, stderr)) {
    case OPTIONS_BAD:
        return EXIT_USAGE;
    case OPTIONS_DONE:
        return EXIT_SUCCESS;
    case OPTIONS_RUN:
        break;
    }
    result = calloc(1, sizeof(*result));
    if (!result) {
        perror("parley-load");
        return EXIT_COULD_NOT;
    }
    if (run_load(&options, result) != 0) {
        free(result);
        return EXIT_COULD_NOT;
    }
    if (options.json && strcmp(options.json, "-") == 0)
        out = stderr;
    report_print(out, &options, result);
    if (oracle_violations(&result->oracle) > 0)
        status = EXIT_VIOLATED;
    if (options.json && report_write_json(options.json, &options, result) != 0)
        status = EXIT_COULD_NOT;
    free(result);
    return status;
}
