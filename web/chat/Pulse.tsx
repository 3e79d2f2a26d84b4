/* SPDX-License-Identifier: MIT */
/* What the room is about and how it feels just now; nothing where the server does not know. */
import type { JSX } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { Icon } from '../ui/icons';
import { raidWords, toInsights, type Insights, type Mood } from '../ui/insights';
import type { RoomModel } from './room-model';
import { store } from './store';

const EVERY_MS = 15_000;
const PATIENCE_MS = 5_000;
/** A server that has no insights is asked again only after so many turns. */
const REST_TURNS = 20;

export function Pulse({ room }: { room: RoomModel }): JSX.Element {
  const place = useRef<HTMLElement>(null);
  const [known, setKnown] = useState<Insights | undefined>(undefined);
  const open = store.drawer.value === 'members';
  const live = room.state.value === 'live';
  useEffect(() => {
    let rest = 0;
    let gone = false;
    const ask = async (): Promise<void> => {
      const seen = place.current?.checkVisibility({ visibilityProperty: true }) ?? false;
      if (!live || document.hidden || (!seen && !open) || rest-- > 0) return;
      const answer = await fetchInsights(room.name).catch(() => undefined);
      if (gone) return;
      if (answer === null) rest = REST_TURNS;
      if (answer !== undefined) setKnown(answer ?? undefined);
    };
    void ask();
    const timer = window.setInterval(() => void ask(), EVERY_MS);
    return () => {
      gone = true;
      window.clearInterval(timer);
    };
  }, [room, live, open]);
  const felt = known?.moods.some((m) => m.mood !== undefined);
  const some = known && (known.topics.length > 0 || felt || known.raid);
  return (
    <section class="pulse" aria-label="Room pulse" ref={place} data-empty={!some}>
      {known?.raid && (
        <p class="raid" role="alert">
          <Icon name="warn" />
          <span>This looks like a raid: {raidWords(known.raid)}.</span>
        </p>
      )}
      {known && known.topics.length > 0 && (
        <>
          <h3>About</h3>
          <ul class="topics">
            {known.topics.map((topic) => (
              <li key={topic}>{topic}</li>
            ))}
          </ul>
        </>
      )}
      {felt && (
        <>
          <h3>Mood</h3>
          <dl class="moods">
            {known?.moods.map((m) => (
              <Bar key={m.span} {...m} />
            ))}
          </dl>
        </>
      )}
    </section>
  );
}

/** To the right of the middle is good, to the left is not. */
function Bar({ span, mood }: Mood): JSX.Element {
  const length = Math.abs(mood ?? 0) * 50;
  return (
    <div>
      <dt>{span}</dt>
      <dd>
        <svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
          <rect class="track" width="100" height="8" />
          <rect
            class={mood !== undefined && mood < 0 ? 'low' : 'high'}
            x={mood !== undefined && mood < 0 ? 50 - length : 50}
            width={length}
            height="8"
          />
          <rect class="middle" x="49.5" width="1" height="8" />
        </svg>
        <span>{mood === undefined ? 'unknown' : moodWord(mood)}</span>
      </dd>
    </div>
  );
}

function moodWord(mood: number): string {
  if (mood > 0.25) return 'good';
  return mood < -0.25 ? 'bad' : 'even';
}

/** null: this server has none. */
async function fetchInsights(room: string): Promise<Insights | null> {
  const response = await fetch(`/api/v1/rooms/${encodeURIComponent(room)}/insights`, {
    headers: { authorization: `Bearer ${store.token ?? ''}` },
    signal: AbortSignal.timeout(PATIENCE_MS),
  });
  return response.ok ? toInsights(await response.json()) : null;
}
