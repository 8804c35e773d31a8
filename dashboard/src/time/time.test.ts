import { describe, expect, it } from 'vitest';
import { learnServerTime, serverNow } from './clock';
import { duration, remaining } from './countdown';

const NOON = Date.parse('2026-01-01T12:00:00.000Z');

describe('remaining', () => {
  it.each([
    ['2026-01-01T12:10:00Z', '10 min 00 s', 'calm', false],
    ['2026-01-01T12:04:59.999Z', '4 min 59 s', 'soon', false],
    ['2026-01-01T12:00:59Z', '59 s', 'now', false],
    ['2026-01-01T12:00:00Z', '0 s', 'over', true],
    ['2026-01-01T11:00:00Z', '0 s', 'over', true],
    ['not a time', '0 s', 'over', true],
  ])('%s is %s', (deadline, text, urgency, over) => {
    expect(remaining(deadline, NOON)).toMatchObject({ text, urgency, over });
  });
});

describe('duration', () => {
  it.each([
    [850, true, '850 ms'],
    [12_400, true, '12.4 s'],
    [59_999, false, '59 s'],
    [245_000, false, '4 min 05 s'],
    [7_800_000, false, '2 h 10 min'],
    [273_600_000, false, '3 d 4 h'],
  ])('%i ms, exact %s', (millis, exact, text) => {
    expect(duration(millis, exact)).toBe(text);
  });
});

describe('server clock', () => {
  it('is taken from the middle of the quickest answer, and a slower one does not spoil it', () => {
    const here = Date.now();
    learnServerTime({ now: new Date(here + 90_000).toISOString() }, here - 10, here + 10);
    expect(serverNow() - Date.now()).toBeCloseTo(90_000, -2);
    learnServerTime([{ now: new Date(here).toISOString() }], here - 4000, here + 4000);
    expect(serverNow() - Date.now()).toBeCloseTo(90_000, -2);
  });

  it('ignores answers that carry no time', () => {
    const before = serverNow() - Date.now();
    for (const answer of [undefined, null, 'now', [], {}, { now: 'soon' }]) learnServerTime(answer, 0, 1);
    expect(serverNow() - Date.now()).toBeCloseTo(before, -2);
  });
});
