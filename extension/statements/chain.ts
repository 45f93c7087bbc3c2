import { base64url } from 'jose';
import type { EntryItem } from '../../shared/protocol/api.ts';

/**
 * The shopper's own copy of what a shop's ledger said: where the chain stands, and the lots that its entries opened and
 * used. From these the wallet computes the balance itself.
 */
export interface Chain {
  readonly seq: number;
  /** Hash of entry `seq`; `null` before the first. */
  readonly head: string | null;
  /** Sum of the `points` of all entries. */
  readonly balance: number;
  /** Lots with points left. */
  readonly lots: readonly Lot[];
}

/** Points accrued together; times in milliseconds, `null` for at once and never. */
export interface Lot {
  /** `seq` of the entry that opened it. */
  readonly seq: number;
  readonly remaining: number;
  readonly availableAt: number | null;
  readonly expiresAt: number | null;
}

export const EMPTY_CHAIN: Chain = { seq: 0, head: null, balance: 0, lots: [] };

/** Why entries do not continue a chain. */
export type ChainFault =
  | 'entry_malformed'
  | 'entry_hash_wrong'
  | 'chain_broken'
  | 'entry_missing'
  | 'head_mismatch'
  | 'sum_wrong';

export type ChainVerdict =
  | { readonly ok: true; readonly chain: Chain; readonly entries: readonly StoredEntry[] }
  | { readonly ok: false; readonly fault: ChainFault; readonly seq: number };

/** An entry as it is kept: the exact text that was hashed. */
export interface StoredEntry {
  readonly seq: number;
  readonly hash: string;
  readonly bytes: string;
}

/**
 * Continues `chain` with the entries up to `claimed`, in order of `seq`. Believes only the hashed text of each entry:
 * the parsed form beside it is the server's courtesy, and could say something else.
 *
 * @param items In any order; entries after `claimed.seq` are left for next time.
 * @param claimed What the verified statement says.
 */
export async function extendChain(
  chain: Chain,
  items: readonly Pick<EntryItem, 'bytes' | 'hash'>[],
  claimed: { readonly seq: number; readonly head: string | null },
): Promise<ChainVerdict> {
  const parsed: { readonly text: EntryText; readonly hash: string; readonly bytes: string }[] = [];
  for (const { bytes, hash } of items) {
    const text = parseEntryText(bytes);
    if (!text) return { ok: false, fault: 'entry_malformed', seq: chain.seq + 1 };
    if (text.seq > chain.seq && text.seq <= claimed.seq) parsed.push({ text, hash, bytes });
  }
  parsed.sort((a, b) => a.text.seq - b.text.seq);

  let { seq, head, balance } = chain;
  const lots = new Map(chain.lots.map((lot) => [lot.seq, lot]));
  const entries: StoredEntry[] = [];
  for (const { text, hash, bytes } of parsed) {
    if (text.seq !== seq + 1) return { ok: false, fault: 'entry_missing', seq: seq + 1 };
    if ((await hashOf(bytes)) !== hash) return { ok: false, fault: 'entry_hash_wrong', seq: text.seq };
    if (text.prev !== head) return { ok: false, fault: 'chain_broken', seq: text.seq };
    if (text.balance !== balance + text.points) return { ok: false, fault: 'sum_wrong', seq: text.seq };
    applyLots(lots, text);
    ({ seq, balance } = text);
    head = hash;
    entries.push({ seq, hash, bytes });
  }
  if (seq !== claimed.seq) return { ok: false, fault: 'entry_missing', seq: seq + 1 };
  if (head !== claimed.head) return { ok: false, fault: 'head_mismatch', seq };
  return { ok: true, chain: { seq, head, balance, lots: [...lots.values()] }, entries };
}

/** What a chain's lots come to at an instant. `debt` is what accruals have to fill before points count again. */
export function balanceOf(chain: Chain, instant: number): { readonly available: number; readonly pending: number } {
  let usable = 0;
  let pending = 0;
  let remaining = 0;
  for (const lot of chain.lots) {
    remaining += lot.remaining;
    if (lot.expiresAt !== null && lot.expiresAt <= instant) continue;
    if (lot.availableAt !== null && lot.availableAt > instant) pending += lot.remaining;
    else usable += lot.remaining;
  }
  return { available: usable - (remaining - chain.balance), pending };
}

/** The fields of an entry's hashed text that the wallet computes with. */
interface EntryText {
  readonly seq: number;
  readonly prev: string | null;
  readonly points: number;
  readonly balance: number;
  readonly lot: Omit<Lot, 'seq'> | null;
  readonly uses: readonly { readonly lot: number; readonly points: number }[];
}

function applyLots(lots: Map<number, Lot>, { seq, lot, uses }: EntryText): void {
  if (lot && lot.remaining > 0) lots.set(seq, { seq, ...lot });
  for (const use of uses) {
    const used = lots.get(use.lot);
    if (!used) continue;
    const remaining = used.remaining - use.points;
    if (remaining === 0) lots.delete(use.lot);
    else lots.set(use.lot, { ...used, remaining });
  }
}

/** Base64url SHA-256 of the text's UTF-8 bytes. */
export async function hashOf(bytes: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(bytes));
  return base64url.encode(new Uint8Array(digest));
}

function parseEntryText(bytes: string): EntryText | null {
  let value: unknown;
  try {
    value = JSON.parse(bytes);
  } catch {
    return null;
  }
  const entry = value as Record<string, unknown>;
  if (!isRecord(value) || !isWhole(entry['seq']) || !isWhole(entry['points']) || !isWhole(entry['balance']))
    return null;
  if (entry['prev'] !== null && typeof entry['prev'] !== 'string') return null;
  const lot = parseLot(entry['lot']);
  const uses = parseUses(entry['uses']);
  if (lot === undefined || uses === undefined) return null;
  return { seq: entry['seq'], prev: entry['prev'], points: entry['points'], balance: entry['balance'], lot, uses };
}

/** `undefined` when it is there but is no lot. */
function parseLot(value: unknown): Omit<Lot, 'seq'> | null | undefined {
  if (value === undefined || value === null) return null;
  const lot = value as Record<string, unknown>;
  if (!isRecord(value) || !isWhole(lot['points'])) return undefined;
  const availableAt = parseInstant(lot['availableAt']);
  const expiresAt = parseInstant(lot['expiresAt']);
  if (availableAt === undefined || expiresAt === undefined) return undefined;
  return { remaining: lot['points'], availableAt, expiresAt };
}

function parseUses(value: unknown): EntryText['uses'] | undefined {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value)) return undefined;
  const uses = value as readonly Record<string, unknown>[];
  return uses.every((use) => isRecord(use) && isWhole(use['lot']) && isWhole(use['points']))
    ? (uses as unknown as EntryText['uses'])
    : undefined;
}

function parseInstant(value: unknown): number | null | undefined {
  if (value === undefined || value === null) return null;
  const instant = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(instant) ? undefined : instant;
}

const isRecord = (value: unknown): value is object =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isWhole = (value: unknown): value is number => Number.isSafeInteger(value);
