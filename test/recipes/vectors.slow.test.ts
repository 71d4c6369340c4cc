// Vectors: file name -> family, server -> runnable or what is missing, command line -> accepted, warned or refused.
import { describe, expect, test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import { buildRecipe } from '../../src/recipes/build.ts';
import { familyOf } from '../../src/recipes/detect.ts';
import { findFamily, splitName } from '../../src/recipes/families.ts';
import { factsWanted, resolveRecipe } from '../../src/recipes/resolve.ts';
import { checkFamily } from '../../src/recipes/runnable.ts';
import { filesIn, findFile } from '../../src/recipes/server-files.ts';
import { readArgs } from './args.ts';
import { definitions, missingNote, readShared, sharedPresent } from './shared.ts';

type Name = {
  name: string;
  folder: string;
  family: string | null | string[];
  accept?: (string | null)[];
  loader?: string;
  part?: string;
  fallback?: string;
  variant?: string;
  metadata?: Record<string, unknown>;
  size?: number;
};
type Run = {
  name: string;
  definitions: '0.33.0' | '0.3.64';
  family: string;
  files: Record<string, string[]>;
  runnable: boolean;
  use?: Record<string, string>;
  missing?: { what: string; name: string }[];
};
type Refusal = { args: string[]; expect: 'ok' | 'warning' | 'error'; accept?: string[] };

const load = <T>(path: string): T[] => (sharedPresent ? (readShared(`recipes/${path}`) as T[]) : []);

describe.skipIf(!sharedPresent)(`detection${missingNote}`, () => {
  test.each(load<Name>('detect.json').map((n) => [`${n.folder}/${n.name}`, n] as const))('%s', (_title, n) => {
    const found = familyOf(n.name, n.folder, { metadata: n.metadata, size: n.size });
    const allowed = [...(Array.isArray(n.family) ? n.family : [n.family]), ...(n.accept ?? [])];
    expect(allowed).toContain(found.family);
    if (n.loader !== undefined) expect(found.loader).toBe(n.loader);
    if (n.part !== undefined) expect(found.part).toBe(n.part);
    if (n.variant !== undefined) expect(found.note).toBeDefined();
    if (n.fallback !== undefined) {
      const server = { info: definitions('0.33.0'), lists: { [n.folder]: [n.name] } };
      expect(factsWanted({ checkpoint: n.name, server })).toEqual({ folder: n.folder, file: n.name });
      const facts = new Map([[`${n.folder}/${n.name}`, { metadata: null, size: null }]]);
      const resolved = resolveRecipe({ checkpoint: n.name, server, facts });
      expect(resolved).toMatchObject({ recipe: n.fallback });
      expect(resolved.notes[0]).toContain('does not tell');
    }
  });
});

describe.skipIf(!sharedPresent)(`runnable${missingNote}`, () => {
  test.each(load<Run>('runnable.json').map((r) => [r.name, r] as const))('%s', (_title, r) => {
    const server = { info: definitions(r.definitions), lists: r.files };
    const family = findFamily(r.family);
    if (family === undefined) throw new Error(r.family);
    const role = { role: 'checkpoint', folder: 'checkpoints', names: family.files[0]?.names ?? [] };
    const whole = splitName(r.family).checkpoint ? findFile(family, role, filesIn(server, 'checkpoints')) : undefined;
    const check = checkFamily(family, server, whole === undefined ? {} : { checkpoint: whole });
    expect(check.missing).toEqual(r.missing ?? []);
    expect(check.missing.length === 0).toBe(r.runnable);
    if (r.use !== undefined) expect(check.files).toEqual(r.use);
  });
});

describe.skipIf(!sharedPresent)(`refusals${missingNote}`, () => {
  test.each(load<Refusal>('refusals.json').map((r) => [r.args.join(' '), r] as const))('%s', (_title, r) => {
    const { params, checkpoint } = readArgs(r.args);
    const resolved = resolveRecipe({ checkpoint });
    expect([r.expect, ...(r.accept ?? [])]).toContain(
      outcome(() => buildRecipe(resolved.recipe, params, { files: resolved.files })),
    );
  });
});

function outcome(build: () => ReturnType<typeof buildRecipe>): string {
  try {
    const { unusable, warnings } = build();
    return unusable.length > 0 ? 'error' : warnings.length > 0 ? 'warning' : 'ok';
  } catch (error) {
    if (error instanceof ComfyGenError && error.code === 'usage') return 'error';
    throw error;
  }
}
