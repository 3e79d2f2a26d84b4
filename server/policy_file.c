/* SPDX-License-Identifier: MIT
 * The file of --policy; see policy_file.h. Main thread. */
#include "policy_file.h"

#include "base/log.h"
#include "base/status.h"
#include "chat/policy.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define BYTES_MAX 65536

/* With a final NUL. */
static int read_all(struct buf *text, const char *path, char *err, size_t err_len)
{
    char piece[4096];
    FILE *f = fopen(path, "re");
    if (f == NULL) {
        snprintf(err, err_len, "--policy %s: %s", path, strerror(errno));
        return E_IO;
    }
    while (!feof(f) && !ferror(f) && text->len < BYTES_MAX)
        buf_append(text, piece, fread(piece, 1, sizeof piece, f));
    bool whole = feof(f) && !ferror(f);
    fclose(f);
    buf_append_char(text, '\0');
    if (whole && !text->failed)
        return 0;
    snprintf(err, err_len, "--policy %s: cannot be read, or has more than %d bytes", path,
             BYTES_MAX);
    return E_IO;
}

int policy_file_read(char **text, const char *path, char *err, size_t err_len)
{
    char why[POLICY_ERR_MAX];
    struct buf b = BUF_INIT;
    *text = NULL;
    if (path[0] == '\0')
        return 0;
    int status = read_all(&b, path, err, err_len);
    struct policy *p = status == 0 ? policy_read(b.data, why) : NULL;
    if (p == NULL) {
        if (status == 0)
            snprintf(err, err_len, "--policy %s: %s", path, why);
        buf_fini(&b);
        return E_BAD_REQUEST;
    }
    policy_unref(p);
    *text = b.data;
    return 0;
}

void policy_file_reload(const char *path, const struct topology *topology)
{
    char err[512], *text;
    if (policy_file_read(&text, path, err, sizeof err) != 0) {
        log_warn("main", "%s; the policy stays as it was", err);
        return;
    }
    for (unsigned i = 0; text != NULL && i < topology->n_loops; i++) {
        struct msg_policy *m = msg_new(MSG_LOOP_POLICY, 0);
        if (m == NULL)
            break;
        buf_append(&m->json, text, strlen(text) + 1);
        if (m->json.failed)
            msg_free(&m->head);
        else
            mailbox_post(topology->loops[i], &m->head);
    }
    free(text);
}
