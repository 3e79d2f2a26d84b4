/* SPDX-License-Identifier: MIT
 *
 * Log lines on standard error: `time level subject text key=value…`, one write(2) a line, so
 * lines of several threads never mix. Any thread. Never message text, never tokens.
 * error = an operator must act, warn = we degraded, info = lifecycle, debug = each message.
 */
#ifndef BASE_LOG_H
#define BASE_LOG_H

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* At any time, by any thread. */
void log_set_level(enum log_level level);
enum log_level log_get_level(void);

void log_line(enum log_level level, const char *subject, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#define log_error(subject, ...) log_line(LOG_ERROR, subject, __VA_ARGS__)
#define log_warn(subject, ...) log_line(LOG_WARN, subject, __VA_ARGS__)
#define log_info(subject, ...) log_line(LOG_INFO, subject, __VA_ARGS__)
#define log_debug(subject, ...)                             \
    do {                                                    \
        if (log_get_level() >= LOG_DEBUG)                   \
            log_line(LOG_DEBUG, subject, __VA_ARGS__);      \
    } while (0)

/* Broken invariant or failed start-up: logs and exits with 70 (EX_SOFTWARE). Never on client input.
 */
_Noreturn void fatal(const char *subject, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
