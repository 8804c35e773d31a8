import type { BlastRadius, Plan } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { Breaks, Effect, Recommended, WholePlan } from './Effect';

/** What each action alone would change about the reach, the recommended ones first. */
export function Counterfactuals({ radius, plan }: { radius: BlastRadius; plan?: Plan }) {
  if (radius.counterfactuals.length === 0) return null;
  const sorted = [...radius.counterfactuals].sort(
    (a, b) => Number(b.recommended) - Number(a.recommended) || a.reachable_after - b.reachable_after,
  );
  return (
    <section aria-labelledby="counterfactuals" className="border-t border-line p-4">
      <h3 id="counterfactuals" className="mb-1 font-semibold">
        What the plan would change
      </h3>
      <WholePlan radius={radius} />
      <ul className="divide-y divide-line text-sm text-soft">
        {sorted.map((counterfactual) => {
          const action = plan?.actions.find(({ id }) => id === counterfactual.action);
          return (
            <li key={counterfactual.action} className="grid grid-cols-1 gap-1 py-2.5 last:pb-0">
              <p className="flex flex-wrap items-center gap-2 text-ink">
                <Untrusted text={action?.does ?? counterfactual.action} limit={200} />
                {counterfactual.recommended && <Recommended />}
              </p>
              <Effect counterfactual={counterfactual} />
              <Breaks breaks={counterfactual.breaks} />
            </li>
          );
        })}
      </ul>
    </section>
  );
}
