// Die Wörter über das, was auf diesem Computer aufbewahrt wird, auf Deutsch.
import type { keptEn } from './kept-en';
import type { Widened } from './widened';

const many = (count: number, one: string, more: string) =>
  `${count.toLocaleString('de')} ${count === 1 ? one : more}`;

export const keptDe: Widened<typeof keptEn> = {
  keysTitle: 'Schlüssel von Anbietern',
  keysText:
    'Ein Schlüssel wird sofort getestet, verschlüsselt auf diesem Computer aufbewahrt und nie wieder gezeigt. Einer in der Umgebung von legwork oder ein [[key]] in models.toml wird auch gefunden und muss hier nicht stehen.',
  keyKept: 'hier ist ein Schlüssel aufbewahrt',
  keyNone: 'kein Schlüssel',
  keyAdd: 'Schlüssel aufbewahren',
  keyAddOf: (provider) => `Schlüssel aufbewahren: ${provider}`,
  keyReplace: 'Ersetzen',
  keyReplaceOf: (provider) => `Ersetzen: Schlüssel von ${provider}`,
  keyLabel: (provider) => `Schlüssel von ${provider}`,
  keyHint: 'So wie ihn die Seite des Anbieters zeigt',
  keyTest: 'Testen und aufbewahren',
  keyTesting: (provider) => `${provider} wird um ein Wort gebeten …`,
  keyUntested: 'Der Schlüssel ist aufbewahrt. Ob er taugt, war nicht zu sehen:',
  keyForget: 'Vergessen',
  keyForgetOf: (provider) => `Vergessen: Schlüssel von ${provider}`,
  keyForgetSure: (provider) =>
    `Laufende Aufgaben, die ${provider} fragen, bleiben bei der nächsten Frage stehen, wenn kein anderer Schlüssel in der Umgebung ist.`,

  machineText:
    'Jede Aufgabe arbeitet in einer eigenen Maschine. Was diese Maschinen auf der Platte belegen, und woraus sie bestehen.',
  room: 'Platz auf der Platte',
  roomTasks: 'Aufgaben: Kopien von Ordnern, und was installiert wurde',
  roomInstalled: 'Davon: von beendeten Aufgaben installiert',
  roomImages: 'Abbilder',
  roomTemplates: 'Schlafende Maschinen, damit andere sofort anfangen',
  roomLayers: 'Schichten',
  roomAll: 'Alles von Legwork',
  roomFree: 'Frei auf der Platte',
  roomFreeText: 'Was beendete Aufgaben installiert haben, kann weg; ihre Änderungen und das Zurücknehmen bleiben.',
  roomFreeDo: 'Freigeben',
  roomFreed: (bytes: string) => `${bytes} sind wieder frei`,
  imagesTitle: 'Abbilder',
  imagesText: 'Ein System, mit dem virtuelle Maschinen anfangen.',
  imagesNone: 'Es gibt keins. Aufgaben arbeiten in Zellen, die keins brauchen; `legwork machine image build` macht eins.',
  imageUsed: 'in Gebrauch',
  imageFacts: (suite, packages, size) => `${suite} · ${many(packages, 'Paket', 'Pakete')} · ${size}`,
  imageSure: (name) =>
    `Neue virtuelle Maschinen können mit ${name} nicht mehr anfangen, auch nicht aus denen, die schlafen. In deinen Ordnern und Aufgaben geht nichts verloren. Es lässt sich wieder machen, das dauert Minuten.`,
  layersTitle: 'Schichten',
  layersText: 'Was eine Aufgabe installiert hat, aufbewahrt für spätere.',
  layersNone: 'Es gibt keine. `legwork machine keep` macht eine aus dem, was eine Aufgabe installiert hat.',
  layerFacts: (files, size) => `${many(files, 'Datei', 'Dateien')} · ${size}`,
  layerOn: (names) => `auf ${names}`,
  layerSure: (name) =>
    `Spätere Aufgaben müssen neu installieren, was in ${name} ist. Fertige Aufgaben behalten ihre Ergebnisse.`,
  remove: (name) => `${name} entfernen`,
  removed: (name) => `${name} ist entfernt.`,

  memoryTitle: 'Über dich',
  memoryText:
    'Was jede Aufgabe eines Modells über dich erfährt. Eine Aufgabe fügt nur dann eine Zeile hinzu, wenn du genau dieser Zeile zustimmst.',
  memoryNone: 'Noch ist nichts gemerkt. Was du hier schreibst, erfährt jede spätere Aufgabe eines Modells.',
  memoryLabel: 'Was über dich gemerkt ist',
  memoryHint: '- Ich schreibe ein Datum als 31.12.2026',
  memoryFile: (path) => `Steht in ${path}.`,
  memorySaved: 'Es ist gemerkt.',
  memoryForgotten: 'Es ist vergessen.',
  memoryAgain: 'Noch einmal lesen',
  memoryAgainOf: (what) => `Noch einmal lesen: ${what}`,
  memoryForget: 'Alles vergessen',
  memoryForgetSure: 'Keine spätere Aufgabe erfährt davon. Laufende haben es am Anfang erfahren.',
  folderTitle: 'Über Ordner',
  folderText:
    'Eine Datei im Ordner selbst, .legwork/memory.md: wer dort arbeitet, hat sie auch. Aufgaben schlagen Änderungen daran vor wie an jeder anderen Datei, und du stimmst zu.',
  folderNone: 'Über die zuletzt benutzten Ordner ist nichts gemerkt.',
  folderLabel: (folder) => `Was über ${folder} gemerkt ist`,
  folderHint: '- Hier steht bei einem Datum der Tag zuerst',
  folderOthers: 'Ordner, über die noch nichts gemerkt ist',
  folderWrite: 'Schreiben',
  folderWriteOf: (folder) => `Schreiben, was über ${folder} gemerkt werden soll`,
  folderForget: 'Löschen',
  folderForgetOf: (folder) => `Löschen: was über ${folder} gemerkt ist`,
  folderForgetSure: (folder) =>
    `Die Datei .legwork/memory.md in ${folder} wird gelöscht. Das lässt sich hier nicht zurücknehmen.`,
};
