// Secrets stay where they belong: planted ones are looked for in everything that a command prints, writes, starts or sends elsewhere.
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import { Workplace, type Finished } from '../helpers/cli.ts';

/** Every planted secret holds this word; characters around it differ when encoded. */
const word = 'Pl4nted';
const token = `tok/${word}+a=="\\z`;
const apiKey = `key&${word}?#%`;
const header = `X-Hidden: h "${word}" \\ / é`;
const cookie = `Cookie: session=c%20${word}; other=1`;
const user = `us ${word}`;
const password = `p@ss/${word}:%`;
const info = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;

/** The word as it is, and as it reads within base64, at each of its three places. */
const traces = [
  word,
  ...[0, 1, 2].map((pad) => {
    const whole = Buffer.from(`${'x'.repeat(pad)}${word}`).toString('base64');
    return whole.slice(pad === 0 ? 0 : 4, Math.floor(((pad + word.length) * 8) / 6)).slice(pad === 0 ? 0 : 1, -1);
  }),
];

function tracesIn(text: string): readonly string[] {
  const folded = text.toLowerCase();
  return traces.filter((trace, i) => (i === 0 ? folded.includes(trace.toLowerCase()) : text.includes(trace)));
}

/** Files below the folder that hold a trace; planted ones not counted. */
async function filesWithTraces(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder, { recursive: true });
  const found: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    if ((await stat(path)).isFile() && tracesIn(await readFile(path, 'latin1')).length > 0) found.push(name);
  }
  return found;
}

/** Files that others on this machine could read. */
async function readableByOthers(folder: string, names: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  for (const name of names) {
    const path = join(folder, name);
    const inside = (await stat(path)).isFile()
      ? [path]
      : (await readdir(path, { recursive: true })).map((one) => join(path, one));
    expect(inside.length).toBeGreaterThan(0);
    for (const one of inside) if (((await stat(one)).mode & 0o077) !== 0) found.push(one);
  }
  return found;
}

const env = { PLANTED_TOKEN: token, PLANTED_KEY: apiKey };
const secrets = [
  '--token-env',
  'PLANTED_TOKEN',
  '--api-key-env',
  'PLANTED_KEY',
  '--header',
  header,
  '--header',
  cookie,
];
const small = ['--size', '64x64', '-s', '1', '--retries', '1'];
const withUser = (url: string): string => url.replace('://', `://${info}@`);

function clean(what: readonly string[], { out, err }: Finished): void {
  expect(tracesIn(out + err), `${what.join(' ')}: ${out}${err}`).toEqual([]);
}

test('the traces are found where they are', () => {
  for (const secret of [token, apiKey, `${user}:${password}`])
    for (const form of [secret, encodeURIComponent(secret), Buffer.from(secret).toString('base64')])
      expect(tracesIn(form), form).not.toEqual([]);
});

/** A viewer for --open that notes its command line, and that of whoever started it, beside the other files. */
async function plantViewer(place: Workplace): Promise<string> {
  const folder = join(place.folder, 'tools');
  await mkdir(folder);
  await writeFile(join(folder, 'xdg-open'), `#!/bin/sh\necho "$0" "$@" >> ${join(place.folder, 'viewer.txt')}\n`);
  await chmod(join(folder, 'xdg-open'), 0o755);
  return `${folder}:${process.env['PATH'] ?? ''}`;
}

test('commands that go well: nothing in what they print, keep, log, draw, start', async () => {
  await using demo = await startDemo();
  await using place = await Workplace.create();
  const PATH = await plantViewer(place);
  const there = ['--host', withUser(demo.url), ...secrets, '--log-file', 'run.log'];
  const run = async (...args: string[]): Promise<Finished> => {
    const how = args.includes('--open') ? 'spawn' : 'run'; // a viewer is found by the PATH of the process
    const finished = await place[how]([...args, ...there], { env: { ...env, PATH } });
    clean(args, finished);
    expect(finished.code, `${args.join(' ')}: ${finished.err}`).toBe(0);
    return finished;
  };
  const { out } = await run(...small, '--json', '--save-workflow', '--open', '-v', 'a cat');
  const { prompt_id, files, workflow_file } = JSON.parse(out) as Record<'prompt_id' | 'workflow_file', string> & {
    files: [{ path: string }];
  };
  await run(...small, '--events', '--previews', 'a dog');
  await run(...small, '--dry-run', 'a dog');
  await run(...small, '--no-wait', '--json', '--seed', '3', 'a fox');
  await run('run', workflow_file, '--set', 'KSampler.seed=5', '-v');
  await writeFile(join(place.folder, 'rows.jsonl'), '{"prompt": "a hen", "seed": 1}\n{"prompt": "a cow"}\n');
  await run('batch', 'rows.jsonl', ...small, '--events', '-v');
  await run('attach', prompt_id, '--events');
  await run('resume', '-v');
  await run('queue', '--json');
  await run('history', '--json');
  await run('cancel', '--all', '--yes', '--json');
  await run('list', 'checkpoints', '-v');
  await run('convert', workflow_file, '-v');
  await run('upload', files[0].path, '-v');
  await run('doctor', '--json', '--smoke', '--junit', 'checks.xml');
  await run('doctor');
  await run('config', 'show');
  await run('config', 'show', '--json');
  clean(['log'], await place.run(['log', '--json'], { env }));
  clean(['inspect'], await place.run(['inspect', files[0].path], { env }));
  for (const args of [['--help'], ['help', 'generate'], ['completion', 'bash'], ['config', 'init']])
    clean(
      args,
      await place.run(args, { env: { ...env, COMFY_GEN_HOST: withUser(demo.url), COMFY_GEN_HEADER: header } }),
    );
  expect(await filesWithTraces(place.folder)).toEqual([]);
  expect(await readFile(join(place.folder, 'viewer.txt'), 'utf8')).toContain(files[0].path);
  expect(await readableByOthers(place.folder, ['state', 'cache', 'run.log'])).toEqual([]);
  const sent = demo.log.map(({ headers }) => headers);
  expect(sent.length).toBeGreaterThan(20);
  expect(sent.filter((one) => one.authorization !== `Bearer ${token}` || one['x-api-key'] !== apiKey)).toEqual([]);
}, 120_000);

test('failures: nothing in what they say and log', async () => {
  await using place = await Workplace.create();
  await writeFile(join(place.folder, 'bad.json'), '{"1": {"class_type": "NoSuchNode", "inputs": {}}}');
  const failing = async (fault: string | undefined, code: number, ...args: string[]): Promise<void> => {
    await using demo = await startDemo({ faults: fault === undefined ? [] : [parseFault(fault)] });
    const all = [...args, '--host', withUser(demo.url), ...secrets, '-v', '--log-file', 'run.log', '--json'];
    const finished = await place.run(all, { env });
    clean([fault ?? '', ...args], finished);
    expect(finished.code, `${fault ?? ''} ${args.join(' ')}: ${finished.err}`).toBe(code);
  };
  await failing('any-status=401', 9, ...small, 'x');
  await failing('any-status=407', 9, ...small, 'x');
  await failing('prompt-status=403', 9, ...small, 'x');
  await failing('system-stats-status=500', 3, ...small, 'x');
  await failing('node-error=KSampler', 5, ...small, 'x');
  await failing('view-status=404', 6, ...small, 'x');
  await failing('ws-status=500', 0, ...small, 'x');
  await failing(undefined, 4, ...small, '-c', 'none.safetensors', 'x');
  await failing(undefined, 4, 'run', 'bad.json');
  await failing(undefined, 2, '--stepz', '3', 'x');
  for (const [code, ...args] of [
    [3, '--host', `http://${info}@127.0.0.1:9`],
    [3, '--host', `http://${info}@no-such-host.invalid`],
    [3, '--host', '127.0.0.1:9', '--proxy', `http://${info}@127.0.0.1:9`],
    [2, '--host', `ftp://${info}@127.0.0.1:9`],
    [2, '--host', `http://${info}@[bad`],
    [2, '--host', `http://us:p@/${word}@127.0.0.1:9`],
    [2, '--host', `${info}@a b`],
    [2, '--host', `http://${word}%zz:${word}%zz@127.0.0.1:9`],
    [2, '--host', '127.0.0.1:9', '--proxy', `http://${word}%zz:${word}%zz@127.0.0.1:9`],
    [2, '--host', '127.0.0.1:9', '--proxy', `http://${info}@[bad`],
    [2, '--host', '127.0.0.1:9', '--proxy', `socks5://${info}@127.0.0.1:9`],
    [2, '--host', '127.0.0.1:9', '--header', `X-Hidden ${word}`],
    [2, '--host', '127.0.0.1:9', '--token-env', `${word}_is_no_name`],
    [2, '--host', '127.0.0.1:9', `--hots=http://${info}@127.0.0.1:9`],
    [2, '--host', '127.0.0.1:9', `--haeder=X-Hidden: ${word}`],
  ] as const) {
    for (const more of [[], ['--json', '-v', '--log-file', 'run.log']]) {
      const finished = await place.run([...args, ...more, '--retries', '0', 'x'], { env });
      clean(args, finished);
      expect(finished.code, `${args.join(' ')}: ${finished.err}`).toBe(code);
    }
    clean(['doctor', ...args], await place.run(['doctor', '--json', ...args, '--retries', '0'], { env }));
    clean(['config', ...args], await place.run(['config', 'show', ...args], { env }));
  }
  expect(await filesWithTraces(place.folder).then((names) => names.filter((name) => name !== 'bad.json'))).toEqual([]);
}, 180_000);

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a redirect to another host takes no secret along', async () => {
  const seen: IncomingMessage[] = [];
  const other = createServer((request, response) => {
    seen.push(request);
    response.writeHead(404).end();
  });
  const address = await listening(other);
  await using demo = await startDemo({ faults: [parseFault(`view-redirect=http://${address}/elsewhere`)] });
  await using place = await Workplace.create();
  const args = ['--host', withUser(demo.url), ...secrets, ...small, '-v', '--log-file', 'run.log', 'x'];
  const finished = await place.run(args, { env });
  other.close();
  clean(['redirect'], finished);
  expect(finished.code).toBe(6);
  expect(seen.length).toBeGreaterThan(0);
  expect(seen.flatMap(({ rawHeaders, url }) => tracesIn([...rawHeaders, url ?? ''].join('\n')))).toEqual([]);
  expect(await filesWithTraces(place.folder)).toEqual([]);
});

test('a server that says back what it was sent', async () => {
  const echo = createServer((request, response) => {
    const { authorization = '', cookie: sent = '' } = request.headers;
    const message = `no: ${authorization} ${sent} ${encodeURIComponent(authorization)} ${JSON.stringify(request.headers)}`;
    request.resume();
    if (request.url?.endsWith('/prompt') === true && request.method === 'POST') {
      const node_errors = {
        4: {
          class_type: 'KSampler',
          errors: [{ type: 'value_not_valid', message, details: message, extra_info: { input_name: message } }],
        },
      };
      response.writeHead(400, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ error: { type: 'prompt_outputs_failed_validation', message, details: message }, node_errors }),
      );
    } else void forward(request, response);
  });
  await using demo = await startDemo();
  const forward = async (request: IncomingMessage, response: import('node:http').ServerResponse): Promise<void> => {
    const answer = await fetch(`${demo.url}${request.url ?? ''}`);
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(Buffer.from(await answer.arrayBuffer()));
  };
  const address = await listening(echo);
  await using place = await Workplace.create();
  for (const more of [[], ['-v'], ['--json'], ['--events'], ['--no-wait', '--json']]) {
    const basic = more.length === 0 ? ['--header', cookie] : secrets;
    const args = ['--host', `http://${info}@${address}`, ...basic, ...small, ...more, '--log-file', 'run.log', 'x'];
    const finished = await place.run(args, { env });
    clean(more, finished);
    expect(finished.code, finished.err).toBe(4);
  }
  echo.close();
  echo.closeAllConnections();
  expect(await filesWithTraces(place.folder)).toEqual([]);
}, 60_000);

test.each([200, 407])(
  'a proxy with credentials that answers %i: it gets its own, and nobody else sees them',
  async (status) => {
    const asked: IncomingMessage[] = [];
    const proxy = createServer().on('connect', (request: IncomingMessage, socket: import('node:net').Socket) => {
      asked.push(request);
      socket.on('error', () => undefined);
      if (status !== 200) return socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      const [host = '', port] = (request.url ?? '').split(':');
      const far = connect(Number(port), host, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        far.pipe(socket).pipe(far);
      });
      far.on('error', () => undefined);
      return undefined;
    });
    const address = await listening(proxy);
    await using demo = await startDemo();
    await using place = await Workplace.create();
    const args = ['--host', demo.url, '--proxy', `http://${info}@${address}`, ...small, '-v', '--log-file', 'run.log'];
    const finished = await place.run([...args, '--json', 'x'], { env });
    clean(['proxy'], finished);
    clean(['doctor'], await place.run(['doctor', '--json', ...args.filter((arg) => !small.includes(arg))], { env }));
    proxy.close();
    proxy.closeAllConnections();
    expect(finished.code, finished.err).toBe(status === 200 ? 0 : 9);
    const basic = `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;
    expect(new Set(asked.map(({ headers }) => headers['proxy-authorization']))).toEqual(new Set([basic]));
    expect(demo.log.flatMap(({ headers }) => tracesIn(JSON.stringify(headers)))).toEqual([]);
    expect(await filesWithTraces(place.folder)).toEqual([]);
  },
  60_000,
);
