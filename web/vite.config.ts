// How the page is built: into `dist`, which the daemon takes into itself.
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** A browser asks for few files at once: the one that the first paint waits for comes first. */
const stylesFirst: Plugin = {
  name: 'styles-first',
  transformIndexHtml: {
    order: 'post',
    handler(html) {
      const style = /\s*<link rel="stylesheet"[^>]*>/.exec(html)?.[0];
      if (!style) return html;
      return html.replace(style, '').replace('<script', `${style.trim()}\n    <script`);
    },
  },
};

export default defineConfig({
  plugins: [react(), stylesFirst],
  build: { target: 'es2022', assetsInlineLimit: 0, modulePreload: { polyfill: false } },
});
