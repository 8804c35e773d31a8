import { describe, expect, it } from 'vitest';
import type { LoggedMessage } from '@/api/types';
import { append, EMPTY, KEPT, KEPT_BACK, type Log, prepend, trim } from './log';

const said = (...seqs: number[]): LoggedMessage[] =>
  seqs.map((seq) => ({ seq, message: {} as LoggedMessage['message'] }));
const span = (from: number, to: number) =>
  said(...Array.from({ length: to - from + 1 }, (_, index) => from + index));
const held = (log: Log) => log.messages.map(({ seq }) => seq);

describe('append', () => {
  it.each<[string, number[], number[], number[]]>([
    ['takes what is new', [1, 2], [3, 4], [1, 2, 3, 4]],
    ['leaves out what a reconnect repeats', [1, 2, 3], [2, 3, 4], [1, 2, 3, 4]],
    ['leaves out what one frame repeats', [1], [2, 2, 3], [1, 2, 3]],
    ['puts a frame in order', [1], [4, 2, 3], [1, 2, 3, 4]],
    ['accepts that the log counts with gaps', [1, 5], [9, 12], [1, 5, 9, 12]],
    ['starts from nothing', [], [7, 8], [7, 8]],
  ])('%s', (_, before, frame, after) => {
    expect(held(append(prepend(EMPTY, said(...before)), said(...frame)))).toEqual(after);
  });

  it('keeps the same log when nothing is new, so that nothing is drawn again', () => {
    const log = append(EMPTY, said(1, 2));
    expect(append(log, said(1, 2))).toBe(log);
  });

  it('drops the oldest past the limit and then no longer claims to hold the beginning', () => {
    const log = append({ ...EMPTY, complete: true }, span(1, KEPT + 10));
    expect(log.messages).toHaveLength(KEPT);
    expect(log.messages[0]?.seq).toBe(11);
    expect(log.complete).toBe(false);
    expect(log.cursor).toBe(KEPT + 10);
  });

  it('keeps history for whoever reads back, and lets go of it afterwards', () => {
    const scrolledBack = prepend(append(EMPTY, span(5001, 5000 + KEPT)), span(4001, 5000));
    const grown = append(scrolledBack, span(6001, 6005), KEPT_BACK);
    expect(grown.messages[0]?.seq).toBe(4001);
    expect(append(grown, span(6006, 16000), KEPT_BACK).messages).toHaveLength(KEPT_BACK);
    expect(trim(grown, KEPT).messages[0]?.seq).toBe(6006 - KEPT);
  });

  it('resumes from its cursor over any cuts without a gap or a duplicate', () => {
    const all = span(1, 200);
    let log: Log = EMPTY;
    for (const size of [1, 7, 30, 3, 90, 200]) {
      // Each connection answers with what is after the cursor, and breaks off after `size` messages.
      log = append(log, all.filter(({ seq }) => seq > log.cursor).slice(0, size));
    }
    expect(held(log)).toEqual(held({ ...EMPTY, messages: all }));
  });
});

describe('prepend', () => {
  it('puts older messages before, without those it has', () => {
    const log = prepend(append(EMPTY, said(10, 11)), said(7, 8, 10));
    expect(held(log)).toEqual([7, 8, 10, 11]);
    expect(log.cursor).toBe(11);
  });

  it('sets the cursor of a log that was empty', () => {
    expect(prepend(EMPTY, said(3, 4)).cursor).toBe(4);
  });

  it('takes an empty page as the beginning', () => {
    expect(prepend(append(EMPTY, said(5)), []).complete).toBe(true);
  });
});
