import { apiExamples } from '../support/api-examples.ts';
import { fetchCaller, openStory, tell } from '../support/api-story.ts';
import { prismCommand, startPrism, violationsOf } from './prism.ts';
import { refusedCalls } from './refused-calls.ts';

/**
 * Holds server and OpenAPI document against each other by a program that nobody here wrote: Prism stands between, and
 * judges every example of docs/api.md, with its answer, and the answers to calls of every operation that are refused.
 */

const command = prismCommand();
if (!command) {
  console.log('skipped: @stoplight/prism-cli is not installed (LAUREL_PRISM may name the folder of the package)');
  process.exit(0);
}

const story = await openStory();
const prism = await startPrism(command, story.folder, story.url);
const findings: string[] = [];
const seen = new Set<string>();
let callCount = 0;
try {
  const call = fetchCaller(prism.url);
  for (const example of apiExamples) {
    // Before the story's people leave: afterwards their tokens get nowhere.
    if (example.operation === 'eraseMember') await refuse();
    // A proxy that reads an answer to its end never comes to the end of a stream.
    const { status, headers } = await tell(story, example, example.isStream ? fetchCaller() : call);
    if (status !== example.status) findings.push(`${example.operation}: ${status} in the place of ${example.status}`);
    note(example.operation, status, violationsOf(headers));
  }
  if (!(await findsWhatIsWrong(command))) findings.push('Prism sees nothing wrong in an answer that is');
} finally {
  await prism.close();
  await story.close();
}

const operations = new Set([...seen].map((line) => line.split(' ')[0]));
console.log(
  `Prism judged ${callCount} calls of ${operations.size} operations (${seen.size} of their statuses): ${findings.length} findings`,
);
for (const finding of findings) console.log(`  ${finding}`);
process.exitCode = findings.length === 0 && operations.size === story.routes.length ? 0 : 1;

/** The control: by a document that speaks of a field which no answer has, an answer has to be found wrong. */
async function findsWhatIsWrong(prismPath: string): Promise<boolean> {
  const other = await startPrism(prismPath, story.folder, story.url, (text) =>
    text.replaceAll('"displayId"', '"maskedId"'),
  );
  try {
    const headers = { authorization: `Bearer ${story.values['FRIEND_TOKEN']}` };
    const answer = await fetch(`${other.url}/v1/me`, { headers });
    await answer.arrayBuffer();
    return answer.status === 200 && violationsOf(answer.headers).length > 0;
  } finally {
    await other.close();
  }
}

async function refuse(): Promise<void> {
  for (const { route, path, init } of refusedCalls(story)) {
    const answer = await fetch(`${prism.url}${path}`, init);
    const text = await answer.text();
    // The request is wrong on purpose: only the answer is judged.
    const violations = violationsOf(answer.headers).filter(({ location }) => location[0] === 'response');
    note(route.name, answer.status, violations);
    if (answer.status >= 500) findings.push(`${route.name}: ${answer.status} ${text.slice(0, 300)}`);
  }
}

function note(operation: string, status: number, violations: ReturnType<typeof violationsOf>): void {
  callCount++;
  seen.add(`${operation} ${status}`);
  for (const { location, message } of violations)
    findings.push(`${operation} ${status}: ${location.join('.')}: ${message}`);
}
