// What a task's mind plans and asks: a playbook's sentences have words here, a model's are its own.
import { createContext, useContext } from 'react';
import { asAsked, asPlanned, asSaid } from './said';

/** The mind of the task that is shown. */
export const Mind = createContext('');

/** A playbook is called by its name alone, a model by its provider too. */
const isModel = (mind: string) => mind.includes('/');

export type Spoken = Record<'planned' | 'asked' | 'summed', (text: string) => string>;

const ENTRY = '- ';

/** A summary has a sentence in each line, some of them entries of a list. */
function asSummed(text: string): string {
  const said = (line: string) => (line.startsWith(ENTRY) ? ENTRY + asPlanned(line.slice(ENTRY.length)) : asPlanned(line));
  return text.split('\n').map(said).join('\n');
}

const MODEL: Spoken = { planned: (text) => text, asked: asSaid, summed: (text) => text };
const PLAYBOOK: Spoken = { planned: asPlanned, asked: asAsked, summed: asSummed };

export const spokenBy = (mind: string): Spoken => (isModel(mind) ? MODEL : PLAYBOOK);
export const useSpoken = (): Spoken => spokenBy(useContext(Mind));
