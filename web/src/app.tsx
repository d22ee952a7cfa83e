// The frame: what is on top, the page that the address names, and what is told beside it.
import { Component, lazy, Suspense, useEffect, useRef, type ReactNode } from 'react';
import { I18nProvider } from 'react-aria-components';
import { Top } from './parts/top';
import { Home } from './pages/home';
import { NewTask } from './pages/new-task';
import { TaskPage } from './pages/task';
import { isOwnComputer, parse, useAddress, type Place } from './route';
import { get } from './api/call';
import { useAsked } from './state/asked';
import { useCell } from './state/cell';
import { follow, link } from './state/news';
import { language } from './state/prefs';
import { Button, Link } from './ui/button';
import { Loading, Toasts } from './ui/told';
import { useWords } from './words';

const Terminal = lazy(() => import('./pages/terminal'));
const Pair = lazy(() => import('./pages/pair'));
const Settings = lazy(() => import('./pages/settings'));

export function App() {
  const words = useWords();
  const place = parse(useAddress());
  const state = useCell(link);
  const followed = place.page === 'task' ? place.task : null;
  useEffect(() => follow(followed), [followed]);
  useArrival(`${place.page} ${followed ?? ''}`);
  if (place.page === 'terminal') {
    return (
      <Suspense>
        <Terminal task={place.task} />
      </Suspense>
    );
  }
  return (
    <I18nProvider locale={useCell(language)}>
      <a href="#content" className="skip">
        {words.skip}
      </a>
      <Top />
      {state === 'lost' && (
        <p className="notice" role="status">
          {words.lost}
        </p>
      )}
      <main id="content" className="sheet" tabIndex={-1}>
        <Fence key={place.page}>{state === 'locked' && place.page !== 'pair' ? <Locked /> : <Page place={place} />}</Fence>
      </main>
      <Toasts />
    </I18nProvider>
  );
}

/** On another page the focus begins with it, unless something there took it: what had it is gone, or
 *  is above. Who only goes on within a page keeps it. */
function useArrival(page: string) {
  const before = useRef(page);
  useEffect(() => {
    if (before.current === page) return;
    before.current = page;
    const main = document.getElementById('content');
    if (main && !main.contains(document.activeElement)) main.focus({ preventScroll: true });
  }, [page]);
}

function Page({ place }: { place: Place }): ReactNode {
  switch (place.page) {
    case 'home':
      return <Home />;
    case 'new':
      return <NewTask folder={place.folder} />;
    case 'pair':
      return (
        <Suspense fallback={<Loading />}>
          <Pair />
        </Suspense>
      );
    case 'settings':
      return (
        <Suspense fallback={<Loading />}>
          <Settings part={place.part} />
        </Suspense>
      );
    case 'task':
      return <TaskPage key={place.task} task={place.task} part={place.part} file={place.file} item={place.item} />;
    case 'terminal':
    case 'nowhere':
      return <Nowhere />;
  }
}

function Nowhere() {
  const words = useWords();
  return (
    <div className="stack">
      <h1>{words.nowhereTitle}</h1>
      <p>{words.nowhere}</p>
      <div>
        <Link to="/" kind="key">
          {words.toTasks}
        </Link>
      </div>
    </div>
  );
}

const version = () => get<unknown>('/v1/version');

function Locked() {
  const words = useWords();
  // Why, which only an answer says: a phone that was not used for long is told so.
  const isIdle = useAsked('locked', version).error?.code === 'phone-idle';
  return (
    <div className="stack form">
      <h1>{isOwnComputer ? words.lockedTitle : isIdle ? words.phone.lockedIdle : words.phone.locked}</h1>
      {isIdle && <p className="read">{words.phone.lockedIdleText}</p>}
      <p className="read">{isOwnComputer ? words.locked : words.phone.lockedText}</p>
      {isOwnComputer && <p>{words.lockedNext}</p>}
      <pre className="output">{isOwnComputer ? 'legwork open' : 'legwork phone pair'}</pre>
    </div>
  );
}

/** A page that breaks takes nothing else with it. */
class Fence extends Component<{ children: ReactNode }, { isBroken: boolean }> {
  override state = { isBroken: false };

  static getDerivedStateFromError() {
    return { isBroken: true };
  }

  override render() {
    return this.state.isBroken ? <Broken /> : this.props.children;
  }
}

function Broken() {
  const words = useWords();
  return (
    <div className="stack" role="alert">
      <h1>{words.brokeTitle}</h1>
      <p>{words.broke}</p>
      <div>
        <Button kind="key" onPress={() => location.reload()}>
          {words.reload}
        </Button>
      </div>
    </div>
  );
}
