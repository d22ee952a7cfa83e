// What is remembered of the person and about folders: files, to be read, changed and deleted.
import { useState } from 'react';
import { house } from '../../api/house';
import type { FolderLately, FolderMemoryView } from '../../api/types';
import { useAct, useAsked } from '../../state/asked';
import { toast } from '../../state/toasts';
import { Button } from '../../ui/button';
import { Sure } from '../../ui/dialog';
import { Text } from '../../ui/fields';
import { PathText } from '../../ui/path';
import { Empty, Loading, Problem } from '../../ui/told';
import { useWords } from '../../words';

export default function Memory() {
  return (
    <>
      <OfPerson />
      <OfFolders />
    </>
  );
}

function OfPerson() {
  const words = useWords();
  const { value: memory, error, again, put } = useAsked('memory', house.memory);
  return (
    <section className="stack" aria-labelledby="memory">
      <h2 id="memory">{words.kept.memoryTitle}</h2>
      <p className="read">{words.kept.memoryText}</p>
      {error && <Problem error={error} />}
      {!memory && !error && <Loading />}
      {memory && memory.text.trim() === '' && <Empty>{words.kept.memoryNone}</Empty>}
      {memory && (
        <Paper
          label={words.kept.memoryLabel}
          there={memory.text}
          file={words.kept.memoryFile(memory.path)}
          forget={words.kept.memoryForget}
          forgetSure={words.kept.memoryForgetSure}
          forgetTitle={words.kept.memoryForget}
          write={async (text) => put(await house.setMemory(text, memory.text))}
          look={again}
        />
      )}
    </section>
  );
}

function OfFolders() {
  const words = useWords();
  const { value: folders, error, again, put } = useAsked('folder-memory', house.folderMemories);
  return (
    <section className="stack" aria-labelledby="folder-memory">
      <h2 id="folder-memory">{words.kept.folderTitle}</h2>
      <p className="read">{words.kept.folderText}</p>
      {error && <Problem error={error} />}
      {!folders && !error && <Loading />}
      {folders && folders.length === 0 && <Empty>{words.kept.folderNone}</Empty>}
      {folders?.map((it) =>
        it.problem ? (
          <Problem key={it.folder} error={it.problem} />
        ) : (
          <Paper
            key={it.folder}
            label={words.kept.folderLabel(it.shown)}
            there={it.text}
            forget={words.kept.folderForget}
            forgetTitle={words.kept.folderForgetOf(it.shown)}
            forgetSure={words.kept.folderForgetSure(it.shown)}
            write={async (text) => put(await house.setFolderMemory(it.folder, text, it.text))}
            look={again}
          />
        ),
      )}
      {folders && (
        <Others known={folders} write={async (folder, text) => put(await house.setFolderMemory(folder, text, ''))} />
      )}
    </section>
  );
}

type OthersProps = { known: FolderMemoryView[]; write: (folder: string, text: string) => Promise<void> };

/** Folders that were used lately and of which nothing is remembered yet. */
function Others({ known, write }: OthersProps) {
  const words = useWords();
  const { value } = useAsked('lately', house.foldersLately);
  const [chosen, setChosen] = useState<string | null>(null);
  const others = value?.filter((it) => it.is_there && !known.some((one) => one.folder === it.path)) ?? [];
  if (others.length === 0) return null;
  return (
    <>
      <h3 id="folder-others">{words.kept.folderOthers}</h3>
      <ul className="findings" aria-labelledby="folder-others">
        {others.map((it) =>
          it.path === chosen ? (
            <li key={it.path} className="finding">
              <First folder={it} write={write} onEnd={() => setChosen(null)} />
            </li>
          ) : (
            <li key={it.path} className="finding row wrap">
              <div className="grow">
                <PathText path={it.shown} className="strong breaks" />
              </div>
              <Button small aria-label={words.kept.folderWriteOf(it.shown)} onPress={() => setChosen(it.path)}>
                {words.kept.folderWrite}
              </Button>
            </li>
          ),
        )}
      </ul>
    </>
  );
}

type FirstProps = { folder: FolderLately; write: OthersProps['write']; onEnd: () => void };

function First({ folder, write, onEnd }: FirstProps) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [text, setText] = useState('');
  const keep = () =>
    act(async () => {
      await write(folder.path, text);
      onEnd();
      toast({ tone: 'good', text: words.kept.memorySaved });
    });
  return (
    <div className="stack">
      <Text
        label={words.kept.folderLabel(folder.shown)}
        hint={words.kept.folderHint}
        isLong
        isFocused
        value={text}
        onChange={setText}
        onEnter={() => text.trim() && !isBusy && void keep()}
      />
      <div className="row wrap">
        <Button kind="key" isDisabled={isBusy || !text.trim()} onPress={() => void keep()}>
          {words.set.save}
        </Button>
        <Button onPress={onEnd}>{words.cancel}</Button>
      </div>
    </div>
  );
}

type PaperProps = {
  label: string;
  there: string;
  file?: string;
  forget: string;
  forgetTitle: string;
  forgetSure: string;
  write: (text: string) => Promise<void>;
  look: () => void;
};

function Paper({ label, there, file, forget, forgetTitle, forgetSure, write, look }: PaperProps) {
  const words = useWords();
  const { isBusy, act } = useAct();
  const [text, setText] = useState<string | null>(null);
  const [isSure, setSure] = useState(false);
  const isNew = text !== null && text !== there;
  const keep = (next: string) =>
    act(async () => {
      await write(next);
      setText(null);
      toast({ tone: 'good', text: next ? words.kept.memorySaved : words.kept.memoryForgotten });
    });
  return (
    <div className="stack">
      <Text label={label} hint={words.kept.memoryHint} isLong value={text ?? there} onChange={setText} />
      {file && <p className="faint small breaks">{file}</p>}
      <div className="row wrap">
        {isNew && (
          <>
            <Button kind="key" isDisabled={isBusy} onPress={() => void keep(text)}>
              {words.set.save}
            </Button>
            <Button onPress={() => setText(null)}>{words.cancel}</Button>
          </>
        )}
        {!isNew && there.trim() !== '' && (
          <Button isDisabled={isBusy} aria-label={forgetTitle} onPress={() => setSure(true)}>
            {forget}
          </Button>
        )}
        {!isNew && (
          <Button
            kind="quiet"
            aria-label={words.kept.memoryAgainOf(label)}
            onPress={() => (setText(null), look())}
          >
            {words.kept.memoryAgain}
          </Button>
        )}
      </div>
      <Sure
        isOpen={isSure}
        onClose={() => setSure(false)}
        title={forgetTitle}
        text={forgetSure}
        yes={forget}
        onYes={() => void keep('')}
      />
    </div>
  );
}
