// --gallery and --grid: this run's page and sheet, where they were asked for.
import type { RunGallery } from '../../gallery/run-gallery.ts';
import { pathOf, type Context } from '../context.ts';

/** Undefined where neither was asked for. */
export async function startGallery(context: Context): Promise<RunGallery | undefined> {
  const { settings: s, terminal, signal } = context;
  const page = s.gallery.value === true;
  if (s.output.value === '-' || (!page && s.grid.value === undefined)) return undefined;
  const { RunGallery } = await import('../../gallery/run-gallery.ts');
  return new RunGallery({
    page,
    grid: s.grid.value === undefined ? undefined : pathOf(context, s.grid.value),
    output: s.output.value,
    pathOf: (path) => pathOf(context, path),
    cwd: terminal.cwd,
    definitions: async () => (await import('../../demo/nodes/object-info.ts')).allDefinitions(),
    signal,
  });
}
