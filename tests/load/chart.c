/* SPDX-License-Identifier: MIT */
/* chart: see chart.h.  Main thread. */
#include "chart.h"

#include <math.h>
#include <string.h>

/* The drawing's box, and the frame of the curves within it. */
#define WIDTH  380.0
#define HEIGHT 190.0
#define LEFT   46.0
#define RIGHT  10.0
#define TOP    16.0
#define BOTTOM 26.0

#define TIPS_MAX 400 /* more points than this bear no words of their own */

struct scale {
    double low, high;
    bool log;
};

double chart_step(double range, unsigned count)
{
    double raw = range / count, power, head;

    if (!(raw > 0))
        return 1;
    power = pow(10, floor(log10(raw)));
    head = raw / power;
    return power * (head <= 1 ? 1 : head <= 2 ? 2 : head <= 5 ? 5 : 10);
}

static double at_x(const struct chart *c, double x)
{
    double range = c->x[c->points - 1] - c->x[0];

    return LEFT + (range > 0 ? (x - c->x[0]) / range : 0) * (WIDTH - LEFT - RIGHT);
}

static double at_y(const struct scale *s, double y)
{
    double share;

    if (s->log)
        share = log(fmax(y, s->low) / s->low) / log(s->high / s->low);
    else
        share = (y - s->low) / (s->high - s->low);
    return HEIGHT - BOTTOM - share * (HEIGHT - TOP - BOTTOM);
}

static bool find_range(const struct chart *c, double *low, double *high)
{
    *low = INFINITY;
    *high = -INFINITY;
    for (unsigned s = 0; s < c->series_count; s++)
        for (unsigned i = 0; i < c->points; i++) {
            double y = c->series[s].y[i];

            if (isnan(y) || (c->log_y && y <= 0))
                continue;
            *low = fmin(*low, y);
            *high = fmax(*high, y);
        }
    return *high >= *low && c->points > 1;
}

static struct scale make_scale(const struct chart *c, double low, double high)
{
    double step;

    if (c->log_y)
        return (struct scale){pow(10, floor(log10(low))),
                              pow(10, fmax(ceil(log10(high)), floor(log10(low)) + 1)), true};
    step = chart_step(high, 4);
    return (struct scale){0, high > 0 ? ceil(high / step - 1e-9) * step : 1, false};
}

/* A short number: 12.5k, 3M, 0.05. */
static void put_number(FILE *out, double value)
{
    static const struct {
        double from;
        const char *letter;
    } units[] = {{1e9, "G"}, {1e6, "M"}, {1e4, "k"}};
    double by = 1;
    const char *letter = "";

    for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
        if (fabs(value) >= units[i].from) {
            by = units[i].from == 1e4 ? 1e3 : units[i].from;
            letter = units[i].letter;
            break;
        }
    fprintf(out, "%.4g%s", value / by, letter);
}

static void put_line_y(FILE *out, const struct scale *s, double y)
{
    fprintf(out, "<line class=\"grid\" x1=\"%g\" x2=\"%g\" y1=\"%.1f\" y2=\"%.1f\"/>", LEFT,
            WIDTH - RIGHT, at_y(s, y), at_y(s, y));
    fprintf(out, "<text x=\"%g\" y=\"%.1f\" text-anchor=\"end\">", LEFT - 6, at_y(s, y) + 3.5);
    put_number(out, y);
    fputs("</text>", out);
}

static void put_axes(FILE *out, const struct chart *c, const struct scale *s)
{
    double range = c->x[c->points - 1] - c->x[0], step = chart_step(range, 5);

    if (s->log)
        for (double y = s->low; y <= s->high * 1.001; y *= 10)
            put_line_y(out, s, y);
    else
        for (double y = 0; y <= s->high * 1.001; y += chart_step(s->high, 4))
            put_line_y(out, s, y);
    for (double x = ceil(c->x[0] / step) * step; x <= c->x[c->points - 1]; x += step) {
        fprintf(out, "<text x=\"%.1f\" y=\"%g\" text-anchor=\"middle\">", at_x(c, x), HEIGHT - 8);
        put_number(out, x + 0.0);
        fprintf(out, "%s</text>", c->x_unit);
    }
}

static void put_mark(FILE *out, const struct chart *c)
{
    if (isnan(c->mark) || c->mark <= c->x[0] || c->mark >= c->x[c->points - 1])
        return;
    bool late = c->mark > (c->x[0] + c->x[c->points - 1]) / 2; /* its name would stick out */
    double x = at_x(c, c->mark);

    fprintf(out,
            "<line class=\"mark\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%g\" y2=\"%g\"/>"
            "<text x=\"%.1f\" y=\"%g\" text-anchor=\"%s\">%s</text>",
            x, x, TOP - 8, HEIGHT - BOTTOM, late ? x - 4 : x + 4, TOP - 4, late ? "end" : "start",
            c->mark_name);
}

static void put_curve(FILE *out, const struct chart *c, const struct scale *s, unsigned index)
{
    const double *y = c->series[index].y;
    bool pen = false;

    fprintf(out, "<path class=\"s%u\" d=\"", index);
    for (unsigned i = 0; i < c->points; i++) {
        bool there = !isnan(y[i]) && !(s->log && y[i] <= 0);

        if (there)
            fprintf(out, pen ? "L%.1f %.1f" : "M%.1f %.1fh0", at_x(c, c->x[i]), at_y(s, y[i]));
        pen = there;
    }
    fputs("\"/>", out);
}

/* What a pointer that rests over a point is told. */
static void put_tips(FILE *out, const struct chart *c)
{
    double width = (WIDTH - LEFT - RIGHT) / c->points;

    for (unsigned i = 0; c->points <= TIPS_MAX && i < c->points; i++) {
        fprintf(out, "<rect class=\"tip\" x=\"%.1f\" y=\"%g\" width=\"%.1f\" height=\"%g\"><title>",
                at_x(c, c->x[i]) - width / 2, TOP, width, HEIGHT - TOP - BOTTOM);
        fprintf(out, "%.4g %s", c->x[i], c->x_unit);
        for (unsigned s = 0; s < c->series_count; s++)
            if (!isnan(c->series[s].y[i]))
                fprintf(out, "&#10;%s: %.4g %s", c->series[s].name, c->series[s].y[i], c->unit);
        fputs("</title></rect>", out);
    }
}

void chart_write(FILE *out, const struct chart *c)
{
    double low, high;
    struct scale scale;

    fprintf(out, "<figure><figcaption><b>%s</b> <span>%s</span>", c->title, c->unit);
    if (!find_range(c, &low, &high)) {
        fputs("</figcaption><p class=\"none\">nothing was measured</p></figure>\n", out);
        return;
    }
    fputs("<span class=\"legend\">", out);
    for (unsigned s = 0; c->series_count > 1 && s < c->series_count; s++)
        fprintf(out, "<i class=\"s%u\">%s</i>", s, c->series[s].name);
    scale = make_scale(c, low, high);
    fprintf(out, "</span></figcaption><svg viewBox=\"0 0 %g %g\" role=\"img\" aria-label=\"%s\">",
            WIDTH, HEIGHT, c->title);
    put_axes(out, c, &scale);
    put_mark(out, c);
    for (unsigned s = 0; s < c->series_count; s++)
        put_curve(out, c, &scale, s);
    put_tips(out, c);
    fputs("</svg></figure>\n", out);
}
