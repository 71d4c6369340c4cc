// The Redis that the settings name, for `enqueue` and `worker`.
import { ComfyGenError } from '../../errors.ts';
import { namesOf } from '../../workers/names.ts';
import { loadPackages } from '../../workers/packages.ts';
import type { Link } from '../../workers/queues.ts';
import { openRedis } from '../../workers/redis.ts';
import { readOptionFile, type Context } from '../context.ts';
import type { Notices } from '../notes.ts';

const passwordVariable = 'COMFY_GEN_REDIS_PASSWORD';

/** Connects; `patienceMs` is how long a Redis that went away may take to come back. It is closed when the command ends. */
export async function openLink(context: Context, { note }: Notices, patienceMs?: number): Promise<Link> {
  const { settings: s, atEnd } = context;
  const names = namesOf(queueName(s.queue.value));
  const packages = await loadPackages();
  const ca = s.ca.value === undefined ? undefined : await readOptionFile(context, s.ca.value, '--ca');
  const redis = await openRedis(packages, {
    url: s.redis.value,
    password: passwordFor(context, note),
    ca,
    insecure: s.insecure.value,
    connectTimeoutMs: s.connectTimeout.value,
    patienceMs,
    notify: (message) => note(message, 'warning'),
  });
  atEnd(() => redis.disconnect());
  return { packages, redis, names };
}

/** It goes only to a Redis that the user named, as other secrets. */
function passwordFor({ settings: { redis }, terminal: { env } }: Context, note: Notices['note']): string | undefined {
  const password = env[passwordVariable];
  if (password === undefined || password === '') return undefined;
  if (redis.layer === undefined || redis.layer.trusted) return password;
  note(
    `the Redis password is not sent: only ${redis.layer.label} names this Redis (set COMFY_GEN_REDIS_URL)`,
    'warning',
  );
  return undefined;
}

function queueName(written: string): string {
  if (/^[A-Za-z0-9][\w.-]{0,63}$/.test(written)) return written;
  throw new ComfyGenError('bad_option', 'takes letters, digits, dots and dashes, at most 64', { option: 'queue' });
}
