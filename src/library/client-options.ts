// How a program says where a server is and how patient we are with it. Types only.

/** How to reach the server. Only what stands here counts: no environment variable and no config file is read. */
export type ClientOptions = {
  /**
   * `box`, `box:8188` or a URL with an optional base path (`https://box/comfy`); user info becomes Basic credentials. A URL
   * keeps its own port. Default `127.0.0.1`.
   */
  readonly host?: string | undefined;
  /** 1 to 65535, where `host` names none; default 8188. */
  readonly port?: number | undefined;
  /** The server's API: ComfyUI's own (`core`), or Comfy API v2 (Comfy Cloud, comfy-api-proxy); found out when it is left out. */
  readonly api?: 'core' | 'v2' | undefined;
  /** Sent with every request to this server, the WebSocket's too, and to no other. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Sent as `Authorization: Bearer`. */
  readonly token?: string | undefined;
  /** Sent as `X-API-Key`; to a server that speaks Comfy API v2 as `Authorization: Bearer`. */
  readonly apiKey?: string | undefined;
  /** Key for nodes that ask a partner's service: `extra_data.api_key_comfy_org` of each job. */
  readonly partnerKey?: string | undefined;
  /** A certificate authority to trust: PEM text, or the path of a file. */
  readonly ca?: string | undefined;
  /** Do not check the server's certificate; default `false`. */
  readonly insecure?: boolean | undefined;
  /** URL of a proxy to go through; default none. */
  readonly proxy?: string | undefined;
  /** How often a request that may be repeated is tried again, 0 to 1000; default 5. */
  readonly retries?: number | undefined;
  /** Limit of one connection attempt: seconds, or a text such as `500ms`; default 10. */
  readonly connectTimeout?: number | string | undefined;
  /** Patience for a server that is not up yet, or that goes away: seconds, or a text such as `5m`; default none. */
  readonly waitForServer?: number | string | undefined;
  /** A request that brings no byte for so many ms has failed; default 60 000. */
  readonly silenceMs?: number | undefined;
};
