// The server that the journal names for a job, reached with the credentials that may go there.
import { parseAddress, shownAddress } from '../connection/address.ts';
import type { Connection } from '../connection/connection.ts';
import type { JournalFacts } from '../journal/journal.ts';
import type { Layer } from '../options/resolve.ts';
import { connect, type Session } from './context.ts';

/** Opens a connection to the server of a past job. A host that the settings name stays theirs, user info and all. */
export async function connectKnown(
  session: Session,
  { server, trusted }: Pick<JournalFacts, 'server' | 'trusted'>,
): Promise<Connection> {
  const { settings } = session;
  const same = settings.host.value.find((host) => shownAddress(parseAddress(host, settings.port.value)) === server);
  const layer: Layer = { source: trusted ? 'user' : 'project', label: 'the journal', trusted, values: {} };
  const host = same === undefined ? { value: [server], layer } : { ...settings.host, value: [same] };
  const [connection] = await connect({
    ...session,
    settings: { ...settings, host, demo: { value: false, layer: undefined } },
  });
  return connection;
}

/** Was the server named on this command line? Then only that one is meant. */
export function namesHost({ settings: s }: Session): boolean {
  return s.demo.value === true || s.host.layer?.source === 'flag' || s.port.layer?.source === 'flag';
}

/** The addresses of the settings as results call them. */
export function namedServers({ settings: s }: Session): readonly string[] {
  return s.host.value.map((host) => shownAddress(parseAddress(host, s.port.value)));
}
