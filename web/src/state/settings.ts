// The settings as the daemon has them, asked for when a page shows some.
import { useEffect } from 'react';
import { errorOf } from '../api/call';
import { house } from '../api/house';
import type { SettingsView, SettingView } from '../api/types';
import type { Words } from '../words';
import { cell, useCell } from './cell';
import { toast } from './toasts';

const settings = cell<SettingsView | null>(null);

export function useSettings(): SettingsView | null {
  useEffect(() => {
    house.settings().then(settings.set, (thrown: unknown) => {
      toast({ tone: 'bad', error: errorOf(thrown) });
    });
  }, []);
  return useCell(settings);
}

export const settingOf = (view: SettingsView | null, key: string): SettingView | undefined =>
  view?.settings.find((it) => it.key === key);

/** What holds now: what the file says, else what is usual. */
export const holding = (setting: SettingView | undefined): unknown =>
  setting?.value ?? setting?.usual ?? null;

/** Writes one into the person's file, and says when it begins to hold. */
export async function put(key: string, value: unknown, words: Words) {
  const view = await house.set(key, value);
  settings.set(view);
  const begins = settingOf(view, key)?.begins;
  const text = { now: words.set.saved, 'next-task': words.set.savedNext, 'next-start': words.set.savedStart };
  toast({ tone: 'good', text: text[begins ?? 'now'] });
}
