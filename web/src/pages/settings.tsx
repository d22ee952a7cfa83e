// The settings, part by part; each part is an address of its own.
import { lazy, Suspense, useEffect, useRef, type ReactNode } from 'react';
import { isOwnComputer, SETTINGS, type SettingsPart } from '../route';
import { Link } from '../ui/button';
import { Loading } from '../ui/told';
import { useWords } from '../words';
import { General } from './settings/general';

const Models = lazy(() => import('./settings/models'));
const Budgets = lazy(() => import('./settings/budgets'));
const Network = lazy(() => import('./settings/network'));
const Folders = lazy(() => import('./settings/folders'));
const Memory = lazy(() => import('./settings/memory'));
const Machine = lazy(() => import('./settings/machine'));
const Phone = lazy(() => import('./settings/phone'));
const Doctor = lazy(() => import('./settings/doctor'));

const PARTS: readonly SettingsPart[] = SETTINGS;
/** What is of this computer and no phone’s business. */
const OWN: readonly SettingsPart[] = ['memory', 'machine', 'phone'];

export default function Settings({ part }: { part: SettingsPart }) {
  const words = useWords();
  const tabs = useRef<HTMLElement>(null);
  useEffect(() => {
    const current = tabs.current?.querySelector('[aria-current]')?.getBoundingClientRect();
    const around = tabs.current?.getBoundingClientRect();
    if (!current || !around) return;
    // By itself: what a page scrolls into view is where browsers let Tab go on from.
    tabs.current?.scrollBy({ left: current.x + current.width / 2 - (around.x + around.width / 2) });
  }, [part]);
  return (
    <div className="main form">
      <h1>{words.settings}</h1>
      <nav ref={tabs} className="tabs" aria-label={words.settings}>
        {PARTS.filter((it) => isOwnComputer || !OWN.includes(it)).map((it) => (
          <Link
            key={it}
            to={it === 'general' ? '/settings' : `/settings/${it}`}
            className="tab"
            current={it === part}
          >
            {words.set.parts[it]}
          </Link>
        ))}
      </nav>
      <Suspense fallback={<Loading />}>{shown(part)}</Suspense>
    </div>
  );
}

function shown(part: SettingsPart): ReactNode {
  switch (part) {
    case 'general':
      return <General />;
    case 'models':
      return <Models />;
    case 'budgets':
      return <Budgets />;
    case 'network':
      return <Network />;
    case 'folders':
      return <Folders />;
    case 'memory':
      return <Memory />;
    case 'machine':
      return <Machine />;
    case 'phone':
      return <Phone />;
    case 'doctor':
      return <Doctor />;
  }
}
