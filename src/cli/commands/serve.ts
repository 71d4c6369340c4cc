// `comfy-gen serve`: the demo server, until a signal ends it.
import { readOptionFile, type Context } from '../context.ts';
import type { ProfileName } from '../../demo/demo.ts';
import { ComfyGenError } from '../../errors.ts';

export async function run(context: Context): Promise<number> {
  const { settings: s, terminal, signal } = context;
  const { startDemo, parseFault, faultHelp } = await demoModule();
  if (s.fault.value.includes('help')) {
    for (const { name, summary } of faultHelp) await terminal.out(`${name.padEnd(28)} ${summary}\n`);
    return 0;
  }
  const models = s.models.value === undefined ? undefined : await readModels(context, s.models.value);
  await using demo = await startDemo({
    port: s.port.value,
    listen: s.listen.value,
    profile: s.profile.value as ProfileName | undefined, // a choice of these
    api: s.api.value as 'core' | 'v2', // a choice of these
    faults: s.fault.value.map(parseFault),
    ...(s.stepMs.value === undefined ? {} : { stepMs: s.stepMs.value }),
    ...(s.loadMs.value === undefined ? {} : { loadMs: s.loadMs.value }),
    ...(models === undefined ? {} : { models }),
  });
  await terminal.out(`${demo.url}\n`);
  if (!s.quiet.value) terminal.err('demo server: it runs no model and draws placeholders; Ctrl-C stops it\n');
  await new Promise<void>((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
  return 0;
}

// apart from `await using`: tsc 6.0.3 leaves import() specifiers alone in a function that has it
const demoModule = (): Promise<typeof import('../../demo/demo.ts')> => import('../../demo/demo.ts');

/** `{"checkpoints": ["a.safetensors"], …}`. */
async function readModels(context: Context, path: string): Promise<Record<string, string[]>> {
  const text = await readOptionFile(context, path, '--models');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ComfyGenError('bad_input_file', `--models: ${path} is not JSON`, { cause });
  }
  const isLists =
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    Object.values(value).every((v) => Array.isArray(v) && v.every((n) => typeof n === 'string'));
  if (!isLists)
    throw new ComfyGenError('bad_input_file', `--models: ${path} is not of the form {"checkpoints": ["name"], …}`);
  return value as Record<string, string[]>; // checked just above
}
