/* SPDX-License-Identifier: MIT
 *
 * The only clocks. Durations and deadlines use the monotonic one, which no operator and no NTP
 * moves; wall time is only for what people read. Any thread.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

uint64_t clock_mono_us(void);
uint64_t clock_mono_ms(void);
int64_t clock_wall_ms(void);
/* CPU time that this thread has used. */
uint64_t clock_thread_us(void);

#endif
