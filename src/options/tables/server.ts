// Options of how to reach a server, and how long to wait for it.
import { address, duration, header } from '../kinds.ts';
import { choice, integer, list, text, toggle, type OptionTable } from '../option.ts';

/** How to reach the server. */
export const connection = {
  host: list(
    address('address of the server; given again, jobs are shared among them', ['http', 'https'], {
      argument: 'url|host[:port]',
    }),
    {
      fallback: ['127.0.0.1'],
    },
  ),
  port: integer('port of the server if its address has none', { min: 1, max: 65_535 }, { fallback: 8188 }),
  header: list(header('HTTP header to send with each request')),
  tokenEnv: text('environment variable that holds the bearer token', {
    argument: 'VAR',
    trustedOnly: true,
    otherwise: 'COMFY_GEN_TOKEN',
  }),
  tokenFile: text('file that holds the bearer token', { argument: 'file', names: 'file', trustedOnly: true }),
  apiKeyEnv: text('environment variable that holds the API key: X-API-Key, on Comfy API v2 the bearer token', {
    argument: 'VAR',
    trustedOnly: true,
    otherwise: 'on Comfy API v2 COMFY_API_KEY',
  }),
  api: choice("the server's API: ComfyUI's own, or Comfy API v2 (Comfy Cloud, comfy-api-proxy)", ['core', 'v2'], {
    otherwise: 'found out',
  }),
  partnerKeyEnv: text('environment variable that holds the API key for partner nodes', {
    argument: 'VAR',
    trustedOnly: true,
    otherwise: 'COMFY_GEN_PARTNER_KEY',
  }),
  comfyUser: text('user id on a multi-user server', { argument: 'id' }),
  ca: text('CA certificate to trust (PEM file)', { argument: 'file', names: 'file', trustedOnly: true }),
  insecure: toggle("do not verify the server's certificate", { trustedOnly: true }),
  proxy: address('HTTP proxy to use', ['http', 'https'], {
    trustedOnly: true,
    otherwise: 'HTTP_PROXY, HTTPS_PROXY, NO_PROXY',
  }),
  timeout: duration('time limit for the whole command', { zeroIsNone: true, otherwise: 'none' }),
  connectTimeout: duration('time limit for one connection attempt', { fallback: 10_000 }),
  stallTimeout: duration('give up on a job that makes no progress for this long', {
    zeroIsNone: true,
    otherwise: 'none',
  }),
  retries: integer('retries of a failed request', { min: 0, max: 1000 }, { fallback: 5 }),
  waitForServer: duration('how long to wait for a server that is not up yet or goes away', { otherwise: 'none' }),
  demo: toggle('use a built-in demo server instead of a ComfyUI: it runs no model'),
} satisfies OptionTable;
