// Something that only the person can say.
import { useState } from 'react';
import { tasks } from '../api/tasks';
import type { QuestionView } from '../api/types';
import { useAct } from '../state/asked';
import { keep } from '../state/view';
import { Enlarge, Seen, SeenPlain, SeenRow } from './seen';
import { Button } from '../ui/button';
import { Choice, Text, type Option } from '../ui/fields';
import { useWords, type Words } from '../words';
import { useSpoken } from '../words/planned';
import { wayOf } from '../words/way';

const OWN = '\u0000own';

function kindOf(id: string, words: Words): string {
  if (id === 'machine') return words.machineQuestion;
  return id.startsWith('n') ? words.networkQuestion : words.question;
}

export function Question({ task, question }: { task: string; question: QuestionView }) {
  const words = useWords();
  const { asked } = useSpoken();
  const { isBusy, act } = useAct();
  const [chosen, setChosen] = useState<string | null>(question.suggested);
  const [own, setOwn] = useState('');
  const text = asked(question.text);
  const hasChoices = question.choices.length > 0;
  const isOwn = question.free && (chosen === OWN || !hasChoices);
  const answer = isOwn ? own.trim() : chosen;
  const send = () =>
    answer ? act(async () => keep(await tasks.answer(task, question.id, answer))) : undefined;
  const options: Option[] = question.choices.map((choice) => ({
    key: choice.key,
    label: asked(choice.label),
    picture: choice.picture && <SeenPlain task={task} picture={choice.picture} />,
    beside: choice.picture && <Enlarge task={task} picture={choice.picture} />,
    note: choice.key === question.suggested ? words.suggested : undefined,
  }));
  if (question.free) options.push({ key: OWN, label: words.ownAnswer });
  return (
    <section className="card" data-tone="wait" aria-label={kindOf(question.id, words)}>
      <p className="faint small">{kindOf(question.id, words)}</p>
      <h2 dir={wayOf(text)} className="pre">
        {text}
      </h2>
      {question.why && (
        <p dir={wayOf(asked(question.why))} className="read pre">
          {asked(question.why)}
        </p>
      )}
      {question.pictures && question.pictures.length > 0 && (
        <SeenRow>
          {question.pictures.map((picture, index) => (
            <Seen key={index} task={task} picture={picture} />
          ))}
        </SeenRow>
      )}
      {hasChoices && (
        <Choice
          label={text}
          isLabelUnseen
          options={options}
          value={chosen}
          onChange={setChosen}
        />
      )}
      {isOwn && (
        <Text
          label={words.ownAnswer}
          isLabelUnseen={hasChoices}
          value={own}
          onChange={setOwn}
          onEnter={() => void send()}
        />
      )}
      <div>
        <Button kind="key" isDisabled={!answer || isBusy} onPress={() => void send()}>
          {words.answer}
        </Button>
      </div>
    </section>
  );
}
