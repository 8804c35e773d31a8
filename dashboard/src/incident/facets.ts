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
      const changed = Boolean(left) && before !== after;
      return {
        facet,
        before,
        after: changed ? difference(snapshot?.[facet], left?.[facet], after) : after,
        changed,
      };
    })
    .sort((a, b) => Number(b.changed) - Number(a.changed) || a.facet.localeCompare(b.facet));
}

/** Of two lists only what came and went: what stayed is not what one looks for. */
function difference(before: unknown, after: unknown, otherwise: string): string {
  if (!isTextList(before) || !isTextList(after) || before.length + after.length === 0) return otherwise;
  const came = after.filter((each) => !before.includes(each)).map((each) => `+ ${each}`);
  const went = before.filter((each) => !after.includes(each)).map((each) => `− ${each}`);
  return [...came, ...went].join(', ');
}

function isTextList(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'string');
}

function shown(value: unknown): string {
  if (value === undefined || value === null) return 'none';
  if (typeof value === 'string') return value;
  if (isTextList(value)) return value.length === 0 ? 'none' : value.join(', ');
  return JSON.stringify(value, null, 1);
}
