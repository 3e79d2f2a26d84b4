/* SPDX-License-Identifier: MIT
 * Answers of the Python package as Results; see pyhost_result.h. Main thread, with Python's
 * lock. */
#include "pyhost_result.h"

#include "base/utf8.h"

#include <math.h>
#include <string.h>

/* As worker.proto states them. */
#define LABELS_MAX 64
#define SPANS_MAX 64
#define ERRORS_MAX 256
#define TIMINGS_MAX 64
#define ANALYZER_MAX 39
#define VERSION_MAX 23
#define LABEL_MAX 39
#define TYPE_MAX 127
#define MESSAGE_MAX 1000
#define TRACEBACK_MAX 8000

/* ---- texts -------------------------------------------------------------------------------- */

/* At most max bytes, no half character. Tracebacks keep their end, where the error is. */
static char *clip(struct arena *a, const char *text, size_t len, size_t max, bool keep_end)
{
    if (len > max && keep_end) {
        text += len - max;
        len = max;
        while (len > 0 && ((unsigned char)*text & 0xc0) == 0x80)
            text++, len--;
    } else if (len > max) {
        len = max;
        while (len > 0 && ((unsigned char)text[len] & 0xc0) == 0x80)
            len--;
    }
    return arena_text(a, text, len);
}

/* Any str for people: what UTF-8 cannot say is escaped, NULs are left out with what follows. */
static char *describe(struct arena *a, PyObject *text, size_t max, bool keep_end)
{
    PyObject *bytes = PyUnicode_Check(text)
                          ? PyUnicode_AsEncodedString(text, "utf-8", "backslashreplace") : NULL;
    if (bytes == NULL) {
        PyErr_Clear();
        return arena_text(a, "", 0);
    }
    char *copy = clip(a, PyBytes_AS_STRING(bytes), (size_t)PyBytes_GET_SIZE(bytes), max, keep_end);
    Py_DECREF(bytes);
    return copy;
}

/* A name of 1 to max bytes, in memory of the str itself; NULL when it is none. */
static char *name(PyObject *text, size_t max)
{
    Py_ssize_t len;
    const char *utf8 = PyUnicode_Check(text) ? PyUnicode_AsUTF8AndSize(text, &len) : NULL;
    if (utf8 == NULL) {
        PyErr_Clear();
        return NULL;
    }
    return len > 0 && (size_t)len <= max && strlen(utf8) == (size_t)len ? (char *)utf8 : NULL;
}

static bool probability(PyObject *number, float *out)
{
    double value = PyFloat_Check(number) ? PyFloat_AS_DOUBLE(number) : NAN;
    *out = (float)value;
    return isfinite(value) && value >= 0 && value <= 1;
}

/* ---- exceptions --------------------------------------------------------------------------- */

static char *format_traceback(struct arena *a, PyObject *exception)
{
    PyObject *module = PyImport_ImportModule("traceback");
    PyObject *lines = module != NULL
                          ? PyObject_CallMethod(module, "format_exception", "O", exception) : NULL;
    PyObject *empty = PyUnicode_FromString("");
    PyObject *text = lines != NULL && empty != NULL ? PyUnicode_Join(empty, lines) : NULL;
    char *copy = text != NULL ? describe(a, text, TRACEBACK_MAX, true) : arena_text(a, "", 0);
    PyErr_Clear();
    Py_XDECREF(text);
    Py_XDECREF(empty);
    Py_XDECREF(lines);
    Py_XDECREF(module);
    return copy;
}

struct python_error pyhost_take_error(struct arena *a)
{
    PyObject *type, *value, *trace;
    PyErr_Fetch(&type, &value, &trace);
    if (type == NULL)
        return (struct python_error){arena_text(a, "Error", 5), arena_text(a, "", 0),
                                     arena_text(a, "", 0)};
    PyErr_NormalizeException(&type, &value, &trace);
    if (trace != NULL)
        PyException_SetTraceback(value, trace);
    const char *type_name = ((PyTypeObject *)type)->tp_name;
    PyObject *text = PyObject_Str(value);
    struct python_error e = {
        .type = clip(a, type_name, strlen(type_name), TYPE_MAX, false),
        .message = text != NULL ? describe(a, text, MESSAGE_MAX, false) : arena_text(a, "", 0),
        .traceback = format_traceback(a, value),
    };
    PyErr_Clear();
    Py_XDECREF(text);
    Py_XDECREF(type);
    Py_XDECREF(value);
    Py_XDECREF(trace);
    return e;
}

/* NULL when there are enough already. */
static Parley__Worker__Error *add_error(Parley__Worker__Result *out, struct arena *a)
{
    if (out->errors == NULL)
        out->errors = arena_take(a, ERRORS_MAX * sizeof *out->errors);
    if (out->n_errors == ERRORS_MAX)
        return NULL;
    Parley__Worker__Error *e = arena_take(a, sizeof *e);
    parley__worker__error__init(e);
    e->index = -1;
    out->errors[out->n_errors++] = e;
    return e;
}

/* The package broke its side of the contract. Once a batch is enough. */
static void complain(Parley__Worker__Result *out, struct arena *a, const char *what, bool *told)
{
    Parley__Worker__Error *e = *told ? NULL : add_error(out, a);
    *told = true;
    if (e == NULL)
        return;
    e->type = "ContractError";
    e->message = (char *)what;
}

/* ---- the parts of an answer --------------------------------------------------------------- */

static bool read_span(PyObject *pair, Py_ssize_t text_len, uint32_t *out)
{
    if (!PyTuple_Check(pair) || PyTuple_GET_SIZE(pair) != 2)
        return false;
    Py_ssize_t start = PyLong_AsSsize_t(PyTuple_GET_ITEM(pair, 0));
    Py_ssize_t end = PyLong_AsSsize_t(PyTuple_GET_ITEM(pair, 1));
    PyErr_Clear();
    if (start < 0 || start >= end || end > text_len)
        return false;
    out[0] = (uint32_t)start;
    out[1] = (uint32_t)end;
    return true;
}

static bool read_spans(Parley__Worker__Label *l, struct arena *a, PyObject *spans,
                       Py_ssize_t text_len)
{
    if (!PyTuple_Check(spans))
        return false;
    size_t n = (size_t)PyTuple_GET_SIZE(spans);
    if (n > SPANS_MAX)
        n = SPANS_MAX;
    l->spans = arena_take(a, 2 * n * sizeof *l->spans + 1);
    l->n_spans = 2 * n;
    for (size_t i = 0; i < n; i++)
        if (!read_span(PyTuple_GET_ITEM(spans, i), text_len, l->spans + 2 * i))
            return false;
    return true;
}

static const char *read_label(Parley__Worker__Label *l, struct arena *a, PyObject *from,
                              Py_ssize_t text_len)
{
    if (!PyTuple_Check(from) || PyTuple_GET_SIZE(from) != 7)
        return "a verdict is not a tuple of 7";
    l->analyzer = name(PyTuple_GET_ITEM(from, 0), ANALYZER_MAX);
    l->version = name(PyTuple_GET_ITEM(from, 1), VERSION_MAX);
    l->label = name(PyTuple_GET_ITEM(from, 2), LABEL_MAX);
    if (l->analyzer == NULL || l->version == NULL || l->label == NULL)
        return "a verdict's analyzer, version or label is no text, empty or too long";
    if (!probability(PyTuple_GET_ITEM(from, 3), &l->score)
        || !probability(PyTuple_GET_ITEM(from, 4), &l->threshold))
        return "a verdict's score or threshold is no float from 0 to 1";
    l->flagged = PyTuple_GET_ITEM(from, 5) == Py_True;
    if (!read_spans(l, a, PyTuple_GET_ITEM(from, 6), text_len))
        return "a verdict's span lies outside the text or is none";
    return NULL;
}

static void read_message(Parley__Worker__Result *out, Parley__Worker__Labels *m, struct arena *a,
                         PyObject *from, Py_ssize_t text_len, bool *told)
{
    if (!PyList_Check(from)) {
        complain(out, a, "the verdicts of a message are not a list", told);
        return;
    }
    size_t n = (size_t)PyList_GET_SIZE(from);
    if (n > LABELS_MAX) {
        complain(out, a, "more than 64 verdicts for one message; the rest are left out", told);
        n = LABELS_MAX;
    }
    m->labels = arena_take(a, n * sizeof *m->labels + 1);
    for (size_t i = 0; i < n; i++) {
        Parley__Worker__Label *l = arena_take(a, sizeof *l);
        parley__worker__label__init(l);
        const char *why = read_label(l, a, PyList_GET_ITEM(from, i), text_len);
        if (why == NULL)
            m->labels[m->n_labels++] = l;
        else
            complain(out, a, why, told);
    }
}

static bool read_error(Parley__Worker__Result *out, struct arena *a, PyObject *from)
{
    if (!PyTuple_Check(from) || PyTuple_GET_SIZE(from) != 5)
        return false;
    char *analyzer = name(PyTuple_GET_ITEM(from, 0), ANALYZER_MAX);
    char *type = name(PyTuple_GET_ITEM(from, 2), TYPE_MAX);
    long index = PyLong_AsLong(PyTuple_GET_ITEM(from, 1));
    bool bad = PyErr_Occurred() != NULL || index < -1 || index >= (long)out->n_messages;
    PyErr_Clear();
    if (analyzer == NULL || type == NULL || bad)
        return false;
    Parley__Worker__Error *e = add_error(out, a);
    if (e == NULL)
        return true;
    e->analyzer = analyzer;
    e->index = (int32_t)index;
    e->type = type;
    e->message = describe(a, PyTuple_GET_ITEM(from, 3), MESSAGE_MAX, false);
    e->traceback = describe(a, PyTuple_GET_ITEM(from, 4), TRACEBACK_MAX, true);
    return true;
}

static bool read_timing(Parley__Worker__Result *out, struct arena *a, PyObject *from)
{
    if (!PyTuple_Check(from) || PyTuple_GET_SIZE(from) != 3)
        return false;
    char *analyzer = name(PyTuple_GET_ITEM(from, 0), ANALYZER_MAX);
    double seconds = PyFloat_AsDouble(PyTuple_GET_ITEM(from, 1));
    long messages = PyLong_AsLong(PyTuple_GET_ITEM(from, 2));
    PyErr_Clear();
    if (analyzer == NULL || !(seconds >= 0 && seconds < 1e6) || messages < 0)
        return false;
    Parley__Worker__Timing *t = arena_take(a, sizeof *t);
    parley__worker__timing__init(t);
    t->analyzer = analyzer;
    t->us = (uint64_t)(seconds * 1e6);
    t->messages = (uint32_t)messages;
    out->timings[out->n_timings++] = t;
    return true;
}

static void read_timings(Parley__Worker__Result *out, struct arena *a, PyObject *list, bool *told)
{
    size_t n = (size_t)PyList_GET_SIZE(list);
    if (n > TIMINGS_MAX)
        n = TIMINGS_MAX;
    out->timings = arena_take(a, n * sizeof *out->timings + 1);
    for (size_t i = 0; i < n; i++)
        if (!read_timing(out, a, PyList_GET_ITEM(list, i)))
            complain(out, a, "a timing is not (str, float, int)", told);
}

static void make_messages(Parley__Worker__Result *out, struct arena *a, size_t n)
{
    out->messages = arena_take(a, n * sizeof *out->messages);
    out->n_messages = n;
    for (size_t i = 0; i < n; i++) {
        out->messages[i] = arena_take(a, sizeof *out->messages[i]);
        parley__worker__labels__init(out->messages[i]);
    }
}

void pyhost_result_fill(Parley__Worker__Result *out, struct arena *a, PyObject *answer,
                        PyObject *texts)
{
    bool told = false;
    size_t n = (size_t)PyList_GET_SIZE(texts);
    make_messages(out, a, n);
    PyObject *part[3] = {NULL, NULL, NULL};
    if (PyTuple_Check(answer) && PyTuple_GET_SIZE(answer) == 3)
        for (int i = 0; i < 3; i++)
            part[i] = PyTuple_GET_ITEM(answer, i);
    if (part[0] == NULL || !PyList_Check(part[0]) || !PyList_Check(part[1])
        || !PyList_Check(part[2]) || (size_t)PyList_GET_SIZE(part[0]) != n) {
        complain(out, a, "parley.host.analyze() did not return (list of one entry a message, list, "
                 "list)", &told);
        return;
    }
    for (size_t i = 0; i < n; i++)
        read_message(out, out->messages[i], a, PyList_GET_ITEM(part[0], i),
                     PyUnicode_GET_LENGTH(PyList_GET_ITEM(texts, i)), &told);
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(part[1]); i++)
        if (!read_error(out, a, PyList_GET_ITEM(part[1], i)))
            complain(out, a, "a failure is not (str, int, str, str, str)", &told);
    read_timings(out, a, part[2], &told);
}

void pyhost_result_fail(Parley__Worker__Result *out, struct arena *a, size_t n)
{
    make_messages(out, a, n);
    struct python_error error = pyhost_take_error(a);
    Parley__Worker__Error *e = add_error(out, a);
    e->type = error.type;
    e->message = error.message;
    e->traceback = error.traceback;
}

void pyhost_result_call(Parley__Worker__Result *out, struct arena *a, PyObject *answer)
{
    Py_ssize_t len = 0;
    const char *json = NULL;
    if (answer != NULL && PyUnicode_Check(answer))
        json = PyUnicode_AsUTF8AndSize(answer, &len);
    else if (answer != NULL)
        PyErr_SetString(PyExc_TypeError, "parley.host.call must return a str");
    if (json == NULL) {
        pyhost_result_fail(out, a, 1);
        return;
    }
    make_messages(out, a, 1);
    out->returned = arena_text(a, json, (size_t)len);
}
