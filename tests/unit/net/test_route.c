/* SPDX-License-Identifier: MIT
 * Which path means what, who may call it, and what query strings and headers may say. */
#include "base/status.h"
#include "net/route.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>

static struct route_match match;
static const char *problem;

static int find_for(enum http_method method, const char *path)
{
    problem = NULL;
    return route_find(path, method, &match, &problem);
}

static int find(const char *path)
{
    return find_for(METHOD_GET, path);
}

START_TEST(each_path_of_the_table_is_found_as_itself)
{
    static const struct {
        const char *path;
        enum route_id id;
        enum http_method method;
    } paths[] = {
        {"/healthz", ROUTE_HEALTHZ, METHOD_GET},
        {"/readyz", ROUTE_READYZ, METHOD_GET},
        {"/metrics", ROUTE_METRICS, METHOD_GET},
        {"/ws", ROUTE_SOCKET, METHOD_GET},
        {"/api/v1/stats", ROUTE_STATS, METHOD_GET},
        {"/api/v1/workers", ROUTE_WORKERS, METHOD_GET},
        {"/api/v1/workers/retry", ROUTE_WORKERS_RETRY, METHOD_POST},
        {"/api/v1/rooms", ROUTE_ROOMS, METHOD_GET},
        {"/api/v1/rooms/lobby/events", ROUTE_EVENTS, METHOD_GET},
        {"/api/v1/rooms/lobby/insights", ROUTE_INSIGHTS, METHOD_GET},
        {"/api/v1/rooms/lobby/search", ROUTE_SEARCH, METHOD_GET},
        {"/api/v1/rooms/lobby/messages", ROUTE_MESSAGES, METHOD_POST},
        {"/api/v1/ops/tickets", ROUTE_OPS_TICKETS, METHOD_POST},
        {"/api/v1/ops/session", ROUTE_OPS_SESSION, METHOD_POST},
        {"/api/v1/quarantine", ROUTE_QUARANTINE, METHOD_GET},
        {"/api/v1/quarantine/12", ROUTE_CULPRIT, METHOD_GET},
        {"/api/v1/quarantine/12", ROUTE_DROP, METHOD_DELETE},
        {"/api/v1/quarantine/12/replay", ROUTE_REPLAY, METHOD_POST},
        {"/api/v1/keys", ROUTE_KEYS, METHOD_GET},
        {"/api/v1/keys", ROUTE_KEY_ADD, METHOD_POST},
        {"/api/v1/keys/blog", ROUTE_KEY_REVOKE, METHOD_DELETE},
        {"/api/v1/review", ROUTE_REVIEW, METHOD_GET},
        {"/api/v1/review/precision", ROUTE_PRECISION, METHOD_GET},
        {"/api/v1/review/labels", ROUTE_LABELS, METHOD_GET},
        {"/api/v1/review/7", ROUTE_REVIEW_ITEM, METHOD_GET},
        {"/api/v1/review/7", ROUTE_REVIEW_ACT, METHOD_POST},
        {"/api/v1/rooms/lobby/policy", ROUTE_POLICY, METHOD_GET},
        {"/api/v1/rooms/lobby/policy", ROUTE_POLICY_PUT, METHOD_PUT},
        {"/api/v1/rooms/lobby/policy/dry-run", ROUTE_DRY_RUN, METHOD_POST},
        {"/api/v1/rooms/lobby/events/7/trace", ROUTE_TRACE, METHOD_GET},
        {"/api/v1/audit", ROUTE_AUDIT, METHOD_GET},
        {"/api/v1/analyze", ROUTE_ANALYZE, METHOD_POST},
        {"/v1alpha1/comments:analyze", ROUTE_COMMENTS_ANALYZE, METHOD_POST},
        {"/v1alpha1/comments:suggestscore", ROUTE_COMMENTS_SUGGEST, METHOD_POST},
        {"/$discovery/rest", ROUTE_DISCOVERY, METHOD_GET},
    };
    ck_assert_uint_eq(sizeof paths / sizeof paths[0], N_ROUTES);
    for (size_t i = 0; i < N_ROUTES; i++) {
        ck_assert_int_eq(find_for(paths[i].method, paths[i].path), 0);
        ck_assert_int_eq(match.route->id, paths[i].id);
    }
}
END_TEST

START_TEST(a_path_can_hold_a_room_and_a_seq)
{
    ck_assert_int_eq(find("/api/v1/rooms/tea/events/58/trace"), 0);
    ck_assert_str_eq(match.room, "tea");
    ck_assert_int_eq(match.id, 58);
    ck_assert_int_eq(find("/api/v1/rooms/tea/events/0/trace"), E_BAD_REQUEST);
    ck_assert_int_eq(find("/api/v1/rooms/TEA/events/58/trace"), E_BAD_REQUEST);
    ck_assert_int_eq(find("/api/v1/rooms/tea/events//trace"), E_NOT_FOUND);
}
END_TEST

START_TEST(other_paths_are_not_found)
{
    static const char *const paths[] = {
        "", "/", "/healthz/", "/health", "/api", "/api/v1/rooms/", "/api/v1/rooms/lobby",
        "/api/v1/rooms//events", "/api/v1/rooms/lobby/events/", "/api/v1/rooms/a/b/events",
        "/api/v1/rooms/lobby/eventsx", "/API/v1/stats", "api/v1/stats", "/api/v2/stats",
    };
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        ck_assert_int_eq(find(paths[i]), E_NOT_FOUND);
        ck_assert_ptr_null(match.route);
    }
}
END_TEST

START_TEST(a_room_is_taken_from_the_path)
{
    ck_assert_int_eq(find("/api/v1/rooms/a.b_c:d-9/events"), 0);
    ck_assert_str_eq(match.room, "a.b_c:d-9");
    char path[128] = "/api/v1/rooms/";
    memset(path + 14, 'r', ROOM_NAME_MAX);
    strcpy(path + 14 + ROOM_NAME_MAX, "/events");
    ck_assert_int_eq(find(path), 0);
    ck_assert_uint_eq(strlen(match.room), ROOM_NAME_MAX);
    ck_assert_int_eq(find("/api/v1/rooms"), 0);
    ck_assert_str_eq(match.room, "");
}
END_TEST

START_TEST(an_id_is_taken_from_the_path)
{
    static const char *const wrong[] = {"0", "-1", "x", "1x", "9007199254740992",
                                        "111111111111111111111111111111"};
    char path[96];
    ck_assert_int_eq(find("/api/v1/quarantine/9007199254740991"), 0);
    ck_assert_int_eq(match.id, 9007199254740991);
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(path, sizeof path, "/api/v1/quarantine/%s/replay", wrong[i]);
        ck_assert_int_eq(find_for(METHOD_POST, path), E_BAD_REQUEST);
        ck_assert_int_eq(match.route->id, ROUTE_REPLAY);
        ck_assert_ptr_nonnull(strstr(problem, "number"));
    }
    ck_assert_int_eq(find("/api/v1/quarantine"), 0);
    ck_assert_int_eq(match.id, 0);
}
END_TEST

START_TEST(a_path_with_two_methods_tells_both)
{
    find_for(METHOD_POST, "/api/v1/quarantine/1");
    ck_assert(!route_takes(match.route, METHOD_POST));
    ck_assert_str_eq(route_allow(match.route), "GET, HEAD, DELETE");
    find_for(METHOD_DELETE, "/api/v1/review/1");
    ck_assert_str_eq(route_allow(match.route), "GET, HEAD, POST");
    find_for(METHOD_POST, "/api/v1/review/precision");
    ck_assert_int_eq(match.route->id, ROUTE_REVIEW_ACT);
    find_for(METHOD_HEAD, "/api/v1/quarantine/1");
    ck_assert_int_eq(match.route->id, ROUTE_CULPRIT);
}
END_TEST

START_TEST(a_room_that_cannot_exist_is_refused_with_the_rule)
{
    static const char *const rooms[] = {"LOBBY", ".a",   "a b",    "caf\xc3\xa9",
                                        "-",     "..", "a%2f", "a\x01"};
    char path[160];
    for (size_t i = 0; i < sizeof rooms / sizeof rooms[0]; i++) {
        snprintf(path, sizeof path, "/api/v1/rooms/%s/messages", rooms[i]);
        ck_assert_int_eq(find(path), E_BAD_REQUEST);
        ck_assert_ptr_nonnull(strstr(problem, "1 to 64"));
    }
    memset(path, 'r', sizeof path);
    memcpy(path, "/api/v1/rooms/", 14);
    strcpy(path + 14 + ROOM_NAME_MAX + 1, "/events");
    ck_assert_int_eq(find(path), E_BAD_REQUEST);
}
END_TEST

START_TEST(get_serves_head_and_nothing_else)
{
    find("/healthz");
    ck_assert(route_takes(match.route, METHOD_GET));
    ck_assert(route_takes(match.route, METHOD_HEAD));
    ck_assert(!route_takes(match.route, METHOD_POST));
    ck_assert(!route_takes(match.route, METHOD_OTHER));
    ck_assert_str_eq(route_allow(match.route), "GET, HEAD");
    find("/api/v1/ops/tickets");
    ck_assert(route_takes(match.route, METHOD_POST));
    ck_assert(!route_takes(match.route, METHOD_GET));
    ck_assert(!route_takes(match.route, METHOD_HEAD));
    ck_assert_str_eq(route_allow(match.route), "POST");
}
END_TEST

START_TEST(under_api_only_the_trade_of_a_ticket_is_open)
{
    static const char *const paths[] = {"/api/v1/stats", "/api/v1/workers", "/api/v1/rooms",
                                        "/api/v1/quarantine", "/api/v1/quarantine/1",
                                        "/api/v1/quarantine/1/replay", "/api/v1/keys",
                                        "/api/v1/review", "/api/v1/review/1", "/api/v1/audit"};
    for (size_t i = 0; i < sizeof paths / sizeof paths[0]; i++) {
        find(paths[i]);
        ck_assert_int_eq(match.route->right, RIGHT_OPERATE);
    }
    find_for(METHOD_DELETE, "/api/v1/quarantine/1");
    ck_assert_int_eq(match.route->right, RIGHT_OPERATE);
    find("/api/v1/ops/tickets");
    ck_assert_int_eq(match.route->right, RIGHT_OWN);
    find("/api/v1/rooms/a/events");
    ck_assert_int_eq(match.route->right, RIGHT_READ_ROOM);
    find("/api/v1/rooms/a/messages");
    ck_assert_int_eq(match.route->right, RIGHT_WRITE);
    find_for(METHOD_POST, "/api/v1/keys");
    ck_assert_int_eq(match.route->right, RIGHT_OWN);
    find_for(METHOD_DELETE, "/api/v1/keys/a");
    ck_assert_int_eq(match.route->right, RIGHT_OWN);
    find("/api/v1/ops/session");
    ck_assert_int_eq(match.route->right, RIGHT_NONE);
}
END_TEST

START_TEST(query_parameters_have_defaults_and_bounds)
{
    struct params p;
    char err[128];
    find("/api/v1/rooms/lobby/events");
    params_init(&p, match.route);
    ck_assert_uint_eq(p.after, 0);
    ck_assert_uint_eq(p.limit, 100);
    ck_assert_int_eq(params_take(&p, match.route, "after=9007199254740991", err, sizeof err), 0);
    ck_assert_int_eq(params_take(&p, match.route, "limit=200", err, sizeof err), 0);
    ck_assert_int_eq(params_take(&p, match.route, "later=x", err, sizeof err), 0);
    ck_assert_uint_eq(p.after, 9007199254740991);
    ck_assert_uint_eq(p.limit, 200);
    static const char *const bad[] = {
        "limit=0", "limit=201", "limit=", "limit=-1", "limit=1x", "limit= 1",
        "after=-1", "after=", "after=9007199254740992", "after=18446744073709551616", "after=0x1",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        ck_assert_int_eq(params_take(&p, match.route, bad[i], err, sizeof err), E_BAD_REQUEST);
        ck_assert_int_eq(strncmp(err, bad[i], 5), 0); /* names the parameter */
    }
    find("/api/v1/review");
    params_init(&p, match.route);
    ck_assert_str_eq(p.state, "");
    ck_assert_int_eq(params_take(&p, match.route, "state=masked", err, sizeof err), 0);
    ck_assert_int_eq(params_take(&p, match.route, "room=lobby", err, sizeof err), 0);
    ck_assert_int_eq(params_take(&p, match.route, "before=9", err, sizeof err), 0);
    ck_assert_str_eq(p.state, "masked");
    ck_assert_str_eq(p.room, "lobby");
    ck_assert_uint_eq(p.before, 9);
    ck_assert_int_eq(params_take(&p, match.route, "state=x", err, sizeof err), E_BAD_REQUEST);
    ck_assert_int_eq(params_take(&p, match.route, "room=A", err, sizeof err), E_BAD_REQUEST);
    ck_assert_int_eq(params_take(&p, match.route, "before=x", err, sizeof err), E_BAD_REQUEST);
    find("/api/v1/rooms");
    params_init(&p, match.route);
    ck_assert_uint_eq(p.limit, 200);
    ck_assert_int_eq(params_take(&p, match.route, "limit=1000", err, sizeof err), 0);
}
END_TEST

START_TEST(a_search_has_a_question_and_one_mode)
{
    struct params p;
    char err[128], longest[SEARCH_Q_MAX + 4];
    find("/api/v1/rooms/lobby/search");
    params_init(&p, match.route);
    ck_assert_str_eq(p.q, "");
    ck_assert_int_eq(params_take(&p, match.route, "q=a printer", err, sizeof err), 0);
    ck_assert_str_eq(p.q, "a printer");
    ck_assert(!p.by_meaning);
    ck_assert_int_eq(params_take(&p, match.route, "mode=semantic", err, sizeof err), 0);
    ck_assert(p.by_meaning);
    ck_assert_int_eq(params_take(&p, match.route, "mode=words", err, sizeof err), 0);
    ck_assert(!p.by_meaning);
    ck_assert_int_eq(params_take(&p, match.route, "mode=magic", err, sizeof err), E_BAD_REQUEST);
    ck_assert_ptr_nonnull(strstr(err, "words or semantic"));
    memset(longest, 'x', sizeof longest);
    memcpy(longest, "q=", 2);
    longest[SEARCH_Q_MAX + 2] = '\0';
    ck_assert_int_eq(params_take(&p, match.route, longest, err, sizeof err), 0);
    ck_assert_uint_eq(strlen(p.q), SEARCH_Q_MAX);
    longest[SEARCH_Q_MAX + 2] = 'x';
    longest[SEARCH_Q_MAX + 3] = '\0';
    ck_assert_int_eq(params_take(&p, match.route, longest, err, sizeof err), 0);
    ck_assert_str_eq(p.q, ""); /* cut, it would be another question */
}
END_TEST

START_TEST(numbers_are_digits_within_their_bound)
{
    uint64_t n = 7;
    ck_assert(parse_u64("0", UINT64_MAX, &n));
    ck_assert_uint_eq(n, 0);
    ck_assert(parse_u64("18446744073709551615", UINT64_MAX, &n));
    ck_assert_uint_eq(n, UINT64_MAX);
    ck_assert(!parse_u64("18446744073709551616", UINT64_MAX, &n));
    ck_assert(parse_u64("10", 10, &n));
    ck_assert(!parse_u64("11", 10, &n));
    ck_assert(!parse_u64("5", 4, &n));
    ck_assert(!parse_u64("", 10, &n));
    ck_assert(!parse_u64("+1", 10, &n));
    ck_assert(!parse_u64("5, 5", 100, &n));
}
END_TEST

START_TEST(the_bearer_token_is_found_in_its_header)
{
    ck_assert_str_eq(bearer_token("Bearer abc"), "abc");
    ck_assert_str_eq(bearer_token("bEARER \t abc"), "abc");
    ck_assert_ptr_null(bearer_token(""));
    ck_assert_ptr_null(bearer_token("Bearer"));
    ck_assert_ptr_null(bearer_token("Bearer  "));
    ck_assert_ptr_null(bearer_token("Bearerabc"));
    ck_assert_ptr_null(bearer_token("Basic YTpi"));
}
END_TEST

START_TEST(a_header_list_is_searched_by_whole_words)
{
    ck_assert(header_lists("gzip", "gzip"));
    ck_assert(header_lists("deflate, GZIP;q=0.5, br", "gzip"));
    ck_assert(header_lists("keep-alive,close", "close"));
    ck_assert(!header_lists("", "gzip"));
    ck_assert(!header_lists("x-gzip, gzipped", "gzip"));
    ck_assert(!header_lists("identity;x=gzip", "gzip"));
    ck_assert(!header_lists(",,, ;", "gzip"));
}
END_TEST

UNIT_MAIN("route", each_path_of_the_table_is_found_as_itself,
          a_path_can_hold_a_room_and_a_seq, other_paths_are_not_found,
          a_room_is_taken_from_the_path, an_id_is_taken_from_the_path,
          a_path_with_two_methods_tells_both, a_room_that_cannot_exist_is_refused_with_the_rule,
          get_serves_head_and_nothing_else, under_api_only_the_trade_of_a_ticket_is_open,
          query_parameters_have_defaults_and_bounds, numbers_are_digits_within_their_bound,
          a_search_has_a_question_and_one_mode,
          the_bearer_token_is_found_in_its_header, a_header_list_is_searched_by_whole_words)
