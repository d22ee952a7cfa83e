// Where a person has this device told also while no page is open.
import { errorOf } from '../api/call';
import { useEffect, useState } from 'react';
import type { UserError } from '../api/types';
import { useAct } from '../state/asked';
import { useCell } from '../state/cell';
import { pushing, renewPush, setTitles, titles, tryPush, turnPush } from '../state/push';
import { toast } from '../state/toasts';
import { Button } from '../ui/button';
import { Tick } from '../ui/fields';
import { Problem } from '../ui/told';
import { useWords } from '../words';

export function Push() {
  const words = useWords();
  const state = useCell(pushing);
  const isTitled = useCell(titles);
  const { isBusy, act } = useAct();
  const [error, setError] = useState<UserError | null>(null);
  const said = words.push;
  const does = (what: () => Promise<void>) =>
    act(async () => {
      setError(null);
      await what().catch((thrown: unknown) => setError(wordsOf(thrown, said.broken)));
    });
  // The language may be another, and the daemon may have forgotten.
  useEffect(() => void renewPush().catch(() => undefined), [words]);
  const isAble = state === 'off' || state === 'on';
  const why = { insecure: said.insecure, never: said.never, 'no-worker': said.noWorker, refused: said.refused };
  return (
    <div className="stack">
      <Tick
        isSelected={state === 'on'}
        isDisabled={isBusy || !isAble}
        onChange={(isOn) => void does(() => turnPush(isOn))}
      >
        {said.also}
      </Tick>
      <p className="faint small read">{said.text}</p>
      {!isAble && (
        <p role="status" className="read">
          {why[state]}
        </p>
      )}
      {state === 'on' && (
        <>
          <Tick isSelected={isTitled} isDisabled={isBusy} onChange={(isOn) => void does(() => setTitles(isOn))}>
            {said.titles}
          </Tick>
          <div>
            <Button
              isDisabled={isBusy}
              onPress={() =>
                void does(async () => {
                  await tryPush();
                  toast({ tone: 'good', text: said.tried });
                })
              }
            >
              {said.attempt}
            </Button>
          </div>
        </>
      )}
      {error && <Problem error={error} />}
    </div>
  );
}

/** A browser's own refusal says little to a person. */
function wordsOf(thrown: unknown, broken: string): UserError {
  if (!(thrown instanceof DOMException)) return errorOf(thrown);
  return { kind: 'unavailable', code: 'push-browser', what: broken, cause: thrown.message };
}
