// undici over our own connections: HTTP of a server, and of a language model.
import { Agent } from 'undici';
import type { Connector } from './connector.ts';

/** Time limits of headers are kept in exchange.ts; `bodyTimeout` in ms, 0 for none. */
export function agentOver(connect: Connector, options: { connections?: number; bodyTimeout: number }): Agent {
  return new Agent({
    ...options,
    headersTimeout: 0,
    connect: ({ hostname, protocol, port }, done) => {
      connect({ hostname, protocol, port }).then(
        (socket) => done(null, socket),
        // undici tries again for ever after an error with this code of its own: the cause keeps it, ours has none
        (cause: unknown) => done(new Error(messageOf(cause), { cause }), null),
      );
    },
  });
}

export function messageOf(failure: unknown): string {
  return failure instanceof Error ? failure.message : String(failure);
}
