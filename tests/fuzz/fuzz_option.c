/* SPDX-License-Identifier: MIT
 * Whatever value an option is given is taken within its bounds or refused with a sentence, and
 * what was taken is written as it is read. */
#include "base/status.h"
#include "config/config.h"
#include "config/option.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void set_and_format(const struct option *o, const char *text)
{
    struct config c = {0}, again = {0};
    char err[256] = "", told[2048];
    if (option_set(o, &c, text, err, sizeof err) != 0) {
        demand(err[0] != '\0' && memchr(err, '\0', sizeof err) != NULL);
    } else if (strlen(text) < sizeof told / 2) {
        char told_again[2048];
        option_format(o, &c, told, sizeof told);
        demand(option_set(o, &again, told, err, sizeof err) == 0);
        option_format(o, &again, told_again, sizeof told_again);
        demand(strcmp(told, told_again) == 0);
    }
    option_clear(o, &c);
    option_clear(o, &again);
}

/* A name, a line break, a value. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *text = malloc(size + 1), *value = text;
    if (text == NULL)
        return 0;
    memcpy(text, data, size);
    text[size] = '\0';
    const char *name = strsep(&value, "\n");
    option_nearest(name, strlen(name));
    const struct option *o = option_find(name, strlen(name));
    if (o != NULL && value != NULL)
        set_and_format(o, value);
    free(text);
    return 0;
}
