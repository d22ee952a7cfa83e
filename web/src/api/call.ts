// One request to the daemon. What goes wrong is a `UserError`, also when nobody answers.
import type { UserError } from './types';

export class Refusal extends Error {
  constructor(
    readonly error: UserError,
    readonly status: number,
  ) {
    super(error.what);
  }
}

const unreachable: UserError = {
  kind: 'unavailable',
  code: 'daemon-not-running',
  what: 'Legwork is not running on this computer',
};

async function ask<T>(path: string, init: RequestInit): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(path, { ...init, credentials: 'same-origin' });
  } catch {
    throw new Refusal(unreachable, 0);
  }
  if (answer.status === 204) return undefined as T;
  const body: unknown = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refusal(asError(body, answer.status), answer.status);
  return body as T;
}

function asError(body: unknown, status: number): UserError {
  if (body && typeof body === 'object' && 'what' in body) return body as UserError;
  return { kind: 'bug', code: 'answer-malformed', what: `The answer has status ${status}` };
}

export const get = <T>(path: string, signal?: AbortSignal): Promise<T> => ask(path, { signal });

/** A file's own words; what does not belong to its language stays a sign of that. */
export async function text(path: string): Promise<string> {
  let answer: Response;
  try {
    answer = await fetch(path, { credentials: 'same-origin' });
  } catch {
    throw new Refusal(unreachable, 0);
  }
  if (!answer.ok) {
    const body: unknown = await answer.json().catch(() => null);
    throw new Refusal(asError(body, answer.status), answer.status);
  }
  return answer.text();
}

export const post = <T>(path: string, body: unknown = {}): Promise<T> =>
  ask(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

export function errorOf(thrown: unknown): UserError {
  if (thrown instanceof Refusal) return thrown.error;
  const what = thrown instanceof Error ? thrown.message : String(thrown);
  return { kind: 'bug', code: 'page-broke', what };
}
