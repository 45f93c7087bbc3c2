/** Who wants to know, inside this process, that a member's account is no longer as it was. */
export interface Changes {
  announce(programId: string, memberIds: readonly string[]): void;
  /** @returns ends the subscription. */
  subscribe(programId: string, memberId: string, listener: () => void): () => void;
  /** Members that somebody watches, by program. */
  watched(): ReadonlyMap<string, readonly string[]>;
}

export function createChanges(): Changes {
  const programs = new Map<string, Map<string, Set<() => void>>>();
  return {
    announce(programId, memberIds) {
      const members = programs.get(programId);
      if (!members) return;
      for (const memberId of memberIds) for (const listener of members.get(memberId) ?? []) listener();
    },
    subscribe(programId, memberId, listener) {
      let members = programs.get(programId);
      if (!members) {
        members = new Map<string, Set<() => void>>();
        programs.set(programId, members);
      }
      let listeners = members.get(memberId);
      if (!listeners) members.set(memberId, (listeners = new Set()));
      listeners.add(listener);
      return () => {
        listeners.delete(listener);
        if (listeners.size === 0 && members.get(memberId) === listeners) members.delete(memberId);
        if (members.size === 0 && programs.get(programId) === members) programs.delete(programId);
      };
    },
    watched: () => new Map([...programs].map(([programId, members]) => [programId, [...members.keys()]])),
  };
}
