// Faults before the first answer: nobody there, nobody who answers, TLS, proxies, other addresses.
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { parseFault, startDemo } from '../../src/demo/demo.ts';
import type { Finished } from '../helpers/cli.ts';
import { plainArgs, run, type Bench, type Row } from './bench.ts';
import { selfSigned } from './certificate.ts';
import { blackHole, closedProxy, tlsFront } from './fronts.ts';

const nobody = '127.0.0.1:9';
const none = { code: 3, jobs: 0 } as const;
const httpOnly = { comfyCli: 'speaks plain http only' };

/** Behind TLS as `name`; `trusted` hands the certificate to --ca. */
function behindTls(name: string, trusted: boolean): (bench: Bench) => Promise<Finished> {
  return async (bench) => {
    const certificate = selfSigned(name);
    await using front = await tlsFront(bench.demo.port, certificate);
    await mkdir(join(bench.place.folder, 'given'));
    await writeFile(join(bench.place.folder, 'given/ca.pem'), certificate.cert);
    const args = plainArgs(bench, `https://127.0.0.1:${front.port}`);
    return await bench.place.run([...args, ...(trusted ? ['--ca', 'given/ca.pem'] : [])]);
  };
}

/** Another demo server stands where this one redirects to. */
function redirected(name: 'redirect' | 'redirect-get'): (bench: Bench) => Promise<Finished> {
  return async (bench) => {
    await using door = await startDemo({ faults: [parseFault(`${name}=${bench.demo.url}`)] });
    return await run(bench, door.url);
  };
}

export const connecting: readonly Row[] = [
  {
    fault: 'nobody listens',
    does: 'says so at once and how to name the address',
    ...none,
    reason: 'connection_refused',
    said: /refused the connection/,
    play: (bench) => run(bench, nobody),
  },
  {
    fault: 'the server starts five seconds after us',
    does: 'with `--wait-for-server` it waits, then one job runs',
    code: 0,
    demo: ['late=5000'],
    args: ['--wait-for-server', '30s'],
  },
  {
    fault: 'the same without `--wait-for-server`',
    does: 'fails at once',
    ...none,
    reason: 'connection_refused',
    demo: ['late=60000'],
  },
  {
    fault: 'the name does not resolve',
    does: 'says that there is no such host',
    ...none,
    reason: 'connection_failed',
    said: /no such host name/,
    play: (bench) => run(bench, 'http://comfy-gen-test.invalid:8188'),
  },
  {
    fault: 'a black hole: it accepts connections and never answers',
    does: 'gives up after `--connect-timeout`, as often as `--retries` says',
    ...none,
    reason: 'connect_timeout',
    args: ['--connect-timeout', '500ms', '--retries', '1', '--timeout', '30s'],
    play: async (bench) => {
      await using hole = await blackHole();
      return await run(bench, `127.0.0.1:${hole.port}`);
    },
  },
  {
    fault: 'a black hole and `--timeout`',
    does: 'ends when the time is over',
    code: 7,
    jobs: 0,
    reason: 'timeout',
    args: ['--timeout', '2s'],
    play: async (bench) => {
      await using hole = await blackHole();
      return await run(bench, `127.0.0.1:${hole.port}`);
    },
  },
  {
    fault: 'the first connection is reset',
    does: 'asks again',
    code: 0,
    demo: ['system-stats-reset'],
  },
  {
    fault: 'a self-signed certificate',
    does: 'refuses it at once and names `--ca` and `--insecure`',
    ...none,
    reason: 'tls_failed',
    said: /certificate.*\n.*--ca/,
    play: behindTls('127.0.0.1', false),
    peers: httpOnly,
  },
  {
    fault: 'a self-signed certificate and `--insecure`',
    does: 'goes on, WebSocket included',
    code: 0,
    args: ['--insecure'],
    play: behindTls('127.0.0.1', false),
    then: ({ demo }) => expect(demo.log.some((r) => r.path.startsWith('/ws'))).toBe(true),
    peers: httpOnly,
  },
  {
    fault: 'a self-signed certificate that `--ca` names',
    does: 'goes on, WebSocket included',
    code: 0,
    play: behindTls('127.0.0.1', true),
    then: ({ demo }) => expect(demo.log.some((r) => r.path.startsWith('/ws'))).toBe(true),
    peers: httpOnly,
  },
  {
    fault: 'a trusted certificate for another name',
    does: 'refuses it',
    ...none,
    reason: 'tls_failed',
    play: behindTls('other.example', true),
    peers: httpOnly,
  },
  {
    fault: 'the proxy is down',
    does: 'names the proxy, not the server',
    ...none,
    reason: 'proxy_failed',
    said: /the proxy http:\/\/127\.0\.0\.1:9 does not answer/,
    args: ['--proxy', `http://${nobody}`, '--retries', '1'],
  },
  {
    fault: 'the proxy wants credentials (407)',
    does: 'says so at once',
    code: 9,
    jobs: 0,
    reason: 'proxy_auth',
    play: async (bench) => {
      await using proxy = await closedProxy(407);
      return await bench.place.run([...plainArgs(bench), '--proxy', `http://127.0.0.1:${proxy.port}`]);
    },
  },
  {
    fault: 'the proxy lets nobody through (502)',
    does: 'names the proxy',
    ...none,
    reason: 'proxy_failed',
    args: ['--retries', '1'],
    play: async (bench) => {
      await using proxy = await closedProxy(502);
      return await bench.place.run([...plainArgs(bench), '--proxy', `http://127.0.0.1:${proxy.port}`]);
    },
  },
  {
    fault: 'ComfyUI lives under a base path',
    does: 'keeps the path for every request and the WebSocket',
    code: 0,
    demo: ['base-path=/comfy'],
    play: (bench) => run(bench, `${bench.demo.url}/comfy`),
    then: ({ demo }) => expect(demo.log.every((r) => r.path.startsWith('/comfy/'))).toBe(true),
    peers: { comfyCli: 'refuses an address with a path' },
  },
  {
    fault: 'everything is redirected to another host (308)',
    does: 'follows; the token stays with the host that was named',
    code: 0,
    env: { COMFY_GEN_TOKEN: 'a-token-of-ours' },
    play: redirected('redirect'),
    then: ({ demo }) => expect(JSON.stringify(demo.log)).not.toContain('a-token-of-ours'),
  },
  {
    fault: 'a redirect that would turn the job into a GET (302)',
    does: 'sends nothing and names the address behind it',
    ...none,
    reason: 'not_comfyui',
    said: /redirects .*prompt.* to http/,
    play: redirected('redirect-get'),
  },
  {
    fault: 'something else answers there',
    does: 'says that it is no ComfyUI',
    ...none,
    reason: 'not_comfyui',
    demo: ['system-stats-status=404'],
  },
  {
    fault: 'a reverse proxy answers 502 with a web page, once',
    does: 'asks again',
    code: 0,
    demo: ['any-status=502,html,times=1'],
  },
  {
    fault: 'a reverse proxy answers 502 with a web page, for ever',
    does: 'gives up after `--retries`',
    ...none,
    reason: 'server_error',
    demo: ['any-status=502,html'],
    args: ['--retries', '1'],
  },
  {
    fault: 'a server that wants a bearer token',
    does: 'sends it with every request, socket and download',
    code: 0,
    demo: ['token=a-token-of-ours'],
    env: { COMFY_GEN_TOKEN: 'a-token-of-ours' },
    then: ({ demo }) => expect(demo.log.every((r) => r.headers.authorization === 'Bearer a-token-of-ours')).toBe(true),
    peers: {
      comfyCli: 'has no way to send a header',
      saintno: 'leaves the token out when it fetches files: 0 files, exit code 0',
      comfyuiCli: 'has no way to send a header',
    },
  },
  {
    fault: 'the same, and we have no token',
    does: 'says that the server wants credentials',
    code: 9,
    jobs: 0,
    reason: 'unauthorized',
    demo: ['token=a-token-of-ours'],
  },
];
