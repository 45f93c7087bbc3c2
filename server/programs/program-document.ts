import { type FieldFault, LoyaltyError } from '../../shared/domain/errors.ts';
import type { Program } from '../../shared/domain/program.ts';
import { programSchema } from '../../shared/protocol/schemas.ts';
import { check, FAULT_COUNT_MAX } from '../http/faults.ts';
import { knownParts } from './known-parts.ts';
import { crossFaults } from './program-faults.ts';

/**
 * Reads a program from JSON that may say anything.
 *
 * @throws {LoyaltyError} `program_invalid` with every fault at once, each with its JSON Pointer.
 */
export function parseProgram(json: unknown): Program {
  const result = check(programSchema, json);
  const faults = 'faults' in result ? withCrossFaults(json, result.faults) : crossFaults(result.value as never);
  if ('faults' in result || faults.length > 0) {
    throw new LoyaltyError('program_invalid', 'The program document has faults.', faults.slice(0, FAULT_COUNT_MAX));
  }
  const { $schema: _editorsOnly, ...program } = result.value;
  // What the type cannot take from the schema: there is a first tier, and `other` is in each name's plural forms.
  return program as unknown as Program;
}

/** The faults that the schema found, and those between the parts that it found nothing wrong with. */
function withCrossFaults(json: unknown, faults: readonly FieldFault[]): readonly FieldFault[] {
  // Beyond so many, the schema's list may be cut, and nothing is known to be of its type.
  const parts = faults.length < FAULT_COUNT_MAX ? knownParts(json, faults) : null;
  return parts ? [...faults, ...crossFaults(parts)] : faults;
}

/** The document as it is stored: keys sorted, so that only a change of content makes another text. */
export function programText(program: Program): string {
  return JSON.stringify(program, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
