'use client';
import { useQuery } from '@tanstack/react-query';
import { SignedOut } from '@/session/hosted';
import { Refused, read } from './client';
import { keys } from './staleness';
import type {
  ApprovalCard,
  Drill,
  Events,
  Health,
  IncidentDetail,
  IncidentRow,
  Inventory,
  Person,
  Quarantine,
} from './types';

/** An answer that says no stays no; only silence is worth asking again. */
export function worthRetrying(failures: number, error: Error): boolean {
  return failures < 3 && !(error instanceof Refused && error.status < 500) && !(error instanceof SignedOut);
}

/** Whether this failed because nobody is signed in. */
export function isNobody(error: Error | null): boolean {
  return error instanceof SignedOut || (error instanceof Refused && error.status === 401);
}

export const useMe = () =>
  useQuery({
    queryKey: keys.me,
    queryFn: ({ signal }) => read<Person>('/v1/me', signal),
    staleTime: 300_000,
  });

export const useIncidents = () =>
  useQuery({
    queryKey: keys.incidents,
    queryFn: ({ signal }) => read<IncidentRow[]>('/v1/incidents', signal),
  });

export const useIncident = (id: string) =>
  useQuery({
    queryKey: keys.incident(id),
    queryFn: ({ signal }) => read<IncidentDetail>(`/v1/incidents/${encodeURIComponent(id)}`, signal),
    enabled: id !== '',
  });

/** Raw events are large and seldom needed: they are fetched when somebody asks to see one. */
export const useEvents = (id: string, wanted: boolean) =>
  useQuery({
    queryKey: keys.events(id),
    queryFn: ({ signal }) => read<Events>(`/v1/incidents/${encodeURIComponent(id)}/events`, signal),
    enabled: wanted,
  });

// Asked again every half minute besides: a missed message must not leave a person waiting, nor a clock drifting.
export const useApprovals = () =>
  useQuery({
    queryKey: keys.approvals,
    queryFn: ({ signal }) => read<ApprovalCard[]>('/v1/approvals', signal),
    refetchInterval: 30_000,
  });

export const useHealth = (enabled = true) =>
  useQuery({
    enabled,
    queryKey: keys.health,
    queryFn: ({ signal }) => read<Health>('/v1/health', signal),
    refetchInterval: 10_000,
  });

export const useQuarantine = () =>
  useQuery({
    queryKey: keys.quarantine,
    queryFn: ({ signal }) => read<Quarantine>('/v1/quarantine', signal),
  });

export const useDrills = () =>
  useQuery({
    queryKey: keys.drills,
    queryFn: ({ signal }) => read<Drill[]>('/v1/drills', signal),
    staleTime: 600_000,
  });

export const useAccount = () =>
  useQuery({ queryKey: keys.account, queryFn: ({ signal }) => read<Inventory>('/v1/account', signal) });

export const usePeople = (wanted: boolean) =>
  useQuery({
    queryKey: keys.people,
    queryFn: ({ signal }) => read<Person[]>('/v1/people', signal),
    enabled: wanted,
  });
