// argv and a terminal -> exit code. Answers `--version` by itself, and what completion scripts ask; all else is one import away.
import type { Terminal } from './terminal.ts';
import { version } from '../version.ts';

export async function main(argv: readonly string[], terminal: Terminal): Promise<number> {
  const [first, ...others] = argv;
  if (first === 'completion' && others[0] === 'values') {
    const { printValues } = await import('./completion/values.ts');
    return printValues(others.slice(1), terminal);
  }
  if (others.length > 0 || (first !== '--version' && first !== '-V')) {
    const { run } = await import('./run.ts');
    return run(argv, terminal);
  }
  try {
    await terminal.out(`${version()}\n`);
    return 0;
  } catch (error) {
    const { showFailure } = await import('./failure.ts');
    return showFailure(error, argv, terminal);
  }
}
