import type { ApprovalCard, Health, IncidentRow, Inventory, Person } from '@/api/types';

type May = ApprovalCard['may'];

export const PERSON: Person = { name: 'ines.brandt', role: 'admin', principals: [] };
export const PEOPLE: Person[] = [
  PERSON,
  { name: 'tom.reyes', role: 'approver', principals: ['arn:aws:iam::111122223333:user/tom.reyes'] },
  { name: 'night-desk', role: 'analyst', principals: [] },
];

export const MAY: May = { vote: true, undo: [] };

export const HEALTH: Health = {
  agents: ['telemetry', 'detection', 'supervisor', 'forensics', 'response', 'compliance', 'console'].map(
    (agent, index) => ({
      agent,
      waiting: index === 1 ? 4 : 0,
      dead: agent === 'response' ? 1 : 0,
      decisions: 1200 + index * 371,
      failures: agent === 'response' ? 2 : 0,
      p50_ms: 0.4 + index,
      p99_ms: 6.2 + index * 9,
      last_failure:
        agent === 'response' ? 'ModifyNetworkInterfaceAttribute: RequestLimitExceeded after 3 tries' : null,
    }),
  ),
  parts: { store: 'SQLite', policy: 'OPA', account: 'sandbox' },
  degraded: { policy: 'OPA cannot be reached: <img src=x onerror=alert(1)>' },
  version: '0.1.0',
};

export const CLOSED: IncidentRow[] = [
  row('inc-71ce02', 'Bucket lumen-books-exports was made public', 'contained', 78, 5200, ['data-pipeline']),
  row('inc-5510ab', 'Trail org-trail was stopped', 'simulated', 83, 9800, ['deploy'], true),
  row('inc-40be77', 'Console sign-in without MFA', 'noted', 34, 14000, ['maya.ortiz']),
  row('inc-3f01d9', 'Credentials of web-app used outside AWS', 'failed', 91, 52000, [
    'web-app/i-0a1b2c3d4e5f60001',
  ]),
  row('inc-2a9be1', 'Access key made for another user', 'rejected', 66, 91000, ['ci-deploy']),
];

function row(
  id: string,
  title: string,
  status: IncidentRow['status'],
  risk: number,
  secondsAgo: number,
  principals: string[],
  drill = false,
): IncidentRow {
  const opened = new Date(Date.now() - secondsAgo * 1000).toISOString();
  return { id, title, status, risk, opened, updated: opened, principals, findings: 2, drill };
}

const NO_TAGS = {};

export function inventory(): Inventory {
  const empty = { attached_policies: [], inline_policies: {}, tags: NO_TAGS };
  const user = (
    name: string,
    extra: Partial<Inventory['users'][string]> = {},
  ): Inventory['users'][string] => ({
    ...empty,
    id: `AIDA${name.toUpperCase()}`,
    arn: `arn:aws:iam::111122223333:user/${name}`,
    groups: [],
    access_keys: {},
    login_profile: false,
    ...extra,
  });
  return {
    account_id: '111122223333',
    partition: 'aws',
    region: 'us-east-1',
    users: {
      'break-glass': user('break-glass', { groups: ['admins'], tags: { 'asoc:exempt': 'true' } }),
      'ci-deploy': user('ci-deploy', {
        inline_policies: { deploy: {} },
        access_keys: { AKIAIOSFODNNCIDEPLOY: { status: 'Active', last_used: null } },
      }),
      'maya.ortiz': user('maya.ortiz', { groups: ['developers'], login_profile: true }),
    },
    groups: {},
    roles: {
      deploy: {
        ...empty,
        id: 'AROADEPLOY',
        arn: 'arn:aws:iam::111122223333:role/deploy',
        path: '/',
        trust: {},
        max_session_seconds: 3600,
        inline_policies: { wide: {} },
      },
    },
    policies: {},
    addresses: {},
    instance_profiles: {},
    subnets: {},
    instances: {
      'i-0a1b2c3d4e5f60001': {
        state: 'running',
        tags: NO_TAGS,
        vpc: 'vpc-0b00c5000000000a1',
        interfaces: {
          'eni-0001': {
            subnet: 'subnet-0aa0000000000public',
            device_index: 0,
            private_ip: '10.0.1.7',
            groups: ['sg-web'],
            address: { allocation: 'eipalloc-1', public_ip: '198.51.100.7' },
          },
          'eni-0002': {
            subnet: 'subnet-0aa000000000private',
            device_index: 1,
            private_ip: '10.0.2.9',
            groups: ['sg-internal'],
            address: null,
          },
        },
        volumes: {},
        instance_profile: 'arn:aws:iam::111122223333:instance-profile/web-app',
        disable_api_termination: false,
        shutdown_behavior: 'stop',
      },
    },
    security_groups: {},
    network_acls: {
      'acl-0ac10000000000pub1': {
        vpc: 'vpc-0b00c5000000000a1',
        entries: [{ rule_number: 90, egress: false, allow: false, protocol: '-1', cidr: '203.0.113.66/32' }],
      },
    },
    snapshots: {},
    target_groups: {},
    auto_scaling_groups: { web: { instances: ['i-0a1b2c3d4e5f60001'], desired_capacity: 2, min_size: 1 } },
    buckets: {
      'lumen-books-orders': {
        tags: { 'asoc:tier': 'crown-jewel' },
        public_access_block: {
          block_public_acls: true,
          ignore_public_acls: true,
          block_public_policy: true,
          restrict_public_buckets: true,
        },
        policy: null,
      },
      'lumen-books-exports': { tags: NO_TAGS, public_access_block: null, policy: null },
    },
    trails: {
      'arn:aws:cloudtrail:us-east-1:111122223333:trail/org-trail': {
        name: 'org-trail',
        bucket: 'lumen-books-trail',
        logging: true,
      },
    },
    secrets: {
      'arn:aws:secretsmanager:us-east-1:111122223333:secret:prod/orders-db': {
        name: 'prod/orders-db',
        tags: { 'asoc:tier': 'crown-jewel' },
      },
    },
  };
}
