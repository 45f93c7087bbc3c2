import * as v from 'valibot';
import type { FieldFault } from '../../shared/domain/errors.ts';

/** More faults than this help nobody, and a hostile body could have a million. */
export const FAULT_COUNT_MAX = 50;
const DETAIL_LENGTH_MAX = 300;

/** Rounds of looking for unknown fields; the library names one of an object at a time. */
const ROUND_COUNT_MAX = 20;

export type Checked<T> = { readonly value: T } | { readonly faults: readonly FieldFault[] };

/** Checks a value; every fault at once, each with its JSON Pointer below `root`. Repeats nothing of what was sent. */
export function check<T>(schema: v.GenericSchema<unknown, T>, value: unknown, root = ''): Checked<T> {
  const first = v.safeParse(schema, value, { abortPipeEarly: true });
  if (first.success) return { value: first.output };
  const faults = new Map<string, FieldFault>();
  let issues: readonly v.BaseIssue<unknown>[] = first.issues;
  let rest = value;
  for (let round = 1; ; round++) {
    for (const issue of issues) {
      const pointer = root + pointerOf(issue.path ?? []);
      if (faults.size < FAULT_COUNT_MAX)
        faults.set(pointer, { pointer, detail: detailOf(issue).slice(0, DETAIL_LENGTH_MAX) });
    }
    const unknown = issues.filter(isUnknownField);
    if (unknown.length === 0 || round === ROUND_COUNT_MAX) return { faults: [...faults.values()] };
    // The same again without the fields just named, so that their siblings come to light.
    rest = structuredClone(rest);
    for (const { path = [] } of unknown)
      deleteAt(
        rest,
        path.map(({ key }) => key as PropertyKey),
      );
    issues = v.safeParse(schema, rest, { abortPipeEarly: true }).issues ?? [];
  }
}

const isUnknownField = (issue: v.BaseIssue<unknown>) => issue.type === 'strict_object' && issue.expected === 'never';

function deleteAt(value: unknown, path: readonly PropertyKey[]): void {
  let holder = value as Record<PropertyKey, unknown>;
  for (const key of path.slice(0, -1)) holder = holder[key] as Record<PropertyKey, unknown>;
  Reflect.deleteProperty(holder, path.at(-1) as PropertyKey);
}

function pointerOf(path: readonly { readonly key?: unknown }[]): string {
  return path.map(({ key }) => `/${escapeSegment(String(key))}`).join('');
}

/** RFC 6901 3; a key may be anything that a sender thought of, so it is cut and made well-formed. */
export function escapeSegment(key: string): string {
  return key.slice(0, 128).toWellFormed().replaceAll('~', '~0').replaceAll('/', '~1');
}

/** What would be right. Our schemas' own messages say it; the library's own ("Invalid …: Expected …") do not. */
function detailOf(issue: v.BaseIssue<unknown>): string {
  if (!issue.message.startsWith('Invalid ')) return issue.message;
  const requirement = Number(issue.requirement);
  switch (issue.type) {
    case 'strict_object':
      if (issue.expected === 'never') return 'no field of this name';
      return issue.expected?.startsWith('"') ? 'a value; the field is required' : 'an object';
    case 'object':
      return issue.expected?.startsWith('"') ? 'a value; the field is required' : 'an object';
    case 'record':
      return 'an object';
    case 'array':
      return 'a list';
    case 'string':
      return 'a text';
    case 'number':
      return 'a number';
    case 'boolean':
      return 'true or false';
    case 'integer':
      return 'a whole number';
    case 'min_value':
      return `at least ${requirement}`;
    case 'max_value':
      return `at most ${requirement}`;
    case 'min_length':
      return requirement === 1 ? 'at least 1' : `at least ${requirement} long`;
    case 'max_length':
      return `at most ${requirement} long`;
    default:
      return issue.expected ?? 'another value';
  }
}
