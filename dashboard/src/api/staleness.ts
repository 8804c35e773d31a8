import type { LoggedMessage } from './types';

/** Names of what is fetched, and so of what can be out of date. */
export const keys = {
  me: ['me'] as const,
  incidents: ['incidents'] as const,
  incident: (id: string) => ['incident', id] as const,
  events: (id: string) => ['events', id] as const,
  approvals: ['approvals'] as const,
  ledger: ['ledger'] as const,
  health: ['health'] as const,
  quarantine: ['quarantine'] as const,
  drills: ['drills'] as const,
  account: ['account'] as const,
  people: ['people'] as const,
};

type Key = readonly string[];

/** Everything that any message can put out of date: what to fetch again after a break of the connection. */
export const LIVE: readonly Key[] = [
  keys.incidents,
  ['incident'],
  keys.approvals,
  keys.health,
  keys.quarantine,
  keys.account,
];

/** What these messages have put out of date, each once. */
export function stale(messages: readonly LoggedMessage[]): Key[] {
  const found = new Map<string, Key>();
  for (const { message } of messages) {
    for (const key of staleBy(message)) found.set(key.join('/'), key);
  }
  return [...found.values()];
}

function staleBy(message: LoggedMessage['message']): Key[] {
  switch (message.type) {
    case 'ALERT':
      return [keys.health, keys.quarantine];
    case 'NOTICE':
      return [keys.health, keys.quarantine];
    case 'REPORT':
      return [keys.incidents, keys.incident(message.correlation_id)];
    case 'INCIDENT':
    case 'RECORD':
    case 'VERDICT':
    case 'APPROVAL_REQUIRED':
    case 'APPROVE_ACTION':
    case 'APPROVAL_SETTLED':
      return [keys.incidents, keys.incident(message.payload.incident), keys.approvals];
    case 'BLAST_RADIUS_UPDATE':
      return [keys.incident(message.payload.incident), keys.approvals];
    case 'COMMAND':
    case 'ACTION_UPDATE':
      return [keys.incident(message.payload.incident), keys.account];
  }
}
