// Keeps the shell of the page, so that it opens and says what is wrong while no daemon runs.
// It never sees an answer of the API.
const SHELL = 'legwork-shell-2';

self.addEventListener('install', (event) => {
  event.waitUntil(caches.open(SHELL).then((cache) => cache.addAll(['/', '/icon.svg', '/icon-192.png'])));
  self.skipWaiting();
});

self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));

async function freshElseKept(request, kept) {
  const cache = await caches.open(SHELL);
  try {
    const answer = await fetch(request);
    if (answer.ok) await cache.put(kept, answer.clone());
    return answer;
  } catch (error) {
    const found = await cache.match(kept);
    if (found) return found;
    throw error;
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  const isOurs = origin === self.location.origin && request.method === 'GET';
  if (!isOurs || pathname.startsWith('/v1/') || pathname === '/open') return;
  // It has a policy of its own, which must not be kept for the other pages.
  if (pathname.endsWith('/terminal')) return;
  const isPlace = request.mode === 'navigate';
  event.respondWith(freshElseKept(request, isPlace ? '/' : request));
});

// What is said while no page is open, in the language that the page had.
const SAID = {
  en: {
    waits: 'It waits for you',
    review: 'It is done, and ready to review',
    look: 'Look at it',
    failed: 'It failed',
    answered: 'It has an answer for you',
    try: 'This is how Legwork tells you',
    any: 'A task needs you',
  },
  de: {
    waits: 'Wartet auf dich',
    review: 'Fertig, und bereit zum Durchsehen',
    look: 'Sieh es dir an',
    failed: 'Ist gescheitert',
    answered: 'Hat eine Antwort für dich',
    try: 'So gibt Legwork dir Bescheid',
    any: 'Eine Aufgabe braucht dich',
  },
};

const isTask = (name) => typeof name === 'string' && /^[a-z0-9]{4,16}$/.test(name);
const textOf = (value) => (typeof value === 'string' ? value.slice(0, 200) : undefined);

function read(data) {
  try {
    return data?.json() ?? {};
  } catch {
    return {};
  }
}

async function tell(said) {
  const words = SAID[said.language] ?? SAID.en;
  const why = typeof said.why === 'string' && Object.hasOwn(words, said.why) ? said.why : 'any';
  // A page that somebody looks at says it by itself.
  const pages = await self.clients.matchAll({ type: 'window' });
  if (why !== 'try' && pages.some((page) => page.focused)) return;
  const title = textOf(said.title);
  const task = isTask(said.task) ? said.task : null;
  await self.registration.showNotification(title || why === 'try' ? words[why] : words.any, {
    body: title ?? (why === 'try' || why === 'any' ? undefined : words[why]),
    tag: task ?? 'legwork',
    icon: '/icon-192.png',
    data: { task },
  });
}

self.addEventListener('push', (event) => event.waitUntil(tell(read(event.data))));

async function open(task) {
  const address = task ? `/tasks/${task}` : '/';
  const [page] = await self.clients.matchAll({ type: 'window' });
  if (!page) return self.clients.openWindow(address);
  await page.focus().catch(() => undefined);
  // Another window can't always be led on: then there is one more.
  return page.navigate(address).catch(() => self.clients.openWindow(address));
}

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const task = event.notification.data?.task;
  event.waitUntil(open(isTask(task) ? task : null));
});
