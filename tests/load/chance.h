/* SPDX-License-Identifier: MIT */
/*
 * chance: what is drawn by chance, from a seed, so that a run can be repeated.
 * Nothing here must be secret.  Pure; the state is its owner's.
 */
#ifndef PARLEY_LOAD_CHANCE_H
#define PARLEY_LOAD_CHANCE_H

#include <math.h>
#include <stdbool.h>
#include <stdint.h>

/* splitmix64: scrambles a number; neighbours share nothing. */
static inline uint64_t chance_mix(uint64_t x)
{
    x += UINT64_C(0x9e3779b97f4a7c15);
    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

/* The next of a row; the state may start anywhere. */
static inline uint64_t chance_next(uint64_t *state)
{
    return chance_mix((*state)++);
}

/* 0 <= x < 1 */
static inline double chance_unit(uint64_t *state)
{
    return (double)(chance_next(state) >> 11) * 0x1p-53;
}

/* From an exponential distribution with mean 1. */
static inline double chance_exponential(uint64_t *state)
{
    return -log(1.0 - chance_unit(state));
}

/* Whether 'i' belongs to that share of 0, 1, 2 ...: spread evenly, exact in every prefix. */
static inline bool chance_picks(uint32_t i, double share)
{
    return floor((double)(i + 1) * share) > floor((double)i * share);
}

#endif
