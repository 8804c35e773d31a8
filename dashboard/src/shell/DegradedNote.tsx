import { useHealth } from '@/api/queries';
import { Untrusted } from '@/text/Untrusted';
import { Icon } from '@/ui/icons';
import { useConfig } from './Configured';

/** What it means for the people here that a part is degraded. */
const MEANING: Record<string, string> = {
  store: 'What comes in waits, and what is shown may be old.',
  cache: 'Everything is read from the store, which is slower.',
  policy: 'Every plan waits for a person.',
  model: 'Findings carry no opinion.',
  notices: 'Nobody is told outside: what waits is only here.',
};

/** Says on every page which parts serve less well than they should, and what that means. */
export function DegradedNote() {
  // Hosted, CloudWatch knows, and each question would be an invocation.
  const { signIn } = useConfig();
  const health = useHealth(!signIn);
  const parts = Object.entries(health.data?.degraded ?? {});
  if (parts.length === 0) return null;
  return (
    <div
      role="status"
      data-testid="degraded-note"
      className="tone mb-4 flex items-start gap-2 rounded-md border border-orange px-3 py-2 text-orange"
    >
      <Icon name="failed" className="mt-0.5 size-4" />
      <ul className="grid min-w-0 grid-cols-1 gap-1 text-ink">
        {parts.map(([part, why]) => (
          <li key={part}>
            <b className="font-semibold">Degraded: {part}.</b> {MEANING[part]}{' '}
            <span className="text-soft">
              <Untrusted text={why} limit={200} />
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}
