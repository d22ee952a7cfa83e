// What a person says about one step, and whether it stands as it is.
import { useState } from 'react';
import type { PlanEdit, Step } from '../api/types';
import { Button } from '../ui/button';
import { Text } from '../ui/fields';
import { useWords } from '../words';

type Props = { step: Step; edit: (...edits: PlanEdit[]) => Promise<boolean>; isBusy: boolean };

export function LockButton({ step, edit, isBusy }: Props) {
  const words = useWords();
  return (
    <Button
      small
      kind="quiet"
      icon={step.locked ? 'lock' : 'unlock'}
      aria-label={step.locked ? words.unlock(step.text) : words.lockStep(step.text)}
      isDisabled={isBusy}
      onPress={() => void edit({ edit: step.locked ? 'unlock' : 'lock', step: step.id })}
    />
  );
}

export function Comment({ step, edit, isBusy }: Props) {
  const words = useWords();
  const [text, setText] = useState<string | null>(null);
  const save = async () => {
    if (await edit({ edit: 'comment', step: step.id, text: text ?? '' })) setText(null);
  };
  if (text === null) {
    return (
      <Button
        small
        kind="quiet"
        icon="say"
        aria-label={words.commentOn(step.text)}
        isDisabled={isBusy}
        onPress={() => setText(step.comment ?? '')}
      />
    );
  }
  return (
    <div className="stack comment-field">
      <Text
        label={words.commentOn(step.text)}
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
