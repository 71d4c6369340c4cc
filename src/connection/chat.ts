// One question to a language model behind any OpenAI-compatible address: `POST …/chat/completions`.
import { ComfyGenError } from '../errors.ts';
import { isRecord, tryParseJson } from '../protocol/json.ts';
import { readUrl } from './address.ts';
import { ConnectionPool } from './agent.ts';
import { answerOf, boundedText } from './answer.ts';
import { bytesBody } from './body.ts';
import { connector } from './connector.ts';
import { exchange } from './exchange.ts';
import { chooseProxy, type ProxyVariables } from './proxy.ts';
import { basic } from './secrets.ts';

export type ChatServer = {
  /** `https://api.example/v1`, with or without `/chat/completions`. User info becomes Basic credentials where there is no key. */
  readonly url: string;
  /** Sent as `Authorization: Bearer`, to this address alone. */
  readonly key: string | undefined;
  readonly userAgent: string;
  readonly proxy?: string | undefined;
  readonly proxyVariables?: ProxyVariables | undefined;
  readonly connectTimeoutMs: number;
};

export type ChatMessage = { readonly role: 'system' | 'user'; readonly content: string };

const maxBytes = 1024 * 1024;
/** The caller's signal has the limit that counts. */
const limitMs = 3_600_000;

/** Where the questions go. Throws `bad_option` for what is no address. */
export function chatAddress(written: string): URL {
  const url = readUrl(/^[a-z][a-z0-9+.-]*:\/\//i.test(written) ? written : `http://${written}`);
  if (url === undefined)
    throw new ComfyGenError('bad_option', 'is no address like http://127.0.0.1:11434/v1', { option: 'enhanceUrl' });
  const path = url.pathname.replace(/\/+$/, '');
  if (!/\/chat\/completions$/.test(path)) url.pathname = `${path === '' ? '/v1' : path}/chat/completions`;
  return url;
}

/** What the model answers. Throws what went wrong in one sentence, no secret in it; redirects are not followed. */
export async function askChat(
  server: ChatServer,
  { model, messages }: { readonly model: string | undefined; readonly messages: readonly ChatMessage[] },
  signal: AbortSignal,
): Promise<string> {
  const url = chatAddress(server.url);
  const login = basic(url);
  const authorization = server.key === undefined ? login : `Bearer ${server.key}`;
  url.username = url.password = '';
  const { length, start } = bytesBody(JSON.stringify({ model, messages, stream: false }));
  const connections = poolFor(url, server);
  try {
    const incoming = await exchange(connections, url, {
      method: 'POST',
      headers: {
        'user-agent': server.userAgent,
        'content-type': 'application/json',
        'content-length': String(length),
        accept: 'application/json',
        ...(authorization === undefined ? {} : { authorization }),
      },
      body: { length, pieces: start().pieces },
      signal,
      patienceMs: limitMs,
      silenceMs: limitMs,
    });
    const answer = answerOf({ ...incoming, url });
    return contentOf(
      answer.status,
      await boundedText(answer.body, maxBytes, () => failed('its answer is larger than 1 MiB')),
      server.key,
    );
  } finally {
    connections.destroy();
  }
}

function poolFor(url: URL, { proxy, proxyVariables, userAgent, connectTimeoutMs }: ChatServer): ConnectionPool {
  return new ConnectionPool(
    connector({ proxy: chooseProxy(url, proxy, proxyVariables), userAgent, timeoutMs: connectTimeoutMs }),
  );
}

function contentOf(status: number, text: string, key: string | undefined): string {
  const value = tryParseJson(text);
  if (status >= 300 && status < 400) throw failed(`HTTP ${status}, a redirect: name the address that it leads to`);
  if (status >= 300) throw failed(`HTTP ${status}${reasonOf(value, key)}`);
  const choices = isRecord(value) && Array.isArray(value['choices']) ? (value['choices'] as unknown[]) : [];
  const message = isRecord(choices[0]) ? choices[0]['message'] : undefined;
  const content = isRecord(message) ? message['content'] : undefined;
  if (typeof content === 'string') return content;
  throw failed('its answer is none of a chat completion');
}

/** The server's own words, which may repeat the key. */
function reasonOf(value: unknown, key: string | undefined): string {
  const error = isRecord(value) ? value['error'] : undefined;
  const said = isRecord(error) ? error['message'] : error;
  if (typeof said !== 'string') return '';
  return `: ${(key === undefined ? said : said.replaceAll(key, '***')).replace(/\s+/g, ' ').slice(0, 200)}`;
}

const failed = (message: string): ComfyGenError => new ComfyGenError('connection_failed', message);
