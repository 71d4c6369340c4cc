// Prompt, negative and lyrics: which words go where, and which have no effect.
import { shortened } from '../text/shortened.ts';
import type { Family } from './family.ts';
import type { RecipeParams, RecipeWarning } from './recipe.ts';
import type { Plan } from './recipe-plan.ts';

/** Prompt and lyrics: a style that is said apart makes the prompt the lyrics. */
export function wordsOf(family: Family, p: RecipeParams, warnings: RecipeWarning[]): Pick<Plan, 'prompt' | 'lyrics'> {
  const { styleText, prompt } = p;
  if (styleText !== undefined && p.lyrics !== undefined && prompt !== '') {
    warnings.push({
      reason: 'prompt_unused',
      option: 'prompt',
      message: 'the prompt is unused: style and lyrics are said',
    });
  }
  const lyrics = p.lyrics ?? (styleText === undefined ? '' : prompt);
  const words = styleText ?? prompt;
  return { prompt: words === '' ? (family.usualPrompt ?? '') : words, lyrics };
}

export function warnNegative(family: Family, p: RecipeParams, cfg: number, warnings: RecipeWarning[]): void {
  if (p.negative === undefined || p.negative === '') return;
  const never = family.negative === 'none' || family.negativeFixed === true;
  if (!never && (cfg !== 1 || p.nag !== undefined)) return;
  const why = never ? `${family.name} has no negative prompt` : 'at cfg 1 a negative prompt is not evaluated';
  warnings.push({
    reason: 'negative_unused',
    option: 'negative',
    message: `the negative prompt has no effect: ${why}`,
  });
}

export function warnPrompt(family: Family, prompt: string, warnings: RecipeWarning[]): void {
  if ((family.kind === 'upscale' || family.kind === 'map') && prompt !== '') {
    warnings.push({ reason: 'prompt_unused', option: 'prompt', message: `${family.name} reads no prompt` });
  }
  if (family.promptNote !== undefined && !/^\s*[{<]/.test(prompt) && prompt.length < 200) {
    warnings.push({ reason: 'plain_prompt', option: 'prompt', message: `${family.name}: ${family.promptNote}` });
  }
  const bracket = family.plainWeights === true ? bracketIn(prompt) : undefined;
  if (bracket !== undefined) {
    warnings.push({
      reason: 'prompt_weights',
      option: 'prompt',
      message: `${family.name} reads ${bracket} as plain text: its text encoder knows no weights in brackets`,
    });
  }
}

/** What other encoders read as a weight: `(word:1.3)`, `((word))`, `[word]`; a caption in JSON or XML has its own brackets. */
function bracketIn(prompt: string): string | undefined {
  if (/^\s*(?:[{[]\s*["{]|<)/.test(prompt)) return undefined;
  const bare = prompt.replace(/\\[()[\]]/g, ''); // `\(` is a bracket to read
  const found = /\([^()]{1,200}:\s*\d{0,4}\.?\d{1,4}\s*\)|\({2}[^()]{1,200}\){2}|\[[^[\]]{1,200}\]/.exec(bare)?.[0];
  return found === undefined ? undefined : shortened(found, 40);
}
