/* SPDX-License-Identifier: MIT
 *
 * From what parley.host.analyze() returned to a Result for the server. The package has checked its
 * analyzers' output; here only its shape is checked, strictly, since C reads it. Main thread, with
 * Python's lock. Private to pyhost.
 */
#ifndef HOST_PYHOST_RESULT_H
#define HOST_PYHOST_RESULT_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "arena.h"
#include "worker.pb-c.h"

/* Fills *out, whose memory is the arena's and, for names, that of `answer`: pack it before letting
 * go of that. What does not have the shape is left out and reported as an error in it. */
void pyhost_result_fill(Parley__Worker__Result *out, struct arena *a, PyObject *answer,
                        PyObject *texts);

/* The pending Python exception, which is cleared, becomes the result: no labels for `n`
 * messages. */
void pyhost_result_fail(Parley__Worker__Result *out, struct arena *a, size_t n);

/* What parley.host.call() returned, a str that is JSON; or NULL: the pending exception, which is
 * cleared, is the result. */
void pyhost_result_call(Parley__Worker__Result *out, struct arena *a, PyObject *answer);

/* The pending Python exception as texts in the arena; clears it. */
struct python_error {
    char *type, *message, *traceback;
};
struct python_error pyhost_take_error(struct arena *a);

#endif
