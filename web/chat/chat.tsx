/* SPDX-License-Identifier: MIT */
/* Entry point of the chat page. */
import { render } from 'preact';
import '../ui/tokens.css';
import './chat.css';
import { drawByFrames } from '../ui/frames';
import { startTheme } from '../ui/theme';
import { App } from './App';
import { listenToKeys } from './Keys';
import { store } from './store';

drawByFrames();
startTheme();
store.start();
listenToKeys();
render(<App />, document.getElementById('app') as HTMLElement);
