import type { FieldFault } from '../../shared/domain/errors.ts';
import type { Program } from '../../shared/domain/program.ts';

/** A value of which anything may be missing: what is there is of its type. */
export type Partly<T> = T extends string | number | boolean | null | undefined
  ? T
  : T extends readonly (infer Item)[]
    ? readonly (Partly<Item> | undefined)[]
    : { readonly [Key in keyof T]?: Partly<T[Key]> | undefined };

export type PartlyProgram = Partly<Program>;

/**
 * A document without the parts that its schema refuses, so that the rest can be checked as well and every fault is named
 * at once. `null` when nothing can be said of it.
 */
export function knownParts(json: unknown, faults: readonly FieldFault[]): PartlyProgram | null {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
  const rest = structuredClone(json);
  for (const { pointer } of faults) {
    const path = pointer.split('/').slice(1).map(unescapeSegment);
    if (path.length === 0) return null;
    // Of what kind a thing is decides what the rest of it means: with a wrong kind nothing of it was looked at.
    remove(rest, path.at(-1) === 'kind' ? path.slice(0, -1) : path);
  }
  return rest as PartlyProgram;
}

/** In a list the place stays, so that the pointers of those behind it are right. */
function remove(root: object, path: readonly string[]): void {
  let holder: unknown = root;
  for (const key of path.slice(0, -1)) {
    if (typeof holder !== 'object' || holder === null) return;
    holder = (holder as Record<string, unknown>)[key];
  }
  const last = path.at(-1);
  if (typeof holder === 'object' && holder !== null && last !== undefined) {
    (holder as Record<string, unknown>)[last] = undefined;
  }
}

const unescapeSegment = (segment: string) => segment.replaceAll('~1', '/').replaceAll('~0', '~');

/** The items of a list that are there, each with its pointer. */
export function eachOf<T>(
  list: readonly (T | undefined)[] | undefined,
  pointer: string,
): { readonly item: T; readonly pointer: string; readonly index: number }[] {
  return (list ?? []).flatMap((item, index) =>
    item === undefined || item === null ? [] : [{ item, pointer: `${pointer}/${index}`, index }],
  );
}
