/* SPDX-License-Identifier: MIT
 *
 * Runs a fuzz target without clang: seeds, then seeds with blind mutations, from a random number
 * generator whose seed is an argument, so that a failure can be repeated. A failure is a
 * sanitizer's report or a signal; the input that was being tried lies in FILE then.
 *
 *     fuzz_X FILE SECONDS SEED SEEDS…      SEEDS: files, an input each
 *     fuzz_X FILE                          tries FILE once
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#define INPUT_MAX 65536

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct input {
    size_t len;
    uint8_t bytes[INPUT_MAX];
};

static uint64_t state;

/* xorshift64*, good enough to stir with. */
static uint32_t draw(uint32_t below)
{
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return (uint32_t)((state * UINT64_C(2685821657736338717)) >> 33) % below;
}

static int load(const char *path, struct input *in)
{
    FILE *f = fopen(path, "rb");
    if (f == NULL) {
        perror(path);
        return -1;
    }
    in->len = fread(in->bytes, 1, sizeof in->bytes, f);
    fclose(f);
    return 0;
}

static void insert(struct input *in, size_t at, const uint8_t *bytes, size_t len)
{
    if (in->len + len > sizeof in->bytes)
        return;
    memmove(in->bytes + at + len, in->bytes + at, in->len - at);
    memcpy(in->bytes + at, bytes, len);
    in->len += len;
}

static void cut(struct input *in, size_t at, size_t len)
{
    if (at + len > in->len)
        len = in->len - at;
    memmove(in->bytes + at, in->bytes + at + len, in->len - at - len);
    in->len -= len;
}

static void insert_token(struct input *in, size_t at)
{
    static const char *const tokens[] = {
        "\"", "\\", "{", "}", "[", "]", ":", ",", "null", "true", "-1", "0", "9007199254740992",
        "1e999", "\\u0000", "\\ud800", "\xc3\xa9", "\xf0\x9f\x98\x80", "\xff", "%", "%00", "..",
        "/", "=", "&",
        "\x80", "\x0a\x80\x80\x80\x80\x10", "k", "m", "g", "-",
    };
    const char *token = tokens[draw(sizeof tokens / sizeof tokens[0])];
    insert(in, at, (const uint8_t *)token, strlen(token));
}

static void mutate(struct input *in, const struct input *other)
{
    size_t at = draw((uint32_t)in->len + 1);
    switch (draw(7)) {
    case 0:
        if (at < in->len)
            in->bytes[at] ^= (uint8_t)(1u << draw(8));
        break;
    case 1:
        if (at < in->len)
            in->bytes[at] = (uint8_t)draw(256);
        break;
    case 2:
        cut(in, at, draw(16));
        break;
    case 3:
        insert_token(in, at);
        break;
    case 4: { /* a piece of another seed */
        size_t from = draw((uint32_t)other->len + 1);
        insert(in, at, other->bytes + from, draw((uint32_t)(other->len - from) + 1));
        break;
    }
    case 5: { /* a piece of itself, again */
        uint8_t piece[64];
        size_t len = draw(sizeof piece);
        if (at + len > in->len)
            len = in->len - at;
        memcpy(piece, in->bytes + at, len);
        insert(in, at, piece, len);
        break;
    }
    default:
        in->len = at;
    }
}

/* The input being tried, in a file that outlives the process. */
static struct input *map(const char *path)
{
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd < 0 || ftruncate(fd, sizeof(struct input)) != 0) {
        perror(path);
        exit(2);
    }
    void *memory = mmap(NULL, sizeof(struct input), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    if (memory == MAP_FAILED) {
        perror(path);
        exit(2);
    }
    return memory;
}

static void try_once(const struct input *in)
{
    /* A block of the exact size, so that a sanitizer sees a read behind the end. */
    uint8_t *copy = malloc(in->len ? in->len : 1);
    if (copy == NULL)
        abort();
    memcpy(copy, in->bytes, in->len);
    LLVMFuzzerTestOneInput(copy, in->len);
    free(copy);
}

static int repeat(const char *path)
{
    struct input *in = malloc(sizeof *in);
    int fd = open(path, O_RDONLY);
    if (in == NULL || fd < 0 || read(fd, in, sizeof *in) < (ssize_t)sizeof in->len) {
        perror(path);
        return 2;
    }
    close(fd);
    try_once(in);
    free(in);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc == 2)
        return repeat(argv[1]);
    if (argc < 5) {
        fprintf(stderr, "usage: %s FILE SECONDS SEED SEEDS…, or %s FILE\n", argv[0], argv[0]);
        return 2;
    }
    int n = argc - 4;
    struct input *seeds = calloc((size_t)n, sizeof *seeds), *in = map(argv[1]);
    time_t end = time(NULL) + strtol(argv[2], NULL, 10);
    unsigned long long tried = 0;
    state = strtoull(argv[3], NULL, 10) * 2654435761u + 1;
    for (int i = 0; i < n; i++) {
        if (seeds == NULL || load(argv[4 + i], &seeds[i]) != 0)
            return 2;
        *in = seeds[i];
        try_once(in);
    }
    while (time(NULL) < end) {
        for (int i = 0; i < 1000; i++, tried++) {
            *in = seeds[draw((uint32_t)n)];
            for (uint32_t k = draw(6) + 1; k > 0; k--)
                mutate(in, &seeds[draw((uint32_t)n)]);
            try_once(in);
        }
    }
    printf("%llu inputs tried\n", tried);
    free(seeds);
    return 0;
}
