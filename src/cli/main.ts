// argv and a terminal -> exit code. Answers `--version` and `--help` by itself, and what completion scripts ask; all else is one
// import away.
import { version } from '../version.ts';
import { printValues } from './completion/values.ts';
import { writeFront } from './help/front.ts';
import { shortFront } from './help/short-front.ts';
import type { Terminal } from './terminal.ts';

export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  if (argv[0] === 'completion' && argv[1] === 'values') return printValues(argv.slice(2), terminal);
  const answer = argv.length === 1 ? answers.get(argv[0] ?? '') : undefined;
  if (answer === undefined) {
    const { run } = await import('./run.ts');
    return run(argv, terminal);
  }
  try {
    await terminal.out(answer(terminal));
    return 0;
  } catch (error) {
    const { showFailure } = await import('./failure.ts');
    return showFailure(error, argv, terminal);
  }
}

const writeVersion = (): string => `${version()}\n`;
const writeHelp = (terminal: Terminal): string => writeFront(shortFront, terminal.columns());

/** Command lines of one word that need no command. */
const answers: ReadonlyMap<string, (terminal: Terminal) => string> = new Map([
  ['-V', writeVersion],
  ['--version', writeVersion],
  ['-h', writeHelp],
  ['--help', writeHelp],
]);
