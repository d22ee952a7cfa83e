// What Legwork can do right now, on folders of this person's, with one press.
import { useId, useState } from 'react';
import { offers, tasks } from '../api/tasks';
import type { CreateBody, Offer } from '../api/types';
import { go, taskAddress } from '../route';
import { useAct, useAsked } from '../state/asked';
import { keep } from '../state/view';
import { Button, Link } from '../ui/button';
import { Icon } from '../ui/icon';
import { PathText } from '../ui/path';
import { Problem } from '../ui/told';
import { useWords, type Words } from '../words';
import { asSaid } from '../words/said';
import { FolderPicker } from './folder-picker';

const STANDING = {
  approve_plan: false,
  take_suggestions: false,
  apply_if_checked: false,
  unplanned: false,
};

export async function begin(body: Pick<CreateBody, 'request' | 'folders'> & Partial<CreateBody>) {
  const view = await tasks.create({
    standing: STANDING,
    playbook: null,
    machine: 'auto',
    egress: [],
    with: [],
    ...body,
  });
  keep(view);
  go(taskAddress(view.id));
}

export function Offers() {
  const words = useWords();
  const { value, error } = useAsked('offers', offers);
  if (error && !value) return <Problem error={error} />;
  if (!value) return null;
  const minds = value.minds.map((mind) => asSaid(mind.what)).join(', ');
  return (
    <section className="stack" aria-labelledby="can-do">
      <div>
        <h2 id="can-do">{words.canDo}</h2>
        <p className="faint small">{words.canDoText}</p>
      </div>
      <ul className="offers">
        {value.jobs.map((job) => (
          <li key={job.name}>
            <Job job={job} />
          </li>
        ))}
      </ul>
      <p className="faint small">
        {minds ? `${words.modelsFound}: ${minds}` : words.noModels}
        {!minds && (
          <>
            {' '}
            <Link to="/settings/models">{words.connectModel}</Link>
          </>
        )}
      </p>
    </section>
  );
}

/** What is built in has words in each language; a skill of the person's own has its own. */
export function jobText(job: Offer, words: Words): { title: string; text: string } {
  const text = job.description.split(/(?<=\.) /)[0] ?? '';
  return words.jobs[job.name] ?? { title: job.title, text };
}

function Job({ job }: { job: Offer }) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [isPicking, setPicking] = useState(false);
  const start = (path: string) =>
    act(() => begin({ request: job.request, folders: [{ path, access: 'write' }], playbook: job.name }));
  const { folder, path } = job;
  // Three jobs have a button of the same name each.
  const named = useId();
  const { title, text } = jobText(job, words);
  return (
    <div className="card offer">
      <h3 id={named} dir="auto">
        {title}
      </h3>
      <p className="faint" dir="auto">
        {text}
      </p>
      {folder && (
        <p className="row small">
          <Icon name="folder" />
          <span>
            <span title={path ?? undefined}>
              <PathText path={folder.replaceAll("'", '')} className="strong breaks" />
            </span>{' '}
            <span className="faint">{job.files === null ? job.seen : words.filesThere(job.files)}</span>
          </span>
        </p>
      )}
      <div className="row wrap offer-end">
        {path && (
          <Button kind="key" isDisabled={isBusy} aria-describedby={named} onPress={() => void start(path)}>
            {words.start}
          </Button>
        )}
        <Button
          kind={folder ? 'plain' : 'key'}
          isDisabled={isBusy}
          aria-describedby={named}
          onPress={() => setPicking(true)}
        >
          {folder ? words.otherFolder : words.chooseFolder}
        </Button>
      </div>
      <FolderPicker isOpen={isPicking} onClose={() => setPicking(false)} onChoose={start} />
    </div>
  );
}
