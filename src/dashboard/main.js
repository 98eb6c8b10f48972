import { h, render } from 'preact';
import { App } from './shell/app.js';
import { keepFocus } from './shell/focus.js';
import { startSession } from './shell/session.js';

const root = document.getElementById('app');
if (root !== null) render(h(App, null), root);
keepFocus();
void startSession();
