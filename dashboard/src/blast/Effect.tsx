import type { BlastRadius, Counterfactual } from '@/api/types';
import { Untrusted, UntrustedLine } from '@/text/Untrusted';
import { Ago } from '@/time/Moment';
import { Icon } from '@/ui/icons';
import { Tag } from '@/ui/Tag';

/** What an action alone would change about the attacker's reach: two bars and a sentence. */
export function Effect({ counterfactual }: { counterfactual: Counterfactual }) {
  const { reachable_before: before, reachable_after: after, protects } = counterfactual;
  const share = before === 0 ? 0 : Math.round((after / before) * 100);
  return (
    <div>
      <p className="flex flex-wrap items-center gap-x-2">
        <svg
          viewBox="0 0 100 8"
          preserveAspectRatio="none"
          aria-hidden="true"
          className="h-2 w-24 shrink-0 rounded-sm"
        >
          <rect width="100" height="8" className="fill-line" />
          <rect width={share} height="8" className="fill-orange" />
        </svg>
        <span>
          {after === before ? (
            <>
              By itself it cuts nothing off: the attacker has other ways to the same <Count of={before} />
            </>
          ) : (
            <>
              By itself it takes the attacker’s reach from <Count of={before} /> to <Count of={after} />
            </>
          )}
        </span>
      </p>
      {protects.length > 0 && (
        <p className="flex items-start gap-1.5">
          <Icon name="crown" className="mt-0.5 size-3.5" />
          <span>
            Cuts off {protects.length === 1 ? 'a crown jewel' : `${protects.length} crown jewels`}:{' '}
            <UntrustedLine text={protects.map(nameOf).join(', ')} limit={200} mono />
          </span>
        </p>
      )}
    </div>
  );
}

function Count({ of: count }: { of: number }) {
  return (
    <>
      <b className="numeric font-semibold text-ink">{count}</b> {count === 1 ? 'thing' : 'things'}
    </>
  );
}

/** Marks an action of the smallest set. */
export function Recommended() {
  return (
    <Tag
      tone="green"
      icon="check"
      title="Belongs to the smallest set that cuts off everything that can be cut off"
    >
      Recommended
    </Tag>
  );
}

/** What the plan as a whole would change: what one action leaves open, another may close. */
export function WholePlan({ radius }: { radius: BlastRadius }) {
  const before = radius.counterfactuals[0]?.reachable_before;
  const after = radius.reachable_after_plan;
  if (before === undefined || typeof after !== 'number') return null;
  return (
    <p className="mb-2 text-soft">
      {after === before ? (
        <>
          Even with the whole plan the attacker’s reach stays at <Count of={before} />.
        </>
      ) : (
        <>
          The whole plan takes the attacker’s reach from <Count of={before} /> to <Count of={after} />.
        </>
      )}
    </p>
  );
}

/** What would stop working, or that nothing was seen that would. */
export function Breaks({ breaks }: { breaks: Counterfactual['breaks'] }) {
  if (breaks.length === 0) {
    return (
      <p className="flex items-start gap-1.5">
        <Icon name="check" className="mt-0.5 size-3.5 text-green" />
        <span>Nothing that was in use lately would break.</span>
      </p>
    );
  }
  return (
    <div className="ground-red rounded-md p-2 text-ink">
      <p className="flex items-center gap-1.5 font-medium">
        <Icon name="incident" className="size-3.5 text-red" />
        Would break
      </p>
      <ul className="mt-0.5 grid grid-cols-1 gap-0.5 pl-5">
        {breaks.map((breakage) => (
          <li key={breakage.what + breakage.evidence}>
            <Untrusted text={breakage.what} limit={120} />
            <span className="text-soft">
              : <Untrusted text={breakage.evidence} limit={160} />
              {breakage.last_used && (
                <>
                  , last <Ago at={breakage.last_used} />
                </>
              )}
            </span>
          </li>
        ))}
      </ul>
    </div>
  );
}

function nameOf(arn: string): string {
  return arn.split(':').at(-1) || arn;
}
