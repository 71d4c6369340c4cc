// What the environment sets, and the variables of ours that set nothing.
import { envName, readsEnv } from '../options/describe.ts';
import type { AnyOption } from '../options/option.ts';
import { allOptions } from '../options/settings.ts';
import { tryParseJson } from '../protocol/json.ts';
import { closest } from '../text/closest.ts';
import type { Values } from './parse-file.ts';

type Env = Readonly<Record<string, string | undefined>>;

const prefix = 'COMFY_GEN_';
/** Read elsewhere: secrets, and what the project's own tests and tools take. */
const others = /^COMFY_GEN_(?:TOKEN|PARTNER_KEY|ENHANCE_KEY|(?:TEST|FUZZ)_\w+)$/;

export function environment(env: Env): Values {
  const values: Record<string, unknown> = {};
  for (const [key, option] of Object.entries(allOptions)) {
    if (!readsEnv(option)) continue;
    const raw = env[envName(key, option)] ?? '';
    const opposite = oppositeName(key, option);
    const negative = opposite === undefined ? '' : (env[opposite] ?? '');
    if (raw !== '') values[key] = option.list ? listOf(raw) : raw;
    else if (negative !== '') values[key] = option.parse(negative, opposite ?? '') !== true;
  }
  return values;
}

/** `COMFY_GEN_NO_JOURNAL` beside `COMFY_GEN_JOURNAL`. */
function oppositeName(key: string, option: AnyOption): string | undefined {
  return option.toggle && option.negated ? envName(key, option).replace(prefix, `${prefix}NO_`) : undefined;
}

/** A repeatable option's variable holds one value, or a JSON array of them. */
function listOf(raw: string): unknown {
  const array = raw.startsWith('[') ? tryParseJson(raw) : undefined;
  return Array.isArray(array) ? array : raw;
}

/** A sentence for each variable of ours that nothing reads. `named`: variables that settings name, as for a token. */
export function unknownVariables(env: Env, named: readonly (string | undefined)[]): readonly string[] {
  const options = Object.entries(allOptions);
  const known = options.flatMap(([key, option]) =>
    readsEnv(option) ? [envName(key, option), oppositeName(key, option) ?? []].flat() : [],
  );
  const flags = new Map(options.map(([key, option]) => [envName(key, option), key]));
  return Object.keys(env).flatMap((name) => {
    const isOurs = name.startsWith(prefix) && (env[name] ?? '') !== '';
    if (!isOurs || known.includes(name) || others.test(name) || named.includes(name)) return [];
    const key = flags.get(name);
    if (key !== undefined) return [`${name} is not read: <option ${key}> is only for the command line`];
    const [near] = closest(name, known, 1, false);
    return [`${name} is not a setting${near === undefined ? '' : `: did you mean ${near}?`}`];
  });
}
