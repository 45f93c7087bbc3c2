import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { formatInstant, type Instant, startOfDay } from '../../shared/domain/time.ts';
import { type ImportItem, type ImportTarget, minorAmount } from './order-lines.ts';

const CURRENCY = 'USD';

/**
 * Reads the CDNOW data set of Fader and Hardie: a header, then one purchase a line, separated by white space: customer
 * id, date `YYYYMMDD`, number of CDs, amount in US dollars.
 *
 * A purchase has no id of its own. It gets one from its customer, its day, and its place among that customer's
 * purchases of the day, so that the same file always gives the same ids.
 */
export async function* readCdnow(file: Readable, { timeZone }: ImportTarget): AsyncGenerator<ImportItem> {
  const countByDay = new Map<string, number>();
  const days = new Map<string, Instant | null>();
  let lineNumber = 0;
  for await (const line of createInterface({ input: file, crlfDelay: Number.POSITIVE_INFINITY })) {
    lineNumber++;
    const fields = line.trim().split(/\s+/);
    if (line.trim() === '' || (lineNumber === 1 && fields[0] === 'customer_id')) continue;
    const [customer = '', date = '', count = '', dollars = ''] = fields;
    const bad = (reason: string): ImportItem => ({ lineNumber, reason });
    if (fields.length !== 4) {
      yield bad(`expected 4 fields, found ${fields.length}`);
      continue;
    }
    if (!days.has(date)) days.set(date, dayOf(date, timeZone));
    const placedAt = days.get(date) ?? null;
    const netMinor = minorAmount(dollars, CURRENCY);
    if (!/^\d+$/.test(customer)) yield bad(`customer id: expected digits, found "${customer}"`);
    else if (placedAt === null) yield bad(`date: expected a day as YYYYMMDD, found "${date}"`);
    else if (!/^[1-9]\d{0,5}$/.test(count)) yield bad(`number of CDs: expected 1 to 999999, found "${count}"`);
    else if (netMinor === null) yield bad(`amount: expected US dollars such as 11.77, found "${dollars}"`);
    else {
      const day = `${customer}-${date}`;
      const ordinal = (countByDay.get(day) ?? 0) + 1;
      countByDay.set(day, ordinal);
      yield {
        lineNumber,
        order: {
          id: `cdnow-${day}-${ordinal}`,
          memberId: customer,
          placedAt: formatInstant(placedAt),
          currency: CURRENCY,
          lines: [{ sku: 'cd', quantity: Number(count), netMinor }],
        },
      };
    }
  }
}

function dayOf(text: string, timeZone: string): Instant | null {
  const match = /^(\d{4})(\d\d)(\d\d)$/.exec(text);
  if (!match) return null;
  const date = `${match[1]}-${match[2]}-${match[3]}`;
  const utc = Date.parse(`${date}T00:00:00Z`);
  // Date.parse may roll a day that does not exist into the next month.
  if (Number.isNaN(utc) || new Date(utc).toISOString().slice(0, 10) !== date) return null;
  return startOfDay(date, timeZone);
}
