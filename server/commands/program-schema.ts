import { parseArgs } from 'node:util';
import type { Command } from './command.ts';

export const programSchemaCommand: Command = {
  usage: 'program schema',
  summary: 'print the JSON Schema of a program document, for editors',
  async run(args, { out }) {
    parseArgs({ args: [...args], options: {} });
    const { programJsonSchema } = await import('../programs/program-json-schema.ts');
    out(JSON.stringify(programJsonSchema(), null, 2));
    return 0;
  },
};
