import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';

/**
 * A generated history of the same shape and size as the CDNOW data set: customers who first bought in one quarter and
 * then, each at a rate and with a lifetime of his own, for a year and a half. Seeded: the same numbers on every machine.
 */
export const HISTORY_SHAPE = { customerCount: 23_570, orderCount: 69_659 } as const;

const FIRST_DAY = Date.UTC(1997, 0, 1);
const LAST_DAY = Date.UTC(1998, 5, 30);
const DAY_MS = 86_400_000;

/** Writes the file in CDNOW's own format. */
export async function writeOrderHistory(
  path: string,
  { customerCount, orderCount }: { readonly customerCount: number; readonly orderCount: number } = HISTORY_SHAPE,
  start = 1997,
): Promise<void> {
  const random = mulberry32(start);
  const customers = Array.from({ length: customerCount }, () => [FIRST_DAY + Math.floor(random() * 90) * DAY_MS]);
  // A few buy often and most once: the next purchase goes to a customer drawn with weight toward low numbers.
  for (let left = orderCount - customerCount; left > 0; left--) {
    const days = customers[Math.floor(random() ** 2.2 * customerCount)] as number[];
    const first = days[0] as number;
    days.push(first + Math.floor((random() * (LAST_DAY - first + DAY_MS)) / DAY_MS) * DAY_MS);
  }
  const file = createWriteStream(path);
  file.write(' customer_id  date number_of_cds  dollar_value\r\n');
  for (const [index, days] of customers.entries()) {
    for (const day of days.sort((a, b) => a - b)) {
      const date = new Date(day).toISOString().slice(0, 10).replaceAll('-', '');
      // One purchase in some 900 was free, as 80 of CDNOW's were.
      const cents = random() < 0.001 ? 0 : 499 + Math.floor(random() ** 3 * 20_000);
      const amount = `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
      file.write(
        ` ${String(index + 1).padStart(5, '0')} ${date} ${1 + Math.floor(random() * 4)} ${amount.padStart(7)}\r\n`,
      );
    }
  }
  file.end();
  await finished(file);
}

function mulberry32(start: number): () => number {
  let state = start;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
