import { describe, expect, it } from 'vitest';
import type { ApprovalCard, Plan } from '@/api/types';
import { approve, missing, onExpiry, reject, stillPossible } from './ballot';

const plan: Plan = {
  incident: 'inc-1',
  revision: 3,
  hash: 'plan-hash',
  actions: ['a', 'b', 'c'].map((id) => ({
    id,
    hash: `hash-${id}`,
    action: { kind: 'snapshot_volumes', instance: id },
    target: { kind: 'instance', arn: id, name: id },
    preconditions: {},
    why: '',
    does: '',
    undo: '',
  })),
};

function card(
  votes: string[][],
  approvers = 2,
  on_expiry: string[] = [],
): Pick<ApprovalCard, 'plan' | 'approval'> {
  return {
    plan,
    approval: {
      request: {
        incident: 'inc-1',
        revision: 3,
        plan: plan.hash,
        actions: plan.actions.map(({ hash }) => hash),
        approvers,
        requested: '',
        expires: '',
        on_expiry,
        subjects: [],
      },
      votes: votes.map((actions, index) => ({
        by: `person ${index}`,
        at: '',
        answer: { decision: 'approve', actions: actions.map((id) => `hash-${id}`) },
      })),
    },
  };
}

describe('approve', () => {
  it('names the plan that was shown and the hashes of what was chosen, in plan order', () => {
    expect(approve(plan, new Set(['c', 'a']))).toEqual({
      ballot: { plan: 'plan-hash', answer: { decision: 'approve', actions: ['hash-a', 'hash-c'] } },
    });
  });

  it.each([
    ['nothing', []],
    ['something that is not in the plan', ['a', 'z']],
  ])('does not approve %s', (_, chosen) => {
    expect(approve(plan, new Set(chosen))).toHaveProperty('problem');
  });
});

describe('reject', () => {
  it('carries the reason without its blanks', () => {
    expect(reject(plan, '  planned work \n')).toEqual({
      ballot: { plan: 'plan-hash', answer: { decision: 'reject', reason: 'planned work' } },
    });
  });
  it.each(['', '   ', '\n\t'])('needs a reason, which %j is not', (reason) => {
    expect(reject(plan, reason)).toHaveProperty('problem');
  });
});

describe('the count', () => {
  it.each([
    [[], 2, 2],
    [[['a']], 2, 1],
    [[['a'], ['b']], 2, 0],
    [[['a'], ['b'], ['c']], 2, 0],
  ])('%j of %i leaves %i', (votes, approvers, left) => {
    expect(missing(card(votes, approvers).approval)).toBe(left);
  });
});

describe('what can still be applied', () => {
  it.each([
    [[], ['a', 'b', 'c']],
    [[['a', 'c']], ['a', 'c']],
    [
      [
        ['a', 'c'],
        ['c', 'b'],
      ],
      ['c'],
    ],
  ])('after %j is %j', (votes, possible) => {
    expect([...stillPossible(card(votes))]).toEqual(possible);
  });
});

it('lists the declared default in plan order', () => {
  expect(onExpiry(card([], 1, ['c', 'a', 'gone']))).toEqual(['a', 'c']);
});
