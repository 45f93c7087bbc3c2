/** Numbers for a monitoring system to read, in Prometheus' text format 0.0.4. Labels are from small fixed sets, never of a person. */

export type Labels = Readonly<Record<string, string>>;

export interface Counter {
  add(labels: Labels, by?: number): void;
}

export interface Histogram {
  observe(labels: Labels, value: number): void;
}

/** A value read when it is asked for. */
export type Gauge = () => readonly { readonly labels: Labels; readonly value: number }[] | number;

export interface Registry {
  counter(name: string, help: string): Counter;
  /** `buckets` are the upper bounds, rising. */
  histogram(name: string, help: string, buckets: readonly number[]): Histogram;
  gauge(name: string, help: string, read: Gauge, type?: 'gauge' | 'counter'): void;
  text(): string;
}

interface Metric {
  readonly name: string;
  readonly help: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  lines(): string[];
}

export function createRegistry(): Registry {
  const metrics: Metric[] = [];
  return {
    counter(name, help) {
      const values = new Map<string, number>();
      metrics.push({
        name,
        help,
        type: 'counter',
        lines: () => [...values].map(([key, value]) => `${name}${key} ${value}`),
      });
      return {
        add(labels, by = 1) {
          const key = keyOf(labels);
          values.set(key, (values.get(key) ?? 0) + by);
        },
      };
    },

    histogram(name, help, buckets) {
      const series = new Map<string, Observed>();
      metrics.push({
        name,
        help,
        type: 'histogram',
        lines: () => [...series.values()].flatMap((observed) => histogramLines(name, buckets, observed)),
      });
      return {
        observe(labels, value) {
          const key = keyOf(labels);
          let observed = series.get(key);
          if (!observed) series.set(key, (observed = { labels, counts: buckets.map(() => 0), count: 0, sum: 0 }));
          const bucket = buckets.findIndex((bound) => value <= bound);
          if (bucket >= 0) observed.counts[bucket] = (observed.counts[bucket] ?? 0) + 1;
          observed.count++;
          observed.sum += value;
        },
      };
    },

    gauge(name, help, read, type = 'gauge') {
      metrics.push({
        name,
        help,
        type,
        lines() {
          const values = read();
          if (typeof values === 'number') return [`${name} ${values}`];
          return values.map(({ labels, value }) => `${name}${keyOf(labels)} ${value}`);
        },
      });
    },

    text() {
      return metrics
        .map(({ name, help, type, lines }) =>
          [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...lines(), ''].join('\n'),
        )
        .join('');
    },
  };
}

interface Observed {
  readonly labels: Labels;
  /** Of each bucket alone; they are added up when they are shown. */
  readonly counts: number[];
  count: number;
  sum: number;
}

function histogramLines(name: string, buckets: readonly number[], { labels, counts, count, sum }: Observed): string[] {
  let below = 0;
  const lines = buckets.map((bound, index) => {
    below += counts[index] ?? 0;
    return `${name}_bucket${keyOf({ ...labels, le: String(bound) })} ${below}`;
  });
  const key = keyOf(labels);
  return [
    ...lines,
    `${name}_bucket${keyOf({ ...labels, le: '+Inf' })} ${count}`,
    `${name}_sum${key} ${sum}`,
    `${name}_count${key} ${count}`,
  ];
}

/** `{route="GET /v1/me",status="200"}`; nothing without labels. */
function keyOf(labels: Labels): string {
  const parts: string[] = [];
  for (const name in labels) parts.push(`${name}="${escaped(labels[name] ?? '')}"`);
  return parts.length === 0 ? '' : `{${parts.join(',')}}`;
}

const escaped = (value: string) =>
  /["\\\n]/.test(value) ? value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n') : value;
