/* SPDX-License-Identifier: MIT */
/* scan: strict JSON, any order of fields, spans that lie in the text. */
#include "scan.h"

#include "suite.h"

#include <string.h>

static int scan(const char *text, struct scan_frame *frame)
{
    return scan_frame(text, strlen(text), frame);
}

START_TEST(an_event_in_any_order_of_fields)
{
    static const char *const events[] = {
        "{\"type\":\"event\",\"room\":\"lobby\",\"seq\":58,\"ts\":1769990000123,"
        "\"kind\":\"message\",\"user\":{\"id\":\"u7\",\"name\":\"ada\",\"seq\":1,"
        "\"room\":\"x\"},\"text\":\"hi\"}",
        " { \"text\" : \"hi\" , \"user\" : { \"text\" : [ 1 , { } , \"}\" ] } , \"seq\" : 58 ,"
        " \"kind\" : \"message\" , \"room\" : \"lobby\", \"new\":null, \"type\" : \"event\" } \n",
        "{\"k\\u0069nd\":\"message\",\"\\u0073eq\":58,\"room\":\"lobby\",\"text\":\"hi\","
        "\"type\":\"event\"}",
    };

    for (size_t i = 0; i < COUNT(events); i++) {
        struct scan_frame frame;

        ck_assert_int_eq(scan(events[i], &frame), 0);
        ck_assert(span_is(frame.type, "event"));
        ck_assert(span_is(frame.kind, "message"));
        ck_assert(span_is(frame.room, "lobby"));
        ck_assert(span_is(frame.text, "hi"));
        ck_assert_int_eq(frame.seq, 58);
        ck_assert_int_eq(frame.id, -1);
    }
}
END_TEST

START_TEST(replies_and_byes)
{
    struct scan_frame frame;

    ck_assert_int_eq(scan("{\"id\":7,\"type\":\"error\",\"code\":\"rate_limited\","
                          "\"temporary\":true,\"retry_after_ms\":800}", &frame), 0);
    ck_assert_int_eq(frame.id, 7);
    ck_assert(span_is(frame.code, "rate_limited"));
    ck_assert_int_eq(frame.retry_after_ms, 800);
    ck_assert_int_eq(scan("{\"type\":\"bye\",\"code\":4008,\"reason\":\"slow\","
                          "\"reconnect\":true,\"spread_ms\":4000}", &frame), 0);
    ck_assert_int_eq(frame.close_code, 4008);
    ck_assert_ptr_null(frame.code.p);
    ck_assert(frame.reconnect);
    ck_assert_int_eq(frame.spread_ms, 4000);
    ck_assert_int_eq(scan("{\"id\":2,\"type\":\"ok\",\"seq\":null,\"recovered\":false,"
                          "\"more\":true,\"epoch\":\"e1\"}", &frame), 0);
    ck_assert_int_eq(frame.seq, -1);
    ck_assert(!frame.recovered && frame.more);
    ck_assert(span_is(frame.epoch, "e1"));
}
END_TEST

START_TEST(what_is_not_strict_json_fails)
{
    static const char *const bad[] = {
        "", "[]", "null", "\"x\"", "{", "{}x", "{\"a\"}", "{\"a\":}", "{\"a\":1,}", "{,}",
        "{\"a\":01}", "{\"a\":+1}", "{\"a\":1.}", "{\"a\":.5}", "{\"a\":1e}", "{\"a\":-}",
        "{\"a\":tru}", "{\"a\":nul}", "{a:1}", "{'a':1}", "{\"a\":\"\n\"}", "{\"a\":\"\\x\"}",
        "{\"a\":\"\\u12g4\"}", "{\"a\":\"\\ud800\"}", "{\"a\":\"\\udc00\"}", "{\"a\":\"\\u12",
        "{\"a\":\"\\ud800\\u0041\"}", "{\"a\":\"\xff\"}", "{\"a\":\"\xc0\x80\"}",
        "{\"a\":\"\xed\xa0\x80\"}", "{\"a\":\"\xf4\x90\x80\x80\"}", "{\"a\":\"\xe2\x82\"}",
        "{\"a\":[1,]}", "{\"a\":[1 2]}", "{\"a\":[}", "{\"a\":{\"b\":1]}", "{\"a\":\"x}",
    };
    struct scan_frame frame;

    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert_msg(scan(bad[i], &frame) == -1, "taken for JSON: %s", bad[i]);
}
END_TEST

START_TEST(strict_json_of_every_kind_passes)
{
    static const char *const good[] = {
        "{}", " {\t\r\n} ", "{\"a\":-0.5e+10}", "{\"a\":0}", "{\"a\":[]}", "{\"a\":[[],{},null]}",
        "{\"a\":\"\\ud83d\\ude00\\\"\\\\\\/\\b\\f\\n\\r\\t\"}", "{\"\":\"\xf0\x9f\x98\x80\"}",
        "{\"a\":\"\xc2\x80\xe0\xa0\x80\xed\x9f\xbf\xf4\x8f\xbf\xbf\"}", "{\"a\":1,\"a\":2}",
    };
    struct scan_frame frame;

    for (size_t i = 0; i < COUNT(good); i++)
        ck_assert_msg(scan(good[i], &frame) == 0, "refused: %s", good[i]);
}
END_TEST

START_TEST(every_prefix_of_a_frame_fails)
{
    static const char text[] = "{\"type\":\"event\",\"seq\":58,\"l\":[1,{\"x\":\"\\u00e9\"}],"
                               "\"recovered\":true}";
    struct scan_frame frame;

    for (size_t n = 0; n + 1 < sizeof(text) - 1; n++)
        ck_assert_int_eq(scan_frame(text, n, &frame), -1);
    ck_assert_int_eq(scan(text, &frame), 0);
}
END_TEST

START_TEST(known_fields_of_a_wrong_type_fail)
{
    static const char *const bad[] = {
        "{\"seq\":\"58\"}", "{\"seq\":1.5}", "{\"id\":true}", "{\"type\":5}", "{\"more\":1}",
        "{\"events\":{}}", "{\"text\":[]}", "{\"code\":true}",
        "{\"seq\":123456789012345678901234567890}",
    };
    struct scan_frame frame;

    for (size_t i = 0; i < COUNT(bad); i++)
        ck_assert_msg(scan(bad[i], &frame) == -1, "taken: %s", bad[i]);
}
END_TEST

START_TEST(nesting_is_bounded)
{
    static char deep[5000];
    struct scan_frame frame;

    memcpy(deep, "{\"a\":", 5);
    memset(deep + 5, '[', sizeof(deep) - 5);
    ck_assert_int_eq(scan_frame(deep, sizeof(deep), &frame), -1);
}
END_TEST

START_TEST(the_events_of_a_reply_one_by_one)
{
    static const char *const empty[] = {"{\"events\":[]}", "{\"events\":[ ]}", "{}"};
    struct scan_frame frame, event;
    struct span rest, item;

    ck_assert_int_eq(scan("{\"events\":[ {\"seq\":1} ,{\"seq\":2,\"x\":[{}]},{\"seq\":3}]}",
                          &frame), 0);
    rest = frame.events;
    for (int64_t seq = 1; seq <= 3; seq++) {
        ck_assert(scan_next(&rest, &item));
        ck_assert_int_eq(scan_frame(item.p, item.n, &event), 0);
        ck_assert_int_eq(event.seq, seq);
    }
    ck_assert(!scan_next(&rest, &item));
    for (size_t i = 0; i < COUNT(empty); i++) {
        ck_assert_int_eq(scan(empty[i], &frame), 0);
        ck_assert(!frame.events.p || !scan_next(&frame.events, &item));
    }
}
END_TEST

START_TEST(escapes_are_decoded)
{
    static const char raw[] = "a\\u0041\\n\\/\\u00e9\\u20ac\\ud83d\\ude00\\\"";
    static const char plain[] = "aA\n/\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\"";
    struct span span = {raw, sizeof(raw) - 1}, simple = {"plain", 5};
    char buf[64];

    span = scan_decode(span, buf, sizeof(buf));
    ck_assert_uint_eq(span.n, sizeof(plain) - 1);
    ck_assert_mem_eq(span.p, plain, span.n);
    ck_assert_ptr_eq(scan_decode(simple, buf, sizeof(buf)).p, simple.p);
    span = (struct span){raw, sizeof(raw) - 1};
    ck_assert_ptr_null(scan_decode(span, buf, 8).p);
}
END_TEST

int main(void)
{
    const TTest *const tests[] = {
        an_event_in_any_order_of_fields,
        replies_and_byes,
        what_is_not_strict_json_fails,
        strict_json_of_every_kind_passes,
        every_prefix_of_a_frame_fails,
        known_fields_of_a_wrong_type_fail,
        nesting_is_bounded,
        the_events_of_a_reply_one_by_one,
        escapes_are_decoded,
    };

    return run_suite("scan", tests, COUNT(tests));
}
