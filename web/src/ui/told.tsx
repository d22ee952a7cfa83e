// What is told: errors, empty places, states, and what is only told once.
import { useEffect, useState, type ReactNode } from 'react';
import type { UserError } from '../api/types';
import { useCell } from '../state/cell';
import { dismiss, toasts } from '../state/toasts';
import { useWords } from '../words';
import { saidHere } from '../words/said';
import { wayOf } from '../words/way';
import { Button } from './button';

export type Tone = 'plain' | 'wait' | 'good' | 'bad' | 'live';

export function Chip({ tone = 'plain', children }: { tone?: Tone; children: ReactNode }) {
  return (
    <span className="chip" data-tone={tone}>
      {tone === 'live' && <span className="dot" data-live />}
      {tone === 'wait' && <span className="dot" />}
      {children}
    </span>
  );
}

/** As a sentence begins, unless that is a name such as `find-duplicates`; what stands between backticks is typed as it is. */
export function Sentence({ text }: { text: string }) {
  const parts = text.replace(/^\p{Ll}(?=\p{L}*[\s:,.’'])/u, (letter) => letter.toUpperCase()).split('`');
  if (parts.length < 3) return <>{parts.join('`')}</>;
  return (
    <>
      {parts.map((part, index) => (index % 2 ? <code key={index}>{part}</code> : part))}
    </>
  );
}

/** A sentence of the daemon in the person's language; one that has no words there is marked as English. */
export function Said({ text }: { text: string }) {
  useWords();
  const told = saidHere(text);
  return (
    <span dir={wayOf(told ?? text)} lang={told === null ? 'en' : undefined}>
      <Sentence text={told ?? text} />
    </span>
  );
}

export function Problem({ error, children }: { error: UserError; children?: ReactNode }) {
  const words = useWords();
  // What happened in this one case says more than what such cases have in common.
  const what = saidHere(error.what);
  const said = what ?? words.errors[error.code];
  return (
    <div className="card" data-tone="bad" role="alert">
      <p className="strong" dir={wayOf(said ?? error.what)}>
        <Sentence text={said ?? error.what} />
      </p>
      {said && what === null && (
        <p className="faint">
          <Said text={error.what} />
        </p>
      )}
      {error.cause && (
        <p className="pre breaks">
          <Said text={error.cause} />
        </p>
      )}
      {error.next && error.next.length > 0 && (
        <div>
          <p className="faint small">{words.next}</p>
          {error.next.map((hint) => (
            <p key={hint} className="breaks">
              <Said text={hint} />
            </p>
          ))}
        </div>
      )}
      {children}
    </div>
  );
}

export const Empty = ({ children }: { children: ReactNode }) => (
  <p className="empty">{typeof children === 'string' ? <Sentence text={children} /> : children}</p>
);

const PATIENCE_MS = 200;

/** Keeps the place, and says nothing before somebody wonders. */
export function Loading() {
  const words = useWords();
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p className="faint" role="status">
      {isLate ? words.connecting : ''}
    </p>
  );
}

export function Toasts() {
  const words = useWords();
  const told = useCell(toasts);
  // An error is an alert and read aloud as one; within the other live region it would be said twice.
  return (
    <div className="toasts" role="region" aria-label={words.messages}>
      <div className="toasts-good" role="status">
        {told.map(
          (toast) =>
            toast.tone === 'good' && (
              <div key={toast.id} className="card" data-tone="good">
                {toast.text}
              </div>
            ),
        )}
      </div>
      {told.map(
        (toast) =>
          toast.tone === 'bad' && (
            <Problem key={toast.id} error={toast.error}>
              <Button onPress={() => dismiss(toast.id)}>{words.close}</Button>
            </Problem>
          ),
      )}
    </div>
  );
}
