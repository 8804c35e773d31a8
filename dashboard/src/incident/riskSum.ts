import type { Contribution, Finding } from '@/api/types';

/** Contributions with what they add up to. */
export interface RiskSum {
  parts: Contribution[];
  sum: number;
  /** What holding the sum to 0..100 adds or takes; 0 where it lies inside. */
  held: number;
  /** Whether parts and holding give the risk that was reported. */
  agrees: boolean;
}

/** Adds contributions up and says whether they make the risk that was reported. */
export function sumUp(parts: Contribution[], risk: number): RiskSum {
  const sum = parts.reduce((total, part) => total + part.points, 0);
  const clamped = Math.min(100, Math.max(0, sum));
  return { parts, sum, held: clamped - sum, agrees: clamped === risk };
}

/** The gravest finding, which an incident's risk starts from, and what the others add because they support it. */
export function raise(findings: Finding[], risk: number): { gravest: Finding; points: number } | undefined {
  const [first, ...rest] = findings;
  if (!first) return undefined;
  const gravest = rest.reduce((most, finding) => (finding.risk > most.risk ? finding : most), first);
  return { gravest, points: risk - gravest.risk };
}

/** A number with its sign, as a contribution shows it. */
export function signed(points: number): string {
  return points < 0 ? `−${Math.abs(points)}` : `+${points}`;
}
