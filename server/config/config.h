/* SPDX-License-Identifier: MIT
 *
 * The configuration of parleyd: defaults, then the file of --config, then the
 * command line. Every field is one row of options.inc.
 *
 * Owner: main. Filled before any thread starts; from then on every thread may
 * read it and only the LIVE rows change, on the main thread (config_reload).
 */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include "base/durability.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* Positions in the values column of options.inc; so are enum log_level and enum durability. */
enum config_limits { LIMITS_DEFAULT, LIMITS_OFF };
enum config_analysis { ANALYSIS_WORKERS, ANALYSIS_INLINE };

struct config_address {
    char host[46]; /* numeric, without brackets */
    uint16_t port; /* 0: any free one */
    bool v6;
};

/* Strings are owned by the config and never NULL; "" is "not set". */
#define CONFIG_FIELD_ADDRESS struct config_address
#define CONFIG_FIELD_PATH char *
#define CONFIG_FIELD_LIST char *
#define CONFIG_FIELD_NUMBER int
#define CONFIG_FIELD_SIZE size_t
#define CONFIG_FIELD_CHOICE int

struct config {
#define OPTION(field, name, type, ...) CONFIG_FIELD_##type field;
#include "config/options.inc"
#undef OPTION
};

/* What config_parse found besides an error; all three have printed to stdout. */
enum config_request { CONFIG_HELP = 1, CONFIG_VERSION, CONFIG_PRINT };

/*
 * Fills *c. Returns 0; a config_request: nothing more to do, exit 0; or a
 * negative E_… with a message for the user in err. Call config_free in every
 * case. What depends on the machine is settled here: loops and workers hold
 * real counts; worker_binary, python_path, web and analyzers_dir are found when
 * not given ("" when not found); and with `limits off` the rates and connection
 * caps are 0, which everywhere means "no limit".
 */
int config_parse(struct config *c, int argc, char **argv, char *err, size_t err_len);

/*
 * Reads the same sources again and takes over the LIVE options; on an error *c
 * is unchanged.
 */
int config_reload(struct config *c, int argc, char **argv, char *err, size_t err_len);

void config_free(struct config *c);

/* Whether word is one of the words of a LIST option. */
bool config_list_has(const char *list, const char *word);

/* Write the usage text, or the sample file with what differs from the defaults set. */
void config_print_help(FILE *out);
void config_print_sample(FILE *out, const struct config *c);

#endif
