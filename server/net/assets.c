/* SPDX-License-Identifier: MIT
 * The pages in memory; see assets.h. Main thread while loading, then constant. */
#include "net/assets.h"

#include "base/status.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

#define FILE_MAX (16u << 20)
#define TOTAL_MAX (64u << 20)
#define DEPTH_MAX 8
#define GZIP_MIN 1024 /* below, the header costs what compression gains */

struct assets {
    struct asset *list; /* sorted by path once loaded */
    size_t count, cap;
    size_t bytes;
};

struct loading {
    struct assets *assets;
    char *err;
    size_t err_len;
};

static const struct {
    const char *ending;
    const char *type;
    bool text; /* compresses well */
} types[] = {
    {".html", "text/html; charset=utf-8", true},
    {".js", "text/javascript; charset=utf-8", true},
    {".mjs", "text/javascript; charset=utf-8", true},
    {".css", "text/css; charset=utf-8", true},
    {".json", "application/json", true},
    {".map", "application/json", true},
    {".webmanifest", "application/manifest+json", true},
    {".svg", "image/svg+xml", true},
    {".txt", "text/plain; charset=utf-8", true},
    {".png", "image/png", false},
    {".jpg", "image/jpeg", false},
    {".webp", "image/webp", false},
    {".ico", "image/x-icon", false},
    {".woff2", "font/woff2", false},
    {"", "application/octet-stream", false},
};

static size_t find_type(const char *path)
{
    size_t len = strlen(path);
    size_t i = 0;
    for (; types[i].ending[0] != '\0'; i++) {
        size_t n = strlen(types[i].ending);
        if (len > n && strcmp(path + len - n, types[i].ending) == 0)
            break;
    }
    return i;
}

const char *assets_type(const char *path)
{
    return types[find_type(path)].type;
}

static int fail(struct loading *l, int status, const char *path, const char *what)
{
    snprintf(l->err, l->err_len, "%s: %s", path, what);
    return status;
}

static int read_all(struct loading *l, const char *file, struct buf *out)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
    if (fd < 0)
        return fail(l, E_IO, file, strerror(errno));
    int status = 0;
    for (;;) {
        char *to = buf_reserve(out, 65536);
        if (to == NULL) {
            status = fail(l, E_NO_MEMORY, file, "out of memory");
            break;
        }
        ssize_t n = read(fd, to, 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            status = fail(l, E_IO, file, strerror(errno));
        if (n <= 0)
            break;
        out->len += (size_t)n;
        if (out->len > FILE_MAX) {
            status = fail(l, E_TOO_LARGE, file, "a page's file may have 16 MiB");
            break;
        }
    }
    close(fd);
    return status;
}

/* Best effort: without memory the page is served plain. */
static void compress_asset(struct asset *a)
{
    z_stream z = {0};
    if (deflateInit2(&z, Z_BEST_COMPRESSION, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY) != Z_OK)
        return;
    uLong bound = deflateBound(&z, a->plain.len);
    char *to = buf_reserve(&a->gzip, bound);
    if (to != NULL) {
        z.next_in = (unsigned char *)a->plain.data;
        z.avail_in = (uInt)a->plain.len;
        z.next_out = (unsigned char *)to;
        z.avail_out = (uInt)bound;
        if (deflate(&z, Z_FINISH) == Z_STREAM_END && z.total_out < a->plain.len * 9 / 10)
            a->gzip.len = z.total_out;
    }
    deflateEnd(&z);
    if (a->gzip.len == 0)
        buf_fini(&a->gzip);
}

/* The same file has the same tag after a restart, so that browsers keep what they have. */
static void tag_asset(struct asset *a)
{
    unsigned char digest[crypto_generichash_BYTES_MIN];
    char hex[2 * sizeof digest + 1];
    crypto_generichash(digest, sizeof digest, (const unsigned char *)a->plain.data, a->plain.len,
                       NULL, 0);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    snprintf(a->etag, sizeof a->etag, "\"%s\"", hex);
    snprintf(a->etag_gzip, sizeof a->etag_gzip, "\"%s-gz\"", hex);
}

static struct asset *append(struct assets *all)
{
    if (all->count == all->cap) {
        size_t cap = all->cap != 0 ? all->cap * 2 : 32;
        struct asset *list = realloc(all->list, cap * sizeof *list);
        if (list == NULL)
            return NULL;
        all->list = list;
        all->cap = cap;
    }
    struct asset *a = &all->list[all->count++];
    *a = (struct asset){.plain = BUF_INIT, .gzip = BUF_INIT};
    return a;
}

static int load_file(struct loading *l, const char *file, const char *path)
{
    struct asset *a = append(l->assets);
    if (a == NULL || (a->path = strdup(path)) == NULL)
        return fail(l, E_NO_MEMORY, file, "out of memory");
    int status = read_all(l, file, &a->plain);
    if (status != 0)
        return status;
    l->assets->bytes += a->plain.len;
    if (l->assets->bytes > TOTAL_MAX)
        return fail(l, E_TOO_LARGE, file, "the pages may have 64 MiB together");
    size_t type = find_type(path);
    a->type = types[type].type;
    a->immutable = strncmp(path, "/assets/", 8) == 0;
    tag_asset(a);
    if (types[type].text && a->plain.len >= GZIP_MIN)
        compress_asset(a);
    return 0;
}

/* `path` is what clients ask for: "" for the top directory. Links and dot-files are left out. */
static int load_dir(struct loading *l, const char *dir, const char *path, int depth)
{
    DIR *d = opendir(dir);
    if (d == NULL) {
        bool absent = errno == ENOENT || errno == ENOTDIR;
        return fail(l, absent ? E_NOT_FOUND : E_IO, dir, strerror(errno));
    }
    int status = 0;
    struct dirent *entry;
    while (status == 0 && (entry = readdir(d)) != NULL) {
        char file[4096], sub[1024];
        struct stat st;
        if (entry->d_name[0] == '.')
            continue;
        int n = snprintf(file, sizeof file, "%s/%s", dir, entry->d_name);
        int m = snprintf(sub, sizeof sub, "%s/%s", path, entry->d_name);
        if (n >= (int)sizeof file || m >= (int)sizeof sub)
            status = fail(l, E_IO, dir, "holds a path that is too long");
        else if (lstat(file, &st) != 0)
            status = fail(l, E_IO, file, strerror(errno));
        else if (S_ISREG(st.st_mode))
            status = load_file(l, file, sub);
        else if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
            status = load_dir(l, file, sub, depth + 1);
    }
    closedir(d);
    return status;
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct asset *)a)->path, ((const struct asset *)b)->path);
}

static int compare_key(const void *path, const void *a)
{
    return strcmp(path, ((const struct asset *)a)->path);
}

int assets_load(struct assets **out, const char *dir, char *err, size_t err_len)
{
    *out = NULL;
    struct assets *a = calloc(1, sizeof *a);
    struct loading l = {a, err, err_len};
    if (a == NULL)
        return fail(&l, E_NO_MEMORY, dir, "out of memory");
    int status = load_dir(&l, dir, "", 0);
    if (status == 0) {
        if (a->count > 1)
            qsort(a->list, a->count, sizeof a->list[0], compare);
        if (assets_find(a, "/") == NULL)
            status = fail(&l, E_NOT_FOUND, dir, "holds no index.html");
    }
    if (status != 0) {
        assets_free(a);
        return status;
    }
    *out = a;
    return 0;
}

void assets_free(struct assets *a)
{
    if (a == NULL)
        return;
    for (size_t i = 0; i < a->count; i++) {
        free(a->list[i].path);
        buf_fini(&a->list[i].plain);
        buf_fini(&a->list[i].gzip);
    }
    free(a->list);
    free(a);
}

size_t assets_count(const struct assets *a)
{
    return a->count;
}

const struct asset *assets_find(const struct assets *a, const char *path)
{
    if (strcmp(path, "/") == 0)
        path = "/index.html";
    else if (strcmp(path, "/ops") == 0)
        path = "/ops.html";
    if (a->count == 0)
        return NULL;
    return bsearch(path, a->list, a->count, sizeof a->list[0], compare_key);
}
