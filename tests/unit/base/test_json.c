/* SPDX-License-Identifier: MIT
 * Writing JSON: escapes, numbers, and events as PROTOCOL says. */
#include "base/event.h"
#include "base/json.h"

#include "unit.h"

#include <math.h>
#include <string.h>

static struct buf b;

static const char *text(void)
{
    static char out[4096];
    memcpy(out, b.data, b.len);
    out[b.len] = '\0';
    buf_fini(&b);
    return out;
}

START_TEST(strings_are_escaped_only_where_json_asks)
{
    json_put_cstring(&b, "a\"b\\c\n\r\t/\x01 \xc3\xa9 \xf0\x9f\x98\x80");
    ck_assert_str_eq(text(), "\"a\\\"b\\\\c\\n\\r\\t/\\u0001 \xc3\xa9 \xf0\x9f\x98\x80\"");
    json_put_string(&b, "", 0);
    ck_assert_str_eq(text(), "\"\"");
}
END_TEST

START_TEST(numbers_stay_json)
{
    json_put_number(&b, 0.98765, 4);
    buf_append_char(&b, ' ');
    json_put_number(&b, NAN, 4);
    buf_append_char(&b, ' ');
    buf_append_i64(&b, INT64_MIN);
    buf_append_char(&b, ' ');
    buf_append_u64(&b, UINT64_MAX);
    ck_assert_str_eq(text(), "0.9877 null -9223372036854775808 18446744073709551615");
}
END_TEST

START_TEST(a_message_names_its_author_and_what_it_answers)
{
    const struct event e = {.seq = 58,
                            .ts_ms = 1769990000123,
                            .kind = EVENT_MESSAGE,
                            .on = 41,
                            .user_id = "u7k2",
                            .user_name = "ada",
                            .text = "hi",
                            .text_len = 2};
    event_encode(&b, "lobby", &e);
    ck_assert_str_eq(text(),
                     "{\"type\":\"event\",\"room\":\"lobby\",\"seq\":58,\"ts\":1769990000123,"
                     "\"kind\":\"message\",\"user\":{\"id\":\"u7k2\",\"name\":\"ada\"},"
                     "\"text\":\"hi\",\"reply_to\":41}");
}
END_TEST

START_TEST(each_kind_has_its_fields)
{
    struct event e = {.seq = 1,
                      .kind = EVENT_REACTION,
                      .on = 3,
                      .add = true,
                      .user_id = "u",
                      .user_name = "n",
                      .role = ROLE_MODERATOR,
                      .text = "+1",
                      .text_len = 2,
                      .cid = "c1"};
    event_encode(&b, "r", &e);
    ck_assert_ptr_nonnull(strstr(text(),
                                 "\"role\":\"moderator\"},\"on\":3,\"emoji\":\"+1\",\"add\":true,"
                                 "\"cid\":\"c1\"}"));
    e.kind = EVENT_EDIT;
    event_encode(&b, "r", &e);
    ck_assert_ptr_nonnull(strstr(text(), "\"on\":3,\"text\":\"+1\""));
    e.kind = EVENT_DELETE;
    event_encode(&b, "r", &e);
    ck_assert_ptr_null(strstr(text(), "\"text\""));
    e = (struct event){.seq = 2, .kind = EVENT_VERDICT, .text = "[{}]", .text_len = 4};
    event_encode(&b, "r", &e);
    ck_assert_str_eq(text(),
                     "{\"type\":\"event\",\"room\":\"r\",\"seq\":2,\"ts\":0,\"kind\":\"verdict\","
                     "\"items\":[{}]}");
}
END_TEST

UNIT_MAIN("json", strings_are_escaped_only_where_json_asks, numbers_stay_json,
          a_message_names_its_author_and_what_it_answers, each_kind_has_its_fields)
