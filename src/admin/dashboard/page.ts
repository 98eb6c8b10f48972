import { hash } from 'node:crypto';
import type { Assets } from './assets.ts';

/** Where the files of the page are; the hash follows. */
export const ASSETS_PATH = '/dashboard';

/** Modules that are loaded when a view first needs them, since they are large. */
const LATE_MODULES: readonly string[] = ['map/world.js'];

/** The page, and the policy under which browsers show it. */
export interface Page {
  readonly html: string;
  readonly policy: string;
}

/** Makes the page. Its one script that is written into it names the libraries, and the policy allows it by its hash. */
export function pageOf({ hash: version, files, libraries }: Assets): Page {
  const at = (name: string) => `${ASSETS_PATH}/${version}/${name}`;
  const imports = Object.fromEntries([...libraries].map(([name, path]) => [name, at(path)]));
  const map = JSON.stringify({ imports });
  const modules = [...files.keys()].filter(
    (name) => name.endsWith('.js') && name !== 'early.js' && !LATE_MODULES.includes(name),
  );
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Lifeguard</title>
<link rel="icon" href="${at('icon.svg')}" type="image/svg+xml">
<link rel="stylesheet" href="${at('style.css')}">
<script src="${at('early.js')}"></script>
<script type="importmap">${map}</script>
${modules.map((name) => `<link rel="modulepreload" href="${at(name)}">`).join('\n')}
<script type="module" src="${at('main.js')}"></script>
</head>
<body>
<div id="app"></div>
<noscript>The dashboard needs JavaScript. The API at /docs shows the same.</noscript>
</body>
</html>
`;
  return { html, policy: policyFor(map) };
}

function policyFor(script: string): string {
  const allowed = hash('sha256', script, 'base64');
  return [
    "default-src 'none'",
    `script-src 'self' 'sha256-${allowed}'`,
    "style-src 'self'",
    "img-src 'self'",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}
