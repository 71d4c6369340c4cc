// LoRAs on a model: after the loader, before everything that patches the model.
import type { Link } from '../workflow/workflow.ts';
import type { Graph } from './graph.ts';
import type { Plan } from './recipe-plan.ts';
import type { Lora } from './recipe.ts';

export type Loaded = { readonly model: Link; readonly clip: Link | undefined };

/** The turbo LoRA first, then the user's in their order. With a CLIP both are patched, else the model alone. */
export function addLoras(g: Graph, plan: Plan, loaded: Loaded, stage: 'only' | 'high' | 'low' = 'only'): Loaded {
  let { model, clip } = loaded;
  for (const { file, strength, clip: clipStrength } of lorasOf(plan, stage)) {
    const whole = clip !== undefined && plan.files['checkpoint'] !== undefined;
    const node = whole
      ? g.add('LoraLoader', {
          model,
          clip,
          lora_name: file,
          strength_model: strength,
          strength_clip: clipStrength ?? strength,
        })
      : g.add('LoraLoaderModelOnly', { model, lora_name: file, strength_model: strength });
    model = node(0);
    if (whole) clip = node(1);
  }
  return { model, clip };
}

function lorasOf(plan: Plan, stage: 'only' | 'high' | 'low'): readonly Lora[] {
  const role = stage === 'low' ? 'turbo lora, low noise' : 'turbo lora';
  const file = plan.files[role];
  const turbo = plan.turbo && file !== undefined ? [{ file, strength: 1 }] : [];
  // A LoRA made for one stage says so in its name.
  const own = plan.files['lora'];
  const needed = own === undefined ? [] : [{ file: own, strength: 1 }];
  const other = stage === 'only' ? undefined : stage === 'high' ? /low[ _-]?noise/i : /high[ _-]?noise/i;
  return [...needed, ...turbo, ...plan.loras.filter((lora) => other?.test(lora.file) !== true)];
}
