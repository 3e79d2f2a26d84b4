/* SPDX-License-Identifier: MIT
 * The pages in memory: what is loaded from a directory and what is left out. */
#include "base/status.h"
#include "net/assets.h"

#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

static char dir[64];
static char err[512];

static void make_dir(void)
{
    strcpy(dir, "/tmp/parley-assets-XXXXXX");
    ck_assert_ptr_nonnull(mkdtemp(dir));
}

static const char *at(const char *name)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", dir, name);
    return path;
}

static void put(const char *name, const char *text, size_t times)
{
    FILE *f = fopen(at(name), "w");
    ck_assert_ptr_nonnull(f);
    for (size_t i = 0; i < times; i++)
        fputs(text, f);
    fclose(f);
}

static void remove_dir(void)
{
    static const char *const names[] = {"index.html",    "ops.html",       ".hidden", "link.html",
                                        "assets/a-1.js", "assets/b-2.png", "assets"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        remove(at(names[i]));
    rmdir(dir);
}

static struct assets *load(void)
{
    struct assets *a;
    ck_assert_msg(assets_load(&a, dir, err, sizeof err) == 0, "%s", err);
    return a;
}

START_TEST(pages_are_found_by_their_paths)
{
    make_dir();
    put("index.html", "home", 1);
    put("ops.html", "ops", 1);
    mkdir(at("assets"), 0700);
    put("assets/a-1.js", "x", 1);
    struct assets *a = load();
    ck_assert_uint_eq(assets_count(a), 3);
    ck_assert_ptr_eq(assets_find(a, "/"), assets_find(a, "/index.html"));
    ck_assert_ptr_eq(assets_find(a, "/ops"), assets_find(a, "/ops.html"));
    ck_assert_mem_eq(assets_find(a, "/")->plain.data, "home", 4);
    ck_assert(!assets_find(a, "/")->immutable);
    ck_assert(assets_find(a, "/assets/a-1.js")->immutable);
    ck_assert_ptr_null(assets_find(a, "/assets"));
    ck_assert_ptr_null(assets_find(a, "/assets/"));
    ck_assert_ptr_null(assets_find(a, "/assets/../index.html"));
    ck_assert_ptr_null(assets_find(a, "index.html"));
    ck_assert_ptr_null(assets_find(a, ""));
    assets_free(a);
    remove_dir();
}
END_TEST

START_TEST(links_and_dot_files_are_left_out)
{
    make_dir();
    put("index.html", "home", 1);
    put(".hidden", "secret", 1);
    char link[256];
    strcpy(link, at("link.html"));
    ck_assert_int_eq(symlink("/etc/hostname", link), 0);
    struct assets *a = load();
    ck_assert_uint_eq(assets_count(a), 1);
    ck_assert_ptr_null(assets_find(a, "/.hidden"));
    ck_assert_ptr_null(assets_find(a, "/link.html"));
    assets_free(a);
    remove_dir();
}
END_TEST

START_TEST(text_is_held_compressed_too_when_that_gains)
{
    make_dir();
    put("index.html", "short", 1);
    mkdir(at("assets"), 0700);
    put("assets/a-1.js", "let a = 'the same again and again';\n", 200);
    put("assets/b-2.png", "the same again and again", 200);
    struct assets *a = load();
    ck_assert_uint_eq(assets_find(a, "/")->gzip.len, 0);
    ck_assert_uint_eq(assets_find(a, "/assets/b-2.png")->gzip.len, 0);
    const struct asset *js = assets_find(a, "/assets/a-1.js");
    ck_assert_uint_gt(js->gzip.len, 0);
    ck_assert_uint_lt(js->gzip.len, js->plain.len / 10);
    ck_assert_str_ne(js->etag, js->etag_gzip);
    static char back[16384];
    z_stream z = {.next_in = (unsigned char *)js->gzip.data, .avail_in = (uInt)js->gzip.len,
                  .next_out = (unsigned char *)back, .avail_out = sizeof back};
    ck_assert_int_eq(inflateInit2(&z, 15 + 16), Z_OK);
    ck_assert_int_eq(inflate(&z, Z_FINISH), Z_STREAM_END);
    ck_assert_uint_eq(z.total_out, js->plain.len);
    ck_assert_mem_eq(back, js->plain.data, js->plain.len);
    inflateEnd(&z);
    assets_free(a);
    remove_dir();
}
END_TEST

START_TEST(a_tag_follows_the_content)
{
    make_dir();
    char first[64], second[64];
    put("index.html", "one", 1);
    struct assets *a = load();
    strcpy(first, assets_find(a, "/")->etag);
    assets_free(a);
    a = load();
    ck_assert_str_eq(assets_find(a, "/")->etag, first);
    assets_free(a);
    put("index.html", "two", 1);
    a = load();
    strcpy(second, assets_find(a, "/")->etag);
    ck_assert_str_ne(first, second);
    ck_assert_int_eq(first[0], '"');
    assets_free(a);
    remove_dir();
}
END_TEST

START_TEST(a_directory_without_pages_says_so)
{
    struct assets *a;
    ck_assert_int_eq(assets_load(&a, "/no/such/dir", err, sizeof err), E_NOT_FOUND);
    ck_assert_ptr_null(a);
    ck_assert_ptr_nonnull(strstr(err, "/no/such/dir"));
    make_dir();
    ck_assert_int_eq(assets_load(&a, dir, err, sizeof err), E_NOT_FOUND);
    ck_assert_ptr_null(a);
    ck_assert_ptr_nonnull(strstr(err, "index.html"));
    remove_dir();
}
END_TEST

START_TEST(types_go_by_the_ending)
{
    ck_assert_str_eq(assets_type("/index.html"), "text/html; charset=utf-8");
    ck_assert_str_eq(assets_type("/assets/a.B-1.js"), "text/javascript; charset=utf-8");
    ck_assert_str_eq(assets_type("/assets/a.css"), "text/css; charset=utf-8");
    ck_assert_str_eq(assets_type("/i.svg"), "image/svg+xml");
    ck_assert_str_eq(assets_type("/f.woff2"), "font/woff2");
    ck_assert_str_eq(assets_type("/assets/a.js.map"), "application/json");
    ck_assert_str_eq(assets_type("/unknown"), "application/octet-stream");
    ck_assert_str_eq(assets_type(".js"), "application/octet-stream");
    ck_assert_str_eq(assets_type(""), "application/octet-stream");
}
END_TEST

UNIT_MAIN("assets", pages_are_found_by_their_paths, links_and_dot_files_are_left_out,
          text_is_held_compressed_too_when_that_gains, a_tag_follows_the_content,
          a_directory_without_pages_says_so, types_go_by_the_ending)
