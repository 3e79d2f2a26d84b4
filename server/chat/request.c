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

/* The field, wherever it was decoded to. */
static bool find(const struct request *r, const char *field, struct plain_value *value)
{
    if (r->json == NULL) {
        const struct plain_value *found = plain_find(&r->plain, field);
        if (found != NULL)
            *value = *found;
        return found != NULL;
    }
    const json_t *json = json_object_get(r->json, field);
    if (json == NULL)
        return false;
    *value = (struct plain_value){.kind = PLAIN_OTHER};
    if (json_is_string(json)) {
        value->kind = PLAIN_STRING;
        value->text = json_string_value(json);
        value->len = json_string_length(json);
    } else if (json_is_integer(json)) {
        value->kind = PLAIN_NUMBER;
        value->number = json_integer_value(json);
    } else if (json_is_boolean(json)) {
        value->kind = json_is_true(json) ? PLAIN_TRUE : PLAIN_FALSE;
    } else if (json_is_null(json)) {
        value->kind = PLAIN_NULL;
    }
    return true;
}

/* U+0000 is fine JSON, but ends a string in too many places further on. */
static bool holds_nul(const struct plain_value *string)
{
    return memchr(string->text, '\0', string->len) != NULL;
}

static void take_type(struct request *r)
{
    struct plain_value type;
    if (find(r, "type", &type) && type.kind == PLAIN_STRING)
        r->type = holds_nul(&type) ? "?" : type.text;
}

static void take_id(struct request *r)
{
    struct plain_value id;
    bool is_there = find(r, "id", &id);
    /* A client's pong is the one frame without an id. */
    if (!is_there && r->type != NULL && strcmp(r->type, "pong") == 0)
        return;
    if (is_there && id.kind == PLAIN_NUMBER && id.number >= 1 && id.number <= ID_MAX)
        r->id = (uint64_t)id.number;
    else
        request_fail(r, E_BAD_REQUEST, "'id' must be a whole number from 1 to 2^53-1");
}

static bool decode_plain(struct request *r, const char *text, size_t len)
{
    if (len >= sizeof r->text)
        return false;
    memcpy(r->text, text, len);
    r->text[len] = '\0';
    return plain_decode(&r->plain, r->text, len);
}

static void decode(struct request *r, const char *text, size_t len)
{
    json_error_t error;
    r->json = json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);
    if (r->json == NULL)
        request_fail(r, E_BAD_REQUEST, "not JSON: %s at byte %d", error.text, error.position);
    else if (!json_is_object(r->json))
        request_fail(r, E_BAD_REQUEST, "a frame must be one JSON object");
}

void request_parse(struct request *r, const char *text, size_t len)
{
    r->json = NULL;
    r->id = 0;
    r->type = NULL;
    r->status = 0;
    r->plain.count = 0;
    if (!decode_plain(r, text, len))
        decode(r, text, len);
    if (r->status != 0)
        return;
    take_type(r);
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
    struct plain_value value;
    return find(r, field, &value) && value.kind != PLAIN_NULL;
}

static bool field_value(struct request *r, const char *field, bool required, const char *kind,
                        struct plain_value *value)
{
    if (find(r, field, value) && value->kind != PLAIN_NULL)
        return true;
    if (required)
        request_fail(r, E_BAD_REQUEST, "'%s' is missing; it must be %s", field, kind);
    return false;
}

const char *request_string(struct request *r, const char *field, bool required, size_t max,
                           size_t *len)
{
    struct plain_value value;
    if (!field_value(r, field, required, "a string", &value))
        return NULL;
    if (value.kind != PLAIN_STRING || value.len < 1 || value.len > max || holds_nul(&value)) {
        request_fail(r, E_BAD_REQUEST, "'%s' must be a string of 1 to %zu bytes without U+0000",
                     field, max);
        return NULL;
    }
    if (len != NULL)
        *len = value.len;
    return value.text;
}

const char *request_text(struct request *r, const char *field, size_t max, size_t *len)
{
    struct plain_value value;
    if (!field_value(r, field, true, "a string", &value))
        return NULL;
    if (value.kind != PLAIN_STRING || value.len == 0 || holds_nul(&value)) {
        request_fail(r, E_BAD_REQUEST, "'%s' must be a string that is not empty, without U+0000",
                     field);
        return NULL;
    }
    *len = value.len;
    if (*len > max) {
        request_fail(r, E_TOO_LARGE, "'%s' is %zu bytes; at most %zu are allowed", field, *len,
                     max);
        return NULL;
    }
    return value.text;
}

uint64_t request_number(struct request *r, const char *field, bool required, uint64_t min,
                        uint64_t max, uint64_t otherwise)
{
    struct plain_value value;
    if (!field_value(r, field, required, "a whole number", &value))
        return otherwise;
    if (value.kind != PLAIN_NUMBER || value.number < 0 || (uint64_t)value.number < min ||
        (uint64_t)value.number > max) {
        request_fail(r, E_BAD_REQUEST, "'%s' must be a whole number from %llu to %llu", field,
                     (unsigned long long)min, (unsigned long long)max);
        return otherwise;
    }
    return (uint64_t)value.number;
}

bool request_bool(struct request *r, const char *field, bool required, bool otherwise)
{
    struct plain_value value;
    if (!field_value(r, field, required, "true or false", &value))
        return otherwise;
    if (value.kind != PLAIN_TRUE && value.kind != PLAIN_FALSE) {
        request_fail(r, E_BAD_REQUEST, "'%s' must be true or false", field);
        return otherwise;
    }
    return value.kind == PLAIN_TRUE;
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
    struct plain_value value;
    if (!field_value(r, "room", true, "a room's name", &value))
        return room;
    if (value.kind != PLAIN_STRING || !room_name_is_valid(value.text, value.len)) {
        request_fail(r, E_BAD_REQUEST,
                     "'room' must match [a-z0-9][a-z0-9._:-]{0,63}, for example \"lobby\"");
        return room;
    }
    memcpy(room.text, value.text, value.len);
    return room;
}
