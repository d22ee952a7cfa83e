// Where a person says how they want to hear that a task needs them.
import { useAct } from '../state/asked';
import { useCell } from '../state/cell';
import { notifying, turn } from '../state/notify';
import { holding, put, settingOf, useSettings } from '../state/settings';
import { Button } from '../ui/button';
import { Tick } from '../ui/fields';
import { useWords } from '../words';
import { Push } from './push';

export function Notifications() {
  const words = useWords();
  const state = useCell(notifying);
  const { isBusy, act } = useAct();
  const desktop = settingOf(useSettings(), 'notify.desktop');
  const told = {
    never: words.set.notifyNever,
    insecure: words.set.notifyInsecure,
    refused: words.set.notifyRefused,
    off: '',
    on: words.set.notifyOn,
  }[state];
  return (
    <section className="stack" aria-labelledby="notify">
      <h2 id="notify">{words.set.notifyTitle}</h2>
      <p className="read">{words.set.notifyText}</p>
      <div className="row wrap">
        <span id="notify-here" className="strong">
          {words.set.notifyHere}
        </span>
        <span role="status">{told}</span>
        {(state === 'off' || state === 'on') && (
          <Button
            isDisabled={isBusy}
            aria-describedby="notify-here"
            onPress={() => void act(() => turn(state === 'off'))}
          >
            {state === 'off' ? words.set.notifyAsk : words.set.notifyOff}
          </Button>
        )}
      </div>
      <Push />
      {desktop && (
        <Tick
          isSelected={holding(desktop) === true}
          isDisabled={isBusy || desktop.locked !== null}
          onChange={(isOn) => void act(() => put('notify.desktop', isOn || null, words))}
        >
          {words.set.notifyDesktop}
        </Tick>
      )}
    </section>
  );
}
