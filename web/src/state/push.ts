// Telling this browser while no page is open: the browser's own push service wakes the page's worker.
import { get, post } from '../api/call';
import type { PushBody, PushView } from '../api/types';
import { cell } from './cell';
import { isPushed, language } from './prefs';

export type Pushing =
  | 'insecure'
  /** No push in this browser. */
  | 'never'
  /** Push, but the page's worker is not kept. */
  | 'no-worker'
  | 'refused'
  | 'off'
  | 'on';

const KEY = 'push';
const TITLES = 'push-titles';
const WORKER_MS = 5000;

function kept(name: string): string | null {
  try {
    return localStorage.getItem(name);
  } catch {
    return null;
  }
}

function keep(name: string, value: string) {
  try {
    localStorage.setItem(name, value);
  } catch {
    // A browser that keeps nothing: it holds until the page is closed.
  }
}

function now(): Pushing {
  if (!window.isSecureContext) return 'insecure';
  if (!('serviceWorker' in navigator) || !('PushManager' in window) || !('Notification' in window)) return 'never';
  if (Notification.permission === 'denied') return 'refused';
  return isPushed() && Notification.permission === 'granted' ? 'on' : 'off';
}

export const pushing = cell<Pushing>(now());
/** Whether it is told what a task is about. */
export const titles = cell<boolean>(kept(TITLES) !== 'off');

/** The page's worker; `null` where a browser keeps none, such as for a certificate that it does not trust. */
async function worker(): Promise<ServiceWorkerRegistration | null> {
  const late = new Promise<null>((done) => setTimeout(() => done(null), WORKER_MS));
  return Promise.race([navigator.serviceWorker.ready, late]);
}

const bytesOf = (text: string) =>
  Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.charCodeAt(0));

function isFor(subscription: PushSubscription, key: Uint8Array): boolean {
  const own = subscription.options?.applicationServerKey;
  if (!own) return true;
  const bytes = new Uint8Array(own);
  return bytes.length === key.length && bytes.every((byte, index) => byte === key[index]);
}

/** What the browser has agreed on with its push service, for the daemon's key of now. */
async function subscribed(registration: ServiceWorkerRegistration): Promise<PushSubscription> {
  const key = bytesOf((await get<PushView>('/v1/push')).key);
  const found = await registration.pushManager.getSubscription();
  if (found && isFor(found, key)) return found;
  await found?.unsubscribe();
  return registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: key });
}

async function hand(subscription: PushSubscription) {
  const { endpoint, keys } = subscription.toJSON();
  const body: PushBody = {
    endpoint: endpoint ?? '',
    key: keys?.p256dh ?? '',
    auth: keys?.auth ?? '',
    language: language.get(),
    titles: titles.get(),
  };
  await post<void>('/v1/push', body);
}

/** Asks the browser and its push service, because a person pressed for it. */
export async function turnPush(isOn: boolean) {
  if (!isOn) {
    const subscription = await (await worker())?.pushManager.getSubscription();
    if (subscription) await post<void>('/v1/push/remove', { endpoint: subscription.endpoint });
    await subscription?.unsubscribe();
    keep(KEY, 'off');
    pushing.set(now());
    return;
  }
  const permission = await Notification.requestPermission();
  if (permission === 'granted') {
    const registration = await worker();
    if (!registration) return pushing.set('no-worker');
    await hand(await subscribed(registration));
    keep(KEY, 'on');
  }
  pushing.set(now());
}

export async function setTitles(isOn: boolean) {
  titles.set(isOn);
  keep(TITLES, isOn ? 'on' : 'off');
  await renewPush();
}

/** Says again what the daemon may have forgotten, and in which language. */
export async function renewPush() {
  if (pushing.get() !== 'on') return;
  const registration = await worker();
  if (registration) await hand(await subscribed(registration));
}

export async function tryPush() {
  const subscription = await (await worker())?.pushManager.getSubscription();
  await post<void>('/v1/push/try', { endpoint: subscription?.endpoint ?? '' });
}
