/* SPDX-License-Identifier: MIT
 *
 * API keys over HTTP: list, make, revoke. A key is shown once, in the answer that made it; the
 * store keeps its hash. Thread: the request's loop.
 */
#include "net/api_impl.h"

#include "base/json.h"
#include "base/status.h"

#include <sodium.h>
#include <string.h>

static void post(struct http_request *r, struct msg_key *m)
{
    m->reply = chat_mailbox(r->net->chat);
    memcpy(m->actor, r->actor, sizeof m->actor);
    m->ask.client = http_await(r);
    if (m->ask.client != 0)
        chat_post_store(r->net->chat, &m->head);
    else
        msg_free(&m->head);
}

static struct msg_key *make(struct http_request *r, enum key_act act)
{
    struct msg_key *m = msg_new(MSG_STORE_KEY, 0);
    if (m == NULL)
        http_fail(r, E_NO_MEMORY, NULL);
    else
        m->act = act;
    return m;
}

void handle_keys(struct http_request *r)
{
    struct msg_key *m = make(r, KEY_LIST);
    if (m != NULL)
        post(r, m);
}

/* Field "scopes": a list of names. 0 when the request failed. */
static unsigned take_scopes(struct request *fields)
{
    const json_t *list = json_object_get(fields->json, "scopes");
    unsigned scopes = 0;
    for (size_t i = 0; i < json_array_size(list); i++) {
        const char *name = json_string_value(json_array_get(list, i));
        unsigned scope = name != NULL ? key_scope_find(name) : 0;
        if (scope == 0) {
            request_fail(fields, E_BAD_REQUEST,
                         "'scopes' may hold \"analyze\", \"read\" and \"write\"");
            return 0;
        }
        scopes |= scope;
    }
    if (scopes == 0)
        request_fail(fields, E_BAD_REQUEST, "'scopes' must be a list such as [\"analyze\"]");
    return scopes;
}

void handle_key_add(struct http_request *r)
{
    struct request fields;
    size_t len = 0;
    api_parse_body(r, &fields);
    const char *name = NULL;
    unsigned scopes = 0;
    if (fields.status == 0)
        name = request_string(&fields, "name", true, KEY_NAME_MAX, &len);
    if (name != NULL && !room_name_is_valid(name, len))
        request_fail(&fields, E_BAD_REQUEST,
                     "'name' must match [a-z0-9][a-z0-9._:-]{0,63}, for example \"blog\"");
    if (fields.status == 0)
        scopes = take_scopes(&fields);
    struct msg_key *m = fields.status == 0 ? make(r, KEY_ADD) : NULL;
    if (fields.status != 0) {
        http_fail(r, fields.status, fields.message);
    } else if (m != NULL) {
        memcpy(m->name, name, len + 1);
        m->scopes = scopes;
        auth_make_key(m->secret, m->hash);
        post(r, m);
    }
    request_fini(&fields);
}

void handle_key_revoke(struct http_request *r)
{
    struct msg_key *m = make(r, KEY_REVOKE);
    if (m == NULL)
        return;
    memcpy(m->name, r->room, sizeof m->name);
    post(r, m);
}

void api_answer_key(struct http_request *r, const struct msg_key *m)
{
    if (m->ask.status != 0) {
        api_fail_ask(r, &m->ask);
        return;
    }
    struct buf *b = api_open_json(r, m->act == KEY_ADD ? 201 : 200);
    if (m->act == KEY_LIST) {
        buf_append_str(b, "{\"keys\":[");
        buf_append(b, m->entries.data, m->entries.len);
        buf_append_str(b, "]}");
    } else {
        buf_append_str(b, "{\"name\":");
        json_put_cstring(b, m->name);
        if (m->act == KEY_ADD) {
            buf_append_str(b, ",\"scopes\":");
            key_scopes_encode(b, m->scopes);
            buf_append_str(b, ",\"key\":");
            json_put_cstring(b, m->secret);
        }
        buf_append_char(b, '}');
    }
    api_respond(r);
}
