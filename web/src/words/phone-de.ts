// Die Wörter über Telefone, auf Deutsch.
import type { phoneEn } from './phone-en';
import type { Widened } from './widened';

export const phoneDe: Widened<typeof phoneEn> = {
  text: 'Antworten, zustimmen, prüfen, etwas sagen oder anhalten, vom Telefon aus. Nichts hört darauf, bis du hier eine Adresse wählst, und nur Telefone, die du einlässt, bekommen Antwort.',
  reach: 'Wo Telefone diesen Computer erreichen',
  states: { off: 'aus', open: 'erreichbar', failed: 'nicht erreichbar' },
  address: 'Eine Adresse dieses Computers, mit Port',
  on: 'Dort erreichbar sein',
  off: 'Ausschalten',
  plain: 'Alles lesbar senden, ohne Verschlüsselung',
  plainText: 'Jeder in der Nähe kann dann mitlesen und verändern, was gesendet wird. Nur für ein Netzwerk, das selbst verschlüsselt ist.',
  pair: 'Ein Telefon einlassen',
  showCode: 'Code zeigen',
  code: 'Ein Code für die Kamera des Telefons',
  scan: (minutes) => `Richte die Kamera des Telefons darauf. Er gilt einmal, ${minutes} Minuten lang.`,
  fingerprint:
    'Das Telefon warnt vielleicht, dass es dieses Zertifikat nicht kennt, denn es wurde auf diesem Computer gemacht. Es ist das richtige, wenn sein SHA-256-Fingerabdruck so lautet:',
  done: 'Fertig',
  paired: 'Eingelassene Telefone',
  none: 'Kein Telefon ist eingelassen.',
  seen: (time) => `zuletzt benutzt ${time}`,
  shutOut: 'ausgesperrt',
  idle: (days) =>
    `Es wird nicht mehr eingelassen, weil es ${days} ${days === 1 ? 'Tag' : 'Tage'} lang niemand benutzt hat. Lass dir einen Code zeigen und richte die Kamera des Telefons darauf, um es wieder einzulassen.`,
  idleTitle: 'Telefone, die niemand benutzt',
  idleText: 'Ein Telefon, das in einer Schublade liegt oder in fremder Hand ist, wird nach einiger Zeit von selbst ausgesperrt.',
  revoke: 'Nicht mehr einlassen',
  revokeOf: (name) => `Nicht mehr einlassen: ${name}`,
  title: 'Dieses Telefon einlassen',
  letIn: 'Es kann dann deine Aufgaben sehen, antworten, zustimmen, prüfen und anhalten, bis du das am Computer zurücknimmst.',
  name: 'Wie du es nennst',
  usualName: 'Mein Telefon',
  letInNow: 'Einlassen',
  noCode: 'In dieser Adresse ist kein Code. Richte die Kamera auf den, den dein Computer zeigt.',
  locked: 'Dieses Telefon ist nicht eingelassen',
  lockedIdle: 'Dieses Telefon wird nicht mehr eingelassen',
  lockedIdleText: 'Es wurde so lange nicht benutzt, dass es ausgesperrt wurde, falls es verloren ging. Deine Aufgaben sind, wie sie waren.',
  lockedText: 'Öffne am Computer Einstellungen, dann Telefon, und richte die Kamera auf den Code. Oder im Terminal:',
};
