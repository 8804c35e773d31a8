import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LoggedMessage } from '@/api/types';
import { following, Gaps } from './gaps';

const said = (...seqs: number[]): LoggedMessage[] =>
  seqs.map((seq) => ({ seq, message: {} as LoggedMessage['message'] }));
const seqs = (messages: readonly LoggedMessage[]) => messages.map(({ seq }) => seq);
const span = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);

describe('following', () => {
  it.each<[string, number[], number, number[]]>([
    ['takes what comes next', [4, 5], 3, [4, 5]],
    ['puts it in order', [5, 4], 3, [4, 5]],
    ['leaves out what it has', [2, 3, 4], 3, [4]],
    ['stops at a gap', [4, 6, 7], 3, [4]],
    ['takes nothing from beyond one', [5, 6], 3, []],
    ['takes a repeated one once', [4, 4, 5], 3, [4, 5]],
    ['begins at one', [1, 2], 0, [1, 2]],
  ])('%s', (_, messages, cursor, taken) => {
    expect(seqs(following(said(...messages), cursor))).toEqual(taken);
  });
});

describe('Gaps', () => {
  /** The whole log on the server, and what has been received of it. */
  let log: number[];
  let got: number[];
  let reads: string[];
  const failed = vi.fn();
  const ends = {
    cursor: () => got.at(-1) ?? 0,
    received: (messages: LoggedMessage[]) => got.push(...seqs(messages)),
  };
  const gaps = () => new Gaps(ends, failed);
  const frame = (...messages: number[]) => ({ messages: said(...messages), newest: log.at(-1) ?? 0 });

  beforeEach(() => {
    vi.useFakeTimers();
    [log, got, reads] = [[], [], []];
    failed.mockReset();
    vi.stubGlobal(
      'fetch',
      vi.fn(async (asked: URL | string) => {
        const url = String(asked);
        if (url.endsWith('config.json')) return new Response('{"api":"http://console.test"}');
        reads.push(new URL(url).search);
        const { searchParams } = new URL(url);
        const after = Number(searchParams.get('after'));
        const messages = log.filter((seq) => seq > after).slice(0, Number(searchParams.get('limit')));
        return new Response(JSON.stringify({ messages: said(...messages), newest: log.at(-1) ?? 0 }));
      }),
    );
  });

  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('asks for nothing while frames follow each other', async () => {
    const feed = gaps();
    for (log of [span(1, 3), span(1, 5)]) feed.hear(frame(...log.filter((seq) => seq > ends.cursor())));
    await vi.runAllTimersAsync();
    expect(got).toEqual(span(1, 5));
    expect(reads).toEqual([]);
  });

  it('reads what was too large for a frame', async () => {
    [log, got] = [span(1, 12), span(1, 9)];
    gaps().hear(frame());
    await vi.runAllTimersAsync();
    expect(got).toEqual(span(1, 12));
    expect(reads).toEqual(['?after=9&limit=500']);
  });

  it('reads what a lost frame had, and takes the rest once', async () => {
    [log, got] = [span(1, 8), [1, 2]];
    gaps().hear(frame(6, 7, 8));
    await vi.runAllTimersAsync();
    expect(got).toEqual(span(1, 8));
  });

  it('waits a moment for a frame that was overtaken', async () => {
    [log, got] = [span(1, 4), [1, 2]];
    const feed = gaps();
    feed.hear({ messages: said(3), newest: 4 });
    await vi.advanceTimersByTimeAsync(100);
    feed.hear({ messages: said(4), newest: 4 });
    await vi.runAllTimersAsync();
    expect(got).toEqual(span(1, 4));
    expect(reads).toEqual([]);
  });

  it('reads page after page until nothing newer is known', async () => {
    log = span(1, 1234);
    await gaps().fill();
    expect(got).toEqual(log);
    expect(reads).toHaveLength(3);
  });

  it('accepts that the log skips places', async () => {
    [log, got] = [
      [1, 2, 5, 9],
      [1, 2],
    ];
    gaps().hear(frame(5, 9));
    await vi.runAllTimersAsync();
    expect(got).toEqual(log);
  });

  it('ends when the server has nothing of what was announced', async () => {
    [log, got] = [
      [1, 2],
      [1, 2],
    ];
    gaps().hear({ messages: [], newest: 7 });
    await vi.runAllTimersAsync();
    expect(reads).toHaveLength(1);
  });

  it('takes a frame that comes while the log is read', async () => {
    [log, got] = [span(1, 6), [1]];
    const feed = gaps();
    const filled = feed.fill();
    feed.hear({ messages: said(2, 3), newest: 6 });
    await filled;
    expect(got).toEqual(span(1, 6));
  });

  it('tells when the log cannot be read', async () => {
    [log, got] = [span(1, 3), [1]];
    const feed = gaps();
    await feed.fill();
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('offline')));
    feed.hear({ messages: [], newest: 9 });
    await vi.runAllTimersAsync();
    expect(failed).toHaveBeenCalledOnce();
  });

  it('loses and repeats nothing, whatever becomes of the frames', async () => {
    // Numbers that only look random, so that a failure comes again.
    let seed = 7;
    const chance = () => {
      seed = (seed * 48_271) % 2_147_483_647;
      return seed / 2_147_483_647;
    };
    const feed = gaps();
    let late: (() => void)[] = [];
    for (let round = 0; round < 300; round += 1) {
      const from = (log.at(-1) ?? 0) + 1;
      const added = span(from, from + Math.floor(chance() * 4));
      log.push(...added);
      const told = frame(...added);
      const fate = chance();
      if (fate < 0.5) feed.hear(told);
      else if (fate < 0.7) late.push(() => feed.hear(told));
      else if (fate < 0.8) feed.hear({ ...told, messages: [] });
      if (chance() < 0.3) {
        for (const hear of late.reverse()) hear();
        late = [];
      }
      await vi.advanceTimersByTimeAsync(chance() * 200);
    }
    feed.hear(frame());
    await vi.runAllTimersAsync();
    expect(got).toEqual(log);
  });
});
