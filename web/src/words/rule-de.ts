// The words of rules, in German.
import type { RuleWords } from './rule';

export const ruleDe: RuleWords = {
  reach: {
    everything: 'alles tun bei',
    reading: 'lesen bei',
    packages: 'Pakete holen von',
    pushing: 'Code hochladen nach',
    writing: 'schreiben bei',
    ssh: 'sich mit SSH anmelden bei',
  },
  methods: (methods) => `${methods} senden an`,
  everywhere: 'jedem öffentlichen Ort',
  below: (name) => `allem unter ${name}`,
  atOrBelow: (name) => `${name} und allem darunter`,
  paths: (paths) => `nur unter ${paths}`,
  ports: (ports) => `am Port ${ports}`,
  account: (name) => `nur mit dem Geheimnis ${name}`,
  inspected: 'jede Anfrage wird angesehen',
  internal: 'auch wenn das in deinem eigenen Netz ist',
  within: (net) => `auch in deinem eigenen Netz, innerhalb ${net}`,
  uploading: (amount) => `höchstens ${amount} senden`,
  requests: (count) => `höchstens ${count} Anfragen`,
  deny: (rule) => `niemals: ${rule}`,
  because: (words) => `wegen ${words}`,
};
