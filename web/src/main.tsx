// Where the page begins.
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app';
import { isPushed } from './state/prefs';
import './style/tokens.css';
import './style/base.css';
import './style/layout.css';
import './style/parts.css';
import './style/tasks.css';
import './style/task.css';
import './style/changes.css';
import './style/look.css';

const root = document.getElementById('page');
if (root) {
  createRoot(root).render(
    <StrictMode>
      <App />
    </StrictMode>,
  );
}
if ('serviceWorker' in navigator) {
  // Without one the page works; it only can't say so while no daemon runs.
  navigator.serviceWorker
    .register('/sw.js')
    // What the browser and its push service agreed on may have changed while the page was closed.
    .then(() => (isPushed() ? import('./state/push').then((it) => it.renewPush()) : undefined))
    .catch(() => undefined);
}
