/* SPDX-License-Identifier: MIT
 * Requests and their fields; see request.h. */
#include "chat/request.h"

#include "base/status.h"
#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define ID_MAX ((json_int_t)1 << 53) - 1

void request_fail(struct request *r, int status, const char *format, ...)
{
    if (r->status != 0)
        return;
    r->status = status;
    va_list args;
    va_start(args, format);
    vsnprintf(r->message, sizeof r->message, format, args);
    va_end(args);
    /* What it quotes of the client's may have been cut within a character. */
    if (!utf8_is_valid(r->message, strlen(r->message))) {
        for (char *p = r->message; *p != '\0'; p++)
            *p = (unsigned char)*p < 0x80 ? *p : '?';
    }
}

/* U+0000 is fine JSON, but ends a string in too many places further on. */
static bool holds_nul(const json_t *value)
{
    return json_is_string(value) && strlen(json_string_value(value)) != json_string_length(value);
}

static void take_id(struct request *r)
{
    const json_t *id = json_object_get(r->json, "id");
    /* A client's pong is the one frame without an id. */
    if (id == NULL && r->type != NULL && strcmp(r->type, "pong") == 0)
        return;
    if (json_is_integer(id) && json_integer_value(id) >= 1 && json_integer_value(id) <= ID_MAX)
        r->id = (uint64_t)json_integer_value(id);
    else
        request_fail(r, E_BAD_REQUEST, "'id' must be a whole number from 1 to 2^53-1");
}

void request_parse(struct request *r, const char *text, size_t len)
{
    *r = (struct request){0};
    json_error_t error;
    r->json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (r->json == NULL) {
        request_fail(r, E_BAD_REQUEST, "not JSON: %s at byte %d", error.text, error.position);
        return;
    }
    if (!json_is_object(r->json)) {
        request_fail(r, E_BAD_REQUEST, "a frame must be one JSON object");
        return;
    }
    r->type = json_string_value(json_object_get(r->json, "type"));
    if (r->type != NULL && holds_nul(json_object_get(r->json, "type")))
        r->type = "?";
    take_id(r);
    if (r->type == NULL) {
        r->status = 0; /* what matters more than a missing id */
        request_fail(r, E_BAD_REQUEST, "'type' must be a string such as \"send\"");
    }
}

void request_fini(struct request *r)
{
    json_decref(r->json);
    r->json = NULL;
}

bool request_has(const struct request *r, const char *field)
{
    const json_t *value = json_object_get(r->json, field);
    return value != NULL && !json_is_null(value);
}

static const json_t *field_value(struct request *r, const char *field, bool required,
                                 const char *kind)
{
    const json_t *value = json_object_get(r->json, field);
    if (value != NULL && !json_is_null(value))
        return value;
    if (required)
        request_fail(r, E_BAD_REQUEST, "'%s' is missing; it must be %s", field, kind);
    return NULL;
}

const char *request_string(struct request *r, const char *field, bool required, size_t max,
                           size_t *len)
{
    const json_t *value = field_value(r, field, required, "a string");
    if (value == NULL)
        return NULL;
    size_t n = json_string_length(value);
    if (!json_is_string(value) || n < 1 || n > max || holds_nul(value)) {
        request_fail(r, E_BAD_REQUEST, "'%s' must be a string of 1 to %zu bytes without U+0000",
                     field, max);
        return NULL;
    }
    if (len != NULL)
        *len = n;
    return json_string_value(value);
}

const char *request_text(struct request *r, const char *field, size_t max, size_t *len)
{
    const json_t *value = field_value(r, field, true, "a string");
    if (value == NULL)
        return NULL;
    *len = json_string_length(value);
    if (!json_is_string(value) || *len == 0 || holds_nul(value)) {
        request_fail(r, E_BAD_REQUEST, "'%s' must be a string that is not empty, without U+0000",
                     field);
        return NULL;
    }
    if (*len > max) {
        request_fail(r, E_TOO_LARGE, "'%s' is %zu bytes; at most %zu are allowed", field, *len,
                     max);
        return NULL;
    }
    return json_string_value(value);
}

uint64_t request_number(struct request *r, const char *field, bool required, uint64_t min,
                        uint64_t max, uint64_t otherwise)
{
    const json_t *value = field_value(r, field, required, "a whole number");
    if (value == NULL)
        return otherwise;
    json_int_t n = json_integer_value(value);
    if (!json_is_integer(value) || n < 0 || (uint64_t)n < min || (uint64_t)n > max) {
        request_fail(r, E_BAD_REQUEST, "'%s' must be a whole number from %llu to %llu", field,
                     (unsigned long long)min, (unsigned long long)max);
        return otherwise;
    }
    return (uint64_t)n;
}

bool request_bool(struct request *r, const char *field, bool required, bool otherwise)
{
    const json_t *value = field_value(r, field, required, "true or false");
    if (value == NULL)
        return otherwise;
    if (!json_is_boolean(value)) {
        request_fail(r, E_BAD_REQUEST, "'%s' must be true or false", field);
        return otherwise;
    }
    return json_is_true(value);
}

bool room_name_is_valid(const char *name, size_t len)
{
    if (len < 1 || len > ROOM_NAME_MAX)
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = name[i];
        bool word = (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        bool mark = c == '.' || c == '_' || c == ':' || c == '-';
        if (!word && !(mark && i > 0))
            return false;
    }
    return true;
}

struct room_name request_room(struct request *r)
{
    struct room_name room = {{0}};
    const json_t *value = field_value(r, "room", true, "a room's name");
    if (value == NULL)
        return room;
    size_t len = json_string_length(value);
    if (!json_is_string(value) || !room_name_is_valid(json_string_value(value), len)) {
        request_fail(r, E_BAD_REQUEST,
                     "'room' must match [a-z0-9][a-z0-9._:-]{0,63}, for example \"lobby\"");
        return room;
    }
    memcpy(room.text, json_string_value(value), len);
    return room;
}
