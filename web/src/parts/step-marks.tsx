// What a person says about one step, and whether it stands as it is.
import { useState } from 'react';
import type { PlanEdit, Step } from '../api/types';
import { Button } from '../ui/button';
import { Text } from '../ui/fields';
import { useWords } from '../words';

type Props = { step: Step; number: number; edit: (...edits: PlanEdit[]) => Promise<boolean>; isBusy: boolean };

export function LockButton({ step, number, edit, isBusy }: Props) {
  const words = useWords();
  return (
    <Button
      small
      kind="quiet"
      icon={step.locked ? 'lock' : 'unlock'}
      aria-label={step.locked ? words.unlock(number) : words.lockStep(number)}
      isDisabled={isBusy}
      onPress={() => void edit({ edit: step.locked ? 'unlock' : 'lock', step: step.id })}
    />
  );
}

export function Comment({ step, number, edit, isBusy }: Props) {
  const words = useWords();
  const [text, setText] = useState<string | null>(null);
  const save = async () => {
    if (await edit({ edit: 'comment', step: step.id, text: text ?? '' })) setText(null);
  };
  // The button stays: a row takes the focus of what goes away in it.
  return (
    <>
      <Button
        small
        kind="quiet"
        icon="say"
        aria-label={words.commentOn(number)}
        aria-expanded={text !== null}
        isDisabled={isBusy}
        onPress={() => setText(text === null ? (step.comment ?? '') : null)}
      />
      {text !== null && (
        <div className="stack comment-field">
          <Text
            label={words.commentOn(number)}
            isLabelUnseen
            isFocused
            hint={words.commentHint}
            value={text}
            onChange={setText}
            onEnter={() => void save()}
          />
          <div className="row">
            <Button small kind="key" isDisabled={isBusy} onPress={() => void save()}>
              {words.save}
            </Button>
            <Button small onPress={() => setText(null)}>
              {words.cancel}
            </Button>
          </div>
        </div>
      )}
    </>
  );
}

/** The marks as they are read. */
export function Marks({ step }: { step: Step }) {
  const words = useWords();
  return (
    <>
      {step.locked && <span className="faint small"> {words.lockedStep}</span>}
      {step.comment && (
        <p className="small comment" dir="auto">
          {step.comment}
        </p>
      )}
    </>
  );
}
