import { describe, expect, it } from 'vitest';
import { keys, stale } from './staleness';
import type { LoggedMessage, Payload } from './types';

const entry = (payload: Payload, correlation_id = 'inc-1'): LoggedMessage => ({
  seq: 1,
  message: {
    message_id: 'm',
    correlation_id,
    sender: 'response',
    receiver: 'dashboard',
    time: '',
    ...payload,
  },
});

describe('stale', () => {
  const update = entry({
    type: 'ACTION_UPDATE',
    payload: { incident: 'inc-1', action: 'act-1', does: '', state: 'verified' },
  });

  it('names each list once however many messages there are', () => {
    expect(stale([update, update, update])).toEqual([keys.incident('inc-1'), keys.account]);
  });

  it('fetches the inbox again when a request has ended', () => {
    const settled = entry({
      type: 'APPROVAL_SETTLED',
      payload: { incident: 'inc-1', plan: 'p', outcome: 'superseded' },
    });
    expect(stale([settled])).toContainEqual(keys.approvals);
  });

  it('does not fetch incidents for ordinary traffic', () => {
    const alert = entry(
      { type: 'ALERT', payload: { delivery: 'd', name: 'n', events: [], sample: [] } },
      'd',
    );
    expect(stale([alert])).toEqual([keys.health, keys.quarantine]);
  });
});
