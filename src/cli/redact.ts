// The secrets of one run, in every form in which they travel, and how they are taken out of what is shown or kept.
import { ComfyGenError } from '../errors.ts';
import type { JobFailure, JobResult } from '../jobs/job.ts';

export type Redact = (text: string) => string;

type Value<T> = { readonly value: T };
/** The settings that name or hold secrets. */
type SecretSettings = {
  readonly tokenEnv: Value<string | undefined>;
  readonly apiKeyEnv: Value<string | undefined>;
  readonly partnerKeyEnv: Value<string | undefined>;
  readonly header: Value<readonly { readonly value: string }[]>;
  readonly host: Value<readonly string[]>;
  readonly proxy: Value<string | undefined>;
  readonly redis: Value<string>;
  readonly enhanceUrl: Value<string | undefined>;
};

/** Variables that count without being named. */
const standing = [
  ...['COMFY_GEN_TOKEN', 'COMFY_GEN_PARTNER_KEY', 'COMFY_GEN_REDIS_PASSWORD', 'COMFY_API_KEY'],
  'COMFY_GEN_ENHANCE_KEY',
];

const mask = '***';
/** A shorter one would mask ordinary words, and is none. */
const shortest = 4;
/** Levels of a failure's details. */
const deepest = 100;

/** Takes the secrets that these settings and variables name out of a text. */
export function redactor(
  settings: SecretSettings,
  env: Readonly<Record<string, string | undefined>>,
  tokenInFile?: string,
): Redact {
  const { tokenEnv, apiKeyEnv, partnerKeyEnv, header, host, proxy, redis, enhanceUrl } = settings;
  const variables = [tokenEnv.value, apiKeyEnv.value, partnerKeyEnv.value, ...standing];
  const proxies = ['http_proxy', 'HTTP_PROXY', 'https_proxy', 'HTTPS_PROXY'].map((name) => env[name]);
  const plain = [
    tokenInFile,
    ...variables.flatMap((name) => (name === undefined ? [] : [env[name]])),
    ...header.value.flatMap(({ value }) => [value, ...value.split(/[;,\s=]+/).filter((part) => part.length >= 8)]),
    ...[...host.value, proxy.value, redis.value, enhanceUrl.value, ...proxies].flatMap(credentialsOf),
  ];
  const forms = [...new Set(plain.flatMap((one) => (one === undefined ? [] : [one, one.trim()].flatMap(formsOf))))]
    .filter((form) => form.length >= shortest)
    .sort((a, b) => b.length - a.length); // the whole before its parts
  return (text) => forms.reduce((shown, form) => shown.replaceAll(form, mask), text);
}

/** User info as written, decoded, and joined as Basic credentials have it. */
function credentialsOf(address: string | undefined): readonly string[] {
  const [, info] = /^(?:[a-z][a-z0-9+.-]*:\/\/)?(.*)@/is.exec(address ?? '') ?? [];
  if (info === undefined) return [];
  const [user = '', password = ''] = info.split(/:(.*)/s);
  const secret = password === '' ? user : password;
  return [info, decoded(info), `${decoded(user)}:${decoded(password)}`, secret, decoded(secret)];
}

function formsOf(secret: string): readonly string[] {
  const base64 = Buffer.from(secret).toString('base64');
  return [
    secret,
    JSON.stringify(secret).slice(1, -1),
    encodeURI(wellFormed(secret)),
    encodeURIComponent(wellFormed(secret)),
    base64,
    base64.replace(/=+$/, ''),
    Buffer.from(secret).toString('base64url'),
  ];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** Lone surrogates have no URL form. */
function wellFormed(text: string): string {
  return Buffer.from(text).toString('utf8');
}

/** Every text within a value; what lies deeper than anything sensible is left out. */
export function redactAll(value: unknown, redact: Redact, depth = 0): unknown {
  if (typeof value === 'string') return redact(value);
  if (typeof value !== 'object' || value === null) return value;
  if (depth > deepest) return '…';
  const inner = (one: unknown): unknown => redactAll(one, redact, depth + 1);
  if (Array.isArray(value)) return value.map(inner);
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [redact(key), inner(one)]));
}

/** The same result; a failure's error without secrets. */
export function redactResult<R extends JobResult | JobFailure>(result: R, redact: Redact): R {
  if (result.ok) return result;
  return { ...result, error: redactAll(result.error, redact) as JobFailure['error'] }; // the same shape
}

/** The same failure, fit to be shown: a server may say back what it was sent. */
export function redactError(error: ComfyGenError, redact: Redact): ComfyGenError {
  const { reason, message, hint, node_errors, cause, exit_code, stack } = error;
  const shown = new ComfyGenError(reason, redact(message), {
    hint: hint === undefined ? undefined : redact(hint),
    node_errors: redactAll(node_errors, redact) as typeof node_errors, // the same shape
    cause,
    exit_code,
  });
  if (stack !== undefined) shown.stack = stack;
  return shown;
}
