// A real Chromium without a window, driven by its DevTools protocol: pages are opened, keys pressed, scripts asked.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createInterface } from 'node:readline';
import { WebSocket } from 'ws';

const names = ['chromium', 'chromium-browser', 'google-chrome'];

/** Where Chromium is; undefined on a machine without one. */
export const chromium: string | undefined = (process.env['PATH'] ?? '')
  .split(delimiter)
  .flatMap((folder) => names.map((name) => join(folder, name)))
  .find((path) => {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });

type Answer = { readonly id?: number; readonly method?: string; readonly params?: unknown; readonly result?: unknown };

export class Browser implements AsyncDisposable {
  readonly #process: ChildProcess;
  readonly #socket: WebSocket;
  readonly #folder: string;
  readonly #waiting = new Map<number, (result: unknown) => void>();
  /** Addresses that the page asked for, `data:` aside. */
  readonly requested: string[] = [];
  #session = '';
  #loaded: () => void = () => undefined;
  #last = 0;

  private constructor(process: ChildProcess, socket: WebSocket, folder: string) {
    this.#process = process;
    this.#socket = socket;
    this.#folder = folder;
    socket.on('message', (data: Buffer) => this.#read(JSON.parse(data.toString()) as Answer));
  }

  static async start(): Promise<Browser> {
    const folder = await mkdtemp(join(tmpdir(), 'comfy-gen-chromium-'));
    const args = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--remote-debugging-port=0',
      `--user-data-dir=${folder}`,
    ];
    const process = spawn(chromium ?? '', args, { stdio: ['ignore', 'ignore', 'pipe'] });
    const address = await listening(process);
    const socket = new WebSocket(address);
    await once(socket, 'open');
    const browser = new Browser(process, socket, folder);
    const { targetId } = (await browser.#ask('Target.createTarget', { url: 'about:blank' })) as { targetId: string };
    const attached = await browser.#ask('Target.attachToTarget', { targetId, flatten: true });
    browser.#session = (attached as { sessionId: string }).sessionId;
    for (const domain of ['Page', 'Network', 'Runtime', 'Accessibility']) await browser.#ask(`${domain}.enable`);
    return browser;
  }

  async open(url: string): Promise<void> {
    const loaded = new Promise<void>((resolve) => (this.#loaded = resolve));
    await this.#ask('Page.navigate', { url: 'about:blank' });
    await loaded;
    const opened = new Promise<void>((resolve) => (this.#loaded = resolve));
    await this.#ask('Page.navigate', { url });
    await opened;
  }

  /** What an expression is worth in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const options = { expression, returnByValue: true, awaitPromise: true, userGesture: true };
    const { result, exceptionDetails } = (await this.#ask('Runtime.evaluate', options)) as {
      result: { value?: unknown };
      exceptionDetails?: unknown;
    };
    if (exceptionDetails !== undefined) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
  }

  /** A key as its name says: `Tab`, `Enter`, `ArrowRight`, ` `, `/`. */
  async press(key: string): Promise<void> {
    const text = key === 'Enter' ? '\r' : key.length === 1 ? key : undefined;
    const codes: Readonly<Record<string, number>> = {
      Tab: 9,
      Enter: 13,
      Escape: 27,
      ' ': 32,
      ArrowLeft: 37,
      ArrowRight: 39,
    };
    const event = {
      key,
      windowsVirtualKeyCode: codes[key] ?? key.charCodeAt(0),
      ...(text === undefined ? {} : { text }),
    };
    await this.#ask('Input.dispatchKeyEvent', { type: 'keyDown', ...event });
    await this.#ask('Input.dispatchKeyEvent', { type: 'keyUp', ...event });
  }

  /** Role and name of everything that a screen reader is told of. */
  async accessible(): Promise<readonly string[]> {
    const { nodes } = (await this.#ask('Accessibility.getFullAXTree')) as {
      nodes: { ignored: boolean; role?: { value: string }; name?: { value: string } }[];
    };
    return nodes.filter((node) => !node.ignored).map(({ role, name }) => `${role?.value ?? ''} ${name?.value ?? ''}`);
  }

  #ask(method: string, params: object = {}): Promise<unknown> {
    const id = ++this.#last;
    const session = this.#session === '' ? {} : { sessionId: this.#session };
    this.#socket.send(JSON.stringify({ id, method, params, ...session }));
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  #read({ id, method, params, result }: Answer): void {
    if (id !== undefined) {
      this.#waiting.get(id)?.(result);
      this.#waiting.delete(id);
    }
    if (method === 'Page.loadEventFired') this.#loaded();
    if (method !== 'Network.requestWillBeSent') return;
    const { url } = (params as { request: { url: string } }).request;
    if (!/^(?:data|about):/.test(url)) this.requested.push(url);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const gone = once(this.#process, 'exit');
    this.#socket.close();
    this.#process.kill();
    await gone;
    await rm(this.#folder, { recursive: true, force: true, maxRetries: 5 });
  }
}

async function listening({ stderr }: ChildProcess): Promise<string> {
  if (stderr === null) throw new Error('no standard error');
  for await (const line of createInterface({ input: stderr })) {
    const [, address] = /^DevTools listening on (\S+)/.exec(line) ?? [];
    if (address === undefined) continue;
    stderr.resume();
    return address;
  }
  throw new Error('Chromium did not start');
}
