// The words about being told while no page is open, in English.
export const pushEn = {
  also: 'Tell this device also when the page is closed',
  text: 'The message passes through the push service of this browser’s maker. It is encrypted, so that only this browser can read it; the service sees when it is sent, and from where.',
  titles: 'Say what the task is about, not only that a task needs you',
  attempt: 'Send one to try it',
  tried: 'It was sent. It appears in a moment.',
  broken: 'This browser did not agree to be told',
  insecure: 'A browser is told only by pages whose connection it trusts: over https, with a certificate that it knows.',
  never: 'This browser can’t be told while no page is open. On an iPhone or iPad, put the page on the home screen first.',
  noWorker: 'This browser keeps no part of the page for later. It does so only where it trusts the page’s certificate.',
  refused: 'This browser does not let Legwork notify you. Its own settings for this page can allow it.',
};
