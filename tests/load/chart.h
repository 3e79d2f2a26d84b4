/* SPDX-License-Identifier: MIT */
/*
 * chart: a small line chart as SVG, drawn for about 360 pixels so that its text
 * can be read on a phone; colours are the page's (classes s0 .. s5).  Main thread.
 */
#ifndef PARLEY_LOAD_CHART_H
#define PARLEY_LOAD_CHART_H

#include <stdbool.h>
#include <stdio.h>

#define CHART_MAX_SERIES 6

struct chart_series {
    char name[48];
    const double *y; /* NAN: nothing there */
};

struct chart {
    const char *title, *unit; /* of y */
    const char *x_unit;
    const double *x; /* rising */
    unsigned points;
    struct chart_series series[CHART_MAX_SERIES];
    unsigned series_count;
    bool log_y;
    double mark; /* a vertical line at this x, NAN: none */
    const char *mark_name;
};

/* A <figure> with title, legend and drawing; a sentence instead when there is nothing to draw. */
void chart_write(FILE *out, const struct chart *chart);

/* The step for about 'count' round ticks over 'range': 1, 2 or 5 times a power of ten. */
double chart_step(double range, unsigned count);

#endif
