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
