'use client';
import {
  Background,
  Controls,
  type Edge as FlowEdge,
  type Node as FlowNode,
  Handle,
  MarkerType,
  type NodeProps,
  Position,
  ReactFlow,
  type ReactFlowInstance,
} from '@xyflow/react';
import '@xyflow/react/dist/base.css';
import { useMemo } from 'react';
import type { BlastRadius, Node } from '@/api/types';
import { revealed } from '@/text/reveal';
import { UntrustedLine } from '@/text/Untrusted';
import { Icon } from '@/ui/icons';
import { kindIcon, kindName, STANDING } from './kinds';
import { HEIGHT, place, WIDTH } from './layout';
import { type Line, lines, means, shortName } from './lines';

type Box = FlowNode<{ node: Node }, 'resource'>;

/** Below this zoom the boxes' text is too small to read. */
const LEGIBLE = 0.66;

const TYPES = { resource: ResourceBox };

interface Props {
  radius: BlastRadius;
  selected?: string;
  onSelect: (id: string | undefined) => void;
}

/** The graph: zoom, pan, and choose a node by pointer, or with Tab and Enter. */
export default function BlastGraph({ radius, selected, onSelect }: Props) {
  const places = useMemo(() => place(radius), [radius]);
  const tall = useMemo(() => height(radius), [radius]);
  const nodes = useMemo<Box[]>(
    () =>
      radius.nodes.map((node) => ({
        id: node.id,
        type: 'resource',
        position: places.get(node.id) ?? { x: 0, y: 0 },
        width: WIDTH,
        height: HEIGHT,
        data: { node },
        selected: node.id === selected,
        ariaRole: 'button',
      })),
    [radius, places, selected],
  );
  const edges = useMemo<FlowEdge[]>(
    () => lines(radius, selected).map((line) => drawn(line, selected)),
    [radius, selected],
  );
  return (
    <section
      aria-label="Graph of the blast radius. The list says the same in words."
      className="bg-canvas"
      style={{ height: tall }}
    >
      <ReactFlow
        nodes={nodes}
        edges={edges}
        nodeTypes={TYPES}
        onInit={(flow) => settle(flow, tall)}
        onlyRenderVisibleElements={radius.nodes.length > 150}
        minZoom={0.15}
        maxZoom={2}
        nodesDraggable={false}
        nodesConnectable={false}
        edgesFocusable={false}
        zoomOnScroll={false}
        preventScrolling={false}
        onNodesChange={(changes) => {
          const chosen = changes.find((change) => change.type === 'select' && change.selected);
          if (chosen && 'id' in chosen) onSelect(chosen.id);
        }}
        onPaneClick={() => onSelect(undefined)}
        proOptions={{ hideAttribution: true }}
      >
        <Background gap={24} size={1} color="var(--line)" />
        <Controls showInteractive={false} position="top-right" />
      </ReactFlow>
    </section>
  );
}

function ResourceBox({ data: { node }, selected }: NodeProps<Box>) {
  const standing = STANDING[node.standing];
  return (
    <div
      className={`relative flex h-full flex-col justify-center rounded-md bg-surface px-2.5 text-left ${standing.edge} ${
        selected ? 'outline-2 outline-offset-2 outline-accent' : ''
      }`}
    >
      <Handle type="target" position={Position.Left} isConnectable={false} className="!invisible" />
      <p className="flex min-w-0 items-center gap-1.5 text-base font-semibold">
        <Icon name={kindIcon(node.resource.kind)} className="size-4 text-soft" />
        <span className="truncate">
          <UntrustedLine text={shortName(node.resource.name)} />
        </span>
      </p>
      <p className="truncate text-xs text-soft">
        {kindName(node.resource.kind)},{' '}
        {node.distance === 0 ? 'start' : `${node.distance} ${node.distance === 1 ? 'step' : 'steps'}`}
      </p>
      <p className="flex items-center gap-2 truncate text-xs font-medium">
        {standing.name}
        {node.crown_jewel && (
          <span className="flex items-center gap-1 text-red">
            <Icon name="crown" className="size-3.5" /> crown jewel
          </span>
        )}
      </p>
      <Handle type="source" position={Position.Right} isConnectable={false} className="!invisible" />
    </div>
  );
}

function drawn(line: Line, selected: string | undefined): FlowEdge {
  const near = selected === line.from || selected === line.to;
  const colour = near ? 'var(--accent)' : line.observed ? 'var(--orange)' : 'var(--edge)';
  return {
    id: JSON.stringify([line.from, line.to]),
    source: line.from,
    target: line.to,
    ariaLabel: `From ${revealed(line.from, 100)} to ${revealed(line.to, 100)}`,
    label: near || line.observed ? revealed(means(line), 24) : undefined,
    labelStyle: { fill: 'var(--ink)', fontSize: 11 },
    labelBgStyle: { fill: 'var(--canvas)' },
    style: {
      stroke: colour,
      strokeWidth: line.observed ? 2 : 1.25,
      strokeDasharray: line.observed ? undefined : '5 4',
      opacity: selected !== undefined && !near ? 0.3 : 1,
    },
    markerEnd: { type: MarkerType.ArrowClosed, color: colour, width: 16, height: 16 },
    zIndex: near ? 1 : 0,
  };
}

/** Height of the graph's box, pixels: enough for its fullest column, within reason. */
function height({ nodes }: BlastRadius): number {
  const count = new Map<number, number>();
  for (const { distance } of nodes) count.set(distance, (count.get(distance) ?? 0) + 1);
  const fullest = Math.max(1, ...count.values());
  return Math.min(680, window.innerHeight * 0.75, Math.max(300, fullest * (HEIGHT + 18) * 0.75 + 48));
}

/** Shows everything where it stays legible, else begins at the compromised end: the rest is panned to. */
function settle(flow: ReactFlowInstance<Box, FlowEdge>, tall: number): void {
  void flow.fitView({ padding: 0.04, maxZoom: 1 }).then(() => {
    if (flow.getZoom() >= LEGIBLE) return;
    const start = flow.getNodesBounds(flow.getNodes().filter(({ data }) => data.node.distance === 0));
    const middle = start.y + start.height / 2;
    void flow.setViewport({ x: 20 - start.x * LEGIBLE, y: tall / 2 - middle * LEGIBLE, zoom: LEGIBLE });
  });
}
