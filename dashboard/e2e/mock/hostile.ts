// Every injection of the list in each place of the console's answers that an attacker, or a model that read one, can fill.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ApprovalCard, Event, Finding, IncidentDetail, IncidentRow, Payload } from '@/api/types';
import { cut } from '../../src/text/reveal';
import { incident } from './incident';
import { MAY } from './people';
import { ACCOUNT, ago, digest } from './plan';
import { sources } from './sources';

interface Injection {
  name: string;
  field: string;
  text: string;
  times?: number;
}

const LIST = path.resolve(import.meta.dirname, '../../../shared/model/src/proofs/injections.json');
/** Characters that are taken of the longest ones: more than any page shows at once. */
const LONGEST = 1500;

export const INJECTIONS: { name: string; field: string; payload: string }[] = (
  JSON.parse(readFileSync(LIST, 'utf8')) as Injection[]
).map(({ name, field, text, times = 1 }) => ({
  name,
  field,
  payload: cut(text.repeat(times), LONGEST).shown,
}));

export const HOSTILE = 'inc-bad7e87';

const bucket = (name: string) => ({ kind: 'bucket' as const, name, arn: `arn:aws:s3:::${name}` });
const actor = (name: string) => ({
  kind: 'role' as const,
  arn: `arn:aws:iam::${ACCOUNT}:role/${name}`,
  name,
  session: name,
});

const FINDINGS: Finding[] = INJECTIONS.map(({ field, payload }, n) => ({
  id: `fnd-${digest(`hostile ${n}`).slice(0, 16)}`,
  rule: 'asoc-hostile',
  title: payload,
  level: 'high',
  description: payload,
  risk: 60,
  contributions: [{ name: 'rule level', points: 60, why: payload }],
  attack: [],
  event: `evt-hostile-${n}`,
  time: ago(500 - n),
  operation: payload,
  actor: actor(payload),
  origin: payload,
  account: ACCOUNT,
  resources: [bucket(payload)],
  matched: [
    { field: 'userAgent', value: payload },
    { field: 'requestParameters.roleSessionName', value: payload },
    { field: 'requestParameters.tagSet.0.value', value: payload },
    { field: payload, value: payload },
  ],
  false_positives: [payload],
  opinion: {
    raise: 0,
    explanation: payload,
    quotes: [
      { field, text: payload },
      { field: payload, text: payload },
    ],
  },
}));

/** How many stretches of a finding on its page are a payload. */
export const STRETCHES = 18;

export const HOSTILE_EVENTS: Event[] = FINDINGS.map(
  ({ event, title, time, operation, actor, resources }) => ({
    id: event,
    class: 'api_activity',
    source: 'cloudtrail',
    time,
    service: title,
    operation,
    actor,
    user_agent: title,
    outcome: { failure: title },
    resources,
    raw: { userAgent: title, requestParameters: { roleSessionName: title, tagSet: [{ value: title }] } },
  }),
);

const named = (n: number) => `${HOSTILE}-${n}`;

/** One incident with all of them. */
export function hostile(): IncidentDetail {
  const whole = sources();
  return {
    ...whole,
    incident: {
      ...whole.incident,
      id: HOSTILE,
      title: INJECTIONS[0]?.payload ?? '',
      risk: 60,
      principals: FINDINGS.flatMap(({ actor }) => (actor ? [actor] : [])),
      resources: FINDINGS.flatMap(({ resources }) => resources),
      origins: INJECTIONS.map(({ payload }) => payload),
      findings: FINDINGS.map(({ id, title, risk, time }) => ({ id, title, risk, time })),
    },
    findings: FINDINGS,
    blast_radius: {
      incident: HOSTILE,
      as_of: ago(60),
      nodes: INJECTIONS.map(({ payload }, n) => ({
        id: `arn:aws:s3:::${n}/${payload}`,
        resource: bucket(payload),
        distance: n === 0 ? 0 : 1,
        standing: n === 0 ? 'compromised' : 'reachable',
        crown_jewel: n === 1,
      })),
      edges: INJECTIONS.slice(1).map(({ payload }, n) => ({
        from: `arn:aws:s3:::0/${INJECTIONS[0]?.payload}`,
        to: `arn:aws:s3:::${n + 1}/${payload}`,
        means: payload,
        because: payload,
        observed: n % 2 === 0,
      })),
      totals: { buckets: INJECTIONS.length },
      path: FINDINGS.map(({ event, title, operation, time }) => ({
        event,
        time,
        operation,
        actor: title,
        targets: [title],
        finding: title,
        succeeded: true,
      })),
      counterfactuals: [],
      blind_spots: INJECTIONS.map(({ payload }) => payload),
    },
    messages: hostileMessages().map((said, seq) => ({
      seq,
      message: {
        message_id: `hostile-${seq}`,
        correlation_id: HOSTILE,
        sender: 'detection',
        receiver: 'supervisor',
        time: ago(290),
        risk_score: null,
        ...said,
      } as IncidentDetail['messages'][number]['message'],
    })),
  };
}

/** A row of the list for each. */
export function hostileRows(): IncidentRow[] {
  const { status, opened, updated } = hostile().incident;
  return INJECTIONS.map(({ payload }, n) => ({
    id: named(n),
    title: payload,
    status,
    risk: 60,
    opened,
    updated,
    principals: [payload, payload],
    findings: 1,
    drill: false,
  }));
}

/** A request for each. */
export function hostileCards(): ApprovalCard[] {
  const { plan, verdict, approval } = incident('waiting', ago(-900), []);
  if (!plan || !verdict || !approval) return [];
  return INJECTIONS.map(({ payload }, n) => ({
    incident: named(n),
    title: payload,
    risk: 60,
    happened: [payload],
    plan: {
      ...plan,
      actions: plan.actions.slice(0, 1).map((action) => ({
        ...action,
        target: bucket(payload),
        does: payload,
        why: payload,
        undo: payload,
      })),
    },
    verdict: { ...verdict, reasons: [payload] },
    approval,
    may: { ...MAY, vote: false, why_not: payload },
    now: new Date().toISOString(),
    drill: false,
  }));
}

/** What the page of such a request's incident fetches: the finding with this payload alone. */
export function hostileOf(id: string): IncidentDetail {
  const whole = hostile();
  if (id === HOSTILE) return whole;
  const n = Number(id.slice(HOSTILE.length + 1));
  return { ...whole, findings: whole.findings.slice(n, n + 1) };
}

/** A line for each event, and one for each finding. */
export function hostileMessages(): Payload[] {
  const time = ago(290);
  return FINDINGS.flatMap((finding, n): Payload[] => [
    {
      type: 'ALERT',
      payload: {
        delivery: digest(`hostile ${n}`),
        name: finding.title,
        events: [finding.event],
        sample: [{ time, operation: finding.title, actor: finding.title, origin: finding.title }],
      },
    },
    { type: 'REPORT', payload: finding },
    { type: 'NOTICE', payload: { severity: 'warning', text: finding.title } },
  ]);
}
