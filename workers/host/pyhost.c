/* SPDX-License-Identifier: MIT
 *
 * The embedded interpreter; see pyhost.h.
 *
 * A batch goes in as four lists (texts, rooms, users, times), so Python is called once a
 * batch and decodes nothing. While the thread waits for a batch it lets go of Python's
 * lock, so that threads of analyzers' own can run.
 *
 * A soft timeout is a signal, SIGUSR2, sent to this thread by the link's: it ends a sleep
 * or any other waiting call at once, and Python's own machinery turns it into a call of
 * on_interrupt() where bytecode, and long-running C code that cares (re, int), looks for
 * signals. Being called in this thread, on_interrupt can tell for certain whether the batch
 * that ran out of time is still in hand.
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "pyhost.h"

#include "base/clock.h"
#include "base/log.h"
#include "pyhost_result.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_PYTHON "/usr/bin/python3.11"
#define INTERRUPT_SIGNAL SIGUSR2

/* One interpreter a process, so its state is the file's. */
static struct {
    pthread_t thread;
    struct link *link;
    PyObject *analyze;      /* parley.host.analyze */
    PyObject *call;         /* parley.host.call */
    PyObject *soft_timeout; /* parley.host.SoftTimeout */
    uint64_t batch;         /* in analysis now; 0: none */
    _Atomic uint64_t interrupted;
} host;

/* ---- called from Python ------------------------------------------------------------------- */

static PyObject *on_tick(PyObject *self, PyObject *args)
{
    (void)self;
    (void)args;
    link_tick(host.link);
    Py_RETURN_NONE;
}

static PyObject *on_interrupt(PyObject *self, PyObject *args)
{
    (void)self;
    (void)args;
    if (host.batch == 0 || host.batch != atomic_load(&host.interrupted))
        Py_RETURN_NONE; /* it ended in time after all */
    PyErr_SetString(host.soft_timeout, "the batch took too long");
    return NULL;
}

static PyMethodDef methods[] = {
    {"tick", on_tick, METH_NOARGS, "Analysis got a step further."},
    {"interrupt", on_interrupt, METH_VARARGS, "Handler of the soft timeout's signal."},
    {NULL, NULL, 0, NULL},
};

void pyhost_prepare(void)
{
    host.thread = pthread_self();
}

void pyhost_interrupt(uint64_t batch)
{
    atomic_store(&host.interrupted, batch);
    pthread_kill(host.thread, INTERRUPT_SIGNAL);
}

/* ---- start -------------------------------------------------------------------------------- */

static PyStatus configure(const struct options *o)
{
    char executable[4096];
    PyPreConfig pre;
    PyConfig config;
    PyPreConfig_InitIsolatedConfig(&pre);
    pre.utf8_mode = 1;
    PyStatus status = Py_PreInitialize(&pre);
    if (PyStatus_Exception(status))
        return status;
    PyConfig_InitIsolatedConfig(&config);
    config.install_signal_handlers = 0;
    config.faulthandler = 1;
    config.buffered_stdio = 0;
    if (o->venv != NULL)
        snprintf(executable, sizeof executable, "%s/bin/python", o->venv);
    else
        snprintf(executable, sizeof executable, "%s", SYSTEM_PYTHON);
    status = PyConfig_SetBytesString(&config, &config.executable, executable);
    if (!PyStatus_Exception(status))
        status = Py_InitializeFromConfig(&config);
    PyConfig_Clear(&config);
    return status;
}

/* False with a Python exception set. */
static bool add_path(const char *dir)
{
    PyObject *path = PySys_GetObject("path");
    PyObject *text = PyUnicode_DecodeFSDefault(dir);
    bool ok = path != NULL && text != NULL && PyList_Insert(path, 0, text) == 0;
    Py_XDECREF(text);
    return ok;
}

static bool install_interrupt(void)
{
    PyObject *module = PyImport_ImportModule("signal");
    PyObject *handler = PyCFunction_New(&methods[1], NULL);
    PyObject *before = module != NULL && handler != NULL
                           ? PyObject_CallMethod(module, "signal", "iO", INTERRUPT_SIGNAL, handler)
                           : NULL;
    bool ok = before != NULL;
    Py_XDECREF(before);
    Py_XDECREF(handler);
    Py_XDECREF(module);
    return ok;
}

/* A fault, and the server before it kills us (SIGUSR1), make Python write down where it is. */
static bool install_stack_dump(int fd)
{
    PyObject *module = PyImport_ImportModule("faulthandler");
    PyObject *enabled = NULL, *registered = NULL;
    if (module != NULL)
        enabled = PyObject_CallMethod(module, "enable", "i", fd);
    if (enabled != NULL)
        registered = PyObject_CallMethod(module, "register", "ii", SIGUSR1, fd);
    bool ok = registered != NULL;
    Py_XDECREF(registered);
    Py_XDECREF(enabled);
    Py_XDECREF(module);
    return ok;
}

/* The package's functions. Returns parley.host.load, or NULL with an exception. */
static PyObject *import_package(void)
{
    PyObject *load = NULL, *tick = PyCFunction_New(&methods[0], NULL);
    PyObject *module = PyImport_ImportModule("parley.host");
    if (module != NULL && tick != NULL && PyObject_SetAttrString(module, "tick", tick) == 0) {
        host.analyze = PyObject_GetAttrString(module, "analyze");
        host.call = PyObject_GetAttrString(module, "call");
        host.soft_timeout = PyObject_GetAttrString(module, "SoftTimeout");
        if (host.analyze != NULL && host.call != NULL && host.soft_timeout != NULL
            && install_interrupt())
            load = PyObject_GetAttrString(module, "load");
    }
    Py_XDECREF(tick);
    Py_XDECREF(module);
    return load;
}

static PyObject *split_names(const char *names)
{
    PyObject *text = PyUnicode_DecodeUTF8(names, (Py_ssize_t)strlen(names), "replace");
    PyObject *comma = PyUnicode_FromString(",");
    PyObject *list = text != NULL && comma != NULL && names[0] != '\0'
                         ? PyUnicode_Split(text, comma, -1) : PyList_New(0);
    Py_XDECREF(comma);
    Py_XDECREF(text);
    return list;
}

static PyObject *call_load(PyObject *load, const struct options *o)
{
    PyObject *disable = split_names(o->disable != NULL ? o->disable : "");
    PyObject *options = disable == NULL ? NULL
                        : Py_BuildValue("{s:z,s:O}", "analyzers_dir", o->analyzers_dir, "disable",
                                        disable);
    PyObject *answer = options != NULL ? PyObject_CallOneArg(load, options) : NULL;
    Py_XDECREF(options);
    Py_XDECREF(disable);
    return answer;
}

/* What is loaded stays for ever: the collector need not look at it again, nor touch its pages. */
static void freeze(void)
{
    PyObject *gc = PyImport_ImportModule("gc");
    PyObject *collected = gc != NULL ? PyObject_CallMethod(gc, "collect", NULL) : NULL;
    PyObject *frozen = collected != NULL ? PyObject_CallMethod(gc, "freeze", NULL) : NULL;
    PyErr_Clear();
    Py_XDECREF(frozen);
    Py_XDECREF(collected);
    Py_XDECREF(gc);
}

/* ---- telling the server what there is ----------------------------------------------------- */

/* A str value of a dict, copied; "" when it is missing, None or no str. */
static char *text_of(struct arena *a, PyObject *dict, const char *key)
{
    PyObject *value = PyDict_Check(dict) ? PyDict_GetItemString(dict, key) : NULL;
    const char *text = value != NULL && PyUnicode_Check(value) ? PyUnicode_AsUTF8(value) : NULL;
    PyErr_Clear();
    return arena_text(a, text != NULL ? text : "", text != NULL ? strlen(text) : 0);
}

static double number_of(PyObject *dict, const char *key)
{
    PyObject *value = PyDict_Check(dict) ? PyDict_GetItemString(dict, key) : NULL;
    double number = value != NULL ? PyFloat_AsDouble(value) : 0;
    PyErr_Clear();
    return number > 0 ? number : 0;
}

static void list_analyzers(Parley__Worker__Ready *ready, struct arena *a, PyObject *answer)
{
    PyObject *list = PyDict_Check(answer) ? PyDict_GetItemString(answer, "analyzers") : NULL;
    size_t n = list != NULL && PyList_Check(list) ? (size_t)PyList_GET_SIZE(list) : 0;
    ready->analyzers = arena_take(a, (n + 1) * sizeof *ready->analyzers);
    for (size_t i = 0; i < n; i++) {
        PyObject *from = PyList_GET_ITEM(list, i);
        Parley__Worker__Analyzer *to = arena_take(a, sizeof *to);
        parley__worker__analyzer__init(to);
        to->name = text_of(a, from, "name");
        to->version = text_of(a, from, "version");
        to->model = text_of(a, from, "model");
        to->status = text_of(a, from, "status");
        to->detail = text_of(a, from, "detail");
        ready->analyzers[ready->n_analyzers++] = to;
        if (strcmp(to->status, "ready") != 0)
            log_warn("worker", "analyzer %s is %s: %s", to->name, to->status, to->detail);
    }
}

static void tell_ready(const struct options *o, PyObject *answer, uint64_t started_us,
                       uint64_t load_us)
{
    struct arena a = ARENA_INIT;
    Parley__Worker__Ready ready = PARLEY__WORKER__READY__INIT;
    ready.slot = o->slot;
    ready.pid = (uint32_t)getpid();
    ready.protocol = 1;
    ready.runtime = text_of(&a, answer, "python");
    list_analyzers(&ready, &a, answer);
    ready.start_ms = (clock_mono_us() - started_us) / 1000;
    ready.load_ms = load_us / 1000;
    link_ready(host.link, &ready);
    log_info("worker", "ready slot=%u start_ms=%llu load_ms=%llu analyzers_ms=%.0f", o->slot,
             (unsigned long long)ready.start_ms, (unsigned long long)ready.load_ms,
             number_of(answer, "load_ms"));
    arena_free(&a);
}

/* A sentence for people out of the pending exception. */
static void tell_failure(const struct options *o)
{
    struct arena a = ARENA_INIT;
    char reason[500];
    bool missing = PyErr_ExceptionMatches(PyExc_ModuleNotFoundError);
    struct python_error e = pyhost_take_error(&a);
    const char *hint = "";
    if (missing && strstr(e.message, "'numpy'") != NULL)
        hint = "; install it: apt-get install python3-numpy";
    else if (missing && strstr(e.message, "'parley") != NULL)
        hint = "; name the directory that holds it with --python-path";
    snprintf(reason, sizeof reason, "the Python package parley (in %.200s) cannot be loaded: %s: "
             "%.150s%s", o->python_path, e.type, e.message, hint);
    log_error("worker", "%s\n%s", reason, e.traceback);
    link_failed(host.link, reason, e.traceback);
    arena_free(&a);
}

bool pyhost_start(const struct options *o, struct link *l)
{
    uint64_t started_us = clock_mono_us();
    host.link = l;
    PyStatus status = configure(o);
    if (PyStatus_Exception(status)) {
        char reason[300];
        snprintf(reason, sizeof reason, "Python does not start: %s",
                 status.err_msg != NULL ? status.err_msg : "unknown reason");
        log_error("worker", "%s", reason);
        link_failed(l, reason, "");
        return false;
    }
    if (o->stack_fd != 0 && !install_stack_dump(o->stack_fd)) {
        PyErr_Clear();
        log_warn("worker", "a crash will not say where it was: faulthandler cannot be set up");
    }
    uint64_t load_us = clock_mono_us();
    PyObject *load = add_path(o->python_path) ? import_package() : NULL;
    PyObject *answer = load != NULL ? call_load(load, o) : NULL;
    Py_XDECREF(load);
    if (answer == NULL) {
        tell_failure(o);
        return false;
    }
    freeze();
    tell_ready(o, answer, started_us, clock_mono_us() - load_us);
    Py_DECREF(answer);
    return true;
}

/* ---- batches ------------------------------------------------------------------------------ */

static PyObject *text_column(char **from, size_t n)
{
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list != NULL && i < n; i++) {
        PyObject *text = PyUnicode_DecodeUTF8(from[i], (Py_ssize_t)strlen(from[i]), "replace");
        if (text == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, text);
    }
    return list;
}

static PyObject *number_column(const int64_t *from, size_t n)
{
    PyObject *list = PyList_New((Py_ssize_t)n);
    for (size_t i = 0; list != NULL && i < n; i++) {
        PyObject *number = PyLong_FromLongLong(from[i]);
        if (number == NULL)
            Py_CLEAR(list);
        else
            PyList_SET_ITEM(list, (Py_ssize_t)i, number);
    }
    return list;
}

static void analyze(struct link *l, const Parley__Worker__Batch *b)
{
    struct arena a = ARENA_INIT;
    Parley__Worker__Result result = PARLEY__WORKER__RESULT__INIT;
    uint64_t began_us = clock_mono_us();
    PyObject *texts = text_column(b->texts, b->n_texts);
    PyObject *rooms = text_column(b->rooms, b->n_rooms);
    PyObject *users = text_column(b->users, b->n_users);
    PyObject *times = number_column(b->times_ms, b->n_times_ms);
    PyObject *wants = text_column(b->wants, b->n_wants);
    PyObject *answer = NULL;
    if (texts != NULL && rooms != NULL && users != NULL && times != NULL && wants != NULL) {
        host.batch = b->id;
        answer = PyObject_CallFunctionObjArgs(host.analyze, texts, rooms, users, times,
                                              b->gate ? Py_True : Py_False, wants, NULL);
        host.batch = 0;
    }
    if (answer != NULL)
        pyhost_result_fill(&result, &a, answer, texts);
    else
        pyhost_result_fail(&result, &a, b->n_texts);
    result.batch = b->id;
    result.compute_us = clock_mono_us() - began_us;
    link_answer(l, &result);
    Py_XDECREF(answer);
    Py_XDECREF(wants);
    Py_XDECREF(times);
    Py_XDECREF(users);
    Py_XDECREF(rooms);
    Py_XDECREF(texts);
    arena_free(&a);
}

/* A function of the package on JSON, answered with JSON. */
static void call(struct link *l, const Parley__Worker__Batch *b)
{
    struct arena a = ARENA_INIT;
    Parley__Worker__Result result = PARLEY__WORKER__RESULT__INIT;
    uint64_t began_us = clock_mono_us();
    host.batch = b->id;
    PyObject *answer = PyObject_CallFunction(host.call, "ss", b->call, b->texts[0]);
    host.batch = 0;
    pyhost_result_call(&result, &a, answer);
    result.batch = b->id;
    result.compute_us = clock_mono_us() - began_us;
    link_answer(l, &result);
    Py_XDECREF(answer);
    arena_free(&a);
}

void pyhost_serve(struct link *l)
{
    for (;;) {
        Parley__Worker__Batch *batch;
        Py_BEGIN_ALLOW_THREADS
        batch = link_take(l);
        Py_END_ALLOW_THREADS
        if (batch == NULL)
            return;
        if (batch->call[0] != '\0')
            call(l, batch);
        else
            analyze(l, batch);
        parley__worker__batch__free_unpacked(batch, NULL);
    }
}
