// How long to wait: back-off with jitter, what `Retry-After` asks, a pause that a signal ends, a signal with a deadline.

import { abortError } from '../errors.ts';

/** 0.2, 0.4, 0.8 … 5 s, with jitter. */
export function backoffMs(tried: number): number {
  return Math.round(Math.min(5000, 200 * 2 ** Math.min(tried, 8)) * (0.75 + Math.random() / 2));
}

/** `Retry-After` in seconds or as a date; at most five minutes. */
export function retryAfterMs(header: unknown): number | undefined {
  if (typeof header !== 'string' || header.trim() === '') return undefined;
  const ms = /^\d+$/.test(header.trim()) ? Number(header) * 1000 : Date.parse(header) - Date.now();
  return Number.isNaN(ms) ? undefined : Math.min(Math.max(ms, 0), 300_000);
}

/** Waits; rejects with the signal's reason at once when it is aborted. */
export async function pause(ms: number, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const stop = (): void => {
      clearTimeout(timer);
      reject(signal?.reason as Error);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', stop);
      resolve();
    }, ms);
    signal?.addEventListener('abort', stop, { once: true });
  });
}

/** What comes, unless the signal is aborted first: then `cancelled`. */
export async function unlessAborted<T>(coming: Promise<T>, signal: AbortSignal): Promise<T> {
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(abortError(signal));
    if (signal.aborted) stop();
    else signal.addEventListener('abort', stop, { once: true });
  });
  return Promise.race([aborted, coming]).finally(() => signal.removeEventListener('abort', stop));
}

/** The signal, and a deadline beside it. Dispose of it, or its timer stays. */
export function withDeadline(
  ms: number,
  signal: AbortSignal | undefined,
): Disposable & { readonly signal: AbortSignal } {
  const both = new AbortController();
  const stop = (): void => both.abort(signal?.reason);
  const timer = setTimeout(() => both.abort(new Error('the time for it is over')), Math.max(ms, 0));
  if (signal?.aborted === true) stop();
  signal?.addEventListener('abort', stop, { once: true });
  return {
    signal: both.signal,
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', stop);
    },
  };
}

/** A duration as people say it: `8 s`, `2 min`. */
export function shownDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  return ms < 120_000 ? `${Number((ms / 1000).toFixed(1))} s` : `${Number((ms / 60_000).toFixed(1))} min`;
}
