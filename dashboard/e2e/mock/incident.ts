import type { ActionRecord, Incident } from '@/api/types';
import { CI, FINDINGS, TECHNIQUES } from './findings';
import { ACCOUNT, ACTIONS, ago, digest, resource } from './plan';

export function record(
  id: string,
  state: ActionRecord['state'],
  more: Partial<ActionRecord> = {},
): ActionRecord {
  return { id, state, steps: [], ...more };
}

/** Whether the mock's account is only observed. */
const observing = process.env.MOCK_OBSERVE === '1';

/** The waiting incident; with `answered` what becomes of it a while after approval. */
export function incident(
  stage: 'waiting' | 'responding' | 'contained' | 'failed' | 'simulated',
  expires: string,
  votes: NonNullable<Incident['approval']>['votes'],
): Incident {
  const plan = { incident: 'inc-9f2c51d07a', revision: 2, actions: ACTIONS, hash: digest('plan-2') };
  const request = {
    incident: plan.incident,
    revision: 2,
    plan: plan.hash,
    actions: ACTIONS.map(({ hash }) => hash),
    approvers: 2,
    requested: ago(180),
    expires,
    on_expiry: ['act-3'],
    subjects: [CI.arn],
  };
  const done = stage === 'contained' || stage === 'failed';
  const call = (time: string, call: NonNullable<ActionRecord['steps']>[number]['call']) => ({
    time,
    call,
    undo: false,
    outcome: 'observed' as const,
  });
  const first = record('act-1', done ? 'verified' : 'applying', {
    anchor: ago(20),
    snapshot: {
      'key AKIAIOSFODNNCIDEPLOY': 'Active',
      'attached policies': ['arn:aws:iam::aws:policy/ReadOnlyAccess'],
      tags: {},
    },
    left: done
      ? {
          'key AKIAIOSFODNNCIDEPLOY': 'Inactive',
          'attached policies': [
            'arn:aws:iam::aws:policy/ReadOnlyAccess',
            'arn:aws:iam::aws:policy/AWSDenyAll',
          ],
          tags: {},
        }
      : null,
    steps: [
      call(ago(19), {
        call: 'AttachUserPolicy',
        user: 'ci-deploy',
        policy_arn: 'arn:aws:iam::aws:policy/AWSDenyAll',
      }),
      call(ago(18), {
        call: 'UpdateAccessKey',
        user: 'ci-deploy',
        access_key: 'AKIAIOSFODNNCIDEPLOY',
        status: 'Inactive',
      }),
    ],
    verified: done ? ago(15) : null,
  });
  const second = record('act-2', 'verified', {
    snapshot: { 'inline AWSRevokeOlderSessions': null },
    left: { 'inline AWSRevokeOlderSessions': 'Deny * before 12:03' },
    verified: ago(12),
    unsafe_to_undo_before: new Date(Date.now() + 3_300_000).toISOString(),
    steps: [
      call(ago(14), {
        call: 'PutRolePolicy',
        role: 'deploy',
        policy_name: 'AWSRevokeOlderSessions',
        document: {},
      }),
    ],
  });
  const third = record('act-3', 'failed', {
    snapshot: { 'entry 90 in': null },
    error:
      'CreateNetworkAclEntry was refused: NetworkAclEntryLimitExceeded. Delete an entry of acl-0ac10000000000pub1 that is not needed, then ask again.',
    steps: [
      {
        time: ago(10),
        call: {
          call: 'CreateNetworkAclEntry',
          network_acl: 'acl-0ac10000000000pub1',
          entry: { rule_number: 90, egress: false, allow: false, protocol: '-1', cidr: '203.0.113.66/32' },
        },
        undo: false,
        outcome: { refused: 'NetworkAclEntryLimitExceeded' },
      },
    ],
  });
  const left = record('act-3', 'left_out', {
    error: 'The address was blocked already when the account was read again.',
  });
  const simulated = ACTIONS.map(({ id }) => record(id, 'simulated'));
  const planned = ACTIONS.map(({ id }) => record(id, 'planned'));
  return {
    id: plan.incident,
    version: 9,
    title: 'Key of ci-deploy is used by somebody else',
    status: stage === 'waiting' ? 'awaiting_approval' : stage,
    risk: 100,
    began: ago(420),
    opened: ago(400),
    updated: ago(10),
    account: ACCOUNT,
    principals: [CI],
    resources: [
      resource('user', 'ci-deploy'),
      resource('role', 'deploy'),
      resource('bucket', 'lumen-books-orders'),
    ],
    origins: ['203.0.113.66'],
    findings: FINDINGS.map(({ id, title, risk, time }) => ({ id, title, risk, time })),
    attack: TECHNIQUES,
    keys: [CI.arn],
    plan,
    verdict: {
      effect: 'approval',
      reasons: [
        'The plan touches a role that can reach a crown jewel, so two people must agree.',
        'Risk 100 is above the limit of 60.',
      ],
      approvers: 2,
      expires_seconds: 900,
      on_expiry: ['act-3'],
      observe: observing || stage === 'simulated' ? plan.actions.map(({ id }) => id) : [],
      policy: digest('policy'),
    },
    approval: {
      request,
      votes,
      outcome:
        stage === 'waiting'
          ? null
          : { outcome: 'approved', actions: request.actions, by: ['tom.reyes', 'ines.brandt'] },
    },
    actions:
      stage === 'waiting'
        ? planned
        : stage === 'simulated'
          ? simulated
          : done
            ? [first, second, stage === 'failed' ? third : left]
            : [first, ...planned.slice(1)],
    execution: 'inc-9f2c51d07a-2',
    drill: true,
    receipt: {
      reached: {
        event: ago(420),
        detected: ago(419.2),
        opened: ago(419),
        evaluated: ago(418.1),
        asked: ago(180),
        ...(done ? { answered: ago(22), investigated: ago(21), contained: ago(12) } : {}),
      },
      credential_alive_until: {
        [`arn:aws:iam::${ACCOUNT}:role/deploy`]: new Date(Date.now() + 2_400_000).toISOString(),
      },
      notes: ['One session of role deploy was issued after the first call and is covered by the deny.'],
    },
  };
}
