// LoRAs against the recipe and the prompt: one of another family is refused, trigger words that the prompt lacks are told.
import { ComfyGenError } from '../../errors.ts';
import { loraFamilyOfRecipe } from '../../recipes/loras/lora-family.ts';
import { wordsMissing } from '../../recipes/loras/trigger-words.ts';
import type { Lora } from '../../recipes/recipe.ts';
import type { Note } from '../spec.ts';
import { noLoraFacts, type LoraFacts } from './read-loras.ts';

export type LoraCheck = {
  readonly loras: readonly Lora[];
  readonly facts: ReadonlyMap<string, LoraFacts>;
  readonly recipe: string;
  readonly prompt: string;
  /** Send them, whatever they were made for. */
  readonly force: boolean;
  readonly note: Note;
};

/** Throws `not_runnable` for LoRAs of another family, unless `force`; one that tells no family is taken. */
export function checkLoras({ loras, facts, recipe, prompt, force, note }: LoraCheck): void {
  const family = loraFamilyOfRecipe(recipe);
  const known = loras.map(({ file }) => ({ file, ...(facts.get(file) ?? noLoraFacts) }));
  const others = known.filter((lora) => lora.family !== null && lora.family !== family);
  if (others.length > 0 && !force)
    throw new ComfyGenError(
      'not_runnable',
      `LoRA ${others.map((lora) => `${lora.file} is made for ${lora.family ?? ''}`).join(', ')}, not for ${recipe}`,
      {
        hint: `name one for ${family} in <option lora>, or send it all the same with <option forceLora>`,
      },
    );
  for (const { file, words } of known) {
    const missing = wordsMissing(words, prompt);
    if (missing.length > 0) note(`LoRA ${file}: the prompt lacks its trigger words ${missing.join(', ')}`, 'info');
  }
}
