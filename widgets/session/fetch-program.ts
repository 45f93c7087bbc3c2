import type { Program } from '../../shared/domain/program.ts';
import type { PageSession } from './session.ts';

const requests = new WeakMap<PageSession, Promise<Program>>();

/** The program document, asked for once a page; rejects when it cannot be had, and asks again at the next call. */
export function fetchProgram(session: PageSession): Promise<Program> {
  let request = requests.get(session);
  if (!request) {
    request = session.call(`/v1/programs/${session.program}`).then(({ status, data }) => {
      if (status !== 200) throw new Error(`program: ${status}`);
      return data as Program;
    });
    request.catch(() => requests.delete(session));
    requests.set(session, request);
  }
  return request;
}
