// Seeds: random ones, and counting them.
import { ComfyGenError } from '../errors.ts';

const end = 2n ** 64n;

/** Below 2^50, so that the web UI can take it. */
export function randomSeed(): bigint {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  return (BigInt(high & 0x3ffff) << 32n) | BigInt(low);
}

/** Throws `bad_option` when so many seeds from `first` on go past the largest. `where` begins the message. */
export function checkSeeds(first: bigint | undefined, count: number, where = ''): void {
  if ((first ?? 0n) + BigInt(count - 1) >= end)
    throw new ComfyGenError(
      'bad_option',
      `${where}seed ${String(first)} with count ${count} goes past ${String(end - 1n)}`,
    );
}

/** So many seeds, counted up from the first. */
export function* countedSeeds(first: bigint, count: number): Generator<bigint> {
  for (let i = 0; i < count; i++) yield first + BigInt(i);
}
