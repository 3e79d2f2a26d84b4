/* SPDX-License-Identifier: MIT */
/*
 * Draws at most once a frame, however many messages came in meanwhile. A hidden page gets no
 * frames: what it shows is drawn when it is seen again.
 */
import { options } from 'preact';

export function drawByFrames(): void {
  options.debounceRendering = (draw) => void requestAnimationFrame(draw);
}
