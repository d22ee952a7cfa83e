// Something asked of the daemon once, and what a press of a button asks.
import { useCallback, useEffect, useRef, useState } from 'react';
import { errorOf } from '../api/call';
import type { UserError } from '../api/types';
import { useCell } from './cell';
import { link } from './news';
import { dismiss, toast, toasts } from './toasts';

/** `put`: what a change was answered with takes the place of what was asked before. */
export type Asked<T> = {
  value: T | null;
  error: UserError | null;
  again: () => void;
  put: (value: T) => void;
};

/** Asks when first shown, and whenever `key` changes; the last answer stays until the next. */
export function useAsked<T>(key: string, ask: () => Promise<T>): Asked<T> {
  const [value, setValue] = useState<T | null>(null);
  const [error, setError] = useState<UserError | null>(null);
  const [round, setRound] = useState(0);
  const puts = useRef(0);
  // What failed while nobody answered is asked again by itself when somebody does.
  const isOpen = useCell(link) === 'open';
  const isUnanswered = error?.code === 'daemon-not-running';
  useEffect(() => {
    if (isOpen && isUnanswered) setRound((it) => it + 1);
  }, [isOpen, isUnanswered]);
  useEffect(() => {
    let isOver = false;
    const begun = puts.current;
    ask().then(
      (answer) => {
        // What was put meanwhile is newer than what was asked before it.
        if (isOver || puts.current !== begun) return;
        setValue(answer);
        setError(null);
      },
      (thrown: unknown) => !isOver && setError(errorOf(thrown)),
    );
    return () => {
      isOver = true;
    };
    // `ask` is made anew with every picture; `key` says when it means something else.
    // eslint-disable-next-line
  }, [key, round]);
  const again = useCallback(() => setRound((it) => it + 1), []);
  const put = useCallback((next: T) => {
    puts.current += 1;
    setValue(next);
    setError(null);
  }, []);
  return { value, error, again, put };
}

// That nobody answered is no news once somebody does.
link.follow(() => {
  if (link.get() !== 'open') return;
  for (const it of toasts.get()) {
    if (it.tone === 'bad' && it.error.code === 'daemon-not-running') dismiss(it.id);
  }
});

/** Does one thing at a time, and tells when it fails. */
export function useAct(): { isBusy: boolean; act: (what: () => Promise<unknown>) => Promise<boolean> } {
  const [isBusy, setBusy] = useState(false);
  const act = useCallback(async (what: () => Promise<unknown>) => {
    setBusy(true);
    try {
      await what();
      return true;
    } catch (thrown) {
      toast({ tone: 'bad', error: errorOf(thrown) });
      return false;
    } finally {
      setBusy(false);
    }
  }, []);
  return { isBusy, act };
}
