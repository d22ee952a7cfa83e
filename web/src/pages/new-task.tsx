// A request in the person's words, and the folders that it is about.
import { useState } from 'react';
import type { Despite as Refused, MachineWish, ShareAccess, UserError } from '../api/types';
import { post } from '../api/call';
import type { EgressWordsView } from '../api/types';
import { FolderPicker } from '../parts/folder-picker';
import { Unmatched } from '../parts/unmatched';
import { begin } from '../parts/offers';
import { errorOf } from '../api/call';
import { Button } from '../ui/button';
import { Choice, Text, Tick } from '../ui/fields';
import { Icon } from '../ui/icon';
import { nameOf } from '../ui/path';
import { Problem } from '../ui/told';
import { useWords } from '../words';

type Folder = { path: string; access: ShareAccess };

type DespiteProps = {
  error: Refused;
  isBusy: boolean;
  onDespite: (playbook: string) => Promise<void>;
};

/** What the person may insist on, and what is passed over then in their own words. */
function Despite({ error, isBusy, onDespite }: DespiteProps) {
  const words = useWords();
  return (
    <div>
      <Button isDisabled={isBusy} onPress={() => void onDespite(error.playbook)}>
        {words.doDespite(error.unheeded)}
      </Button>
    </div>
  );
}

export function NewTask({ folder }: { folder: string | null }) {
  const words = useWords();
  const [request, setRequest] = useState('');
  const [folders, setFolders] = useState<Folder[]>(
    folder === null ? [] : [{ path: folder, access: 'write' }],
  );
  const [isPicking, setPicking] = useState(false);
  const [standing, setStanding] = useState({ plan: false, answers: false });
  const [machine, setMachine] = useState<MachineWish>('auto');
  const [allow, setAllow] = useState('');
  const [error, setError] = useState<UserError | null>(null);
  const [isBusy, setBusy] = useState(false);
  const missing = !request.trim() ? words.needRequest : folders.length === 0 ? words.needFolder : null;

  async function handOver(playbook: string | null = null) {
    if (missing) return;
    setBusy(true);
    setError(null);
    try {
      const meant = allow.trim()
        ? await post<EgressWordsView>('/v1/egress/words', { words: allow.trim() })
        : { rules: [] };
      await begin({
        request: request.trim(),
        playbook,
        folders,
        machine,
        egress: meant.rules,
        standing: {
          approve_plan: standing.plan,
          take_suggestions: standing.answers,
          apply_if_checked: false,
          unplanned: false,
        },
      });
    } catch (thrown) {
      setError(errorOf(thrown));
      setBusy(false);
    }
  }

  const choose = (path: string) => {
    if (!folders.some((it) => it.path === path)) setFolders([...folders, { path, access: 'write' }]);
  };
  return (
    <div className="stack form">
      <h1>{words.newTask}</h1>
      <Text
        label={words.request}
        hint={words.requestHint}
        isLong
        isFocused
        value={request}
        onChange={setRequest}
        onEnter={() => void handOver()}
      />
      <section className="stack" aria-labelledby="folders">
        <div>
          <h2 id="folders">{words.folders}</h2>
          <p className="faint small">{words.foldersText}</p>
        </div>
        {folders.length > 0 && (
          <ul className="stack">
            {folders.map((folder) => (
              <li key={folder.path} className="card folder-chosen">
                <Icon name="folder" />
                <span className="folder-name cut strong" title={folder.path}>
                  <bdi>{nameOf(folder.path)}</bdi>
                </span>
                <Tick
                  isSelected={folder.access === 'write'}
                  onChange={(mayWrite) =>
                    setFolders(
                      folders.map((it) =>
                        it === folder ? { ...it, access: mayWrite ? 'write' : 'read' } : it,
                      ),
                    )
                  }
                >
                  {words.mayChange}
                </Tick>
                <Button
                  kind="quiet"
                  icon="cross"
                  aria-label={words.removeFolder(nameOf(folder.path))}
                  onPress={() => setFolders(folders.filter((it) => it !== folder))}
                />
              </li>
            ))}
          </ul>
        )}
        <div>
          <Button icon="plus" onPress={() => setPicking(true)}>
            {words.addFolder}
          </Button>
        </div>
      </section>
      <details>
        <summary className="strong">{words.options}</summary>
        <div className="stack options">
          <Tick isSelected={standing.plan} onChange={(plan) => setStanding({ ...standing, plan })}>
            {words.approvePlan}
          </Tick>
          <Tick
            isSelected={standing.answers}
            onChange={(answers) => setStanding({ ...standing, answers })}
          >
            {words.takeSuggestions}
          </Tick>
          <Choice
            label={words.machine}
            value={machine}
            onChange={(key) => setMachine(key as MachineWish)}
            options={[
              { key: 'auto', label: words.machineAuto },
              { key: 'vm', label: words.machineVm },
              { key: 'jail', label: words.machineJail },
            ]}
          />
          <Text label={words.allow} hint={words.allowHint} value={allow} onChange={setAllow} />
        </div>
      </details>
      {error?.code === 'request-unmatched' ? (
        <Unmatched folders={folders} />
      ) : (
        error && (
          <Problem error={error}>
            {error.despite && <Despite error={error.despite} isBusy={isBusy} onDespite={handOver} />}
          </Problem>
        )
      )}
      <div className="row wrap">
        <Button kind="key" isDisabled={isBusy || missing !== null} onPress={() => void handOver()}>
          {words.handOver}
        </Button>
        {missing && <span className="faint">{missing}</span>}
      </div>
      <FolderPicker isOpen={isPicking} onClose={() => setPicking(false)} onChoose={choose} />
    </div>
  );
}
