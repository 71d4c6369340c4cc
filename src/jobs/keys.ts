// Keys that go along with a job, for nodes that ask a partner's service: which they are, and out of errors with them.
import { ComfyGenError, optionName } from '../errors.ts';
import { parseJson, stringifyJson } from '../protocol/json.ts';

type ExtraData = Readonly<Record<string, unknown>>;

const isKey = ([name, value]: readonly [string, unknown]): boolean =>
  /key|token|secret|password|auth/i.test(name) && typeof value === 'string' && value.length >= shortest;

/** A shorter one would mask ordinary words, and is none. */
const shortest = 4;

/** The keys that a job's `extra_data` holds. */
export function keysOf(extraData: ExtraData | undefined): readonly string[] {
  return Object.entries(extraData ?? {})
    .filter(isKey)
    .map(([, value]) => value as string); // as was just seen
}

/** `extra_data` without its keys. */
export function withoutKeys(extraData: ExtraData): ExtraData {
  return Object.fromEntries(Object.entries(extraData).filter((entry) => !isKey(entry)));
}

/** The same error with `***` for each key: a server may say back what it was sent. */
export function maskKeys(error: ComfyGenError, keys: readonly string[]): ComfyGenError {
  const forms = keys.flatMap((key) => [key, JSON.stringify(key).slice(1, -1)]);
  const mask = (text: string): string => forms.reduce((shown, form) => shown.replaceAll(form, '***'), text);
  const { reason, exit_code, stack = '' } = error;
  const { message, hint } = error.inWords(optionName);
  const nodeErrors = stringifyJson(error.node_errors ?? null);
  const causes = causesOf(error);
  if ([message, hint ?? '', nodeErrors, stack, causes].every((text) => mask(text) === text)) return error;
  const masked = new ComfyGenError(reason, mask(message), {
    hint: hint === undefined ? undefined : mask(hint),
    node_errors: (parseJson(mask(nodeErrors)) ?? undefined) as ComfyGenError['node_errors'], // the same shape
    cause: causes === '' ? undefined : new Error(mask(causes)),
    exit_code,
  });
  masked.stack = mask(stack);
  return masked;
}

function causesOf(error: Error): string {
  const texts: string[] = [];
  for (let cause = error.cause; cause instanceof Error && texts.length < 5; cause = cause.cause)
    texts.push(cause.stack ?? cause.message);
  return texts.join('\n');
}
