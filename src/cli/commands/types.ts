// `comfy-gen types`: a TypeScript module of all nodes of a server, on standard output.
import { readDefinitions } from '../../files/definitions-file.ts';
import type { ObjectInfo } from '../../protocol/object-info.ts';
import { writeModule } from '../../typed-graph/write-module.ts';
import { connect } from '../connect.ts';
import { pathOf, type Context } from '../context.ts';
import { firstAnswering } from '../servers.ts';

export async function run(context: Context): Promise<number> {
  await context.terminal.out(writeModule(await definitions(context)));
  return 0;
}

async function definitions(context: Context): Promise<ObjectInfo> {
  const path = context.settings.objectInfo.value;
  if (path !== undefined) return readDefinitions(pathOf(context, path), `--object-info: ${path}`);
  const server = await firstAnswering(context, await connect(context));
  return server.objectInfo(context.signal, { fresh: true });
}
