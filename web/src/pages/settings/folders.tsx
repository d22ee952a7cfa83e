// Folders that tasks were given lately, and where others can be chosen.
import { house } from '../../api/house';
import { useAsked } from '../../state/asked';
import { settingOf, useSettings } from '../../state/settings';
import { Link } from '../../ui/button';
import { PathText } from '../../ui/path';
import { Empty, Loading, Problem } from '../../ui/told';
import { useWords, when } from '../../words';
import { Lines } from './lines';

export default function Folders() {
  const words = useWords();
  const { value, error } = useAsked('lately', house.foldersLately);
  const settings = useSettings();
  return (
    <>
      <section className="stack" aria-labelledby="lately">
        <h2 id="lately">{words.set.foldersTitle}</h2>
        {error && <Problem error={error} />}
        {!value && !error && <Loading />}
        {value && value.length === 0 && <Empty>{words.set.foldersNone}</Empty>}
        <ul className="findings">
          {value?.map((it) => (
            <li key={it.path} className="finding row wrap">
              <div className="grow">
                <PathText path={it.shown} className="strong breaks" />
                <p className="small faint num">
                  {words.set.foldersTasks(it.tasks)} · {when(it.used_at, Date.now())}
                  {!it.is_there && ` · ${words.set.gone}`}
                </p>
              </div>
              {it.is_there && (
                <Link
                  to={`/new?folder=${encodeURIComponent(it.path)}`}
                  kind="plain"
                  label={`${words.set.handOver}: ${it.shown}`}
                >
                  {words.set.handOver}
                </Link>
              )}
            </li>
          ))}
        </ul>
      </section>
      <Lines
        setting={settingOf(settings, 'window.roots')}
        title={words.set.rootsTitle}
        hint={words.set.rootsHint}
        text={words.set.rootsText}
      />
    </>
  );
}
