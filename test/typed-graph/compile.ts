// The compiler over a module of node types and programs that use it.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));
const options: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.NodeNext,
  lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
  types: ['node'],
  strict: true,
  exactOptionalPropertyTypes: true,
  noUnusedLocals: true,
  noEmit: true,
  skipLibCheck: true,
  allowImportingTsExtensions: true,
  verbatimModuleSyntax: true,
  erasableSyntaxOnly: true,
  paths: { 'comfy-gen': [join(root, 'src/index.ts')] },
};

/** What the compiler says to the module itself (`nodes`) and to each program, one line a problem. */
export async function compile(
  nodes: string,
  programs: Readonly<Record<string, string>> = {},
): Promise<Record<string, readonly string[]>> {
  await mkdir(join(root, 'node_modules/.cache'), { recursive: true });
  const folder = await mkdtemp(join(root, 'node_modules/.cache/types-')); // below the packages that the programs use
  try {
    const files = Object.entries({ nodes, ...programs });
    const pathOf = (name: string): string => join(folder, `${name}.ts`);
    await writeFile(join(folder, 'package.json'), '{"type":"module"}');
    for (const [name, text] of files) await writeFile(pathOf(name), text);
    const program = ts.createProgram(
      files.map(([name]) => pathOf(name)),
      options,
    );
    return Object.fromEntries(files.map(([name]) => [name, problemsOf(program, pathOf(name))]));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function problemsOf(program: ts.Program, path: string): readonly string[] {
  const source = program.getSourceFile(path);
  const found = [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)];
  return found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' / '));
}
