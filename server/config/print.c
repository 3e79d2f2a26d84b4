/* SPDX-License-Identifier: MIT
 *
 * The option table for people: --help and the sample file.
 * No state; main thread.
 */
#include <string.h>

#include "config/config.h"
#include "config/option.h"

static const char *metavar(const struct option *o)
{
    switch (o->type) {
    case OPTION_ADDRESS:
        return "HOST:PORT";
    case OPTION_PATH:
        return "PATH";
    case OPTION_LIST:
        return "A,B";
    case OPTION_NUMBER:
        return "N";
    case OPTION_SIZE:
        return "BYTES";
    default:
        return o->values;
    }
}

void config_print_help(FILE *out)
{
    fputs("parleyd - a chat server whose messages are judged by Python workers\n\n"
          "usage: parleyd [--name value]...\n\n"
          "  --config FILE\n        read options from FILE first (lines of name = value)\n"
          "  --print-config\n        print the options as such a file and exit\n"
          "  --help, --version\n\n",
          out);
    for (size_t i = 0; i < option_count; i++) {
        const struct option *o = &option_table[i];

        fprintf(out, "  --%s %s\n        %s", o->name, metavar(o), o->help);
        if (o->fallback[0] != '\0')
            fprintf(out, " (default %s)", o->fallback);
        fputc('\n', out);
    }
    fputs("\nSIGHUP reads the file again; only log-level changes while running.\n"
          "SIGTERM stops: what was acknowledged is kept, clients are told to come back.\n",
          out);
}

void config_print_sample(FILE *out, const struct config *c)
{
    fputs("# Options of parleyd, as printed by `parleyd --print-config`.\n"
          "# Commented lines show the defaults; the command line overrides this file.\n",
          out);
    for (size_t i = 0; i < option_count; i++) {
        const struct option *o = &option_table[i];
        struct config defaults = {0};
        char text[4096], fallback[4096], err[64];

        if (option_set(o, &defaults, o->fallback, err, sizeof err) < 0)
            return;
        option_format(o, c, text, sizeof text);
        option_format(o, &defaults, fallback, sizeof fallback);
        option_clear(o, &defaults);
        fprintf(out, "\n# %s%s%s\n", o->help, o->values[0] ? ": " : "", o->values);
        if (strcmp(text, fallback) != 0)
            fprintf(out, "%s = %s\n", o->name, text);
        else
            fprintf(out, "#%s =%s%s\n", o->name, o->fallback[0] ? " " : "", o->fallback);
    }
}
