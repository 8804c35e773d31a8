import { createHash } from 'node:crypto';
import type { PlannedAction, Resource } from '@/api/types';

export const ACCOUNT = '111122223333';
export const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();
export const digest = (text: string): string => createHash('sha256').update(text).digest('hex');

export const resource = (kind: Resource['kind'], name: string): Resource => ({
  kind,
  name,
  arn: `arn:aws:iam::${ACCOUNT}:${kind}/${name}`,
});

function action(
  id: string,
  kind: PlannedAction['action'],
  target: Resource,
  does: string,
  undo: string,
  why: string,
): PlannedAction {
  return {
    id,
    action: kind,
    target,
    preconditions: { 'user id': 'AIDACIDEPLOY', exempt: false },
    why,
    does,
    undo,
    hash: digest(id),
  };
}

export const ACTIONS: PlannedAction[] = [
  action(
    'act-1',
    { kind: 'revoke_iam_user', user: 'ci-deploy' },
    resource('user', 'ci-deploy'),
    'Attach a deny-all policy to IAM user ci-deploy and deactivate its access keys',
    'Reactivate the keys of ci-deploy that were active before, then detach the deny-all policy',
    'Its key AKIAIOSFODNNCIDEPLOY was used from an address it was never used from before',
  ),
  action(
    'act-2',
    { kind: 'revoke_role_sessions', role: 'deploy' },
    resource('role', 'deploy'),
    'Deny everything to sessions of role deploy that were issued before now',
    'Remove the deny from role deploy; before its longest session has ended this would revive stolen sessions',
    'The attacker assumed it four minutes ago',
  ),
  action(
    'act-3',
    { kind: 'block_ip', cidr: '203.0.113.66/32', network_acl: 'acl-0ac10000000000pub1' },
    resource('network_acl', 'acl-0ac10000000000pub1'),
    'Deny 203.0.113.66/32 in and out at network ACL acl-0ac10000000000pub1',
    'Delete the two entries for 203.0.113.66/32 from acl-0ac10000000000pub1',
    'All calls came from this address',
  ),
];
