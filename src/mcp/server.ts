// The tools over the Model Context Protocol, by its official package, which is loaded here and nowhere else.
import type { Readable, Writable } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import { ComfyGenError } from '../errors.ts';
import { callTool, type House, type Outcome } from './calls.ts';
import { tools, type Tool } from './tools.ts';

const instructions =
  'Makes images, videos and sounds on a ComfyUI server. `generate` needs only a prompt; `list` tells what the server has; ' +
  '`doctor` tells what is wrong. Files are saved below the output folder, and results name their paths.';

/** Throws `missing_package` where the package is not installed. */
async function loadSdk() {
  try {
    // McpServer wants a schema library for what are plain tables here
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    const [{ Server }, { StdioServerTransport }, types] = await Promise.all([
      import('@modelcontextprotocol/sdk/server/index.js'),
      import('@modelcontextprotocol/sdk/server/stdio.js'),
      import('@modelcontextprotocol/sdk/types.js'),
    ]);
    return { Server, StdioServerTransport, ...types };
  } catch (cause) {
    throw new ComfyGenError(
      'missing_package',
      '`mcp` needs the package @modelcontextprotocol/sdk, which is not installed',
      {
        cause,
        hint: 'npm install @modelcontextprotocol/sdk (beside comfy-gen: with -g when that is installed with -g)',
      },
    );
  }
}

export type Serving = {
  readonly version: string;
  readonly input: Readable;
  readonly output: Writable;
  /** Ends the serving; calls that are under way are cancelled. */
  readonly signal: AbortSignal;
};

/** Answers until the input closes or the signal is aborted; resolves when every call that was under way has ended. */
export async function serveTools(house: House, { version, input, output, signal }: Serving): Promise<void> {
  const { Server, StdioServerTransport, ListToolsRequestSchema, CallToolRequestSchema } = await loadSdk();
  const server = new Server({ name: 'comfy-gen', version }, { capabilities: { tools: {} }, instructions });
  const ending = new AbortController();
  const underWay = new Set<Promise<unknown>>();
  server.setRequestHandler(ListToolsRequestSchema, () => ({ tools: tools.map(shown) }));
  server.setRequestHandler(CallToolRequestSchema, async ({ params }, extra) => {
    const token = params._meta?.progressToken;
    let before = -1;
    const progress = (share: number, message: string): void => {
      if (token === undefined || share <= before) return; // it must rise
      before = share;
      const notification = { progressToken: token, progress: share, total: 1, message };
      void extra.sendNotification({ method: 'notifications/progress', params: notification }).catch(() => undefined);
    };
    const call = callTool(house, {
      name: params.name,
      args: params.arguments ?? {},
      signal: AbortSignal.any([extra.signal, ending.signal]),
      progress,
    });
    underWay.add(call);
    return answer(await call.finally(() => underWay.delete(call)));
  });
  const ended = new Promise<void>((resolve) => {
    for (const event of ['end', 'close', 'error']) input.once(event, () => resolve());
    signal.addEventListener('abort', () => resolve(), { once: true });
    server.onclose = resolve;
  });
  output.on('error', () => ending.abort()); // the host has left
  await server.connect(new StdioServerTransport(input, output));
  if (!signal.aborted) await ended;
  await setImmediate(); // what came before the end is read by now
  ending.abort();
  await Promise.allSettled(underWay);
  await setImmediate(); // and answered
  await server.close();
  await new Promise<void>((resolve) => {
    output.once('close', resolve);
    output.end();
  });
}

const shown = ({ name, title, description, inputSchema, outputSchema, annotations }: Tool) => ({
  ...{ name, title, description, annotations },
  inputSchema: { ...inputSchema },
  outputSchema: { ...outputSchema },
});

const answer = ({ content, structuredContent, isError }: Outcome) => ({
  content: [...content],
  structuredContent,
  isError,
});
