// What a task's machine may reach, what it reached for, and what the machine is.
import { useState } from 'react';
import { post } from '../api/call';
import { tasks } from '../api/tasks';
import type { EgressUse, EgressWordsView, TaskView } from '../api/types';
import { useAct, useAsked } from '../state/asked';
import { keep } from '../state/view';
import { Button } from '../ui/button';
import { Text } from '../ui/fields';
import { Chip, type Tone } from '../ui/told';
import { Rules } from '../parts/rule';
import { size, useWords, when } from '../words';
import { asSaid } from '../words/said';

async function uses(task: string): Promise<EgressUse[]> {
  const found: EgressUse[] = [];
  for (let after = 0; ; ) {
    const page = await tasks.log(task, after);
    const last = page.at(-1);
    if (!last) return found;
    for (const { event } of page) if (event.event === 'egress-used') found.push(...event.uses);
    after = last.seq;
  }
}

export function Network({ view }: { view: TaskView }) {
  const words = useWords();
  const { value } = useAsked(`${view.id} ${view.seq}`, () => uses(view.id));
  return (
    <div className="main">
      <section className="stack" aria-labelledby="reach">
        <h2 id="reach">{words.networkTitle}</h2>
        {view.egress.length === 0 && <p>{words.networkNothing}</p>}
        <Rules rules={view.egress} />
        {view.rest === null && <Allow task={view.id} />}
      </section>
      <section className="stack" aria-labelledby="used">
        <h2 id="used">{words.networkUse}</h2>
        {value && value.length === 0 && <p className="faint">{words.networkUseNone}</p>}
        {value && value.length > 0 && <Used uses={value} />}
      </section>
      <section className="stack" aria-labelledby="machine">
        <h2 id="machine">{words.itsMachine}</h2>
        <p>{view.isolation ? words.isolation[view.isolation] : words.isolationNone}</p>
        <dl className="facts small">
          <dt>{words.madeBy}</dt>
          <dd>{view.mind}</dd>
          <dt>{words.handed}</dt>
          <dd>{when(view.created_at, Date.now())}</dd>
        </dl>
      </section>
    </div>
  );
}

function Allow({ task }: { task: string }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [text, setText] = useState('');
  const [meant, setMeant] = useState<EgressWordsView | null>(null);
  const understand = () =>
    act(async () => setMeant(await post<EgressWordsView>('/v1/egress/words', { words: text })));
  const grant = () =>
    act(async () => {
      if (!meant) return;
      keep(await tasks.allow(task, meant.rules));
      setMeant(null);
      setText('');
    });
  return (
    <div className="stack">
      <div className="row say">
        <div className="grow">
          <Text
            label={words.networkAllow}
            hint={words.allowHint}
            value={text}
            onChange={(next) => {
              setText(next);
              setMeant(null);
            }}
            onEnter={() => void understand()}
          />
        </div>
        <Button isDisabled={!text.trim() || isBusy} onPress={() => void understand()}>
          {words.networkAllow}
        </Button>
      </div>
      {meant && (
        <div className="card" data-tone="wait">
          <p className="strong">{words.networkMeans}</p>
          <Rules rules={meant.rules} notes={meant.notes} />
          <div className="row">
            <Button kind="key" isDisabled={isBusy} onPress={() => void grant()}>
              {words.networkGrant}
            </Button>
            <Button onPress={() => setMeant(null)}>{words.cancel}</Button>
          </div>
        </div>
      )}
    </div>
  );
}

const TONES: Record<EgressUse['verdict'], Tone> = { allowed: 'good', denied: 'plain', alarm: 'bad' };
const USES_MAX = 500;

function Used({ uses: all }: { uses: EgressUse[] }) {
  const words = useWords();
  return (
    <div className="table-box" tabIndex={0} role="group" aria-label={words.networkUse}>
      <table className="cells">
        <thead>
          <tr>
            <th scope="col">{words.verdict}</th>
            <th scope="col">{words.place}</th>
            <th scope="col">{words.purpose}</th>
            <th scope="col">{words.bytes}</th>
          </tr>
        </thead>
        <tbody>
          {all.slice(-USES_MAX).map((use, index) => (
            <tr key={index}>
              <td>
                <Chip tone={TONES[use.verdict]}>{words.verdicts[use.verdict]}</Chip>
              </td>
              <td>
                <bdi className="mono">{use.place}</bdi>
              </td>
              <td dir="auto">
                {asSaid(use.purpose)} <span className="faint small">{asSaid(use.why)}</span>
              </td>
              <td className="num small">
                {size(use.sent_bytes)} / {size(use.received_bytes)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
