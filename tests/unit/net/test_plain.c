/* SPDX-License-Identifier: MIT
 * Comments as plain text: HTML taken off, sentences found, offsets counted in UTF-16. */
#include "base/utf8.h"
#include "net/plain.h"

#include "unit.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static struct plain p;

static void make(const char *text, bool html)
{
    ck_assert_int_eq(plain_make(&p, text, strlen(text), html), 0);
}

/* The sentences, each as "begin-end" in UTF-16 units. */
static void expect_split(const char *text, size_t max, const char *expected)
{
    struct stretch parts[16];
    char said[256] = "";
    make(text, false);
    size_t n = plain_split(&p, parts, max);
    for (size_t i = 0; i < n; i++) {
        size_t at = strlen(said);
        snprintf(said + at, sizeof said - at, "%s%u-%u", i > 0 ? " " : "", p.at[parts[i].begin],
                 p.at[parts[i].end]);
    }
    ck_assert_str_eq(said, expected);
    plain_fini(&p);
}

START_TEST(offsets_are_utf16_code_units)
{
    make("a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80z", false); /* a é € 😀 z */
    ck_assert_uint_eq(p.at[0], 0);
    ck_assert_uint_eq(p.at[1], 1);
    ck_assert_uint_eq(p.at[3], 2);
    ck_assert_uint_eq(p.at[6], 3);
    ck_assert_uint_eq(p.at[10], 5); /* behind a surrogate pair */
    ck_assert_uint_eq(p.at[11], 6);
    plain_fini(&p);
}
END_TEST

START_TEST(html_loses_tags_and_references_and_keeps_its_offsets)
{
    make("<p>I &lt;3 caf&#xE9;</p><!-- x -->&amp;&nope; 1 < 2", true);
    ck_assert_str_eq(p.text, " I <3 caf\xc3\xa9  &&nope; 1 < 2");
    ck_assert_uint_eq(p.at[1], 3);  /* I */
    ck_assert_uint_eq(p.at[3], 5);  /* < of &lt; */
    ck_assert_uint_eq(p.at[4], 9);  /* 3 */
    ck_assert_uint_eq(p.at[9], 14); /* é of &#xE9; */
    ck_assert_uint_eq(p.at[p.len], 51);
    plain_fini(&p);
}
END_TEST

START_TEST(html_that_is_broken_is_text)
{
    static const char *const texts[] = {"a < b", "<3", "<b", "&;", "&#0;", "&#xd800;", "&#x110000;",
                                        "&#99999999999;", "& amp;", "&", "<"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        make(texts[i], true);
        ck_assert_str_eq(p.text, texts[i]);
        ck_assert(utf8_is_valid(p.text, p.len));
        plain_fini(&p);
    }
    make("&#128512;&#8364;&quot;", true);
    ck_assert_str_eq(p.text, "\xf0\x9f\x98\x80\xe2\x82\xac\"");
    plain_fini(&p);
}
END_TEST

START_TEST(sentences_end_where_people_end_them)
{
    expect_split("What kind of idiot name is foo? Sorry, I like your name.", 16, "0-31 32-56");
    expect_split("v1.2 is out!! Really?! (Yes.) ok", 16, "0-13 14-22 23-29 30-32");
    expect_split("  one\n\n two  \n", 16, "2-5 8-11");
    expect_split("no end", 16, "0-6");
    expect_split(" \n ", 16, "");
    expect_split("a. b. c. d", 3, "0-2 3-5 6-10");
    expect_split("\xe5\xa5\xbd\xe3\x80\x82\xe5\xa5\xbd", 16, "0-2 2-3");
}
END_TEST

UNIT_MAIN("plain", offsets_are_utf16_code_units,
          html_loses_tags_and_references_and_keeps_its_offsets, html_that_is_broken_is_text,
          sentences_end_where_people_end_them)
