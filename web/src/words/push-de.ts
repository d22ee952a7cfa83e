// Die Wörter darüber, auch ohne offene Seite etwas zu erfahren, auf Deutsch.
import type { Widened } from './widened';
import type { pushEn } from './push-en';

export const pushDe: Widened<typeof pushEn> = {
  also: 'Diesem Gerät auch Bescheid geben, wenn die Seite zu ist',
  text: 'Die Nachricht geht über den Push-Dienst des Browser-Herstellers. Sie ist verschlüsselt, sodass nur dieser Browser sie lesen kann; der Dienst sieht, wann sie gesendet wird und von wo.',
  titles: 'Auch sagen, worum es in der Aufgabe geht, nicht nur, dass eine dich braucht',
  attempt: 'Eine zur Probe senden',
  tried: 'Sie ist unterwegs und erscheint gleich.',
  broken: 'Dieser Browser hat nicht zugestimmt',
  insecure: 'Bescheid geben kann nur eine Seite, deren Verbindung der Browser vertraut: über https, mit einem Zertifikat, das er kennt.',
  never: 'Diesem Browser kann man ohne offene Seite nicht Bescheid geben. Lege auf iPhone oder iPad die Seite zuerst auf den Startbildschirm.',
  noWorker: 'Dieser Browser behält nichts von der Seite für später. Das tut er nur, wenn er dem Zertifikat der Seite vertraut.',
  refused: 'Dieser Browser lässt keine Benachrichtigungen von Legwork zu. In seinen eigenen Einstellungen für diese Seite lässt sich das erlauben.',
};
