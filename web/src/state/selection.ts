// Which changes the person keeps. Everything, until they say otherwise; what is risky, only when ticked.
import { useMemo, useState } from 'react';
import type { ChangeView, Selection } from '../api/types';
import { isOwnComputer } from '../route';

/** What acts later is kept at the computer itself, never from a phone. */
export const isElsewhere = (change: ChangeView) => change.tick !== null && !isOwnComputer;

export type Kept = {
  has: (change: ChangeView) => boolean;
  set: (changes: readonly ChangeView[], isKept: boolean) => void;
  count: number;
  isAll: boolean;
  selection: () => Selection;
  /** As at the beginning. */
  reset: () => void;
};

export function useKept(changes: readonly ChangeView[]): Kept {
  const [dropped, setDropped] = useState<ReadonlySet<string>>(new Set());
  const [ticked, setTicked] = useState<ReadonlySet<string>>(new Set());
  return useMemo(() => {
    const able = changes.filter((change) => change.refused === null && !isElsewhere(change));
    const has = (change: ChangeView) =>
      change.refused === null &&
      !isElsewhere(change) &&
      (change.tick === null ? !dropped.has(change.path) : ticked.has(change.path));
    const kept = able.filter(has);
    const plain = able.filter((change) => change.tick === null);
    return {
      has,
      count: kept.length,
      isAll: able.length > 0 && plain.every(has),
      set(some, isKept) {
        const [nextDropped, nextTicked] = [new Set(dropped), new Set(ticked)];
        for (const { path, tick } of some) {
          if (tick === null) nextDropped[isKept ? 'delete' : 'add'](path);
          else nextTicked[isKept ? 'add' : 'delete'](path);
        }
        setDropped(nextDropped);
        setTicked(nextTicked);
      },
      // No paths mean everything that is not there yet; then only what has a tick of its own is named.
      selection: () => ({
        paths: kept.length === able.length ? [] : kept.map((change) => change.path),
        ticks: kept.filter((change) => change.tick !== null).map((change) => change.path),
      }),
      reset() {
        setDropped(new Set());
        setTicked(new Set());
      },
    };
  }, [changes, dropped, ticked]);
}
