import { describe, expect, it } from 'vitest';
import type { Incident, PlannedAction } from '@/api/types';
import { isObserved, toBeObserved, wasObserved } from './observe';

const action = (id: string) => ({ id }) as PlannedAction;
const block = action('act-block');
const revoke = action('act-revoke');

describe('what is only observed', () => {
  it.each<[string[], boolean, boolean]>([
    [['act-block', 'act-revoke'], true, true],
    [['act-block'], true, false],
    [[], false, false],
  ])('by a verdict that says %j', (observe, ofBlock, ofRevoke) => {
    expect(isObserved({ observe }, block)).toBe(ofBlock);
    expect(isObserved({ observe }, revoke)).toBe(ofRevoke);
  });

  it('is counted', () => {
    expect(toBeObserved({ observe: ['act-block'] }, [block, revoke])).toEqual({ count: 1, of: 2 });
    expect(toBeObserved({ observe: [] }, [block, revoke])).toBeUndefined();
    const incident = { actions: [{ state: 'simulated' }, { state: 'verified' }] } as Incident;
    expect(wasObserved(incident)).toEqual({ count: 1, of: 2 });
  });
});
