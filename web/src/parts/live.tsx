// What a task does right now: one line, and the output of the call that runs.
import { useLayoutEffect, useRef, useState, type UIEvent } from 'react';
import { tasks } from '../api/tasks';
import type { TaskView } from '../api/types';
import { useAct } from '../state/asked';
import { useCell } from '../state/cell';
import { toast } from '../state/toasts';
import { transcriptOf } from '../state/transcript';
import { keep } from '../state/view';
import { Button } from '../ui/button';
import { Text } from '../ui/fields';
import { Sentence } from '../ui/told';
import { useWords } from '../words';
import { nowText } from '../words/now';
import { wayOf } from '../words/way';

export function LiveLine({ view }: { view: TaskView }) {
  const words = useWords();
  const transcript = transcriptOf(view.id);
  const progress = useCell(transcript.progress);
  const output = useCell(transcript.output);
  return (
    <section className="stack" aria-label={words.now}>
      <div className="live-line" role="status">
        <span className="dot" data-live />
        <span className="grow" dir={wayOf(nowText(view, words))}>
          <Sentence text={nowText(view, words)} />
        </span>
        {progress && progress.total > 0 && (
          <span className="num faint small">
            {progress.done} / {progress.total}
          </span>
        )}
      </div>
      {progress && progress.total > 0 && (
        <progress max={progress.total} value={progress.done} aria-label={nowText(view, words)} />
      )}
      {output && (
        <details open>
          <summary className="faint small">{words.output}</summary>
          <Output text={output.text} />
        </details>
      )}
    </section>
  );
}

/** So close to the end, somebody follows it. */
const NEAR_PX = 24;

/** The latest is what is seen, unless somebody went back to read. */
function Output({ text }: { text: string }) {
  const box = useRef<HTMLPreElement>(null);
  const isFollowed = useRef(true);
  useLayoutEffect(() => {
    if (box.current && isFollowed.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  const onScroll = ({ currentTarget: it }: UIEvent<HTMLPreElement>) => {
    isFollowed.current = it.scrollHeight - it.scrollTop - it.clientHeight < NEAR_PX;
  };
  return (
    <pre className="output" dir="ltr" tabIndex={0} ref={box} onScroll={onScroll}>
      {text}
    </pre>
  );
}

export function Say({ task }: { task: string }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [text, setText] = useState('');
  const send = async () => {
    if (!text.trim()) return;
    if (await act(async () => keep(await tasks.say(task, text.trim())))) {
      setText('');
      toast({ tone: 'good', text: words.saidIt });
    }
  };
  return (
    <div className="row say">
      <div className="grow">
        <Text
          label={words.say}
          hint={words.sayHint}
          value={text}
          onChange={setText}
          onEnter={() => void send()}
        />
      </div>
      <Button isDisabled={!text.trim() || isBusy} onPress={() => void send()}>
        {words.send}
      </Button>
    </div>
  );
}
