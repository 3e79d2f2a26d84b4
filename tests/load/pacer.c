/* SPDX-License-Identifier: MIT */
/* pacer: see pacer.h. */
#include "pacer.h"

#include "chance.h"

double pacer_bend(const struct pacer_bursts *b, double even_ns)
{
    double in_burst = b->during_ns * b->high, period, rest, whole;

    if (b->every_ns <= 0)
        return even_ns;
    period = in_burst + (b->every_ns - b->during_ns) * b->low;
    whole = floor(even_ns / period);
    rest = even_ns - whole * period;
    if (rest < in_burst)
        return whole * b->every_ns + rest / b->high;
    if (b->low <= 0) /* rounding: between on and off nothing arrives */
        return (whole + 1) * b->every_ns;
    return whole * b->every_ns + b->during_ns + (rest - in_burst) / b->low;
}

static void draw(struct pacer *p)
{
    double even_ns = (double)p->taken * p->interval_ns;

    if (p->poisson) {
        p->drawn_ns += chance_exponential(&p->random) * p->interval_ns;
        even_ns = p->drawn_ns;
        p->lane = (uint32_t)(chance_next(&p->random) % p->lanes);
    }
    p->due_ns = p->start_ns + (uint64_t)pacer_bend(&p->bursts, even_ns);
}

void pacer_begin(struct pacer *p)
{
    p->taken = 0;
    p->lane = 0;
    p->drawn_ns = 0;
    p->due_ns = UINT64_MAX;
    if (p->lanes > 0)
        draw(p);
}

void pacer_advance(struct pacer *p)
{
    p->taken++;
    if (!p->poisson && ++p->lane == p->lanes)
        p->lane = 0;
    draw(p);
}
