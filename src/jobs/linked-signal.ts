// A signal of our own that follows the caller's, and may end earlier: by a time limit, or because we say so.
import { setMaxListeners } from 'node:events';
import { ComfyGenError } from '../errors.ts';

export type LinkedSignal = Disposable & {
  readonly signal: AbortSignal;
  readonly abort: (reason: ComfyGenError) => void;
};

/** The callers' signals that are followed now. Each has one listener of ours, however many jobs follow it. */
const followers = new WeakMap<AbortSignal, Set<AbortController>>();

/**
 * Follows `outer` until it is disposed of. With `timeoutMs` it is aborted after that time, with an error of kind `timeout`.
 * `AbortSignal.any` would do, but Node 20 keeps every signal that it ever made of a long-lived one.
 */
export function linkedSignal(outer: AbortSignal | undefined, timeoutMs?: number): LinkedSignal {
  const own = new AbortController();
  setMaxListeners(0, own.signal); // every request of a job listens
  const unfollow = outer === undefined ? () => undefined : follow(outer, own);
  const timer = timeoutMs === undefined ? undefined : setTimeout(() => own.abort(tooLate(timeoutMs)), timeoutMs);
  return {
    signal: own.signal,
    abort: (reason) => own.abort(reason),
    [Symbol.dispose]: () => {
      clearTimeout(timer);
      unfollow();
    },
  };
}

const tooLate = (ms: number): ComfyGenError =>
  new ComfyGenError('timeout', `not done within ${ms / 1000} s`, { hint: 'give it longer with <option timeout>' });

function follow(outer: AbortSignal, own: AbortController): () => void {
  if (outer.aborted) {
    own.abort(outer.reason);
    return () => undefined;
  }
  const known = followers.get(outer);
  const all = known ?? new Set<AbortController>();
  all.add(own);
  if (known === undefined) {
    followers.set(outer, all);
    outer.addEventListener('abort', abortAll, { once: true });
  }
  return () => {
    all.delete(own);
    if (all.size > 0 || followers.get(outer) !== all) return;
    followers.delete(outer);
    outer.removeEventListener('abort', abortAll);
  };
}

function abortAll(this: AbortSignal): void {
  const all = followers.get(this) ?? new Set();
  followers.delete(this);
  for (const own of [...all]) own.abort(this.reason);
}
