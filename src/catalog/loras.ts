// LoRAs with the family that each was made for and its trigger words, as their files tell.
import type { Connection } from '../connection/connection.ts';
import { askLora } from '../plan/loras/read-loras.ts';

export type ListedLora = {
  readonly name: string;
  /** Null where the file does not tell. */
  readonly family: string | null;
  readonly trigger_words: readonly string[];
};

/** Files asked about at the same time. */
const atOnce = 4;

/** In the order of the names. */
export async function describeLoras(
  server: Connection,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<readonly ListedLora[]> {
  const rows: ListedLora[] = [];
  for (let at = 0; at < names.length; at += atOnce)
    rows.push(
      ...(await Promise.all(
        names.slice(at, at + atOnce).map(async (name) => {
          const { family, words } = await askLora(server, name, signal);
          return { name, family, trigger_words: words };
        }),
      )),
    );
  return rows;
}
