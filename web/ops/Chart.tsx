/* SPDX-License-Identifier: MIT */
/*
 * One time chart of the last five minutes; one or two lines, each with its own axis. Drawn by
 * uPlot.
 */
import type { JSX } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import { timeOf } from '../ui/format';
import { shade } from '../ui/theme';

export interface Line {
  label: string;
  /** Custom property that holds the colour. */
  colour: string;
  values: readonly number[];
  show(value: number): string;
}

interface Props {
  title: string;
  /** Milliseconds. */
  times: readonly number[];
  lines: readonly Line[];
}

const HEIGHT = 150;
/** The time shown, however short the server has been up. */
const SECONDS = 300;
const SYNC = uPlot.sync('ops');

export function Chart({ title, times, lines }: Props): JSX.Element {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot>(undefined);
  const data = [
    times.map((t) => t / 1000),
    ...lines.map((l) => [...l.values]),
  ] as uPlot.AlignedData;
  const latest = useRef(data);
  latest.current = data;
  const colours = shade.value;

  useEffect(() => {
    if (!place.current) return;
    const box = place.current;
    const made = new uPlot(options(box, lines), latest.current, box);
    plot.current = made;
    const watch = new ResizeObserver(() => {
      if (box.clientWidth > 0) made.setSize({ width: box.clientWidth, height: HEIGHT });
    });
    watch.observe(box);
    return () => {
      watch.disconnect();
      made.destroy();
    };
  }, [colours]);
  useEffect(() => plot.current?.setData(data));

  return (
    <figure class="chart">
      <figcaption>
        <strong>{title}</strong>
        {lines.map((line) => (
          <span key={line.label} class="legend" data-colour={line.colour}>
            <i aria-hidden="true" />
            {line.label} <b>{line.show(line.values.at(-1) ?? 0)}</b>
          </span>
        ))}
      </figcaption>
      <div class="plot" ref={place} aria-hidden="true" />
    </figure>
  );
}

function options(box: HTMLElement, lines: readonly Line[]): uPlot.Options {
  const style = getComputedStyle(document.documentElement);
  const colour = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  const font = `11px ${style.fontFamily}`;
  const grid = { stroke: colour('line'), width: 1 };
  const ticks = { show: false };
  const stroke = colour('ink-3');
  const clock: uPlot.Axis.DynamicValues = (_, splits) => splits.map((t) => timeOf(t * 1000));
  const axes: uPlot.Axis[] = [
    {
      stroke,
      font,
      grid: { show: false },
      ticks,
      size: 26,
      incrs: [60, 120, 300],
      values: clock,
    },
  ];
  lines.forEach((line, i) => {
    axes.push({
      scale: `y${i}`,
      side: i === 0 ? 3 : 1,
      stroke,
      font,
      ticks,
      grid: i === 0 ? grid : { show: false },
      size: 52,
      space: 34,
      values: (_, splits) => splits.map((v) => line.show(v)),
    });
  });
  const scales: Record<string, uPlot.Scale> = {
    x: { time: true, range: (_u, _min, max) => [max - SECONDS, max] },
  };
  lines.forEach((_, i) => {
    scales[`y${i}`] = { range: (_u, _min, max) => [0, Math.max(max * 1.15, 1)] };
  });
  return {
    width: Math.max(box.clientWidth, 100),
    height: HEIGHT,
    padding: [8, lines.length > 1 ? 0 : 12, 0, 0],
    legend: { show: false },
    cursor: { sync: { key: SYNC.key }, y: false, points: { size: 6 } },
    scales,
    axes,
    series: [
      {},
      ...lines.map((line, i) => ({
        label: line.label,
        scale: `y${i}`,
        stroke: colour(line.colour),
        width: 1.5,
        points: { show: false },
      })),
    ],
  };
}
