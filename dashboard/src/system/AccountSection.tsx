import { Untrusted } from '@/text/Untrusted';
import { Icon } from '@/ui/icons';
import type { Section } from './account';

/** One kind of thing, each with the facts that containment looks at or changes. */
export function AccountSection({ section }: { section: Section }) {
  return (
    <details open={section.open} className="group/section border-b border-line last:border-b-0">
      <summary className="flex min-h-9 items-center gap-2 px-4 py-1.5 font-medium hover:bg-sunken focus-visible:-outline-offset-2">
        <Icon
          name="chevron"
          className="size-3.5 text-faint transition-transform group-open/section:rotate-90"
        />
        {section.title}
        <span className="numeric font-normal text-faint">{section.things.length}</span>
      </summary>
      <ul className="pb-2 text-sm">
        {section.things.map((thing) => (
          <li key={thing.id} className="px-4 py-1 pl-9.5">
            <span className="font-medium">
              <Untrusted text={thing.id} limit={80} mono />
            </span>
            {thing.marks.map((mark) => (
              <span
                key={mark.text}
                className={`ml-2 text-xs font-medium ${mark.grave ? 'text-red' : 'text-green'}`}
              >
                {mark.text}
              </span>
            ))}
            {thing.facts.map((fact) => (
              <span key={fact} className="block text-soft">
                <Untrusted text={fact} limit={160} />
              </span>
            ))}
          </li>
        ))}
      </ul>
    </details>
  );
}
