import type { Resource } from '@/api/types';

/** `arn:PARTITION:SERVICE:REGION:ACCOUNT:…`; global services leave the region out. */
const REGION = /^arn:[\w-]+:[\w-]+:([a-z]{2,}(?:-[a-z]+)+-\d+):/;

/** The regions that resources stand in, as far as their ARNs tell. */
export function regionsOf(resources: readonly Pick<Resource, 'arn'>[]): string[] {
  return [...new Set(resources.flatMap(({ arn }) => REGION.exec(arn)?.[1] ?? []))].sort();
}

/** What a resource is called where it is read by itself: a Kubernetes object's name says little without its namespace. */
export function resourceName({ kind, arn, name }: Resource): string {
  return kind === 'kubernetes' && !arn.startsWith('arn:') ? arn : name;
}

/** The account and the regions, in words. */
export function placeOf(account: string | null | undefined, resources: readonly Resource[]): string {
  const regions = regionsOf(resources).join(', ');
  return [account && `account ${account}`, regions].filter(Boolean).join(', ');
}
