/* SPDX-License-Identifier: MIT */
/* slo: see slo.h.  Main thread. */
#include "slo.h"

#include "report_impl.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum metric_kind { METRIC_LATENCY, METRIC_COUNT, METRIC_RULE, METRIC_RATE, METRIC_VIOLATIONS };

/* A latency's name is what stands before its quantile. */
static const struct metric {
    const char *name;
    enum metric_kind kind;
    size_t at; /* in struct run_result; or enum counter; or enum oracle_rule */
} metrics[] = {
    {"ack_", METRIC_LATENCY, offsetof(struct run_result, ack)},
    {"verdict_", METRIC_LATENCY, offsetof(struct run_result, verdict)},
    {"connect_", METRIC_LATENCY, offsetof(struct run_result, connect)},
    {"resume_", METRIC_LATENCY, offsetof(struct run_result, resume)},
    {"slow_", METRIC_LATENCY, offsetof(struct run_result, slow_delivery)},
    {"delivery_", METRIC_LATENCY, offsetof(struct run_result, delivery)},
    {"lost", METRIC_RULE, RULE_LOST},
    {"unacked", METRIC_RULE, RULE_UNACKED},
    {"refused", METRIC_COUNT, CNT_REFUSED},
    {"failed", METRIC_COUNT, CNT_FAILED},
    {"disconnects", METRIC_COUNT, CNT_DISCONNECTS},
    {"held_back", METRIC_COUNT, CNT_LATE_SENDS},
    {"sends_per_s", METRIC_RATE, CNT_SENT},
    {"deliveries_per_s", METRIC_RATE, CNT_DELIVERIES},
    {"violations", METRIC_VIOLATIONS, 0},
    {"", METRIC_LATENCY, offsetof(struct run_result, delivery)},
};

#define METRICS (sizeof(metrics) / sizeof(*metrics))

static const char *const known =
    "p50 p90 p99 p99.9 max (also behind ack_ verdict_ connect_ resume_ slow_), lost, unacked, "
    "refused, failed, disconnects, held_back, violations, sends_per_s, deliveries_per_s";

/* "p99.9" as 99.9, "max" as 100; negative when it is neither. */
static double read_quantile(const char *text, size_t n)
{
    char digits[16], *end;
    double percent;

    if (n == 3 && memcmp(text, "max", 3) == 0)
        return 100;
    if (n < 2 || n >= sizeof(digits) || text[0] != 'p' || text[1] < '0' || text[1] > '9')
        return -1;
    memcpy(digits, text + 1, n - 1);
    digits[n - 1] = '\0';
    percent = strtod(digits, &end);
    return *end == '\0' && percent > 0 && percent <= 100 ? percent : -1;
}

static bool read_metric(struct slo_term *term, const char *text, size_t n)
{
    for (term->metric = 0; term->metric < METRICS; term->metric++) {
        const struct metric *m = &metrics[term->metric];
        size_t name = strlen(m->name);

        if (n < name || memcmp(text, m->name, name) != 0)
            continue;
        if (m->kind != METRIC_LATENCY && n == name)
            return true;
        if (m->kind != METRIC_LATENCY)
            continue;
        term->percent = read_quantile(text + name, n - name);
        if (term->percent > 0)
            return true;
    }
    return false;
}

static const char *read_op(struct slo_term *term, const char *at)
{
    static const struct {
        const char *text;
        enum slo_op op;
    } ops[] = {{"<=", SLO_AT_MOST}, {"<", SLO_BELOW}, {">=", SLO_AT_LEAST}, {">", SLO_ABOVE},
               {"=", SLO_EQUALS}};

    for (size_t i = 0; i < sizeof(ops) / sizeof(*ops); i++)
        if (strncmp(at, ops[i].text, strlen(ops[i].text)) == 0) {
            term->op = ops[i].op;
            return at + strlen(ops[i].text);
        }
    return NULL;
}

static bool read_value(struct slo_term *term, const char *at)
{
    bool latency = metrics[term->metric].kind == METRIC_LATENCY;
    char *end;

    if (*at < '0' || *at > '9')
        return false;
    term->value = strtod(at, &end);
    if (latency && strcmp(end, "us") == 0)
        term->value /= 1000;
    else if (latency && strcmp(end, "s") == 0)
        term->value *= 1000;
    else if (*end && !(latency && strcmp(end, "ms") == 0))
        return false;
    return isfinite(term->value);
}

static int read_term(struct slo_term *term, const char *text, char *why, size_t size)
{
    size_t n = strcspn(text, "<>=");
    const char *at;

    if (!read_metric(term, text, n)) {
        snprintf(why, size, "--slo: '%.*s' is no metric; there are %s", (int)n, text, known);
        return -1;
    }
    at = read_op(term, text + n);
    if (!at) {
        snprintf(why, size, "--slo: '%s' lacks one of <= < >= > = behind the metric", text);
        return -1;
    }
    if (read_value(term, at))
        return 0;
    snprintf(why, size, "--slo: '%s' in '%s' is no %s", at, text,
             metrics[term->metric].kind == METRIC_LATENCY ? "time such as 50ms, 800us or 1.5s"
                                                          : "plain number");
    return -1;
}

int slo_parse(struct slo *slo, const char *text, char *why, size_t size)
{
    slo->count = 0;
    while (*text) {
        struct slo_term *term = &slo->term[slo->count];
        size_t n = strcspn(text, ",");

        if (slo->count == SLO_MAX_TERMS || n >= sizeof(term->text)) {
            snprintf(why, size, "--slo: at most %d terms of %zu bytes", SLO_MAX_TERMS,
                     sizeof(term->text) - 1);
            return -1;
        }
        memcpy(term->text, text, n);
        term->text[n] = '\0';
        if (read_term(term, term->text, why, size) != 0)
            return -1;
        slo->count++;
        text += text[n] ? n + 1 : n;
    }
    if (slo->count > 0)
        return 0;
    snprintf(why, size, "--slo: no terms; wanted such as 'p99<=50ms,lost=0'");
    return -1;
}

/* NAN: a latency of nothing. */
static double measure(const struct slo_term *term, const struct run_result *r)
{
    const struct metric *m = &metrics[term->metric];
    const struct hist *h;

    switch (m->kind) {
    case METRIC_LATENCY:
        h = (const struct hist *)(const void *)((const char *)r + m->at);
        return h->count ? report_ms(h, term->percent) : NAN;
    case METRIC_COUNT:
        return (double)r->count[m->at];
    case METRIC_RULE:
        return (double)r->oracle.rule[m->at].count;
    case METRIC_RATE:
        return report_rate(r, (enum counter)m->at);
    case METRIC_VIOLATIONS:
        return (double)oracle_violations(&r->oracle);
    }
    return NAN;
}

static bool compare(double measured, enum slo_op op, double value)
{
    switch (op) {
    case SLO_AT_MOST:
        return measured <= value;
    case SLO_BELOW:
        return measured < value;
    case SLO_AT_LEAST:
        return measured >= value;
    case SLO_ABOVE:
        return measured > value;
    case SLO_EQUALS:
        return fabs(measured - value) < 1e-9;
    }
    return false;
}

bool slo_holds(const struct slo *slo, const struct run_result *r, char *why, size_t size)
{
    for (unsigned i = 0; i < slo->count; i++) {
        const struct slo_term *term = &slo->term[i];
        double measured = measure(term, r);

        if (isnan(measured)) {
            snprintf(why, size, "%s: there was nothing to measure", term->text);
            return false;
        }
        if (compare(measured, term->op, term->value))
            continue;
        snprintf(why, size, "%s: it was %.6g%s", term->text, measured,
                 metrics[term->metric].kind == METRIC_LATENCY ? " ms" : "");
        return false;
    }
    return true;
}
