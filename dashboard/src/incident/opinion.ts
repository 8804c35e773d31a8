import type { Finding, Opinion } from '@/api/types';

/** The most points that any opinion may add; the server holds it to that. */
export const MOST = 20;
/** Characters of opinions that may stand open between an approver and the plan. */
const SHORT = 280;

/** A finding that a model was asked about. */
export type Opined = Finding & { opinion: Opinion };

/** The findings that a model gave an opinion on, the most raised first. */
export function opined(findings: readonly Finding[]): Opined[] {
  return findings
    .filter((finding): finding is Opined => Boolean(finding.opinion))
    .sort((a, b) => b.opinion.raise - a.opinion.raise);
}

/** Whether opinions are too long to stand open where something is decided. */
export function isLong(opinions: readonly Opinion[]): boolean {
  const characters = opinions.flatMap(({ explanation, quotes }) => [
    explanation.length,
    ...quotes.map(({ field, text }) => field.length + text.length),
  ]);
  return characters.reduce((sum, each) => sum + each, 0) > SHORT;
}

/** What an opinion does to the risk. */
export function effect({ raise }: Opinion): string {
  return raise > 0 ? `raises the risk by ${raise}, at most ${MOST}` : 'does not raise the risk';
}
