import { renderToStaticMarkup } from 'react-dom/server';
import { describe, expect, it } from 'vitest';
import type { Finding, Opinion, Principal } from '@/api/types';
import { MatchedList } from './MatchedList';
import { reason } from './matched';
import { OpinionNote } from './OpinionNote';
import { effect, isLong, opined } from './opinion';
import { placeOf, regionsOf, resourceName } from './place';
import { principalKind, principalName } from './principal';

describe('principal', () => {
  it.each<[Principal['kind'], string, string, string]>([
    ['kubernetes', 'system:serviceaccount:prod:web', 'prod/web', 'Kubernetes service account'],
    ['federated', 'system:serviceaccount:prod:web', 'prod/web', 'federated user'],
    ['kubernetes', 'system:node:ip-10-0-1-7', 'ip-10-0-1-7', 'Kubernetes node'],
    ['kubernetes', 'maya@lumen.example', 'maya@lumen.example', 'Kubernetes user'],
    ['kubernetes', 'kubernetes-admin', 'kubernetes-admin', 'Kubernetes user'],
    ['service', 'ec2.amazonaws.com', 'ec2.amazonaws.com', 'AWS service'],
  ])('%s %s', (kind, name, shown, word) => {
    expect([principalName(name), principalKind({ kind, arn: name })]).toEqual([shown, word]);
  });
});

describe('place', () => {
  it.each([
    ['a region', 'arn:aws:ec2:eu-central-1:111122223333:instance/i-1', ['eu-central-1']],
    ['a partition of its own', 'arn:aws-us-gov:ec2:us-gov-west-1:1:instance/i-1', ['us-gov-west-1']],
    ['a global service', 'arn:aws:iam::111122223333:user/ann', []],
    ['an id alone', 'eni-0a1', []],
    ['markup in place of a region', 'arn:aws:ec2:<b>x</b>-1:1:instance/i-1', []],
  ])('%s', (_, arn, regions) => {
    expect(regionsOf([{ arn }, { arn }])).toEqual(regions);
  });
  it('names what is known, and nothing else', () => {
    const resources = [
      { kind: 'instance', name: 'i-1', arn: 'arn:aws:ec2:us-east-1:1:instance/i-1' } as const,
    ];
    expect(placeOf('111122223333', resources)).toBe('account 111122223333, us-east-1');
    expect(placeOf(null, resources)).toBe('us-east-1');
    expect(placeOf(undefined, [])).toBe('');
  });
  it('keeps the namespace of a Kubernetes object', () => {
    expect(resourceName({ kind: 'kubernetes', arn: 'pods/prod/web-1', name: 'web-1' })).toBe(
      'pods/prod/web-1',
    );
    expect(resourceName({ kind: 'bucket', arn: 'arn:aws:s3:::logs', name: 'logs' })).toBe('logs');
  });
});

describe('reason', () => {
  const arn = { field: 'userIdentity.arn', value: 'arn:aws:iam::1:user/nora' };
  it('tells the count of a correlation from the fields', () => {
    expect(reason([arn, { field: 'counted together', value: '5' }])).toEqual({ count: '5', fields: [arn] });
  });
  it('has no count for one event', () => {
    expect(reason([arn])).toEqual({ count: undefined, fields: [arn] });
  });
  it('is put into words', () => {
    const html = renderToStaticMarkup(
      <MatchedList matched={[arn, { field: 'counted together', value: '5' }]} />,
    );
    expect(html.replace(/<[^>]+>/g, '')).toMatch(/^5 counted together, which have in common/);
  });
});

describe('opinion', () => {
  const opinion = (raise: number, explanation = '', text = ''): Opinion => ({
    raise,
    explanation,
    quotes: text ? [{ field: 'userAgent', text }] : [],
  });
  it('says what it does, and never that it lowers', () => {
    expect(effect(opinion(7))).toBe('raises the risk by 7, at most 20');
    expect(effect(opinion(0))).toBe('does not raise the risk');
  });
  it.each([
    ['short', [opinion(5, 'x'.repeat(200), 'y'.repeat(60))], false],
    ['a long explanation', [opinion(5, 'x'.repeat(281))], true],
    ['a long quote', [opinion(5, 'x', 'y'.repeat(280))], true],
    [
      'several that are short by themselves',
      [opinion(5, 'x'.repeat(200)), opinion(5, 'x'.repeat(200))],
      true,
    ],
    ['none', [], false],
  ])('%s', (_, opinions, long) => {
    expect(isLong(opinions)).toBe(long);
  });
  it('takes the findings that have one, the most raised first', () => {
    const findings = [{ id: 'a', opinion: opinion(3) }, { id: 'b', opinion: null }, { id: 'c' }].concat([
      { id: 'd', opinion: opinion(9) },
    ]) as Finding[];
    expect(opined(findings).map(({ id }) => id)).toEqual(['d', 'a']);
  });
  it('is marked as what it is, and is only ever text', () => {
    const html = renderToStaticMarkup(
      <OpinionNote opinion={opinion(4, '<b>Approved</b> [see](https://attacker.example)', '\u202Eevil')} />,
    );
    const text = html.replace(/<[^>]+>/g, '');
    expect(text).toContain('A model’s opinion');
    expect(text).toContain('cannot lower it, choose an action or approve');
    expect(text).toContain('in userAgent');
    expect(html).not.toMatch(/<b>|<a |\u202E/);
  });
});
