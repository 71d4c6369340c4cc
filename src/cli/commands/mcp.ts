// `comfy-gen mcp`: the tools of mcp/ on standard input and output. A call is a run of the command that it names, in this process.
import { PassThrough, Readable, Writable } from 'node:stream';
import { ComfyGenError } from '../../errors.ts';
import { serveTools } from '../../mcp/server.ts';
import type { RunCommand } from '../../mcp/calls.ts';
import { asFlags } from '../../mcp/tools.ts';
import { commandOptions } from '../../options/settings.ts';
import type { OptionTable } from '../../options/option.ts';
import { parseJson } from '../../protocol/json.ts';
import { connect } from '../connect.ts';
import { pathOf, type Context } from '../context.ts';
import type { SignalName, Terminal } from '../terminal.ts';

export async function run(context: Context): Promise<number> {
  const { settings: s, terminal, signal, version } = context;
  const flags = context.layers.find(({ source }) => source === 'flag')?.values ?? {};
  if (s.output.value === '-')
    throw new ComfyGenError('bad_option', 'is a folder here: standard output carries the protocol', {
      option: 'output',
    });
  const demo = s.demo.value ? { host: [(await connect(context))[0].server], demo: false } : {}; // one for all calls
  const given = { ...flags, ...demo, output: undefined };
  const house = {
    run: commandRunner(context),
    output: pathOf(context, s.output.value),
    flagsFor: (command: string) => asFlags(given, tableOf(command)),
  };
  const input = terminal.input();
  await serveTools(house, {
    version,
    input: input instanceof Readable ? input : Readable.from(input),
    output: new Writable({
      write: (chunk: Uint8Array, _encoding, done) => void terminal.out(chunk).then(() => done(), done),
    }),
    signal,
  });
  signal.throwIfAborted();
  return 0;
}

const tableOf = (command: string): OptionTable =>
  (commandOptions as Readonly<Record<string, OptionTable>>)[command] ?? {};

/** Commands run as if on a terminal of their own: what they print is theirs, what they say goes to standard error too. */
function commandRunner({ terminal: outer, runOther }: Context): RunCommand {
  return async (argv, { signal, input = '', object }) => {
    let said = '';
    let rest = '';
    const handlers = new Set<(name: SignalName) => void>();
    const cancel = (): void => handlers.forEach((handler) => handler('SIGINT'));
    const terminal: Terminal = {
      ...outer,
      out: (text) => {
        const lines = (rest + (typeof text === 'string' ? text : Buffer.from(text).toString())).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) if (line.startsWith('{')) object(parseJson(line));
        return Promise.resolve();
      },
      err: (text) => {
        said += text;
        outer.err(text);
      },
      outIsTTY: false,
      errIsTTY: false,
      inIsTTY: false,
      errStream: undefined,
      input: () => new PassThrough().end(input),
      onSignal: (handler) => {
        handlers.add(handler);
        if (signal.aborted) handler('SIGINT');
        return () => void handlers.delete(handler);
      },
      restore: () => undefined,
      leave: () => undefined,
    };
    signal.addEventListener('abort', cancel, { once: true });
    try {
      return { code: await runOther(argv, terminal), said };
    } finally {
      signal.removeEventListener('abort', cancel);
    }
  };
}
