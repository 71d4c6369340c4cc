// Styles on a workflow file: around the prompt and the negative prompt that it holds or is given, and LoRAs beside its own.
import { ComfyGenError } from '../../errors.ts';
import { rowOptions } from '../../options/settings.ts';
import type { ObjectInfo } from '../../protocol/object-info.ts';
import { heldValues, type LoraValue, type RoleValues } from '../../workflow/apply-roles.ts';
import { addLoras } from '../../workflow/lora-stack.ts';
import type { Workflow } from '../../workflow/workflow.ts';
import type { Note } from '../spec.ts';
import { lorasBeside, styledText, type Style } from './style.ts';

type On = { readonly workflow: Workflow; readonly info: ObjectInfo | undefined; readonly note: Note };

type Words = { readonly styles: readonly Style[]; readonly rewrite: ((given: string) => string) | undefined };

/** What is to be set, with the styles. A negative prompt and LoRAs that were asked for hold the styles' own already. */
export function styledValues(said: RoleValues, { styles, rewrite }: Words, on: On): RoleValues {
  if (styles.length === 0 && rewrite === undefined) return said;
  const { workflow, info, note } = on;
  const held = heldValues(workflow, info);
  const given = said.prompt === undefined ? held.prompt : String(said.prompt);
  const prompt = styledText(rewrite?.(given ?? '') ?? given ?? '', styles, 'prompt');
  const negative = styledText(held.negative ?? '', styles, 'negative');
  const isNegativeNew = said.negative === undefined && negative !== (held.negative ?? '');
  if (isNegativeNew && held.negative === null)
    note("the style's negative prompt is left out: this workflow has no place for one that could be found", 'warning');
  if (styles.some(({ options }) => Object.keys(options).length > 0))
    note('with a workflow, only the prompt, the negative prompt and the LoRAs of a style are used', 'info');
  const lora = said.lora === undefined ? lorasFor(styles, on) : [];
  return {
    ...said,
    ...(prompt === (given ?? '') ? {} : { prompt }),
    ...(isNegativeNew && held.negative !== null ? { negative } : {}),
    ...(lora.length === 0 ? {} : { lora }),
  };
}

/** None where the workflow has no node that could take them: a style was asked for, not its LoRA. */
function lorasFor(styles: readonly Style[], { workflow, info, note }: On): readonly LoraValue[] {
  const loras = lorasBeside(styles, []).flatMap((written) => rowOptions.lora.parse(written, 'lora'));
  try {
    if (loras.length > 0) addLoras(workflow, loras, info);
    return loras;
  } catch (error) {
    if (!(error instanceof ComfyGenError)) throw error;
    const why = error.inWords(() => '').message.replace(/^: /, '');
    note(`the style's LoRA ${loras[0]?.file ?? ''} is left out: ${why}`, 'warning');
    return [];
  }
}
