// First contact with the servers of a run, and what is known of each since.
import type { Connection } from '../connection/connection.ts';
import { ComfyGenError, toComfyGenError } from '../errors.ts';
import type { ObjectInfo } from '../protocol/object-info.ts';
import type { Note } from './spec.ts';

/** A server that answered, and its node definitions; without them, why. */
export type Contact = {
  readonly server: Connection;
  info: ObjectInfo | undefined;
  readonly infoError?: ComfyGenError | undefined;
};

/** The servers of a run. */
export type Servers = {
  readonly all: readonly Connection[];
  /** Those that did not answer at first contact. */
  readonly lost: ReadonlySet<Connection>;
  /** Each server is asked once; one that failed is asked again. */
  readonly contact: (server: Connection) => Promise<Contact>;
};

type ContactOptions = {
  readonly signal: AbortSignal;
  readonly note: Note;
  /** A demo server was asked for: its address says nothing. */
  readonly expectsDemo?: boolean;
  /** What jobs are to be sent afterwards; absent: none. */
  readonly jobs?: { readonly previews: boolean } | undefined;
};

/**
 * Reaches the servers. Of several those that answer are enough: the others may join later.
 * Throws what a single server failed with; of several the first failure that is no missing answer, else the first.
 */
export async function contactServers(servers: readonly Connection[], options: ContactOptions): Promise<Servers> {
  const { signal, note } = options;
  const known = new Map<Connection, Promise<Contact>>();
  const contact = (server: Connection): Promise<Contact> => {
    const asked = known.get(server) ?? contactOne(server, options);
    known.set(server, asked);
    asked.catch(() => known.delete(server));
    return asked;
  };
  const settled = await Promise.allSettled(servers.map(contact));
  signal.throwIfAborted();
  const failures = settled.flatMap((one) => (one.status === 'rejected' ? [toComfyGenError(one.reason)] : []));
  const other = failures.find(({ code }) => code !== 'unreachable');
  if (other !== undefined) throw other;
  if (failures.length === servers.length) throw failures[0] ?? new ComfyGenError('connection_failed', 'no server');
  for (const failure of failures) note(`${failure.message}: the other servers start without it`, 'warning');
  const lost = new Set(servers.filter((_server, i) => settled[i]?.status === 'rejected'));
  return { all: servers, lost, contact };
}

async function contactOne(server: Connection, { signal, note, expectsDemo, jobs }: ContactOptions): Promise<Contact> {
  if (jobs !== undefined) server.awaitJobs(jobs);
  const stats = await server.handshake(signal);
  if (stats.demo && expectsDemo === true)
    note('using the demo server: it runs no model and draws placeholders', 'info');
  else if (stats.demo) note(`${server.server} is a demo server: it runs no model and draws placeholders`, 'info');
  // an API workflow may be sent without definitions; whoever needs them throws what kept them away
  const asked = await server.objectInfoIfAny(signal);
  if ('info' in asked) return { server, info: asked.info };
  if (asked.failure.reason === 'not_offered') note(`${asked.failure.message}: workflows are sent unchecked`, 'warning');
  return { server, info: undefined, infoError: asked.failure };
}

/** The contact of each server that answered, the first one first. */
export async function contactsOf(servers: Servers): Promise<readonly Contact[]> {
  return Promise.all(servers.all.filter((server) => !servers.lost.has(server)).map(servers.contact));
}

/** The node definitions, for those who cannot do without. */
export function definitionsOf({ info, infoError, server }: Contact): ObjectInfo {
  if (info !== undefined) return info;
  throw infoError ?? new ComfyGenError('server_error', `${server.server} gave no node definitions`);
}

/** Definitions from the cache may be old: what they refuse is tried once more with the server's own. */
export async function withFreshDefinitions<T>(
  contact: Contact | undefined,
  signal: AbortSignal,
  attempt: () => T | Promise<T>,
): Promise<T> {
  try {
    return await attempt();
  } catch (error) {
    const isOld = contact?.server.definitions.areCached === true;
    if (!isOld || !(error instanceof ComfyGenError) || error.code !== 'validation') throw error;
    contact.info = await contact.server.objectInfo(signal, { fresh: true });
    return attempt();
  }
}
