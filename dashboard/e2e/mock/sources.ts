import type { Event, Finding, IncidentDetail, Payload } from '@/api/types';
import { incident } from './incident';
import { MAY } from './people';
import { ACCOUNT, ago, digest } from './plan';

const INSTANCE = `arn:aws:ec2:eu-central-1:${ACCOUNT}:instance/i-0a1b2c3d4e5f60001`;

/** One event of a log, with what a rule makes of it. */
interface Case {
  event: Pick<
    Event,
    'source' | 'service' | 'operation' | 'actor' | 'origin' | 'outcome' | 'account' | 'region'
  >;
  user_agent?: string;
  resources: Event['resources'];
  title: string;
  description: string;
  points: number;
  matched: [string, string][];
  opinion?: Finding['opinion'];
}

const CASES: Case[] = [
  {
    event: {
      source: 'vpc_flow',
      service: 'vpc-flow-logs',
      operation: 'ACCEPT tcp/22',
      origin: '198.51.100.23',
      outcome: 'success',
      account: ACCOUNT,
      region: 'eu-central-1',
    },
    resources: [
      { kind: 'instance', name: 'i-0a1b2c3d4e5f60001', arn: INSTANCE },
      {
        kind: 'network_interface',
        name: 'eni-0a1b2c3d4e5f60001',
        arn: `arn:aws:ec2:eu-central-1:${ACCOUNT}:network-interface/eni-0a1b2c3d4e5f60001`,
      },
    ],
    title: 'SSH was accepted from the internet',
    description: 'Somebody outside reached a port for administration.',
    points: 40,
    matched: [
      ['action', 'ACCEPT'],
      ['dstport', '22'],
      ['pkt-srcaddr', '198.51.100.23'],
    ],
  },
  {
    event: {
      source: 'kubernetes',
      service: 'eks.amazonaws.com',
      operation: 'create pods/exec',
      actor: {
        kind: 'kubernetes',
        arn: 'system:serviceaccount:ci:runner',
        name: 'ci/runner',
        account: ACCOUNT,
      },
      origin: '203.0.113.66',
      outcome: 'success',
      account: ACCOUNT,
      region: 'eu-central-1',
    },
    user_agent: 'kubectl/v1.31.2 (linux/amd64) kubernetes/5864a46',
    resources: [{ kind: 'kubernetes', name: 'orders-7d9c5b-x2x4k', arn: 'pods/prod/orders-7d9c5b-x2x4k' }],
    title: 'A service account opened a shell in a container',
    description: 'Service accounts run programs; a shell is what a person opens.',
    points: 66,
    matched: [
      ['verb', 'create'],
      ['objectRef.subresource', 'exec'],
      ['user.username', 'system:serviceaccount:ci:runner'],
    ],
    opinion: {
      raise: 12,
      explanation:
        'The service account of the build runner opens a shell in a pod of another namespace, from an address outside of the cluster. Build jobs have no reason to do either; together they look like a stolen token that is being tried by hand.',
      quotes: [
        { field: 'user.username', text: 'system:serviceaccount:ci:runner' },
        {
          field: 'requestURI',
          text: '/api/v1/namespaces/prod/pods/orders-7d9c5b-x2x4k/exec?command=%2Fbin%2Fsh',
        },
      ],
    },
  },
  {
    event: {
      source: 'kubernetes',
      service: 'eks.amazonaws.com',
      operation: 'list secrets',
      actor: {
        kind: 'kubernetes',
        arn: 'system:node:ip-10-0-1-7.eu-central-1.compute.internal',
        name: 'system:node:ip-10-0-1-7.eu-central-1.compute.internal',
      },
      origin: '10.0.1.7',
      outcome: { failure: 'Forbidden' },
    },
    resources: [{ kind: 'kubernetes', name: 'secrets', arn: 'secrets' }],
    title: 'Many requests to a cluster were refused',
    description: 'Whoever asks for much that is refused looks for what is not.',
    points: 48,
    matched: [
      ['user.username', 'system:node:ip-10-0-1-7.eu-central-1.compute.internal'],
      ['counted together', '31'],
    ],
  },
  {
    event: {
      source: 'cloudtrail',
      service: 'sts.amazonaws.com',
      operation: 'AssumeRole',
      actor: {
        kind: 'role',
        arn: `arn:aws:iam::${ACCOUNT}:role/eks/node`,
        name: 'node',
        account: ACCOUNT,
        session: 'i-0a1b2c3d4e5f60001',
        access_key: 'ASIAIOSFODNN7EXAMPLE',
      },
      origin: '203.0.113.66',
      outcome: { failure: 'AccessDenied' },
      account: ACCOUNT,
      region: 'us-east-1',
    },
    user_agent: 'Boto3/1.35.0',
    resources: [1, 2, 3, 4, 5].map((n) => ({
      kind: 'role' as const,
      name: `deploy-${n}`,
      arn: `arn:aws:iam::${ACCOUNT}:role/deploy-${n}`,
    })),
    title: 'Many roles were tried',
    description: 'One principal asked for one role after another.',
    points: 58,
    matched: [
      ['userIdentity.arn', `arn:aws:sts::${ACCOUNT}:assumed-role/node/i-0a1b2c3d4e5f60001`],
      ['sourceIPAddress', '203.0.113.66'],
      ['counted together', '5'],
    ],
  },
  {
    event: {
      source: 'security_hub',
      service: 'Inspector',
      operation: 'Software and Configuration Checks/Vulnerabilities/CVE',
      outcome: 'unknown',
      account: ACCOUNT,
      region: 'eu-central-1',
    },
    resources: [{ kind: 'instance', name: 'i-0a1b2c3d4e5f60001', arn: INSTANCE }],
    title: 'CVE-2024-3094 in xz-utils',
    description: 'Inspector reports this through Security Hub.',
    points: 71,
    matched: [['Severity.Label', 'CRITICAL']],
  },
  {
    event: {
      source: 'guardduty',
      service: 'guardduty.amazonaws.com',
      operation: 'UnauthorizedAccess:IAMUser/InstanceCredentialExfiltration.OutsideAWS',
      actor: {
        kind: 'role',
        arn: `arn:aws:iam::${ACCOUNT}:role/web-app`,
        name: 'web-app',
        session: 'i-0a1b2c3d4e5f60001',
      },
      origin: '203.0.113.66',
      outcome: 'unknown',
      account: ACCOUNT,
      region: 'eu-central-1',
    },
    resources: [{ kind: 'instance', name: 'i-0a1b2c3d4e5f60001', arn: INSTANCE }],
    title: 'Credentials of an instance are used outside of AWS',
    description: 'GuardDuty reports this.',
    points: 80,
    matched: [['severity', '8']],
  },
  {
    event: { source: 'webhook', service: 'webhook', operation: 'Honeytoken was opened', outcome: 'unknown' },
    resources: [],
    title: 'Honeytoken was opened',
    description: 'Another system reports this.',
    points: 55,
    matched: [],
  },
];

const id = (n: number) => `fnd-${digest(`source ${n}`).slice(0, 16)}`;

export const SOURCE_EVENTS: Event[] = CASES.map(({ event, user_agent, resources }, n) => ({
  ...event,
  id: `evt-source-${n}`,
  class: 'api_activity',
  time: ago(300 - n * 20),
  user_agent,
  resources,
  raw: { source: event.source, operation: event.operation },
}));

const FINDINGS: Finding[] = CASES.map(({ event, resources = [], points, matched, opinion, ...rule }, n) => ({
  ...rule,
  id: id(n),
  rule: `asoc-${event.source}-${n}`,
  level: 'high',
  contributions: [
    { name: 'rule level', points, why: 'The rule’s level is high.' },
    ...(opinion
      ? [
          {
            name: "model's opinion",
            points: opinion.raise,
            why: 'mock-1 holds that it weighs more than its parts.',
          },
        ]
      : []),
  ],
  risk: points + (opinion?.raise ?? 0),
  attack: [{ id: 'T1078', tactic: 'initial-access' }],
  event: `evt-source-${n}`,
  time: ago(300 - n * 20),
  operation: event.operation,
  actor: event.actor,
  origin: event.origin,
  account: event.account,
  resources,
  matched: matched.map(([field, value]) => ({ field, value })),
  opinion,
}));

/** What a feed says of it: a line for each log, then a finding for each. */
export const SOURCE_MESSAGES: Payload[] = [
  ...CASES.map(
    ({ event }, n): Payload => ({
      type: 'ALERT',
      payload: {
        delivery: digest(`source ${n}`),
        name: `${event.source}.json.gz`,
        events: [`evt-source-${n}`],
        sample: [
          {
            time: ago(300 - n * 20),
            operation: event.operation,
            actor: event.actor?.name ?? '',
            origin: event.origin ?? '',
          },
        ],
      },
    }),
  ),
  ...FINDINGS.map((payload): Payload => ({ type: 'REPORT', payload })),
];

export const SOURCES = 'inc-50a7ce5';

/** An incident with a finding from each log that is read. */
export function sources(): IncidentDetail {
  const whole = incident('waiting', ago(-900), []);
  return {
    incident: {
      ...whole,
      id: SOURCES,
      title: 'A cluster is searched through a node’s credentials',
      status: 'noted',
      risk: 92,
      drill: false,
      principals: FINDINGS.flatMap(({ actor }) => (actor ? [actor] : [])),
      resources: FINDINGS.flatMap(({ resources }) => resources).slice(0, 6),
      origins: ['198.51.100.23', '203.0.113.66', '10.0.1.7'],
      findings: FINDINGS.map(({ id, title, risk, time }) => ({ id, title, risk, time })),
      plan: null,
      verdict: null,
      approval: null,
      actions: [],
      receipt: { reached: { event: ago(300), detected: ago(299), opened: ago(298) } },
    },
    findings: FINDINGS,
    messages: SOURCE_MESSAGES.map((said, seq) => ({
      seq,
      message: {
        message_id: `source-${seq}`,
        correlation_id: SOURCES,
        sender: 'detection',
        receiver: 'supervisor',
        time: ago(290),
        risk_score: null,
        ...said,
      } as IncidentDetail['messages'][number]['message'],
    })),
    executions: [],
    may: { ...MAY, vote: false, why_not: 'No approval is asked for.' },
    now: new Date().toISOString(),
  };
}
