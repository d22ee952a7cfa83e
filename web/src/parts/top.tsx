// What is on top of every page, and the keys that work everywhere.
import { lazy, Suspense, useEffect, useState } from 'react';
import { go } from '../route';
import { useCell } from '../state/cell';
import { lines } from '../state/news';
import { letters } from '../state/prefs';
import { announced, tell } from '../state/notify';
import { Button, Link } from '../ui/button';
import { Sheet } from '../ui/dialog';
import { useWords } from '../words';
import { groupOf } from './status';

const loadPalette = () => import('./palette');
const Palette = lazy(loadPalette);

type Over = 'palette' | 'keys' | null;

const isWriting = (target: EventTarget | null) =>
  target instanceof HTMLElement &&
  (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName));

/** The window's name: what waits, and the name of the page, which is its heading. */
function useTitle(waiting: number) {
  useEffect(() => {
    const name = () => {
      const heading = document.querySelector('main h1')?.textContent?.trim().slice(0, 80);
      const title = `${waiting > 0 ? `(${waiting}) ` : ''}${heading ? `${heading} · ` : ''}Legwork`;
      if (document.title !== title) document.title = title;
    };
    name();
    const main = document.querySelector('main');
    if (!main) return;
    const watch = new MutationObserver(name);
    watch.observe(main, { childList: true, subtree: true });
    return () => watch.disconnect();
  }, [waiting]);
}

export function Top() {
  const words = useWords();
  const [over, setOver] = useState<Over>(null);
  const all = useCell(lines);
  const waiting = [...(all?.values() ?? [])].filter((line) => groupOf(line) === 'needs-you').length;
  useTitle(waiting);
  useEffect(() => {
    const { notifyWaits: waits, notifyReview: review, notifyFailed: failed } = words.set;
    if (all) tell(all, { waits, review, failed });
  }, [all, words]);
  // It comes after the page, and before anybody asks: what is typed at once must not be lost.
  useEffect(() => void loadPalette(), []);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        setOver((now) => (now === 'palette' ? null : 'palette'));
      }
      const isPlain = !event.ctrlKey && !event.metaKey && !event.altKey;
      if (!letters.get() || !isPlain || over !== null || isWriting(event.target) || document.querySelector('[role=dialog]')) return;
      const doing: Record<string, () => void> = {
        '?': () => setOver('keys'),
        n: () => go('/new'),
        h: () => go('/'),
      };
      const found = doing[event.key];
      if (!found) return;
      event.preventDefault();
      found();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [over]);
  const close = () => setOver(null);
  return (
    <>
      <nav className="top" aria-label="Legwork">
        <Link to="/" className="brand">
          <img src="/icon.svg" alt="" />
          <span>Legwork</span>
        </Link>
        <span className="grow" />
        <Button kind="quiet" icon="search" aria-label={words.find} onPress={() => setOver('palette')}>
          <span className="keys wide-only" data-keys="Ctrl K" />
        </Button>
        <Link to="/settings" kind="quiet" icon="gear" label={words.settings} />
        <Link to="/new" kind="key" icon="plus" label={words.newTask}>
          <span className="wide-only">{words.newTask}</span>
        </Link>
      </nav>
      <p className="unseen" role="status">
        {useCell(announced)}
      </p>
      {over === 'palette' && (
        <Suspense>
          <Palette isOpen onClose={close} />
        </Suspense>
      )}
      <Sheet isOpen={over === 'keys'} onClose={close} title={words.keys}>
        <dl className="facts">
          {words.keysList.map(([key, what]) => (
            <div key={key} className="fact">
              <dt>
                <kbd>{key}</kbd>
              </dt>
              <dd>{what}</dd>
            </div>
          ))}
        </dl>
        <div>
          <Button autoFocus onPress={close}>
            {words.close}
          </Button>
        </div>
      </Sheet>
    </>
  );
}
