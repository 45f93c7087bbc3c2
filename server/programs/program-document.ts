import type * as v from 'valibot';
import { type FieldFault, LoyaltyError } from '../../shared/domain/errors.ts';
import type { Program } from '../../shared/domain/program.ts';
import { programSchema } from '../../shared/protocol/schemas.ts';
import { check, escapeSegment } from '../http/faults.ts';

/**
 * Reads a program from JSON that may say anything.
 *
 * @throws {LoyaltyError} `program_invalid` with every fault at once, each with its JSON Pointer.
 */
export function parseProgram(json: unknown): Program {
  const result = check(programSchema, json);
  const faults = 'faults' in result ? result.faults : missingTexts(result.value);
  if ('faults' in result || faults.length > 0) {
    throw new LoyaltyError('program_invalid', 'The program document has faults.', faults);
  }
  const { $schema: _editorsOnly, ...program } = result.value;
  // What the type cannot take from the schema: there is a first tier, and `other` is in each name's plural forms.
  return program as unknown as Program;
}

/** Every text is there in the default locale: it is what a member sees whose own locale is missing. */
function missingTexts(program: v.InferOutput<typeof programSchema>): FieldFault[] {
  const texts: [string, object | undefined][] = [
    ['/name', program.name],
    ['/description', program.description],
    ['/unit/name', program.unit.name],
  ];
  program.tiers.ladder.forEach((tier, index) => {
    texts.push([`/tiers/ladder/${index}/name`, tier.name]);
    tier.benefits.forEach((benefit, benefitIndex) => {
      texts.push([`/tiers/ladder/${index}/benefits/${benefitIndex}/description`, benefit.description]);
    });
  });
  program.surveys.forEach((survey, index) => {
    texts.push([`/surveys/${index}/question`, survey.question]);
  });
  const { defaultLocale } = program;
  return texts
    .filter(([, localized]) => localized !== undefined && !Object.hasOwn(localized, defaultLocale))
    .map(([pointer]) => ({
      pointer: `${pointer}/${escapeSegment(defaultLocale)}`,
      detail: 'a text in the default locale',
    }));
}

/** The document as it is stored: keys sorted, so that only a change of content makes another text. */
export function programText(program: Program): string {
  return JSON.stringify(program, (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
