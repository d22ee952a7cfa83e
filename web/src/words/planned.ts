// What a task's mind plans and asks: a playbook's sentences have words here, a model's are its own.
import { createContext, useContext } from 'react';
import { asAsked, asPlanned, asSaid } from './said';

/** The mind of the task that is shown. */
export const Mind = createContext('');

/** A playbook is called by its name alone, a model by its provider too. */
const isModel = (mind: string) => mind.includes('/');

export type Spoken = { planned: (text: string) => string; asked: (text: string) => string };

const MODEL: Spoken = { planned: (text) => text, asked: asSaid };
const PLAYBOOK: Spoken = { planned: asPlanned, asked: asAsked };

export const spokenBy = (mind: string): Spoken => (isModel(mind) ? MODEL : PLAYBOOK);
export const useSpoken = (): Spoken => spokenBy(useContext(Mind));
