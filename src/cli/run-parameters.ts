// `run` of a picture that carries no workflow but A1111's text: its values go to a recipe, flags go over them.
import { ComfyGenError } from '../errors.ts';
import { resolve, type Layer } from '../options/resolve.ts';
import { commandOptions, everyOption } from '../options/settings.ts';
import { run as generate } from './commands/generate.ts';
import { takeOver } from '../plan/a1111.ts';
import type { Session } from './context.ts';
import { sayTo } from './start-jobs.ts';
import { sayUnused, withoutDefaults } from '../options/standing.ts';
import type { LoadedText } from '../plan/load-workflow.ts';

/** Throws `missing_model` for a text that names its model by a hash only, which no server looks up. */
export async function runParameters(session: Session, { parameters, format, name }: LoadedText): Promise<number> {
  const { settings: s } = session;
  const say = sayTo(session);
  const fromFlag = (layer: Layer | undefined): boolean => layer?.source === 'flag';
  say(`${name}: A1111 parameters (${format}), made anew by a recipe: a similar picture, not the same`, 'info');
  const taken = takeOver(parameters, { hasPicture: s.image.value.length > 0 && fromFlag(s.image.layer) });
  const named = taken.values['checkpoint'] !== undefined || fromFlag(s.checkpoint.layer);
  const hash = parameters.fields.get('model hash');
  if (!named && hash !== undefined && !fromFlag(s.recipe.layer)) {
    throw new ComfyGenError('missing_model', `${name} names its model by its hash only (${hash.slice(0, 64)})`, {
      hint: 'name the file with --checkpoint',
    });
  }
  for (const note of taken.notes) say(`${name}: ${note}`, 'info');
  if (taken.left.length > 0) say(`${name}: not taken over: ${taken.left.join('; ')}`, 'warning');
  const kept = named ? [] : ['checkpoint', 'recipe'];
  sayUnused(session, name, kept, say);
  const picture: Layer = { source: 'picture', label: name, trusted: false, values: taken.values };
  const [flags, others] = [true, false].map((wanted) => session.layers.filter((l) => fromFlag(l) === wanted));
  const layers = [...(flags ?? []), picture, ...withoutDefaults(others ?? [], kept)];
  const settings = resolve({ ...everyOption, ...commandOptions.run }, layers);
  const prompt = s.prompt.value.length > 0 ? s.prompt : { value: [taken.prompt], layer: picture };
  return generate({ ...session, words: [], layers, settings: { ...settings, prompt } });
}
