import { Graph, layout } from '@dagrejs/dagre';
import type { BlastRadius } from '@/api/types';

export const WIDTH = 204;
export const HEIGHT = 76;

/**
 * Where each node stands: one column for each step from what is compromised. Only edges that lead one step further
 * decide the order in a column; the others would bend the columns.
 */
export function place(radius: Pick<BlastRadius, 'nodes' | 'edges'>): Map<string, { x: number; y: number }> {
  const graph = new Graph();
  graph.setGraph({ rankdir: 'LR', nodesep: 18, ranksep: 104 });
  graph.setDefaultEdgeLabel(() => ({}));
  const distance = new Map(radius.nodes.map((node) => [node.id, node.distance]));
  for (const node of radius.nodes) graph.setNode(node.id, { width: WIDTH, height: HEIGHT });
  for (const { from, to } of radius.edges) {
    const [near, far] = [distance.get(from), distance.get(to)];
    if (near !== undefined && far === near + 1) graph.setEdge(from, to);
  }
  layout(graph);
  const places = new Map<string, { x: number; y: number }>();
  for (const node of radius.nodes) {
    const { y } = graph.node(node.id) as { y: number };
    places.set(node.id, { x: node.distance * (WIDTH + 104), y: y - HEIGHT / 2 });
  }
  return places;
}
