// How to reach a server, and what is known of a job there: the types of a Connection.
import type { HistoryEntry } from '../protocol/http.ts';
import type { ProxyVariables } from './proxy.ts';

/** Which API a server speaks: ComfyUI's own, or Comfy API v2. */
export type ApiName = 'core' | 'v2';

export type ConnectionOptions = {
  /** `box`, `box:8188` or a URL with an optional base path; user info becomes Basic credentials, a query goes along with every request. */
  readonly host: string;
  readonly port?: number | undefined;
  /** Headers for this server only, WebSocket included. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Key for nodes that ask a partner's service; goes along with each job. */
  readonly partnerKey?: string | undefined;
  /** Which API it speaks; found out when it is not said. */
  readonly api?: ApiName | undefined;
  /** Key for Comfy API v2, sent as `Authorization: Bearer` to a server that speaks it, and to no other. */
  readonly apiKey?: string | undefined;
  /** The project's file that alone names this server, where one does: no secret of the user's goes there. */
  readonly namedBy?: string | undefined;
  /** User of a server that runs with `--multi-user`, sent as `Comfy-User`. */
  readonly comfyUser?: string | undefined;
  /** PEM text of a certificate authority to trust. */
  readonly ca?: string | undefined;
  readonly insecure?: boolean | undefined;
  readonly proxy?: string | undefined;
  readonly proxyVariables?: ProxyVariables | undefined;
  /** Default 10 000 ms. */
  readonly connectTimeoutMs?: number | undefined;
  /** A request that moves no byte for so long has failed; default 60 000 ms. */
  readonly silenceMs?: number | undefined;
  /** How often a safe request is tried again; default 5. */
  readonly retries?: number | undefined;
  /** Patience for a server that is not up or goes away, exact to the attempt that is under way; default 0. */
  readonly waitForServerMs?: number | undefined;
  readonly version?: string | undefined;
  /** Keeps node definitions between runs; a failing cache is an empty one. */
  readonly definitions?: DefinitionsCache | undefined;
  /** Every request, for a log. */
  readonly trace?: ((line: string) => void) | undefined;
  /** What somebody at the screen should know: that we wait for the server, how long, and why. */
  readonly notify?: ((message: string) => void) | undefined;
  /** The hint of `connection_refused` at first contact, from who knows what else there is. */
  readonly hintIfRefused?: ((signal?: AbortSignal) => Promise<string>) | undefined;
};

/** Node definitions as a server gave them: the members of the object, each on one line. */
export type KeptDefinitions = { readonly version: string; readonly members: readonly string[] };

export type DefinitionsCache = {
  readonly read: (server: string, version: string) => Promise<readonly string[] | undefined>;
  readonly write: (server: string, definitions: KeptDefinitions) => Promise<void>;
  /** Of whatever version the server had last. */
  readonly latest: (server: string) => Promise<KeptDefinitions | undefined>;
};

/** What is known of a job on the server right now. */
export type JobState = { /** The id that the server knows it by, where that is another. */ readonly id?: string } & (
  | { readonly state: 'pending'; readonly ahead: number | undefined }
  | { readonly state: 'running' }
  | { readonly state: 'finished'; readonly entry: HistoryEntry }
  | { readonly state: 'absent' }
);
