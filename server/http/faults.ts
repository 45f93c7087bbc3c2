import type * as v from 'valibot';
import type { FieldFault } from '../../shared/domain/errors.ts';

/** More faults than this help nobody, and a hostile body could have a million. */
const FAULT_COUNT_MAX = 50;
const DETAIL_LENGTH_MAX = 300;

/** Every fault that a schema found, each with its JSON Pointer below `root`. Repeats nothing of what was sent. */
export function faultsOf(issues: readonly v.BaseIssue<unknown>[], root = ''): FieldFault[] {
  return issues.slice(0, FAULT_COUNT_MAX).map((issue) => ({
    pointer: root + pointerOf(issue.path ?? []),
    detail: detailOf(issue).slice(0, DETAIL_LENGTH_MAX),
  }));
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
  const { requirement } = issue;
  switch (issue.type) {
    case 'strict_object':
      if (issue.expected === 'never') return 'no field of this name';
      return issue.expected?.startsWith('"') ? 'a value: this field is required' : 'an object';
    case 'object':
      return issue.expected?.startsWith('"') ? 'a value: this field is required' : 'an object';
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
      return `expected ${issue.expected ?? 'another value'}`;
  }
}
