/** Begins with a character that no id of a shop can hold, so that nothing ever names an erased member again. */
const TOMBSTONE = '\u007ferased:';

/** Stands where the shop's id of an erased member was. */
export const tombstoneOf = (memberId: string) => `${TOMBSTONE}${memberId}`;

export const isTombstone = (customerId: string) => customerId.startsWith(TOMBSTONE);
