// `comfy-gen worker`: runs jobs from Redis on the servers it is given, until a signal or --max-idle ends it. Logs as NDJSON.
import { Connection } from '../../connection/connection.ts';
import { ComfyGenError } from '../../errors.ts';
import { parseTemplate } from '../../files/name.ts';
import type { JobStep } from '../../jobs/events.ts';
import { isRecord } from '../../jobs/events.ts';
import { checkFolder } from '../../files/write.ts';
import { contactServers } from '../../plan/servers.ts';
import { startHealth } from '../../workers/health.ts';
import type { ServerNews } from '../../workers/server-worker.ts';
import { WorkerProcess } from '../../workers/worker.ts';
import { connect, proxyVariables } from '../connect.ts';
import { pathOf, type Context } from '../context.ts';
import { openLink } from '../distributed/open-link.ts';
import { workerLog, type WorkerLog } from '../distributed/worker-log.ts';
import { eventLine, jsonLine } from '../output/objects.ts';

export async function run(context: Context): Promise<number> {
  const { settings: s, terminal, signal } = context;
  const log = workerLog(context);
  const folder = s.output.value;
  const template = parseTemplate(s.name.value);
  await checkFolder(pathOf(context, folder));
  const link = await openLink(context, log.notices);
  const connections = await connect(context);
  const { note } = log.notices;
  const servers = await contactServers(connections, { signal, note, expectsDemo: s.demo.value === true });
  const worker = new WorkerProcess({
    link,
    servers,
    connectTo: (server) => bare(context, server),
    folder: { folder, cwd: terminal.cwd, template },
    ahead: s.ahead.value,
    maxIdleMs: s.maxIdle.value,
    note,
    tell: (news, server) => tell(context, log, news, server),
    signal,
  });
  if (s.healthz.value !== undefined) {
    const health = await startHealth({ port: s.healthz.value, listen: s.listen.value }, () => ({
      redis: link.redis.status === 'ready',
      servers: worker.servers.map(({ connection, isUp, jobs }) => ({ server: connection.server, up: isUp, jobs })),
    }));
    context.atEnd(() => health.stop());
    log.write('info', `health at ${health.url}`, { url: health.url });
  }
  log.write('info', 'works', { servers: connections.map(({ server }) => server) });
  await worker.run();
  log.write(
    'info',
    signal.aborted ? 'stopped: what ran is done, what waited is back in the queue' : 'nothing to do: stops',
  );
  const { reason } = signal as { reason: unknown };
  return reason instanceof ComfyGenError && reason.code === 'timeout' ? reason.exit_code : 0;
}

/** To a server of another worker: without any credentials of ours. */
function bare({ settings: s, terminal, version }: Context, server: string): Connection {
  const proxy = { proxy: s.proxy.value, proxyVariables: proxyVariables(terminal.env) };
  return new Connection({ host: server, ...proxy, connectTimeoutMs: s.connectTimeout.value, retries: 1, version });
}

function tell(context: Context, log: WorkerLog, news: ServerNews, server: string): void {
  const { settings: s } = context;
  log.news(news, server);
  if (news.type === 'step') {
    const { step } = news;
    if (s.events.value && !isRecord(step)) log.out(eventLine(step));
    else if (!s.json.value && !s.events.value) log.out(pathLine(step, s.print0.value ? '\0' : '\n'));
  }
  if (news.type === 'done' && s.json.value) log.out(jsonLine(news.result));
  if (news.type === 'failed' && !news.again && s.json.value) log.out(jsonLine(news.failure));
}

const pathLine = (step: JobStep, end: string): string =>
  step.type === 'saved' && step.file.path !== null ? `${step.file.path}${end}` : '';
