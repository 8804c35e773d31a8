import type { Technique } from '@/api/types';
import { UntrustedLine } from '@/text/Untrusted';

/** ATT&CK labels: the technique's id and the tactic that it serves here. */
export function TechniqueTags({ techniques }: { techniques: Technique[] }) {
  return (
    <ul className="flex flex-wrap gap-1.5">
      {techniques.map((technique) => (
        <li
          key={`${technique.id} ${technique.tactic}`}
          className="inline-flex items-center gap-1.5 rounded-sm border border-line bg-sunken px-1.5 py-px text-xs"
        >
          <span className="font-mono font-semibold">
            <UntrustedLine text={technique.id} limit={12} />
          </span>
          <span className="text-soft">
            <UntrustedLine text={technique.tactic.replaceAll('-', ' ')} limit={30} />
          </span>
        </li>
      ))}
    </ul>
  );
}
