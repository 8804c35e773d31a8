import type { ResourceKind, Standing } from '@/api/types';
import type { IconName } from '@/ui/icons';

const ICON: Partial<Record<ResourceKind, IconName>> = {
  user: 'person',
  role: 'role',
  group: 'person',
  policy: 'log',
  access_key: 'key',
  instance_profile: 'role',
  instance: 'box',
  network_interface: 'net',
  security_group: 'role',
  network_acl: 'net',
  volume: 'bucket',
  snapshot: 'bucket',
  bucket: 'bucket',
  trail: 'log',
  secret: 'key',
  key: 'key',
  database: 'bucket',
  address: 'net',
};

export const kindIcon = (kind: ResourceKind): IconName => ICON[kind] ?? 'box';
export const kindName = (kind: ResourceKind): string => kind.replaceAll('_', ' ');

/** How sure the graph is of a node: the word, what it means, and how its edge is drawn. */
export const STANDING: Record<Standing, { name: string; means: string; edge: string }> = {
  compromised: { name: 'Compromised', means: 'A subject of the incident.', edge: 'border-2 border-red' },
  touched: {
    name: 'Touched',
    means: 'The history shows that the attacker acted on it.',
    edge: 'border-4 border-double border-orange',
  },
  reachable: {
    name: 'Within reach',
    means: 'Its policies allow it; no act was seen.',
    edge: 'border border-dashed border-edge',
  },
};
