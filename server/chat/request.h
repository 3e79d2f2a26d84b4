/* SPDX-License-Identifier: MIT
 *
 * A decoded request and its fields, each taken with a check that says what was wrong and what would
 * be right. The first failure is remembered; the getters after it return their defaults. Owner: the
 * handler on whose stack it is.
 */
#ifndef CHAT_REQUEST_H
#define CHAT_REQUEST_H

#include "chat/plain.h"
#include "loop/msg.h"

#include <jansson.h>
#include <stdbool.h>

/* Frames up to this are decoded in the request itself, when they are plain. */
#define REQUEST_PLAIN_BYTES 1024

struct request {
    json_t *json;      /* reference; NULL: the fields are in `plain` */
    uint64_t id;       /* 0: none that is usable */
    const char *type;  /* NULL: none that is usable */
    int status;        /* 0 or the first failure */
    char message[160]; /* of the failure, for people */
    struct plain plain;
    char text[REQUEST_PLAIN_BYTES];
};

/* Decodes a frame. status is E_BAD_REQUEST when it is not a JSON object, lacks a usable type or id.
 */
void request_parse(struct request *r, const char *text, size_t len);
void request_fini(struct request *r);
void request_fail(struct request *r, int status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

bool request_has(const struct request *r, const char *field);
/* A string of 1..max bytes; NULL when it failed, or was absent and not required. */
const char *request_string(struct request *r, const char *field, bool required, size_t max,
                           size_t *len);
/* The text of a message: too_large above max. */
const char *request_text(struct request *r, const char *field, size_t max, size_t *len);
uint64_t request_number(struct request *r, const char *field, bool required, uint64_t min,
                        uint64_t max, uint64_t otherwise);
bool request_bool(struct request *r, const char *field, bool required, bool otherwise);
/* Field `room`; the name is empty when it failed. */
struct room_name request_room(struct request *r);

/* Whether `name` is [a-z0-9][a-z0-9._:-]{0,63}. */
bool room_name_is_valid(const char *name, size_t len);

#endif
