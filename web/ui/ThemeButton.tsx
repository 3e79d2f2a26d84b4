/* SPDX-License-Identifier: MIT */
import type { JSX } from 'preact';
import { Icon } from './icons';
import { nextTheme, theme } from './theme';

const LOOK = {
  system: { icon: 'auto', says: 'Theme: as the system' },
  light: { icon: 'sun', says: 'Theme: light' },
  dark: { icon: 'moon', says: 'Theme: dark' },
} as const;

export function ThemeButton(): JSX.Element {
  const { icon, says } = LOOK[theme.value];
  return (
    <button
      type="button"
      class="icon-button"
      title={says}
      aria-label={says}
      onClick={nextTheme}
    >
      <Icon name={icon} />
    </button>
  );
}
