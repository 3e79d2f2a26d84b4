/* SPDX-License-Identifier: MIT */
/* What analyzers found, in people's words. */

const languages = new Intl.DisplayNames(undefined, { type: 'language' });

/** "Japanese" for the language label ja, "book flight" for book_flight; others are words already. */
export function labelWord(analyzer: string, label: string): string {
  if (!analyzer.startsWith('language')) return label.replaceAll('_', ' ');
  try {
    return languages.of(label) ?? label;
  } catch {
    return label; /* no language tag at all */
  }
}
