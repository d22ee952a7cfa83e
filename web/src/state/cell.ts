// A value that parts of the page follow.
import { useSyncExternalStore } from 'react';

export type Cell<T> = {
  get: () => T;
  set: (value: T) => void;
  follow: (told: () => void) => () => void;
};

export function cell<T>(first: T): Cell<T> {
  let value = first;
  const followers = new Set<() => void>();
  return {
    get: () => value,
    set: (next) => {
      if (Object.is(next, value)) return;
      value = next;
      for (const told of followers) told();
    },
    follow: (told) => {
      followers.add(told);
      return () => followers.delete(told);
    },
  };
}

export function useCell<T>(it: Cell<T>): T {
  return useSyncExternalStore(it.follow, it.get);
}
