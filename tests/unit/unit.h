/* SPDX-License-Identifier: MIT
 * The main of a unit test program: UNIT_MAIN("suite", test, test…) runs them, each in its own
 * process. */
#ifndef TESTS_UNIT_H
#define TESTS_UNIT_H

#include <check.h>
#include <stddef.h>
#include <stdlib.h>

#define UNIT_MAIN(suite, ...)                                                    \
    int main(void)                                                               \
    {                                                                            \
        const TTest *const tests[] = {__VA_ARGS__};                              \
        Suite *s = suite_create(suite);                                          \
        TCase *c = tcase_create(suite);                                          \
        tcase_set_timeout(c, 30);                                                \
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
