/* SPDX-License-Identifier: MIT */
/*
 * Keeps the reader's place. While at the bottom the list follows what arrives; otherwise the
 * message at the top of the view stays where it is, whatever is added above it or grows (an
 * older page, a badge).
 */

const NEAR_BOTTOM = 48;

export class ScrollKeeper {
  atBottom = true;
  private anchor: { element: HTMLElement; top: number } | undefined;

  constructor(readonly box: HTMLElement) {}

  /** After every scroll: where is the reader now? */
  look(): void {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    this.atBottom = scrollHeight - scrollTop - clientHeight < NEAR_BOTTOM;
    const element = this.firstVisible(scrollTop);
    this.anchor = element && { element, top: element.offsetTop - scrollTop };
  }

  /** After every change of the content or the size. */
  keep(): void {
    if (this.atBottom) {
      this.toBottom();
    } else if (this.anchor?.element.isConnected) {
      this.box.scrollTop = this.anchor.element.offsetTop - this.anchor.top;
    }
  }

  toBottom(): void {
    this.box.scrollTop = this.box.scrollHeight;
    this.atBottom = true;
  }

  private firstVisible(scrollTop: number): HTMLElement | undefined {
    const rows = this.box.querySelectorAll<HTMLElement>('[data-seq]');
    let low = 0;
    let high = rows.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      const row = rows[middle];
      if (row && row.offsetTop + row.offsetHeight <= scrollTop) low = middle + 1;
      else high = middle;
    }
    return rows[low];
  }
}
