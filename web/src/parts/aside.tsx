// A question on the side: the task goes on undisturbed. The answer comes as a line of its story.
import { useState } from 'react';
import { tasks } from '../api/tasks';
import { useAct } from '../state/asked';
import { Button } from '../ui/button';
import { Text } from '../ui/fields';
import { useWords } from '../words';

export function AskAside({ task }: { task: string }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [text, setText] = useState('');
  const ask = async () => {
    if (!text.trim() || isBusy) return;
    if (await act(() => tasks.aside(task, text.trim()))) setText('');
  };
  return (
    <details>
      <summary className="faint small">{words.aside}</summary>
      <div className="row say">
        <div className="grow">
          <Text
            label={words.aside}
            hint={words.asideHint}
            value={text}
            onChange={setText}
            onEnter={() => void ask()}
          />
        </div>
        <Button isDisabled={!text.trim() || isBusy} onPress={() => void ask()}>
          {words.ask}
        </Button>
      </div>
    </details>
  );
}
