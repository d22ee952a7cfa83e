// A request that nothing here can do: what can be done instead, with one press.
import { offers } from '../api/tasks';
import type { CreateBody } from '../api/types';
import { isOwnComputer } from '../route';
import { useAct, useAsked } from '../state/asked';
import { Button, Link } from '../ui/button';
import { useWords } from '../words';
import { begin, jobText } from './offers';

type Props = Pick<CreateBody, 'folders'>;

export function Unmatched({ folders }: Props) {
  const words = useWords();
  const { value } = useAsked('offers', offers);
  const { isBusy, act } = useAct();
  const jobs = value?.jobs ?? [];
  return (
    <div className="card" data-tone="bad" role="alert">
      <p className="strong">{words.unmatched}</p>
      <p>{words.unmatchedText}</p>
      {isOwnComputer && (
        <div>
          <Link to="/settings/models" kind="plain">
            {words.connectModel}
          </Link>
        </div>
      )}
      {jobs.length > 0 && <p className="faint small">{words.unmatchedJobs}</p>}
      <div className="row wrap">
        {jobs.map((job) => (
          <Button
            key={job.name}
            isDisabled={isBusy}
            onPress={() => void act(() => begin({ request: job.request, folders, playbook: job.name }))}
          >
            {jobText(job, words).title}
          </Button>
        ))}
      </div>
    </div>
  );
}
