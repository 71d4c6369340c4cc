// First contact with a client's server, shared by its calls: asked once a minute, whoever comes first.
import type { Connection } from '../connection/connection.ts';
import { unlessAborted } from '../connection/patience.ts';
import { contactServers, type Contact } from '../plan/servers.ts';

export type Reached = {
  readonly contact: Contact;
  /** What is to be said of the server itself: that it is a demo server. */
  readonly notes: readonly string[];
};

type Asked = {
  readonly coming: Promise<Reached>;
  readonly stop: AbortController;
  readonly at: number;
  waiting: number;
};

/** New models and nodes of a server are seen after so long; what old definitions refuse is checked against new ones at once. */
const keptMs = 60_000;

export class SharedContact {
  readonly #server: Connection;
  #asked: Asked | undefined;

  constructor(server: Connection) {
    this.#server = server;
  }

  /** With `fresh` the node definitions are asked for now. Throws `cancelled` for an aborted signal, as the first contact does else. */
  async get(signal: AbortSignal, { fresh = false } = {}): Promise<Reached> {
    const kept = fresh ? undefined : this.#kept();
    const asked = kept ?? this.#ask();
    asked.waiting++;
    try {
      return await unlessAborted(asked.coming, signal);
    } finally {
      // one who stops waiting stops nobody else; the last one ends the question
      if (--asked.waiting === 0) asked.stop.abort();
    }
  }

  /** The definitions may be old: they allowed what the server refused. */
  forget(): void {
    this.#asked = undefined;
  }

  #kept(): Asked | undefined {
    const asked = this.#asked;
    if (asked === undefined || performance.now() - asked.at > keptMs) return undefined;
    if (asked.waiting === 0) this.#server.definitions.areCached = true; // so planning asks again before it refuses
    return asked;
  }

  #ask(): Asked {
    const stop = new AbortController();
    const coming = firstContact(this.#server, stop.signal);
    const asked: Asked = { coming, stop, at: performance.now(), waiting: 0 };
    this.#asked = asked;
    const drop = (): void => {
      if (this.#asked === asked) this.#asked = undefined;
    };
    coming.then(
      () => stop.signal.removeEventListener('abort', drop),
      () => drop(),
    );
    stop.signal.addEventListener('abort', drop);
    return asked;
  }
}

async function firstContact(server: Connection, signal: AbortSignal): Promise<Reached> {
  const notes: string[] = [];
  const servers = await contactServers([server], { signal, note: (text) => void notes.push(text) });
  return { contact: await servers.contact(server), notes };
}
