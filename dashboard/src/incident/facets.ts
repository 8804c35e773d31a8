/** One field of the account that an action looked at. */
export interface Change {
  facet: string;
  before: string;
  after: string;
  changed: boolean;
}

type Facets = Record<string, unknown> | null | undefined;

/**
 * What was and what the action left, field by field, those that changed first. Before the account was read back,
 * `left` is absent and nothing is claimed about afterwards.
 */
export function changes(snapshot: Facets, left: Facets): Change[] {
  const names = new Set([...Object.keys(snapshot ?? {}), ...Object.keys(left ?? {})]);
  return [...names]
    .map((facet) => {
      const before = shown(snapshot?.[facet]);
      const after = left ? shown(left[facet]) : '';
      return { facet, before, after, changed: Boolean(left) && before !== after };
    })
    .sort((a, b) => Number(b.changed) - Number(a.changed) || a.facet.localeCompare(b.facet));
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((each) => typeof each === 'string'))
    return value.length === 0 ? 'none' : value.join(', ');
  return JSON.stringify(value, null, 1);
}
