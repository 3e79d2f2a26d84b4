/* SPDX-License-Identifier: MIT */
/* Entry point of the operator page. */
import { render } from 'preact';
import '../ui/tokens.css';
import './ops.css';
import './review.css';
import { drawByFrames } from '../ui/frames';
import { startTheme } from '../ui/theme';
import { OpsApp } from './OpsApp';
import { startPolling } from './poll';

drawByFrames();
startTheme();
render(<OpsApp />, document.getElementById('app') as HTMLElement);
void startPolling();
