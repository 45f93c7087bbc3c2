/** Redraws at most this often: a terminal is slow beside what it watches. */
const REDRAW_MS = 100;

const WIDTH = 30;

export interface ProgressBar {
  update(done: number): void;
  /** Leaves the line to what comes next. */
  end(): void;
}

/** A bar on standard error, or only the number so far where the total is unknown; nothing where that is no terminal. */
export function createProgressBar(unit: string, total: number | null): ProgressBar {
  const { stderr } = process;
  let drawnAt = 0;
  const started = Date.now();
  const draw = (done: number) => {
    const rate = Math.round(done / Math.max(0.001, (Date.now() - started) / 1000));
    const counts = `${done.toLocaleString('en')} ${unit}  ${rate.toLocaleString('en')}/s `;
    if (total === null) {
      stderr.write(`\r${counts}`);
      return;
    }
    const share = total === 0 ? 1 : Math.min(1, done / total);
    const filled = Math.round(share * WIDTH);
    const bar = '█'.repeat(filled) + '░'.repeat(WIDTH - filled);
    const percent = String(Math.floor(share * 100)).padStart(3);
    stderr.write(`\r${bar} ${percent} %  ${counts}`);
  };
  return {
    update(done) {
      if (!stderr.isTTY || Date.now() - drawnAt < REDRAW_MS) return;
      drawnAt = Date.now();
      draw(done);
    },
    end() {
      if (stderr.isTTY) stderr.write('\r\u001b[K');
    },
  };
}
