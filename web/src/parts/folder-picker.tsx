// Real folders of the person's, to choose one.
import { useState } from 'react';
import { folders } from '../api/tasks';
import { useAsked } from '../state/asked';
import { Button } from '../ui/button';
import { Sheet } from '../ui/dialog';
import { Text } from '../ui/fields';
import { Icon } from '../ui/icon';
import { nameOf } from '../ui/path';
import { Loading, Problem, Said } from '../ui/told';
import { useWords } from '../words';

const SHOWN_MAX = 200;

type Props = { isOpen: boolean; onClose: () => void; onChoose: (path: string) => void };

export function FolderPicker({ isOpen, onClose, onChoose }: Props) {
  const words = useWords();
  return (
    <Sheet isOpen={isOpen} onClose={onClose} title={words.chooseFolder}>
      <Inside
        onClose={onClose}
        onChoose={(path) => {
          onClose();
          onChoose(path);
        }}
      />
    </Sheet>
  );
}

function Inside({ onClose, onChoose }: Omit<Props, 'isOpen'>) {
  const words = useWords();
  const [path, setPath] = useState<string | null>(null);
  const [filter, setFilter] = useState('');
  const { value, error } = useAsked(path ?? '~', () => folders(path));
  const enter = (next: string) => {
    setFilter('');
    setPath(next);
  };
  if (!value) return error ? <Problem error={error} /> : <Loading />;
  const wanted = filter.toLowerCase();
  const fitting = value.folders.filter((it) => it.name.toLowerCase().includes(wanted));
  const parent = value.parent;
  return (
    <>
      {error && <Problem error={error} />}
      <div className="row">
        <Button
          icon="up"
          aria-label={words.up}
          isDisabled={parent === null}
          onPress={() => parent !== null && enter(parent)}
        />
        <bdi className="grow cut strong" title={value.path}>
          {value.shown}
        </bdi>
        <span className="faint small num">{words.files(value.files)}</span>
      </div>
      <Text
        label={words.filter}
        isLabelUnseen
        isFocused
        isSearch
        hint={words.filter}
        value={filter}
        onChange={setFilter}
        onEnter={() => fitting[0] && enter(fitting[0].path)}
      />
      <ul className="folder-list" aria-label={words.foldersIn(value.shown)}>
        {fitting.slice(0, SHOWN_MAX).map((it) => (
          <li key={it.path}>
            <Button kind="quiet" onPress={() => enter(it.path)}>
              <Icon name="folder" />
              <span className="grow cut">
                <bdi>{it.name}</bdi>
              </span>
              <Icon name="next" />
            </Button>
          </li>
        ))}
        {fitting.length === 0 && <li className="faint">{words.noFolders}</li>}
      </ul>
      {(value.truncated || fitting.length > SHOWN_MAX) && (
        <p className="faint small">{words.truncatedFolders}</p>
      )}
      {value.refused && (
        <p className="faint small">
          <Said text={value.refused} />
        </p>
      )}
      <div className="row wrap">
        <Button
          kind="key"
          isDisabled={value.refused !== null}
          onPress={() => onChoose(value.path)}
        >
          <span className="cut">{words.choose(nameOf(value.shown))}</span>
        </Button>
        <Button onPress={onClose}>{words.cancel}</Button>
      </div>
    </>
  );
}
