import { describe, expect, it } from 'vitest';
import type { Incident, PlannedAction } from '@/api/types';
import { isObserved, toBeObserved, wasObserved } from './observe';

const action = (kind: PlannedAction['action']['kind']) => ({ action: { kind } }) as PlannedAction;
const block = action('block_ip');
const revoke = action('revoke_iam_user');

describe('what is only observed', () => {
  it.each<[boolean | string[], boolean, boolean]>([
    [true, true, true],
    [false, false, false],
    [['block_ip'], true, false],
    [[], false, false],
  ])('by a verdict that says %j', (observe, ofBlock, ofRevoke) => {
    expect(isObserved({ observe }, block)).toBe(ofBlock);
    expect(isObserved({ observe }, revoke)).toBe(ofRevoke);
  });

  it('is counted', () => {
    expect(toBeObserved({ observe: ['block_ip'] }, [block, revoke])).toEqual({ count: 1, of: 2 });
    expect(toBeObserved({ observe: false }, [block, revoke])).toBeUndefined();
    const incident = { actions: [{ state: 'simulated' }, { state: 'verified' }] } as Incident;
    expect(wasObserved(incident)).toEqual({ count: 1, of: 2 });
  });
});
