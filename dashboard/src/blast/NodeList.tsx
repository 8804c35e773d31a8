import type { BlastRadius } from '@/api/types';
import { UntrustedLine } from '@/text/Untrusted';
import { Icon } from '@/ui/icons';
import { kindIcon, kindName, STANDING } from './kinds';

interface Props {
  radius: BlastRadius;
  selected?: string;
  onSelect: (id: string) => void;
}

/** The graph in words: everything within reach, nearest first. */
export function NodeList({ radius, selected, onSelect }: Props) {
  const nodes = [...radius.nodes].sort(
    (a, b) =>
      a.distance - b.distance ||
      Number(b.crown_jewel) - Number(a.crown_jewel) ||
      a.resource.name.localeCompare(b.resource.name),
  );
  return (
    <ul aria-label="Everything within reach, nearest first" className="max-h-[28rem] overflow-y-auto">
      {nodes.map((node) => {
        const first = radius.edges.find((edge) => edge.to === node.id);
        return (
          <li key={node.id} className="border-b border-line last:border-b-0">
            <button
              type="button"
              aria-pressed={node.id === selected}
              onClick={() => onSelect(node.id)}
              className="grid w-full grid-cols-[auto_1fr] items-baseline gap-x-2 px-4 py-1.5 text-left text-sm hover:bg-sunken focus-visible:-outline-offset-2 aria-pressed:bg-sunken sm:grid-cols-[auto_minmax(0,1fr)_7rem_minmax(0,1fr)]"
            >
              <Icon name={kindIcon(node.resource.kind)} className="size-3.5 translate-y-0.5 text-soft" />
              <span className="min-w-0">
                <b className="font-medium">
                  <UntrustedLine text={node.resource.name} limit={60} />
                </b>{' '}
                <span className="text-faint">{kindName(node.resource.kind)}</span>
                {node.crown_jewel && <span className="ml-1.5 font-medium text-red">crown jewel</span>}
              </span>
              <span className="col-start-2 text-soft sm:col-start-3">
                {STANDING[node.standing].name}
                {node.distance > 0 && `, ${node.distance}`}
              </span>
              <span className="col-start-2 min-w-0 text-faint sm:col-start-4">
                {first && (
                  <>
                    by <UntrustedLine text={first.means} limit={48} mono />
                  </>
                )}
              </span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
