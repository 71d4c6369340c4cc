// The folder of this process: runs in the same folder go side by side, those in another one wait for them.

const home = process.cwd();
let folder = '';
let running = 0;
let wake: (() => void)[] = [];

export async function inFolder<T>(path: string, run: () => Promise<T>): Promise<T> {
  while (running > 0 && folder !== path) await new Promise<void>((resolve) => wake.push(resolve));
  if (running++ === 0) process.chdir((folder = path));
  try {
    return await run();
  } finally {
    if (--running === 0) {
      process.chdir(home);
      for (const resolve of wake) resolve();
      wake = [];
    }
  }
}
