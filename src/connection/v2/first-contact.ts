// Does something speak Comfy API v2 here? What it offers beyond the contract, and which ComfyUI is behind it.
import type { SystemStats } from '../../protocol/http.ts';
import { isRecord, tryParseJson } from '../../protocol/json.ts';
import { parseV2Error, parseV2Jobs } from '../../protocol/v2.ts';
import type { TextAnswer, Transport } from '../transport.ts';

export type V2Facts = {
  readonly stats: SystemStats;
  /** It lists its jobs and keeps a label of each: comfy-api-proxy does, the hosted ones do not. */
  readonly lists: boolean;
  /** The address of the ComfyUI behind it, as it says. */
  readonly upstream: string | undefined;
};

/** Comfy Cloud and serverless deployments speak v2: no other route is tried, and no key is asked for in vain. */
export function isHosted(transport: Transport): boolean {
  return /^(?:cloud\.comfy\.org|.+\.(?:run\.comfy\.app|comfy\.org))$/.test(transport.options.address.hostname);
}

/** A job that nobody has: only what speaks v2 says so in its own words. */
const nobodys = '/api/v2/jobs/00000000-0000-4000-8000-000000000000';

/**
 * Undefined when it does not speak v2. Throws `auth` and `unreachable` kinds.
 * A key goes out only to what is known, or was shown, to speak it.
 */
export async function askV2(
  transport: Transport,
  { apiKey, isMeant }: { readonly apiKey: string | undefined; readonly isMeant: boolean },
  ask: (path: string) => Promise<TextAnswer>,
): Promise<V2Facts | undefined> {
  if (!isMeant && parseV2Error((await ask(nobodys)).text) === undefined) return undefined;
  transport.useBearer(apiKey);
  const listed = await ask('/api/v2/jobs?limit=1');
  const lists = listed.status === 200 && parseV2Jobs(listed.text) !== undefined;
  if (!lists && !speaksV2(transport, listed, isMeant) && !speaksV2(transport, await ask(nobodys), isMeant))
    return undefined;
  const health = await ask('/api/v2/health');
  const facts = health.status === 200 ? tryParseJson(health.text) : undefined;
  const told = isRecord(facts) ? facts : {};
  const upstream = typeof told['upstream'] === 'string' ? told['upstream'] : undefined;
  return { stats: { version: undefined, demo: told['comfy_gen_demo'] === true, raw: {} }, lists, upstream };
}

/** Refusals in the envelope of v2 show it too; the ones about who we are are thrown. */
function speaksV2(transport: Transport, answer: TextAnswer, isMeant: boolean): boolean {
  const inItsWords = parseV2Error(answer.text) !== undefined;
  if ((inItsWords || isMeant) && [401, 402, 403, 407].includes(answer.status))
    throw transport.unexpected('/api/v2/jobs', answer);
  return inItsWords;
}
