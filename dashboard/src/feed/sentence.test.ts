import { describe, expect, it } from 'vitest';
import type { Finding, Message, Payload } from '@/api/types';
import { sentence } from './sentence';

const said = (payload: Payload) => {
  const { parts } = sentence({ correlation_id: 'inc-1', ...payload } as Message);
  return parts.map((part) => (typeof part === 'string' ? part : part.quoted)).join('');
};

describe('events', () => {
  const events = (operation: string, actor: string, origin: string) =>
    said({
      type: 'ALERT',
      payload: {
        delivery: 'd',
        name: 'flow.gz',
        events: ['a', 'b'],
        sample: [{ time: '', operation, actor, origin }],
      },
    });
  it.each([
    ['CloudTrail', ['GetObject', 'ann', '10.0.0.1'], 'GetObject by ann from 10.0.0.1 and 1 more, in flow.gz'],
    [
      'a flow log, which names nobody',
      ['ACCEPT tcp/22', '', '10.0.0.1'],
      'ACCEPT tcp/22 from 10.0.0.1 and 1 more, in flow.gz',
    ],
    [
      'Kubernetes without an address',
      ['create pods/exec', 'prod/web', ''],
      'create pods/exec by prod/web and 1 more, in flow.gz',
    ],
    [
      'a node of a cluster',
      ['list secrets', 'system:node:ip-10-0-1-7', '10.0.1.7'],
      'list secrets by ip-10-0-1-7 from 10.0.1.7 and 1 more, in flow.gz',
    ],
    ['a finding that says nothing', ['', '', ''], 'Something and 1 more, in flow.gz'],
  ])('%s', (_, [operation = '', actor = '', origin = ''], sentence) => {
    expect(events(operation, actor, origin)).toBe(sentence);
  });
});

describe('findings', () => {
  const report = (more: Partial<Finding>) =>
    said({ type: 'REPORT', payload: { title: 'T', risk: 50, resources: [], ...more } as Finding });
  it('names a service account as people do', () => {
    const name = 'system:serviceaccount:prod:web';
    expect(report({ actor: { kind: 'kubernetes', arn: name, name }, origin: '10.0.0.1' })).toBe(
      'T, by prod/web from 10.0.0.1',
    );
  });
  it('names the target where nobody is named', () => {
    const resources = [{ kind: 'instance' as const, arn: 'i-1', name: 'i-1' }];
    expect(report({ origin: '10.0.0.1', resources })).toBe('T from 10.0.0.1 on i-1');
  });
});
