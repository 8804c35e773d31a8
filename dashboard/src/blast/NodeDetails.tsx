import type { BlastRadius, Edge, Node } from '@/api/types';
import { Untrusted, UntrustedLine } from '@/text/Untrusted';
import { kindName, STANDING } from './kinds';

interface Props {
  node: Node;
  radius: BlastRadius;
  onSelect: (id: string) => void;
}

/** The chosen node: how it is reached, what it leads to, and what says so. */
export function NodeDetails({ node, radius, onSelect }: Props) {
  const into = radius.edges.filter((edge) => edge.to === node.id);
  const out = radius.edges.filter((edge) => edge.from === node.id);
  const nameOf = (id: string) => radius.nodes.find((each) => each.id === id)?.resource.name ?? id;
  return (
    <section aria-label="Chosen node" className="border-t border-line p-4 text-sm">
      <h3 className="text-base font-semibold">
        <Untrusted text={node.resource.name} />
      </h3>
      <p className="text-soft">
        {kindName(node.resource.kind)}, {STANDING[node.standing].name.toLowerCase()}
        {node.crown_jewel && ', crown jewel'}. {STANDING[node.standing].means}{' '}
        {node.distance > 0 &&
          `${node.distance} ${node.distance === 1 ? 'step' : 'steps'} from what is compromised.`}
      </p>
      <p className="mt-1 text-faint">
        <Untrusted text={node.id} limit={160} mono />
      </p>
      <div className="mt-3 grid grid-cols-1 gap-4 md:grid-cols-2">
        <Steps
          title="Reached from"
          edges={into}
          other={(edge) => edge.from}
          nameOf={nameOf}
          onSelect={onSelect}
        />
        <Steps title="Leads to" edges={out} other={(edge) => edge.to} nameOf={nameOf} onSelect={onSelect} />
      </div>
    </section>
  );
}

interface StepsProps {
  title: string;
  edges: Edge[];
  other: (edge: Edge) => string;
  nameOf: (id: string) => string;
  onSelect: (id: string) => void;
}

function Steps({ title, edges, other, nameOf, onSelect }: StepsProps) {
  return (
    <div className="min-w-0">
      <h4 className="text-xs text-faint">{title}</h4>
      {edges.length === 0 ? (
        <p className="text-faint">nothing</p>
      ) : (
        <ul className="grid grid-cols-1 gap-1.5">
          {edges.map((edge) => (
            <li key={`${edge.from} ${edge.to} ${edge.means} ${edge.because}`} className="min-w-0">
              <button type="button" onClick={() => onSelect(other(edge))} className="font-medium prose-link">
                <UntrustedLine text={nameOf(other(edge))} limit={60} />
              </button>{' '}
              by <Untrusted text={edge.means} limit={80} mono />
              {edge.observed && <b className="font-semibold text-orange"> (seen)</b>}
              <p className="text-soft">
                <Untrusted text={edge.because} limit={200} />
              </p>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
