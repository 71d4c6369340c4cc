// What a server tells of LoRA files: the family that each was made for, and its trigger words.
import type { Connection } from '../../connection/connection.ts';
import { isRecord } from '../../protocol/json.ts';
import { loraFamily } from '../../recipes/loras/lora-family.ts';
import { triggerWords } from '../../recipes/loras/trigger-words.ts';
import { filesIn, spelled } from '../../recipes/server-files.ts';
import type { Contact } from '../servers.ts';

export type LoraFacts = { readonly family: string | null; readonly words: readonly string[] };

export const noLoraFacts: LoraFacts = { family: null, words: [] };

/** Asks about a file; what the server does not tell is not known. */
export async function askLora(server: Connection, file: string, signal?: AbortSignal): Promise<LoraFacts> {
  const metadata = await server.peek(`/view_metadata/loras?filename=${encodeURIComponent(file)}`, signal);
  return isRecord(metadata) ? { family: loraFamily(metadata), words: triggerWords(metadata) } : noLoraFacts;
}

/** Asks servers about LoRAs, each question once. */
export class LoraReader {
  readonly #asked = new Map<string, Promise<LoraFacts>>();

  /** By the names as they were written; without a server, and for a file that it lacks, nothing is known. */
  async read(
    contact: Contact | undefined,
    names: readonly string[],
    signal: AbortSignal,
  ): Promise<ReadonlyMap<string, LoraFacts>> {
    const info = contact?.info;
    if (contact === undefined || info === undefined || names.length === 0) return new Map();
    const available = filesIn({ info }, 'loras');
    const asked = [...new Set(names)].map(async (name) => {
      const file = spelled(name, available);
      return [name, file === undefined ? noLoraFacts : await this.#ask(contact.server, file, signal)] as const;
    });
    return new Map(await Promise.all(asked));
  }

  #ask(server: Connection, file: string, signal: AbortSignal): Promise<LoraFacts> {
    const key = JSON.stringify([server.server, file]);
    const asked = this.#asked.get(key) ?? askLora(server, file, signal);
    this.#asked.set(key, asked);
    asked.catch(() => this.#asked.delete(key));
    return asked;
  }
}
