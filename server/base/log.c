/* SPDX-License-Identifier: MIT
 * Log lines; see log.h. Any thread: the level is atomic, the rest is on the stack. */
#include "base/log.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static _Atomic enum log_level threshold = LOG_INFO;

void log_set_level(enum log_level level)
{
    threshold = level;
}

enum log_level log_get_level(void)
{
    return threshold;
}

static size_t prefix(char *line, enum log_level level, const char *subject)
{
    static const char *names[] = {"error", "warn", "info", "debug"};
    struct timespec now;
    struct tm tm;
    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &tm);
    size_t len = strftime(line, LINE_MAX_BYTES, "%Y-%m-%dT%H:%M:%S", &tm);
    len += (size_t)snprintf(line + len, LINE_MAX_BYTES - len,
                            ".%03ldZ %s %s: ", now.tv_nsec / 1000000, names[level], subject);
    return len;
}

static void write_line(enum log_level level, const char *subject, const char *format, va_list args)
{
    char line[LINE_MAX_BYTES];
    size_t len = prefix(line, level, subject);
    int more = vsnprintf(line + len, sizeof line - len - 1, format, args);
    if (more > 0)
        len += (size_t)more;
    if (len > sizeof line - 2)
        len = sizeof line - 2;
    line[len++] = '\n';
    /* A full or closed stderr must not stop the server. */
    if (write(STDERR_FILENO, line, len) < 0)
        return;
}

void log_line(enum log_level level, const char *subject, const char *format, ...)
{
    if (level > threshold)
        return;
    va_list args;
    va_start(args, format);
    write_line(level, subject, format, args);
    va_end(args);
}

void fatal(const char *subject, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    write_line(LOG_ERROR, subject, format, args);
    va_end(args);
    _exit(70);
}
