/* SPDX-License-Identifier: MIT */
/* What a screen reader and weak eyes need, checked on the living page. Runs inside the browser. */

/** Returns a list of complaints about the page as it stands. */
export async function complaints(page) {
  return page.evaluate(inspect);
}

/* Sent to the browser as text, so it holds everything it needs. */
function inspect() {
  const found = [];
  const visible = (e) =>
    e.checkVisibility({ visibilityProperty: true }) &&
    !e.closest('[aria-hidden="true"], [inert]');
  const all = (selector) => [...document.querySelectorAll(selector)].filter(visible);
  const show = (e) => e.outerHTML.slice(0, 120);
  const nameOf = (e) =>
    e.getAttribute('aria-label') ||
    e.labels?.[0]?.textContent ||
    (e.tagName === 'INPUT' || e.tagName === 'TEXTAREA' ? '' : e.textContent.trim());

  for (const e of all(
    'button, a[href], input, textarea, select, [role="log"], dialog, [role="listbox"]',
  )) {
    if (!nameOf(e)) found.push(`no name: ${show(e)}`);
  }
  for (const e of all('[aria-describedby], [aria-controls], [aria-activedescendant]')) {
    for (const attribute of ['aria-describedby', 'aria-controls', 'aria-activedescendant']) {
      const id = e.getAttribute(attribute);
      if (id && !document.getElementById(id))
        found.push(`${attribute} names nothing: ${show(e)}`);
    }
  }
  const ids = [...document.querySelectorAll('[id]')].map((e) => e.id);
  for (const id of ids.filter((id, i) => ids.indexOf(id) !== i)) found.push(`id twice: ${id}`);
  if (!document.documentElement.lang) found.push('no language');
  if (!document.title) found.push('no title');
  for (const one of ['main', 'h1']) {
    const count = document.querySelectorAll(one).length;
    if (count !== 1) found.push(`${count} times <${one}>`);
  }
  if (document.documentElement.scrollWidth > innerWidth) found.push('scrolls sideways');

  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const paint = canvas.getContext('2d', { willReadFrequently: true });
  const rgba = (colour) => {
    paint.clearRect(0, 0, 1, 1);
    paint.fillStyle = colour;
    paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data];
  };
  const behind = (e) => {
    for (let at = e; at; at = at.parentElement) {
      const c = rgba(getComputedStyle(at).backgroundColor);
      if (c[3] === 255) return c;
    }
    return [255, 255, 255, 255];
  };
  const luminance = ([r, g, b]) => {
    const line = (v) =>
      v / 255 <= 0.03928 ? v / 255 / 12.92 : ((v / 255 + 0.055) / 1.055) ** 2.4;
    return 0.2126 * line(r) + 0.7152 * line(g) + 0.0722 * line(b);
  };
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (texts.nextNode()) {
    const e = texts.currentNode.parentElement;
    if (!texts.currentNode.data.trim() || !visible(e) || e.closest('.sr, :disabled')) continue;
    const style = getComputedStyle(e);
    const [light, dark] = [luminance(rgba(style.color)), luminance(behind(e))].sort(
      (a, b) => b - a,
    );
    const ratio = (light + 0.05) / (dark + 0.05);
    const size = parseFloat(style.fontSize);
    const large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) {
      found.push(
        `contrast ${ratio.toFixed(2)}: "${e.textContent.trim().slice(0, 30)}" ${e.className}`,
      );
    }
  }
  return [...new Set(found)];
}
