import type { Tone } from './Tag';

const BANDS: { from: number; name: string; tone: Tone }[] = [
  { from: 85, name: 'critical', tone: 'red' },
  { from: 65, name: 'high', tone: 'orange' },
  { from: 40, name: 'medium', tone: 'yellow' },
  { from: 0, name: 'low', tone: 'faint' },
];

/** The word for a risk. */
export function riskBand(risk: number): { name: string; tone: Tone } {
  return BANDS.find((band) => risk >= band.from) ?? { name: 'low', tone: 'faint' };
}

const COLOUR: Partial<Record<Tone, string>> = {
  red: 'text-red',
  orange: 'text-orange',
  yellow: 'text-yellow',
  faint: 'text-faint',
};

/** A risk from 0 to 100: the number, its word, and four bars of which as many are filled as its band is high. */
export function RiskMeter({ risk, word = true }: { risk: number; word?: boolean }) {
  const band = riskBand(risk);
  const filled = BANDS.length - BANDS.findIndex((each) => each.name === band.name);
  return (
    <span
      className={`inline-flex items-center gap-1.5 whitespace-nowrap ${COLOUR[band.tone]}`}
      title={`Risk ${risk} of 100, ${band.name}`}
    >
      <svg viewBox="0 0 14 12" aria-hidden="true" className="h-3 w-3.5 shrink-0">
        {[0, 1, 2, 3].map((bar) => (
          <rect
            key={bar}
            x={bar * 3.6}
            y={9 - bar * 2.6}
            width={2.6}
            height={3 + bar * 2.6}
            className={bar < filled ? 'fill-current' : 'fill-current opacity-20'}
          />
        ))}
      </svg>
      <span className="sr-only">Risk </span>
      <span className="numeric font-semibold">{risk}</span>
      {word && <span className="text-xs">{band.name}</span>}
    </span>
  );
}
