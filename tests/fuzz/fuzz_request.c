/* SPDX-License-Identifier: MIT
 * Whatever a client sends is decoded or refused with a sentence; what is taken out of it keeps
 * its bounds. */
#include "base/status.h"
#include "base/utf8.h"
#include "chat/request.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool holds)
{
    if (!holds)
        abort();
}

static void take_fields(struct request *r)
{
    static const char *const names[] = {
        "name", "token", "client", "room", "epoch", "cid", "text", "emoji",
    };
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        size_t len = 0;
        const char *value = request_string(r, names[i], i % 2, 64, &len);
        demand(value == NULL || (len >= 1 && len <= 64 && strlen(value) == len));
        demand(value == NULL || utf8_is_valid(value, len));
    }
    size_t len = 0;
    const char *text = request_text(r, "text", 100, &len);
    demand(text == NULL || (len <= 100 && utf8_is_valid(text, len)));
    uint64_t number = request_number(r, "seq", false, 1, 1000, 7);
    demand(number >= 1 && number <= 1000);
    request_bool(r, "active", true, false);
    struct room_name room = request_room(r);
    demand(room.text[0] == '\0' || room_name_is_valid(room.text, strlen(room.text)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    /* net/ws lets only valid UTF-8 through. */
    if (!utf8_is_valid((const char *)data, size))
        return 0;
    struct request r;
    request_parse(&r, (const char *)data, size);
    demand(r.id <= (UINT64_C(1) << 53) - 1);
    demand(r.status == 0 || r.message[0] != '\0');
    if (r.status == 0) {
        demand(r.type != NULL);
        take_fields(&r);
    }
    demand(memchr(r.message, '\0', sizeof r.message) != NULL);
    request_fini(&r);
    return 0;
}
