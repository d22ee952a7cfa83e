// Finds tasks and commands by typing, from anywhere.
import { useMemo, useState } from 'react';
import { Autocomplete, Input, Label, Menu, MenuItem, TextField, useFilter } from 'react-aria-components';
import { go, taskAddress } from '../route';
import { useCell } from '../state/cell';
import { lines } from '../state/news';
import { Sheet } from '../ui/dialog';
import { useWords } from '../words';
import { statusText } from './status';

type Props = { isOpen: boolean; onClose: () => void };
type Entry = { id: string; text: string; note?: string };

const TASKS_MAX = 300;

export default function Palette({ isOpen, onClose }: Props) {
  const words = useWords();
  return (
    <Sheet isOpen={isOpen} onClose={onClose} title={words.find} isTitleUnseen>
      <Inside onClose={onClose} />
    </Sheet>
  );
}

function Inside({ onClose }: { onClose: () => void }) {
  const words = useWords();
  const all = useCell(lines);
  const { contains } = useFilter({ sensitivity: 'base' });
  const [text, setText] = useState('');
  const entries = useMemo<Entry[]>(() => {
    const fixed = [
      { id: '/new', text: words.newTask },
      { id: '/', text: words.home },
      { id: '/settings', text: words.settings },
    ];
    const newest = [...(all?.values() ?? [])].slice(0, TASKS_MAX);
    const named = newest.map((line) => ({
      id: taskAddress(line.id),
      text: line.request,
      note: statusText(line, words),
    }));
    return [...fixed, ...named];
  }, [all, words]);
  const fitting = entries.filter((entry) => contains(entry.text, text));
  return (
    <Autocomplete inputValue={text} onInputChange={setText}>
      <TextField className="field" autoFocus>
        <Label className="unseen">{words.find}</Label>
        <Input className="input" placeholder={words.findHint} dir="auto" />
      </TextField>
      <Menu
        className="palette"
        aria-label={words.find}
        items={fitting.slice(0, 50)}
        renderEmptyState={() => <p className="faint">{words.findNone}</p>}
        onAction={(id) => {
          onClose();
          go(String(id));
        }}
      >
        {(entry) => (
          <MenuItem id={entry.id} textValue={entry.text} className="palette-item">
            <span className="grow cut" dir="auto">
              {entry.text}
            </span>
            {entry.note && <span className="faint small">{entry.note}</span>}
          </MenuItem>
        )}
      </Menu>
    </Autocomplete>
  );
}
