import type { Contribution } from '@/api/types';
import { Untrusted } from '@/text/Untrusted';
import { signed, sumUp } from './riskSum';

/** What a finding's risk is made of, as a sum that can be checked by eye. */
export function RiskSumTable({ parts, risk }: { parts: Contribution[]; risk: number }) {
  const { held, agrees } = sumUp(parts, risk);
  return (
    <table className="w-full text-sm">
      <tbody className="align-top">
        {parts.map((part) => (
          <tr key={part.name + part.why} className="border-b border-line">
            <td className="numeric py-1 pr-3 text-right font-mono whitespace-nowrap">
              {signed(part.points)}
            </td>
            <td className="w-full py-1">
              <span className="font-medium">
                <Untrusted text={part.name} limit={80} />
              </span>{' '}
              <span className="text-soft">
                <Untrusted text={part.why} limit={240} />
              </span>
            </td>
          </tr>
        ))}
        {held !== 0 && (
          <tr className="border-b border-line text-soft">
            <td className="numeric py-1 pr-3 text-right font-mono">{signed(held)}</td>
            <td className="py-1">held to 0 … 100</td>
          </tr>
        )}
        <tr>
          <td className="numeric py-1 pr-3 text-right font-mono font-semibold">{risk}</td>
          <td className="py-1 font-semibold">
            risk
            {!agrees && (
              <span className="ml-2 font-normal text-red">
                The parts do not add up to this. Please report it.
              </span>
            )}
          </td>
        </tr>
      </tbody>
    </table>
  );
}
