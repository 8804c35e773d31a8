import { describe, expect, it } from 'vitest';
import type { Finding } from '@/api/types';
import { changes } from './facets';
import { stages, toContainment } from './receipt';
import { raise, signed, sumUp } from './riskSum';

const parts = (...points: number[]) =>
  points.map((each, index) => ({ name: `part ${index}`, points: each, why: '' }));

describe('sumUp', () => {
  it.each([
    [[40, 20, 7], 67, { sum: 67, held: 0, agrees: true }],
    [[70, 40, 5], 100, { sum: 115, held: -15, agrees: true }],
    [[10, -30], 0, { sum: -20, held: 20, agrees: true }],
    [[40, 20], 75, { sum: 60, held: 0, agrees: false }],
    [[], 0, { sum: 0, held: 0, agrees: true }],
  ])('%j reported as %i', (points, risk, expected) => {
    expect(sumUp(parts(...points), risk)).toMatchObject(expected);
  });
});

describe('raise', () => {
  const finding = (id: string, risk: number) => ({ id, risk }) as Finding;
  it('starts from the gravest finding, the older one of two', () => {
    expect(raise([finding('a', 50), finding('b', 70), finding('c', 70)], 82)).toEqual({
      gravest: finding('b', 70),
      points: 12,
    });
  });
  it('has nothing to say without findings', () => {
    expect(raise([], 0)).toBeUndefined();
  });
});

it('writes signs that line up', () => {
  expect([signed(5), signed(0), signed(-4)]).toEqual(['+5', '+0', '−4']);
});

describe('changes', () => {
  it('puts what changed first, and takes absent and null as the same', () => {
    const found = changes({ key: 'Active', tags: null }, { key: 'Inactive', policies: ['deny'] });
    expect(found.map(({ facet, before, after, changed }) => [facet, before, after, changed])).toEqual([
      ['key', 'Active', 'Inactive', true],
      ['policies', 'none', 'deny', true],
      ['tags', 'none', 'none', false],
    ]);
  });
  it('says of a list what came and what went', () => {
    const [groups] = changes({ groups: ['web', 'ssh'] }, { groups: ['quarantine', 'web'] });
    expect(groups?.after).toBe('+ quarantine, − ssh');
  });
  it('claims nothing before the account was read back', () => {
    expect(changes({ key: 'Active' }, null)).toEqual([
      { facet: 'key', before: 'Active', after: '', changed: false },
    ]);
  });
});

describe('receipt', () => {
  const reached = {
    detected: '2026-01-01T00:00:01Z',
    event: '2026-01-01T00:00:00Z',
    contained: '2026-01-01T00:01:00Z',
  };
  it('orders stages by time and says how long each took', () => {
    expect(stages(reached).map(({ name, took }) => [name, took])).toEqual([
      ['event', undefined],
      ['detected', 1000],
      ['contained', 59_000],
    ]);
  });
  it('counts containment only once there is one', () => {
    expect(toContainment(reached)).toBe(60_000);
    expect(toContainment({ event: reached.event })).toBeUndefined();
  });
});
