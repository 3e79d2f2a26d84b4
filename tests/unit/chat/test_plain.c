/* SPDX-License-Identifier: MIT
 * Plain objects: what is taken is read as jansson reads it, and what every client sends is taken.
 */
#include "chat/plain.h"

#include "unit.h"

#include <jansson.h>
#include <string.h>

#define TEXT_MAX 256

static bool take(struct plain *p, const char *text, char copy[TEXT_MAX])
{
    size_t len = strlen(text);
    memcpy(copy, text, len + 1);
    return plain_decode(p, copy, len);
}

START_TEST(a_request_is_taken_with_its_values)
{
    struct plain p;
    char copy[TEXT_MAX];
    ck_assert(take(&p,
                   " {\"id\" : 7, \"type\":\"send\",\"text\":\"Gr\xc3\xbc\xc3\x9f\x65\",\t\"add\":"
                   "true,\n\"on\":-12, \"a\":false,\"z\":null, \"\":\"\" } ",
                   copy));
    ck_assert_uint_eq(p.count, 8);
    ck_assert_int_eq(plain_find(&p, "id")->number, 7);
    ck_assert_str_eq(plain_find(&p, "text")->text, "Gr\xc3\xbc\xc3\x9f\x65");
    ck_assert_uint_eq(plain_find(&p, "text")->len, 7);
    ck_assert_int_eq(plain_find(&p, "on")->number, -12);
    ck_assert_int_eq(plain_find(&p, "add")->kind, PLAIN_TRUE);
    ck_assert_int_eq(plain_find(&p, "a")->kind, PLAIN_FALSE);
    ck_assert_int_eq(plain_find(&p, "z")->kind, PLAIN_NULL);
    ck_assert_uint_eq(plain_find(&p, "")->len, 0);
    ck_assert_ptr_null(plain_find(&p, "type "));
}
END_TEST

START_TEST(what_is_wrong_or_unusual_is_left)
{
    const char *const left[] = {
        "", "{", "{}", "[]", "7", "{,}", "{a:1}", "{\"a\"}", "{\"a\":}",
        "{\"a\":1", "{\"a\":1}}", "{\"a\":1,}",
        "{\"a\":01}", "{\"a\":-}", "{\"a\":1.5}", "{\"a\":1e3}", "{\"a\":1234567890123456789}",
        "{\"a\":\"b\\n\"}", "{\"a\":\"\x01\"}", "{\"a\":\"\xff\"}", "{\"a\":\"\xed\xa0\x80\"}",
        "{\"a\":\"b}", "{\"a\":1,\"a\":2}", "{\"a\":[1]}", "{\"a\":{}}", "{\"a\":tru}",
        "{\"a\":truely}", "{\"a\":1 \"b\":2}",
        "{\"a\":0,\"b\":0,\"c\":0,\"d\":0,\"e\":0,\"f\":0,\"g\":0,\"h\":0,\"i\":0,\"j\":0,"
        "\"k\":0,\"l\":0,\"m\":0}",
    };
    struct plain p;
    char copy[TEXT_MAX];
    for (size_t i = 0; i < sizeof left / sizeof left[0]; i++) {
        ck_assert_msg(!take(&p, left[i], copy), "taken: %s", left[i]);
        ck_assert_uint_eq(p.count, 0);
    }
    memcpy(copy, "{\"a\":1}\0{", 10); /* a NUL within the text is no end */
    ck_assert(!plain_decode(&p, copy, 9));
}
END_TEST

static void expect_same(const struct plain_value *value, const json_t *json)
{
    if (json_is_string(json)) {
        ck_assert_int_eq(value->kind, PLAIN_STRING);
        ck_assert_uint_eq(value->len, json_string_length(json));
        ck_assert_str_eq(value->text, json_string_value(json));
    } else if (json_is_integer(json)) {
        ck_assert_int_eq(value->kind, PLAIN_NUMBER);
        ck_assert_int_eq(value->number, json_integer_value(json));
    } else {
        enum plain_kind kind = json_is_true(json)    ? PLAIN_TRUE
                               : json_is_false(json) ? PLAIN_FALSE
                               : json_is_null(json)  ? PLAIN_NULL
                                                     : PLAIN_OTHER;
        ck_assert_int_ne(kind, PLAIN_OTHER);
        ck_assert_int_eq(value->kind, kind);
    }
}

static uint32_t random_below(uint32_t n)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005ull + 1442695040888963407ull;
    return (uint32_t)(state >> 33) % n;
}

/* Some bytes of the text changed, added or taken away. */
static void mutate(char text[TEXT_MAX])
{
    static const char bytes[] = "{}[]\":,\\/ \t\n0123456789-+.eEtruefalsn\x01\x7f\x80\xc3\xa9\xe2";
    for (uint32_t n = random_below(3); n > 0; n--) {
        size_t len = strlen(text), at = random_below((uint32_t)len + 1);
        char byte = bytes[random_below(sizeof bytes - 1)];
        uint32_t what = random_below(3);
        if (what == 0 && len + 1 < TEXT_MAX) {
            memmove(text + at + 1, text + at, len - at + 1);
            text[at] = byte;
        } else if (at < len && what == 1) {
            text[at] = byte;
        } else if (at < len) {
            memmove(text + at, text + at + 1, len - at);
        }
    }
}

START_TEST(what_is_taken_is_read_as_jansson_reads_it)
{
    const char *const seeds[] = {
        "{\"id\":7,\"type\":\"send\",\"room\":\"lobby\",\"cid\":\"c-1\",\"text\":\"hi there\","
        "\"reply_to\":41}",
        "{ \"id\" : 1 , \"type\" : \"react\" , \"add\" : true , \"emoji\" : \"\xe2\x9d\xa4\" , "
        "\"x\" : null }",
        "{\"a\":\"\",\"b\":-0,\"c\":0,\"d\":false,\"e\":999999999999999999}",
        "{\"a\":{\"b\":[1,2.5e3]},\"c\":\"\\u00e9\\\\\",\"d\":1}",
    };
    unsigned taken = 0;
    for (unsigned i = 0; i < 200000; i++) {
        char text[TEXT_MAX], copy[TEXT_MAX];
        struct plain p;
        strcpy(text, seeds[i % 4]);
        mutate(text);
        if (!take(&p, text, copy))
            continue;
        taken++;
        json_t *json =
            json_loadb(text, strlen(text), JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
        ck_assert_msg(json_is_object(json), "jansson refuses %s", text);
        ck_assert_uint_eq(p.count, json_object_size(json));
        for (unsigned m = 0; m < p.count; m++)
            expect_same(&p.members[m].value, json_object_get(json, p.members[m].name));
        json_decref(json);
    }
    ck_assert_uint_gt(taken, 50000);
}
END_TEST

UNIT_MAIN("plain", a_request_is_taken_with_its_values, what_is_wrong_or_unusual_is_left,
          what_is_taken_is_read_as_jansson_reads_it)
