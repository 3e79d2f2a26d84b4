/* SPDX-License-Identifier: MIT
 * The main of test programs whose tests take longer than unit.h allows. */
#ifndef TESTS_DISPATCH_MAIN_H
#define TESTS_DISPATCH_MAIN_H

#include <check.h>

static inline int run_suite(const char *name, const TTest *const tests[], size_t n, double timeout)
{
    Suite *suite = suite_create(name);
    TCase *c = tcase_create(name);
    tcase_set_timeout(c, timeout);
    for (size_t i = 0; i < n; i++)
        tcase_add_test(c, tests[i]);
    suite_add_tcase(suite, c);
    SRunner *runner = srunner_create(suite);
    srunner_run_all(runner, CK_NORMAL);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? 0 : 1;
}

/* int main of a program with these tests. */
#define TEST_MAIN(name, timeout, ...)                                                     \
    int main(void)                                                                        \
    {                                                                                     \
        const TTest *const tests[] = {__VA_ARGS__};                                       \
        return run_suite(name, tests, sizeof tests / sizeof *tests, timeout);             \
    }

#endif
