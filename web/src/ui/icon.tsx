// The few pictures that accompany words.
const PATHS = {
  plus: 'M12 5v14M5 12h14',
  search: 'M11 18a7 7 0 1 0 0-14 7 7 0 0 0 0 14zM20 20l-4-4',
  gear: 'M4 7h9M19 7h1M4 17h1M11 17h9M16 9.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5zM8 19.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z',
  folder: 'M3 7.5V18a1.5 1.5 0 0 0 1.5 1.5h15A1.5 1.5 0 0 0 21 18V9a1.5 1.5 0 0 0-1.5-1.5H12l-2-2.5H4.5A1.5 1.5 0 0 0 3 6.5z',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  minus: 'M6 12h12',
  cross: 'M6 6l12 12M18 6L6 18',
  bang: 'M12 6v8M12 18v.01',
  up: 'M12 19V5M6 11l6-6 6 6',
  down: 'M12 5v14M6 13l6 6 6-6',
  next: 'M9 5l7 7-7 7',
  back: 'M15 5l-7 7 7 7',
  grip: 'M9 6v.01M15 6v.01M9 12v.01M15 12v.01M9 18v.01M15 18v.01',
  pen: 'M4 20l1-4L16 5l3 3L8 19z',
  strike: 'M4 12h16M8 7.5C8.5 6 10 5 12 5c2.200 0 3.500 1 4 2.500M8 16.500C8.500 18 10 19 12 19c2.300 0 4-1.200 4-3',
  undo: 'M8 6L4 10l4 4M4 10h10a6 6 0 0 1 0 12h-3',
  file: 'M6 3h8l5 5v13H6zM14 3v5h5',
  lock: 'M7 11V8a5 5 0 0 1 10 0v3M5 11h14v9H5z',
  unlock: 'M7 11V8a5 5 0 0 1 9.5-2M5 11h14v9H5z',
  say: 'M4 5h16v11H11l-5 4v-4H4z',
  away: 'M4 5h16v4H4zM6 9v10h12V9M10 13h4',
  door: 'M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18zM3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18',
} as const;

export type IconName = keyof typeof PATHS;
const TURNS: readonly IconName[] = ['next', 'back', 'undo'];

export function Icon({ name }: { name: IconName }) {
  return (
    <svg className="icon" viewBox="0 0 24 24" aria-hidden="true" data-turns={TURNS.includes(name) || undefined}>
      <path d={PATHS[name]} />
    </svg>
  );
}
