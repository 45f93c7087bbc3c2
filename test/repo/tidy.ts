/** What no file of the repository may hold, and why. Every check gives the faults of one file, a line each. */

/** Files of tests may be long tables; data and generated files have the length they have. */
const LINES_MAX = 400;
/** Each declaration of a style sheet takes a line of its own. */
const STYLE_LINES_MAX = 700;

/** Broken in the middle here, so that this file does not find itself. */
const UNFINISHED = /\b(?:FIX[M]E|HAC[K])\b/;
const UNDATED = /\bTOD[O]\b(?! \[\d{4}-\d\d-\d\d\])/;

const REGISTRY = /\b(?:registry[.]npmjs[.]org|registry[.]yarnpkg[.]com|npm[.]pkg[.]github[.]com|npmmirror[.]com)\b/;

/** Somebody's folder. System paths such as /usr/bin and /tmp are the same everywhere. */
const MACHINE_PATH = /(?:^|[\s'"`(=:])(?:\/(?:home|Users|root|work|workspace|mnt)\/[\w.-]+|[A-Z]:\\Users\\)/;

/** Whether a file is text that people write. */
export const isText = (file: string): boolean =>
  /\.(?:[cm]?[jt]s|json|jsonc|md|css|html|svg|ya?ml|sh|csv|txt)$/.test(file) || /(?:^|\/)\.?[\w-]+$/.test(file);

const isCode = (file: string): boolean => /\.(?:[cm]?[jt]s|css|html)$/.test(file);

/** What is wrong with one file. */
export function untidiness(file: string, text: string): string[] {
  const faults: string[] = [];
  const lines = text.split('\n');
  const mayBeLong = file.startsWith('test/') || !isCode(file) || file.startsWith('docs/');
  const linesMax = file.endsWith('.css') ? STYLE_LINES_MAX : LINES_MAX;
  if (!mayBeLong && lines.length - 1 > linesMax) {
    faults.push(`${file}: ${lines.length - 1} lines; a file holds one idea in at most ${linesMax}`);
  }
  for (const [index, line] of lines.entries()) {
    const where = `${file}:${index + 1}`;
    if (UNFINISHED.test(line)) faults.push(`${where}: unfinished work`);
    if (UNDATED.test(line)) faults.push(`${where}: work put off without a date`);
    if (MACHINE_PATH.test(line)) faults.push(`${where}: a path of somebody's machine`);
    if (REGISTRY.test(line)) faults.push(`${where}: the address of a package registry`);
    if (/^(?:<{7}|>{7}) /.test(line)) faults.push(`${where}: an unfinished merge`);
  }
  return faults;
}
