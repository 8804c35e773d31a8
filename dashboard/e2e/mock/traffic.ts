import type { Payload } from '@/api/types';
import { ago, digest } from './plan';

/** Ordinary traffic. */
export function alert(n: number, secondsAgo = 0): [Payload, number] {
  const operations = ['GetObject', 'DescribeInstances', 'AssumeRole', 'PutObject'];
  const glimpse = {
    time: ago(secondsAgo),
    operation: operations[n % 4] ?? '',
    actor: n % 3 ? 'web-app' : 'backup-agent',
    origin: `10.0.1.${n % 250}`,
  };
  const events = Array.from({ length: (n % 5) + 1 }, (_, index) => `evt-a${n}-${index}`);
  return [
    {
      type: 'ALERT',
      payload: { delivery: digest(`${n}`), name: `cloudtrail-${n}.json.gz`, events, sample: [glimpse] },
    },
    secondsAgo,
  ];
}
