/* SPDX-License-Identifier: MIT
 * The main of a unit test program: UNIT_MAIN("suite", test, test…) runs them, each in its own
 * process. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>
#include <stddef.h>
#include <stdlib.h>

enum {
    UNIT_LIMIT_S = 90,   /* a test, before Check kills it; times CK_TIMEOUT_MULTIPLIER */
    UNIT_PATIENCE_S = 60 /* waiting for one thing, so that the test says what did not happen */
};

/* How long to wait for what surely comes, in milliseconds: a limit for what is broken, not for how
 * fast a machine is. As Check does, by CK_TIMEOUT_MULTIPLIER. */
static inline int unit_patience_ms(void)
{
    const char *by = getenv("CK_TIMEOUT_MULTIPLIER");
    double factor = by == NULL ? 1 : strtod(by, NULL);
    return (int)(UNIT_PATIENCE_S * 1000 * (factor > 0 ? factor : 1));
}

#define UNIT_MAIN(suite, ...)                                                    \
    int main(void)                                                               \
    {                                                                            \
        const TTest *const tests[] = {__VA_ARGS__};                              \
        Suite *s = suite_create(suite);                                          \
        TCase *c = tcase_create(suite);                                          \
        tcase_set_timeout(c, UNIT_LIMIT_S);                                      \
        for (size_t i = 0; i < sizeof tests / sizeof tests[0]; i++)              \
            tcase_add_test(c, tests[i]);                                         \
        suite_add_tcase(s, c);                                                   \
        SRunner *runner = srunner_create(s);                                     \
        srunner_run_all(runner, CK_ENV);                                         \
        int failed = srunner_ntests_failed(runner);                              \
        srunner_free(runner);                                                    \
        return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;                        \
    }

#endif
