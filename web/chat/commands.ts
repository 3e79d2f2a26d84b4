/* SPDX-License-Identifier: MIT */
/* What a line that begins with a slash means. Pure. */

export type Line =
  | { is: 'text'; text: string }
  | { is: 'recap'; all: boolean }
  | { is: 'find'; words: string }
  | { is: 'unknown'; problem: string };

const HINT = 'To send it as text, begin with //.';

/** `//x` is the text `/x`; any other slash is a command, known or told to be unknown. */
export function readLine(line: string): Line {
  if (!line.startsWith('/')) return { is: 'text', text: line };
  if (line.startsWith('//')) return { is: 'text', text: line.slice(1) };
  const [name = '', ...rest] = line.slice(1).split(/\s+/);
  const argument = rest.join(' ');
  if (name === 'find') return { is: 'find', words: argument };
  if (name !== 'recap') {
    const known = 'only /find and /recap';
    return { is: 'unknown', problem: `There is no command /${name}, ${known}. ${HINT}` };
  }
  if (argument !== '' && argument !== 'all')
    return { is: 'unknown', problem: `Write /recap, or /recap all for the whole room. ${HINT}` };
  return { is: 'recap', all: argument === 'all' };
}
