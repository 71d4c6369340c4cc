// `comfy-gen list <kind>`: names that the server offers, one a line.
import { checkKind, list, type Listed } from '../../plan/listing.ts';
import { firstAnswering } from '../servers.ts';
import { harmless } from '../../text/harmless.ts';
import { connect } from '../connect.ts';
import type { Context } from '../context.ts';
import { jsonLine } from '../output/objects.ts';

export async function run(context: Context): Promise<number> {
  const { terminal, settings: s, signal, words } = context;
  const kind = checkKind(words[0]);
  const server = await firstAnswering(context, await connect(context));
  for (const row of await list(kind, server, signal))
    await terminal.out(s.json.value ? jsonLine(row) : `${harmless(lineOf(row))}\n`);
  return 0;
}

/** The name comes first; what else is known follows after a tab. */
function lineOf(row: Listed): string {
  if ('runnable' in row) {
    const missing = row['missing'] as readonly string[]; // made beside `runnable`
    return `${row.name}\t${row['runnable'] === true ? 'runnable' : `lacks ${missing.join('; ')}`}`;
  }
  const title = row['title'];
  return typeof title === 'string' && title !== '' && title !== row.name ? `${row.name}\t${title}` : row.name;
}
