import { Graph, layout } from '@dagrejs/dagre';
import type { BlastRadius } from '@/api/types';

export const WIDTH = 188;
export const HEIGHT = 76;

/** Where each node stands, from left (compromised) to right (far). */
export function place(radius: Pick<BlastRadius, 'nodes' | 'edges'>): Map<string, { x: number; y: number }> {
  const graph = new Graph({ multigraph: true });
  graph.setGraph({ rankdir: 'LR', nodesep: 22, ranksep: 112, marginx: 12, marginy: 12 });
  graph.setDefaultEdgeLabel(() => ({}));
  const known = new Set<string>();
  for (const node of radius.nodes) {
    known.add(node.id);
    graph.setNode(node.id, { width: WIDTH, height: HEIGHT });
  }
  radius.edges.forEach((edge, index) => {
    if (known.has(edge.from) && known.has(edge.to)) graph.setEdge(edge.from, edge.to, {}, String(index));
  });
  layout(graph);
  const places = new Map<string, { x: number; y: number }>();
  for (const id of known) {
    const { x, y } = graph.node(id) as { x: number; y: number };
    places.set(id, { x: x - WIDTH / 2, y: y - HEIGHT / 2 });
  }
  return places;
}
