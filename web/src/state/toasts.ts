// What is told once, beside everything else.
import type { UserError } from '../api/types';
import { cell } from './cell';

export type Toast = { id: number } & (
  | { tone: 'good'; text: string }
  | { tone: 'bad'; error: UserError }
);
type Told = { tone: 'good'; text: string } | { tone: 'bad'; error: UserError };

const GOOD_MS = 5000;
export const toasts = cell<readonly Toast[]>([]);
let next = 1;

export function toast(told: Told) {
  const id = next++;
  toasts.set([...toasts.get().slice(-2), { ...told, id }]);
  if (told.tone === 'good') setTimeout(() => dismiss(id), GOOD_MS);
}

export function dismiss(id: number) {
  toasts.set(toasts.get().filter((it) => it.id !== id));
}
