// One check of the doctor: what was looked at, how it is, and what to do next.
import { exitCodes, optionName, type ComfyGenError, type Kind } from '../errors.ts';

export type Check = {
  /** What was looked at: `address`, `websocket`, `disk`, … */
  readonly check: string;
  readonly state: 'ok' | 'warning' | 'failed';
  readonly message: string;
  /** The next step; null when there is nothing to do. */
  readonly next: string | null;
  /** Kind of failure, as in `error.code`; null unless it failed. */
  readonly code: Kind | null;
  /** The server it is about; null for this machine. */
  readonly server: string | null;
  /** What it took, where that says something. */
  readonly ms: number | null;
  /** Figures and names behind the message. */
  readonly facts: Readonly<Record<string, unknown>>;
};

type More = Partial<Pick<Check, 'next' | 'server' | 'ms' | 'facts'>>;

export function well(check: string, message: string, more: More = {}): Check {
  return { check, state: 'ok', message, next: null, code: null, server: null, ms: null, facts: {}, ...more };
}

export function warn(check: string, message: string, next: string, more: More = {}): Check {
  return { ...well(check, message, more), state: 'warning', next };
}

export function fail(check: string, code: Kind, message: string, next: string | null, more: More = {}): Check {
  return { ...well(check, message, more), state: 'failed', code, next };
}

/** An error of ours as a check that failed. */
export function failedBy(check: string, error: ComfyGenError, more: More = {}): Check {
  const { message, hint } = error.inWords(optionName); // whoever shows it writes the options
  return fail(check, error.code, message, hint ?? 'run again with -v to see every request', {
    ...more,
    facts: { ...more.facts, reason: error.reason },
  });
}

/** The first that failed is the worst: what comes later mostly follows from it. Warnings are no failure. */
export function exitCodeOf(checks: readonly Check[]): number {
  const worst = checks.find((check) => check.state === 'failed');
  return worst?.code === null || worst === undefined ? 0 : exitCodes[worst.code];
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Bytes for people: `3.2 GiB`. */
export function size(bytes: number): string {
  const power = bytes < 1 ? 0 : Math.min(Math.floor(Math.log2(bytes) / 10), units.length - 1);
  return `${power === 0 ? bytes : (bytes / 1024 ** power).toFixed(1)} ${units[power] ?? 'B'}`;
}
