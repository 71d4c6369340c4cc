// Headers and secrets that settings and variables name, and to which server they may go.
import { ComfyGenError } from '../errors.ts';
import type { Layer, Resolved } from '../options/resolve.ts';

export type CredentialSettings = {
  readonly host: Resolved<readonly string[]>;
  readonly header: Resolved<readonly { readonly name: string; readonly value: string }[]>;
  readonly tokenEnv: Resolved<string | undefined>;
  readonly apiKeyEnv: Resolved<string | undefined>;
  readonly partnerKeyEnv: Resolved<string | undefined>;
  readonly api: Resolved<string | undefined>;
};
type Env = Readonly<Record<string, string | undefined>>;

/**
 * `tokenInFile` stands above the variables. `clean` makes a value fit for a header, or refuses it naming where it came from.
 * The headers for the servers that the settings name. What may not go there is left out and comes back as a warning.
 * Throws `missing_variable`.
 */
export function credentialHeaders(
  s: CredentialSettings,
  env: Env,
  clean: (value: string, from: string) => string,
  tokenInFile?: string,
): {
  readonly headers: Readonly<Record<string, string>>;
  /** For nodes that ask a partner's service, in the body of a job. */
  readonly partnerKey: string | undefined;
  /** The key for Comfy API v2; where that is not spoken it goes nowhere. */
  readonly apiKey: string | undefined;
  readonly warnings: readonly string[];
} {
  const headers: Record<string, string> = {};
  const warnings: string[] = [];
  const isWithheld = (what: string, from?: Layer): boolean => {
    const { layer: host } = s.host;
    // a secret of the user's does not go to a server that only a project's file names
    if (host === undefined || host.trusted || (from !== undefined && !from.trusted)) return false;
    warnings.push(`the ${what} is not sent: only ${host.label} names this server (set COMFY_GEN_HOST)`);
    return true;
  };
  if (s.header.layer !== undefined && !isWithheld('header', s.header.layer))
    for (const { name, value } of s.header.value) headers[name.toLowerCase()] = value;
  const token =
    tokenInFile === undefined
      ? readVariable(s.tokenEnv.value ?? ifSet('COMFY_GEN_TOKEN', env), env, 'tokenEnv', clean)
      : clean(tokenInFile, 'tokenFile');
  const key = readVariable(s.apiKeyEnv.value, env, 'apiKeyEnv', clean);
  if (token !== undefined && !isWithheld('token')) headers['authorization'] = `Bearer ${token}`;
  if (key !== undefined && !isWithheld('API key')) headers['x-api-key'] = key;
  const given = readVariable(s.partnerKeyEnv.value ?? ifSet('COMFY_GEN_PARTNER_KEY', env), env, 'partnerKeyEnv', clean);
  const partnerKey = given !== undefined && !isWithheld('partner key') ? given : undefined;
  const apiKey = key === undefined ? v2Key(s, env, clean) : undefined; // a key that was named is among the headers
  const isOurs = s.host.layer === undefined || s.host.layer.trusted;
  const mayGo = apiKey !== undefined && (isOurs || (s.api.value === 'v2' && !isWithheld('API key')));
  return { headers, partnerKey, apiKey: mayGo ? apiKey : undefined, warnings };
}

/** `COMFY_API_KEY` is every Comfy tool's variable: damaged, it is in nobody's way who speaks to another server. */
function v2Key(s: CredentialSettings, env: Env, clean: (value: string, from: string) => string): string | undefined {
  const name = s.api.value === 'core' ? undefined : ifSet('COMFY_API_KEY', env);
  try {
    return readVariable(name, env, 'apiKeyEnv', clean);
  } catch (error) {
    if (s.api.value === 'v2' || s.host.value.some((host) => /comfy\.(?:org|app)/i.test(host))) throw error;
    return undefined;
  }
}

const nonEmpty = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

const ifSet = (name: string, env: Env): string | undefined => (nonEmpty(env[name]) === undefined ? undefined : name);

function readVariable(
  name: string | undefined,
  env: Env,
  option: string,
  clean: (value: string, from: string) => string,
): string | undefined {
  if (nonEmpty(name) === undefined) return undefined;
  const value = nonEmpty(env[name ?? '']);
  if (value !== undefined) return clean(value, isVariableName(name ?? '') ? (name ?? '') : option);
  const isName = isVariableName(name ?? '');
  throw new ComfyGenError('missing_variable', `: the variable ${isName ? (name ?? '') : 'that it names'} is not set`, {
    option,
    hint: isName ? undefined : "it takes the variable's name, as MY_TOKEN, not what it holds",
  });
}

/** Is this a variable's name? Who writes the secret where its variable's name belongs does not see it again. */
export function isVariableName(name: string): boolean {
  return /^[A-Z_][A-Z0-9_]{0,40}$/.test(name);
}
