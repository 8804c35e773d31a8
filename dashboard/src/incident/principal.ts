import type { Principal } from '@/api/types';

const KIND: Record<Principal['kind'], string> = {
  root: 'root user',
  user: 'IAM user',
  role: 'role',
  federated: 'federated user',
  service: 'AWS service',
  account: 'AWS account',
  kubernetes: 'Kubernetes user',
  unknown: 'unknown kind',
};
const SERVICE_ACCOUNT = 'system:serviceaccount:';
const NODE = 'system:node:';

/** What a principal is, in words. Kubernetes tells service accounts and nodes from people by their names alone. */
export function principalKind({ kind, arn }: Pick<Principal, 'kind' | 'arn'>): string {
  if (kind !== 'kubernetes') return KIND[kind];
  if (arn.startsWith(SERVICE_ACCOUNT)) return 'Kubernetes service account';
  return arn.startsWith(NODE) ? 'Kubernetes node' : KIND.kubernetes;
}

/**
 * The name people know a principal by: `kube-system/aws-node` for `system:serviceaccount:kube-system:aws-node`. No name in
 * IAM has a colon, so a name by itself tells that Kubernetes made it.
 */
export function principalName(name: string): string {
  if (name.startsWith(SERVICE_ACCOUNT)) return name.slice(SERVICE_ACCOUNT.length).replace(':', '/');
  return name.startsWith(NODE) ? name.slice(NODE.length) : name;
}
