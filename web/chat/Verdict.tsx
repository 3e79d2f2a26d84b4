/* SPDX-License-Identifier: MIT */
/*
 * What the analyzers found in a message: one quiet badge a label, and on hover or focus the reason:
 * which analyzer, which version, how sure, and the very characters that it means.
 */
import { signal } from '@preact/signals';
import type { JSX } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';
import { markSpans, type Label } from '../sdk/index';
import { percent, span } from '../ui/format';
import { Icon } from '../ui/icons';
import { labelWord } from '../ui/labels';
import type { Message, Verdict } from './timeline';

type Tone = 'bad' | 'warm' | 'good' | 'info' | 'plain';

/** Which colour an analyzer's labels have, and which a single label; anything unknown is plain. */
const ANALYZER_TONE: Record<string, Tone> = { toxicity: 'bad', spam: 'bad', question: 'info' };
const WARM =
  'negative anger annoyance disappointment disapproval disgust fear grief sadness remorse';
const GOOD =
  'positive admiration amusement approval caring excitement gratitude joy love optimism ' +
  'pride relief';
const LABEL_TONE = new Map<string, Tone>([
  ...WARM.split(' ').map((label) => [label, 'warm'] as const),
  ...GOOD.split(' ').map((label) => [label, 'good'] as const),
]);

/** Red is for what was acted on, as long as the text is still the one that was judged. */
function toneOf(label: Label, verdict: Verdict): Tone {
  if (verdict.outdated) return 'plain';
  const tone = LABEL_TONE.get(label.label) ?? ANALYZER_TONE[label.analyzer] ?? 'plain';
  return tone === 'bad' && verdict.action === 'none' ? 'warm' : tone;
}

const READ = new Set(navigator.languages.map((tag) => tag.split('-')[0]));

/** That a text is in a language its reader reads is no news; the explanation has it. */
const isExpected = (label: Label): boolean =>
  label.analyzer === 'language' && READ.has(label.label);

interface Shown {
  anchor: HTMLElement;
  label: Label;
  verdict: Verdict;
  message: Message;
}

const shown = signal<Shown | undefined>(undefined);
const CARD = 'verdict-card';

export function hideVerdict(): boolean {
  const was = shown.value !== undefined;
  shown.value = undefined;
  return was;
}

export function Verdicts(props: {
  message: Message;
  tabbable: boolean;
  explain(): void;
}): JSX.Element | null {
  const { message, tabbable, explain } = props;
  const verdict = message.verdict;
  if (!verdict) return null;
  const news = verdict.labels.filter((label) => !isExpected(label));
  if (news.length === 0) return null;
  const toned = news.map((label) => ({ label, tone: toneOf(label, verdict) }));
  toned.sort((a, b) => Number(b.tone === 'bad') - Number(a.tone === 'bad'));
  return (
    <div class="verdicts">
      {toned.map(({ label, tone }) => (
        <Badge
          key={`${label.analyzer}/${label.label}`}
          label={label}
          tone={tone}
          tabbable={tabbable}
          what={{ label, verdict, message }}
          explain={explain}
        />
      ))}
    </div>
  );
}

function Badge(props: {
  label: Label;
  tone: Tone;
  tabbable: boolean;
  what: Omit<Shown, 'anchor'>;
  explain(): void;
}): JSX.Element {
  const { label, tone, tabbable, what, explain } = props;
  const open = shown.value?.label === label;
  const word = labelWord(label.analyzer, label.label);
  const show = (e: { currentTarget: HTMLElement }): void => {
    shown.value = { anchor: e.currentTarget, ...what };
  };
  const hide = (): void => {
    if (shown.value?.label === label) shown.value = undefined;
  };
  return (
    <button
      type="button"
      class="verdict"
      data-tone={tone}
      data-label={label.label}
      tabIndex={tabbable ? 0 : -1}
      aria-label={`${word}, ${percent(label.score)} sure`}
      aria-describedby={open ? CARD : undefined}
      onPointerEnter={show}
      onPointerLeave={hide}
      onFocus={show}
      onBlur={hide}
      onClick={() => {
        hideVerdict();
        explain();
      }}
    >
      {tone === 'bad' && <Icon name="flag" />}
      <span>{word}</span>
      <span class="score">{percent(label.score)}</span>
    </button>
  );
}

/** The one card on the page, placed beside the badge that asks for it. */
export function VerdictCard(): JSX.Element | null {
  const card = useRef<HTMLDivElement>(null);
  const now = shown.value;
  useLayoutEffect(() => {
    if (card.current && now) place(card.current, now.anchor);
  }, [now]);
  if (!now) return null;
  const { label, verdict, message } = now;
  const spans = verdict.outdated ? [] : (label.spans ?? []);
  return (
    <div class="verdict-card" id={CARD} role="tooltip" ref={card}>
      <div class="verdict-head">
        <strong>{labelWord(label.analyzer, label.label)}</strong>
        <span>{actionWord(verdict.action)}</span>
      </div>
      <div class="meter-line">
        <meter min={0} max={1} value={label.score} aria-hidden="true" />
        <span>{percent(label.score)}</span>
      </div>
      {spans.length > 0 && (
        <p class="quoted">
          {excerpt(markSpans(message.text, spans)).map((piece) =>
            piece.marked ? <mark>{piece.text}</mark> : piece.text,
          )}
        </p>
      )}
      {verdict.outdated && <p class="aside">Judged before the message was edited.</p>}
      <p class="aside">
        {label.analyzer} {label.version}
        {verdict.ts > message.ts && !verdict.outdated && (
          <>, {span(verdict.ts - message.ts)} after</>
        )}
      </p>
    </div>
  );
}

const ACTION_WORDS: Record<string, string> = {
  none: 'noted',
  flag: 'flagged',
  mask: 'masked',
  hold: 'held',
  bounce: 'sent back',
  block: 'blocked',
  shadow: 'hidden',
};

export function actionWord(action: string): string {
  return ACTION_WORDS[action] ?? action;
}

const CONTEXT = 60;

/** A long text is cut down to what is marked and a little around it. */
function excerpt(pieces: ReturnType<typeof markSpans>): ReturnType<typeof markSpans> {
  return pieces.map((piece, i) => {
    const points = Array.from(piece.text);
    if (piece.marked || points.length <= CONTEXT * 2) return piece;
    const head = i === 0 ? '' : points.slice(0, CONTEXT).join('');
    const tail = i === pieces.length - 1 ? '' : points.slice(-CONTEXT).join('');
    return { marked: false, text: `${head} … ${tail}` };
  });
}

const GAP = 6;
const EDGE = 8;

function place(card: HTMLElement, anchor: HTMLElement): void {
  const at = anchor.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = card;
  const below = at.bottom + GAP;
  const top = below + height > innerHeight - EDGE ? at.top - GAP - height : below;
  const left = Math.min(at.left, innerWidth - width - EDGE);
  card.style.left = `${Math.max(EDGE, left)}px`;
  card.style.top = `${Math.max(EDGE, top)}px`;
}
