import type { Inventory } from '@/api/types';

/** One thing of the account, as short as the view needs it. */
export interface Thing {
  id: string;
  /** What stands out: `grave` where it is open to harm, else where A-SOC has closed it. */
  marks: { text: string; grave: boolean }[];
  facts: string[];
}

export interface Section {
  title: string;
  open: boolean;
  things: Thing[];
}

/** The account by kind; only kinds of which there are any. */
export function sections(inventory: Inventory): Section[] {
  const all: Section[] = [
    { title: 'Users', open: true, things: Object.entries(inventory.users).map(user) },
    { title: 'Roles', open: true, things: Object.entries(inventory.roles).map(role) },
    { title: 'Instances', open: true, things: Object.entries(inventory.instances).map(instance) },
    { title: 'Buckets', open: true, things: Object.entries(inventory.buckets).map(bucket) },
    { title: 'Trails', open: true, things: Object.entries(inventory.trails).map(trail) },
    { title: 'Network ACLs', open: true, things: Object.entries(inventory.network_acls).map(networkAcl) },
    {
      title: 'Security groups',
      open: false,
      things: Object.entries(inventory.security_groups).map(securityGroup),
    },
    { title: 'Snapshots', open: false, things: Object.entries(inventory.snapshots).map(snapshot) },
    {
      title: 'Secrets',
      open: false,
      things: Object.values(inventory.secrets).map(({ name, tags }) => thing(name, tagged(tags))),
    },
    {
      title: 'Load balancing and auto scaling',
      open: false,
      things: [
        ...Object.values(inventory.target_groups).map(({ name, targets }) =>
          thing(name, [`targets ${list(Object.keys(targets))}`]),
        ),
        ...Object.entries(inventory.auto_scaling_groups).map(([name, group]) =>
          thing(name, [
            `wants ${group.desired_capacity}, at least ${group.min_size}: ${list(group.instances)}`,
          ]),
        ),
      ],
    },
  ];
  return all.filter((section) => section.things.length > 0);
}

function user([name, user]: [string, Inventory['users'][string]]): Thing {
  const denied = user.attached_policies.some((arn) => /deny/i.test(arn));
  return {
    id: name,
    marks: denied ? [{ text: 'denied everything', grave: false }] : [],
    facts: [
      ...Object.entries(user.access_keys).map(([id, key]) => `key ${id} ${key.status.toLowerCase()}`),
      ...named('groups', user.groups),
      ...named('policies', user.attached_policies.map(lastPart)),
      ...named('inline', Object.keys(user.inline_policies ?? {})),
      ...tagged(user.tags),
    ],
  };
}

function role([name, role]: [string, Inventory['roles'][string]]): Thing {
  const inline = Object.keys(role.inline_policies ?? {});
  const revoked = inline.some((policy) => /revoke/i.test(policy));
  return {
    id: name,
    marks: revoked ? [{ text: 'older sessions revoked', grave: false }] : [],
    facts: [
      ...named('policies', role.attached_policies.map(lastPart)),
      ...named('inline', inline),
      ...tagged(role.tags),
    ],
  };
}

function instance([id, instance]: [string, Inventory['instances'][string]]): Thing {
  const interfaces = Object.entries(instance.interfaces).map(([eni, each]) => {
    const address = each.address ? `, public ${each.address.public_ip}` : '';
    return `${eni}: ${each.private_ip}${address}, groups ${list(each.groups)}`;
  });
  return {
    id,
    marks: instance.disable_api_termination ? [{ text: 'protected from termination', grave: false }] : [],
    facts: [
      [
        instance.state,
        instance.instance_profile ? `profile ${lastPart(instance.instance_profile)}` : 'no profile',
      ].join(', '),
      ...interfaces,
      ...tagged(instance.tags),
    ],
  };
}

function bucket([name, bucket]: [string, Inventory['buckets'][string]]): Thing {
  const block = bucket.public_access_block;
  const blocked = block !== null && block !== undefined && Object.values(block).every(Boolean);
  const mark = blocked
    ? { text: 'public access blocked', grave: false }
    : { text: 'public access not blocked', grave: true };
  return { id: name, marks: [mark], facts: tagged(bucket.tags) };
}

function trail([arn, trail]: [string, Inventory['trails'][string]]): Thing {
  const mark = trail.logging ? { text: 'logging', grave: false } : { text: 'stopped', grave: true };
  return { id: trail.name || arn, marks: [mark], facts: [`to bucket ${trail.bucket}`] };
}

function networkAcl([id, acl]: [string, Inventory['network_acls'][string]]): Thing {
  const denies = acl.entries.filter((entry) => !entry.allow).sort((a, b) => a.rule_number - b.rule_number);
  return thing(
    id,
    denies.map((entry) => `rule ${entry.rule_number} denies ${entry.cidr} ${entry.egress ? 'out' : 'in'}`),
  );
}

function securityGroup([id, group]: [string, Inventory['security_groups'][string]]): Thing {
  const rules = (direction: string, all: typeof group.ingress) =>
    all.map(
      (rule) =>
        `${direction} ${rule.protocol === '-1' ? 'all' : `${rule.protocol} ${ports(rule)}`} ${rule.peer}`,
    );
  const closed = group.ingress.length + group.egress.length === 0;
  return {
    id: `${group.name} (${id})`,
    marks: closed ? [{ text: 'lets nothing through', grave: false }] : [],
    facts: [...rules('in', group.ingress), ...rules('out', group.egress)],
  };
}

function snapshot([id, snapshot]: [string, Inventory['snapshots'][string]]): Thing {
  return thing(id, [`of ${snapshot.volume}: ${snapshot.description}`]);
}

function ports({ from_port, to_port }: { from_port: number; to_port: number }): string {
  return from_port === to_port ? String(from_port) : `${from_port} to ${to_port}`;
}

const thing = (id: string, facts: string[]): Thing => ({ id, marks: [], facts });
const named = (name: string, values: string[]): string[] =>
  values.length > 0 ? [`${name} ${values.join(', ')}`] : [];
const list = (values: string[]): string => values.join(', ') || 'none';
const lastPart = (arn: string): string => arn.split('/').at(-1) ?? arn;

function tagged(tags: Record<string, string>): string[] {
  return Object.entries(tags)
    .filter(([key]) => key.startsWith('asoc:'))
    .map(([key, value]) => `tag ${key}=${value}`);
}
