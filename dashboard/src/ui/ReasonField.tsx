import { useId } from 'react';
import { INPUT } from './Field';

interface Props {
  value: string;
  rows: number;
  /** A reason as somebody might give it. */
  example: string;
  onChange: (value: string) => void;
}

/** Asks why; what is written is on the record. */
export function ReasonField({ value, rows, example, onChange }: Props) {
  const id = useId();
  return (
    <div>
      <label htmlFor={id} className="mb-1 block font-medium">
        Why? <span className="font-normal text-faint">Others will read this.</span>
      </label>
      <textarea
        id={id}
        required
        rows={rows}
        maxLength={1000}
        value={value}
        onChange={(event) => onChange(event.target.value)}
        placeholder={example}
        className={INPUT}
      />
    </div>
  );
}
