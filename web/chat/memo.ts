/* SPDX-License-Identifier: MIT */
/* Skips drawing a component whose properties are the same objects as before. */
import { Component, h, type ComponentType, type FunctionComponent, type JSX } from 'preact';

export function memo<P extends object>(Inner: FunctionComponent<P>): ComponentType<P> {
  return class Memo extends Component<P> {
    override shouldComponentUpdate(next: Readonly<P>): boolean {
      const now = this.props as Record<string, unknown>;
      return Object.entries(next).some(([key, value]) => now[key] !== value);
    }
    override render(): JSX.Element {
      return h(Inner, this.props as P) as JSX.Element;
    }
  };
}
