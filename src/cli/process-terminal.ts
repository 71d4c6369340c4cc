// This process as a Terminal. Used by bin only.
import { homedir } from 'node:os';
import type { SignalName, Terminal } from './terminal.ts';

export function processTerminal(): Terminal {
  const { stdout, stderr, stdin } = process;
  stderr.on('error', () => undefined); // nobody left to tell
  let broken: Error | undefined;
  stdout.on('error', (error: Error) => (broken = error));
  return {
    out: (text) =>
      new Promise((resolve, reject) => {
        if (broken !== undefined) reject(broken);
        else stdout.write(text, (error) => (error ? reject(error) : resolve()));
      }),
    err: (text) => void stderr.write(text),
    outIsTTY: stdout.isTTY,
    errIsTTY: stderr.isTTY,
    inIsTTY: stdin.isTTY,
    // a terminal that was opened without a size says 0
    columns: () => (stderr.isTTY && stderr.columns > 0 ? stderr.columns : 80),
    input: () => stdin,
    errStream: stderr.isTTY ? stderr : undefined,
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    platform: process.platform,
    onSignal: (handler) => {
      const names: readonly SignalName[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
      const handlers = names.map((signal) => [signal, () => handler(signal)] as const);
      for (const [signal, run] of handlers) process.on(signal, run);
      return () => {
        for (const [signal, run] of handlers) process.off(signal, run);
      };
    },
    restore: () => {
      if (stderr.isTTY) stderr.write('\r\u001b[J\u001b[?25h\u001b[?7h');
    },
    leave: (code) => process.exit(code),
  };
}
