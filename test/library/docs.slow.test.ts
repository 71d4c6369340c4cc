// Every ts block of docs/library.md and of the README: type-checked against the built package, and run against demo servers.
import { spawn } from 'node:child_process';
import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, test } from 'vitest';
import { startDemo } from '../../src/demo/demo.ts';
import { ComfyUIClient, ComfyUIPool, exitCodes } from '../../src/index.ts';
import { writeModule } from '../../src/typed-graph/write-module.ts';
import { folder, picture } from './bench.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const page = await readFile(join(root, 'docs', 'library.md'), 'utf8');
const readme = await readFile(join(root, 'README.md'), 'utf8');

/** A block as a module: with the client that the page speaks of, unless it makes its own, at these servers. */
function moduleOf(block: string, servers: readonly string[]): string {
  const [first = '', second = ''] = servers;
  const code = block
    .replaceAll("'127.0.0.1', 8188", `'127.0.0.1', ${new URL(first).port}`)
    .replaceAll(/http:\/\/(?:127\.0\.0\.1|a):8188/g, first)
    .replaceAll('http://b:8188', second);
  const imported = [...code.matchAll(/import \{ ([^}]+) \} from 'comfy-gen'/g)].map(([, names = '']) => names);
  const missing = ['ComfyUIClient', 'ComfyGenError'].filter((name) => !imported.includes(name) && code.includes(name));
  const ownsClient = /const client =/.test(code);
  const names = [
    ...new Set([...missing, ...(ownsClient || imported.includes('ComfyUIClient') ? [] : ['ComfyUIClient'])]),
  ];
  const head = names.length === 0 ? '' : `import { ${names.join(', ')} } from 'comfy-gen';\n`;
  const client = ownsClient ? '' : `const client = new ComfyUIClient({ host: '${first}' });\n`;
  return `${head}${client}${code}\nexport {};\n`;
}

const blocksOf = (text: string): string[] =>
  [...text.matchAll(/^```ts\n([\s\S]*?)^```/gm)].map(([, block = '']) => block);

test('every ts block compiles, and runs to its end by itself', async () => {
  await using one = await startDemo();
  await using two = await startDemo();
  await using place = await folder();
  await mkdir(join(place.path, 'node_modules', '@types'), { recursive: true });
  await symlink(root, join(place.path, 'node_modules', 'comfy-gen'), 'junction');
  await symlink(
    join(root, 'node_modules', '@types', 'node'),
    join(place.path, 'node_modules', '@types', 'node'),
    'junction',
  );
  await writeFile(join(place.path, 'package.json'), '{"type": "module"}');
  await writeFile(join(place.path, 'house.png'), picture(80));
  const blocks = [...blocksOf(page), ...blocksOf(readme)].map((block) => moduleOf(block, [one.url, two.url]));
  expect(blocks.length).toBeGreaterThan(12);
  await using client = new ComfyUIClient({ host: one.url });
  const { workflow } = await client.plan({ prompt: 'x', width: 64, height: 64, steps: 2, seed: 1 });
  await writeFile(join(place.path, 'workflow.json'), JSON.stringify(workflow));
  const files = blocks.map((_block, i) => join(place.path, `block-${i + 1}.ts`));
  for (const [i, file] of files.entries()) await writeFile(file, blocks[i] ?? '');
  await writeFile(join(place.path, 'nodes.ts'), writeModule(await client.objectInfo()));
  const options: ts.CompilerOptions = {
    module: ts.ModuleKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
    strict: true,
    exactOptionalPropertyTypes: true,
    skipLibCheck: true,
    rewriteRelativeImportExtensions: true,
  };
  const compiler = ts.createProgram(files, options);
  const problems = ts
    .getPreEmitDiagnostics(compiler)
    .map(({ file, messageText }) => `${file?.fileName ?? ''}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  expect(problems).toEqual([]);
  compiler.emit();
  for (const [i, file] of files.entries()) {
    const child = spawn(process.execPath, [file.replace(/\.ts$/, '.js')], {
      cwd: place.path,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let err = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    const code = await new Promise((resolve) => child.once('close', resolve));
    expect({ block: blocks[i], code, err }).toMatchObject({ code: 0 });
  }
}, 120_000);

test('the page tells of every method, every event and every kind of failure', async () => {
  const methods = [ComfyUIClient, ComfyUIPool].flatMap(({ prototype }) => Object.getOwnPropertyNames(prototype));
  for (const name of methods.filter((one) => !['constructor', 'server', 'servers'].includes(one)))
    expect(page).toMatch(new RegExp(`\\b${name}\\(`));
  for (const kind of Object.keys(exitCodes).filter((one) => !['internal', 'partial'].includes(one)))
    expect(page).toContain(`\`${kind}\``);
  const events = await readFile(join(root, 'src', 'jobs', 'events.ts'), 'utf8');
  const news = events.slice(events.indexOf('export type JobNews'), events.indexOf('export type JobEvent'));
  const types = [...news.matchAll(/readonly type: '(\w+)'/g)].map(([, type = '']) => type);
  expect(types.length).toBeGreaterThan(8);
  for (const type of types) expect(page).toContain(`\`${type}\``);
});
