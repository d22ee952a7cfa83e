// The daemon's sentences in German.
import errors from './errors.de.txt?raw';
import house from './house.de.txt?raw';
import network from './network.de.txt?raw';
import playbooks from './playbooks.de.txt?raw';
import system from './system.de.txt?raw';
import work from './work.de.txt?raw';

/** What the playbooks that are built in say. */
export const played = [playbooks];
export const tables = [errors, work, network, house, system];
