import type { BlastRadius, Node, Resource } from '@/api/types';
import { ago } from './plan';

const node = (
  kind: Resource['kind'],
  name: string,
  distance: number,
  standing: Node['standing'],
  crown_jewel = false,
): Node => ({
  id: `arn:aws:mock:::${kind}/${name}`,
  resource: { kind, name, arn: `arn:aws:mock:::${kind}/${name}` },
  distance,
  standing,
  crown_jewel,
});

const NODES: Node[] = [
  node('user', 'ci-deploy', 0, 'compromised'),
  node('access_key', 'AKIAIOSFODNNCIDEPLOY', 0, 'compromised'),
  node('role', 'deploy', 1, 'touched'),
  node('user', 'maya.ortiz', 1, 'touched'),
  node('role', 'admin', 2, 'reachable', true),
  node('instance', 'i-0a1b2c3d4e5f60001', 2, 'reachable'),
  node('role', 'web-app', 3, 'reachable'),
  node('bucket', 'lumen-books-orders', 4, 'reachable', true),
  node('secret', 'prod/orders-db', 4, 'reachable', true),
  node('bucket', 'lumen-books-exports', 2, 'reachable'),
];
const id = (name: string) => NODES.find(({ resource }) => resource.name === name)?.id ?? name;
const edge = (from: string, to: string, means: string, because: string, observed = false) => ({
  from: id(from),
  to: id(to),
  means,
  because,
  observed,
});

export const RADIUS: BlastRadius = {
  incident: 'inc-9f2c51d07a',
  as_of: ago(60),
  nodes: NODES,
  edges: [
    edge('AKIAIOSFODNNCIDEPLOY', 'ci-deploy', 'signs as', 'the key belongs to the user', true),
    edge(
      'ci-deploy',
      'deploy',
      'sts:AssumeRole',
      'inline policy deploy, statement AssumeDeploy; trust policy of deploy',
      true,
    ),
    edge('ci-deploy', 'maya.ortiz', 'iam:CreateAccessKey', 'inline policy deploy, statement Keys', true),
    edge('deploy', 'admin', 'iam:PassRole', 'inline policy wide, statement 3'),
    edge('deploy', 'i-0a1b2c3d4e5f60001', 'ssm:SendCommand', 'inline policy wide, statement 1'),
    edge('deploy', 'lumen-books-exports', 's3:GetObject', 'inline policy wide, statement 1'),
    edge('i-0a1b2c3d4e5f60001', 'web-app', 'instance profile', 'instance profile web-app'),
    edge('web-app', 'lumen-books-orders', 's3:GetObject', 'policy web-app-read, statement Orders'),
    edge('web-app', 'prod/orders-db', 'secretsmanager:GetSecretValue', 'policy web-app-read, statement Db'),
  ],
  totals: { users: 2, roles: 3, buckets: 2, secrets: 1, instances: 1 },
  counterfactuals: [
    {
      action: 'act-1',
      reachable_before: 8,
      reachable_after: 7,
      protects: [],
      breaks: [
        {
          what: 'Nightly deployment from the build machines',
          evidence: '214 calls to sts.amazonaws.com from 10.0.9.4 in 7 days',
          last_used: ago(7200),
        },
      ],
      recommended: true,
    },
    {
      action: 'act-2',
      reachable_before: 8,
      reachable_after: 1,
      protects: [id('admin'), id('lumen-books-orders'), id('prod/orders-db')],
      breaks: [],
      recommended: true,
    },
    {
      action: 'act-3',
      reachable_before: 8,
      reachable_after: 8,
      protects: [],
      breaks: [],
      recommended: false,
    },
  ],
  path: [
    {
      time: ago(420),
      event: 'evt-1',
      operation: 'GetCallerIdentity',
      actor: id('ci-deploy'),
      targets: [],
      technique: { id: 'T1078.004', tactic: 'initial-access' },
      finding: 'Key of an automation user used from a new address',
      succeeded: true,
    },
    {
      time: ago(360),
      event: 'evt-2',
      operation: 'CreateAccessKey',
      actor: id('ci-deploy'),
      targets: [id('maya.ortiz')],
      technique: { id: 'T1098.001', tactic: 'persistence' },
      finding: 'Access key made for another user',
      succeeded: true,
    },
    {
      time: ago(300),
      event: 'evt-4',
      operation: 'StopLogging',
      actor: id('ci-deploy'),
      targets: ['org-trail'],
      technique: null,
      finding: null,
      succeeded: false,
    },
    {
      time: ago(240),
      event: 'evt-3',
      operation: 'AssumeRole',
      actor: id('ci-deploy'),
      targets: [id('deploy')],
      technique: { id: 'T1548', tactic: 'privilege-escalation' },
      finding: 'Role with wide powers assumed by a suspect',
      succeeded: true,
    },
  ],
  blind_spots: ['Role partner-audit of account 444455556666: its policies cannot be read from here.'],
};
