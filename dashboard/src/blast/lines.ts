import type { BlastRadius, Edge } from '@/api/types';

/** One line of the graph: all steps from one node to another. */
export interface Line {
  from: string;
  to: string;
  steps: Edge[];
  /** Whether the history shows that one of them happened. */
  observed: boolean;
}

/**
 * The lines to draw: what was seen, what leads one step further out, and everything at the chosen node. The rest
 * leads to nothing that is not reached sooner; drawn all at once it would hide what matters.
 */
export function lines(radius: Pick<BlastRadius, 'nodes' | 'edges'>, selected?: string): Line[] {
  const distance = new Map(radius.nodes.map((node) => [node.id, node.distance]));
  const merged = new Map<string, Line>();
  for (const edge of radius.edges) {
    const [near, far] = [distance.get(edge.from), distance.get(edge.to)];
    if (near === undefined || far === undefined || edge.from === edge.to) continue;
    const chosen = edge.from === selected || edge.to === selected;
    if (!chosen && !edge.observed && far !== near + 1) continue;
    const key = JSON.stringify([edge.from, edge.to]);
    const line = merged.get(key) ?? { from: edge.from, to: edge.to, steps: [], observed: false };
    line.steps.push(edge);
    line.observed ||= edge.observed;
    merged.set(key, line);
  }
  return [...merged.values()];
}

/** What a line is labelled with: what was seen before what is only allowed, and how many more there are. */
export function means(line: Line): string {
  const first = line.steps.find((step) => step.observed) ?? line.steps[0];
  const more = line.steps.length > 1 ? ` +${line.steps.length - 1}` : '';
  return `${first?.means ?? ''}${more}`;
}

/** A name that fits its box: long ones keep their end, by which ids differ. */
export function shortName(name: string, room = 20): string {
  if (name.length <= room) return name;
  const tail = Math.floor(room * 0.4);
  return `${name.slice(0, room - tail - 1)}…${name.slice(-tail)}`;
}
