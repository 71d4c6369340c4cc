// `comfy-gen free`: the server drops its models and cached results once it is idle; jobs are left alone.
import { connect } from '../connect.ts';
import type { Context } from '../context.ts';
import { jsonLine } from '../output/objects.ts';
import { firstAnswering } from '../servers.ts';

export async function run(context: Context): Promise<number> {
  const { settings: s, terminal, signal } = context;
  const server = await firstAnswering(context, await connect(context));
  await server.free(signal);
  if (s.json.value) await terminal.out(jsonLine({ server: server.server, freed: true }));
  else if (!s.quiet.value) terminal.err(`${server.server}: models and memory are freed as soon as it is idle\n`);
  return 0;
}
