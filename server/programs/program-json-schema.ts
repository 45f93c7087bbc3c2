import { toJsonSchema } from '@valibot/to-json-schema';
import { programSchema } from '../../shared/protocol/schemas.ts';

/**
 * The JSON Schema of a program document, for editors: a document names it in `$schema`. Draft 7, which editors know best.
 * What lies between parts, such as a tier that a reward names, only `laurel program check` sees.
 */
export function programJsonSchema(): object {
  const { $schema, ...schema } = toJsonSchema(programSchema, {
    target: 'draft-07',
    typeMode: 'input',
    // Checks that JSON Schema has no word for are made by the server.
    errorMode: 'ignore',
  });
  return {
    $schema,
    title: 'Laurel program document',
    description: "A loyalty program's rules, as the merchant writes them and everybody may read them.",
    ...schema,
  };
}
