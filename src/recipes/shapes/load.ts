// Loaders: from file names to model, text encoder and VAE, with LoRAs and patches on them.
import type { Input, Link } from '../../workflow/workflow.ts';
import { patchControls, unshifted } from '../control.ts';
import type { NodeSpec, Patch } from '../family.ts';
import type { Graph, Inputs } from '../graph.ts';
import { addLoras } from '../lora.ts';
import type { Extent } from '../graph.ts';
import type { Plan } from '../recipe-plan.ts';

export type Parts = {
  /** What the sampler takes. */
  readonly model: Link;
  /** What the scheduler takes. */
  readonly scheduled: Link;
  readonly clip: Link | undefined;
  readonly vae: Link;
};

const isGguf = (file: string): boolean => file.toLowerCase().endsWith('.gguf');

/** All parts of a plan's model. */
export function loadParts(g: Graph, plan: Plan, extent: Extent): Parts {
  const { family, files } = plan;
  const raw = files['checkpoint'] === undefined ? loadSplit(g, plan) : loadCheckpoint(g, plan, files['checkpoint']);
  const { model, clip } = addLoras(g, plan, raw);
  const patched = patchModel(g, plan, patchControls(g, plan, model, raw.vae), extent);
  const skipped =
    plan.clipSkip === undefined || clip === undefined
      ? clip
      : g.add('CLIPSetLastLayer', { clip, stop_at_clip_layer: -plan.clipSkip })();
  const encoder = (family.clipPatches ?? []).reduce<Link | undefined>(
    (at, patch) => (at === undefined ? at : addSpec(g, patch, { clip: at })),
    skipped,
  );
  return { ...patched, clip: encoder, vae: raw.vae };
}

type Raw = { readonly model: Link; readonly clip: Link | undefined; readonly vae: Link };

function loadCheckpoint(g: Graph, plan: Plan, file: string): Raw {
  const checkpoint = g.add('CheckpointLoaderSimple', { ckpt_name: file });
  const apart = plan.family.loader === 'checkpoint' && encoderFiles(plan).length > 0;
  return {
    model: checkpoint(0),
    clip: apart ? loadClip(g, plan) : checkpoint(1),
    vae: plan.vae === undefined ? checkpoint(2) : g.add('VAELoader', { vae_name: plan.vae })(),
  };
}

function loadSplit(g: Graph, plan: Plan): Raw {
  const { family, files } = plan;
  const model = loadUnet(g, files[family.files[0]?.role ?? 'model'] ?? '');
  const clip = loadClip(g, plan);
  return { model, clip, vae: loadVae(g, plan) };
}

export function loadUnet(g: Graph, file: string): Link {
  return isGguf(file)
    ? g.add('UnetLoaderGGUF', { unet_name: file })()
    : g.add('UNETLoader', { unet_name: file, weight_dtype: 'default' })();
}

export function loadVae(g: Graph, plan: Plan, role = 'vae'): Link {
  const own = role === 'vae' ? plan.vae : undefined;
  return g.add('VAELoader', { vae_name: own ?? plan.family.builtInVae ?? plan.files[role] ?? '' })();
}

/** The text encoders' files in the row's order. */
function encoderFiles(plan: Pick<Plan, 'family' | 'files'>): readonly string[] {
  const rows = plan.family.files.filter((file) => file.role.startsWith('text encoder'));
  return rows.map((file) => plan.files[file.role] ?? file.names[0] ?? '');
}

export function loadClip(g: Graph, plan: Plan): Link | undefined {
  const spec = plan.family.clip;
  if (spec === undefined) return undefined;
  const files = encoderFiles(plan);
  const single = files.length === 1;
  const names = files.map((file, i): [string, Input] => [single ? 'clip_name' : `clip_name${i + 1}`, file]);
  const gguf = files.some(isGguf);
  const device = gguf || spec.type === undefined ? undefined : 'default';
  return g.add(gguf ? `${spec.loader}GGUF` : spec.loader, { ...Object.fromEntries(names), type: spec.type, device })();
}

type Patched = { readonly model: Link; readonly scheduled: Link };

/** Applies the row's patches; the scheduler may see fewer of them, or some of its own. */
export function patchModel(g: Graph, plan: Plan, loaded: Link, extent?: Extent): Patched {
  const { family } = plan;
  const size = extent ?? { width: plan.width, height: plan.height };
  const add = (patch: Patch, on: Link): Link => addPatch(g, plan, patch, { model: on, size });
  const seen = (family.scheduledPatches ?? plan.patches.length) + (plan.patches.length - (family.patches ?? []).length);
  let model = loaded;
  let scheduled = loaded;
  const bare = unshifted(plan);
  plan.patches.forEach((patch, i) => {
    if (patch.shift !== true || !bare) model = add(patch, model);
    if (i < (family.scheduledPatches === undefined ? plan.patches.length : seen)) scheduled = model;
  });
  for (const patch of family.schedulePatches ?? []) scheduled = add(patch, scheduled);
  return { model, scheduled };
}

function addPatch(g: Graph, plan: Plan, patch: Patch, { model, size: full }: { model: Link; size: Extent }): Link {
  const size = patch.sized === true ? full : {};
  const shift = patch.shift === true && plan.shift !== undefined ? { shift: plan.shift } : {};
  return addSpec(g, patch, { model, ...size }, shift);
}

/** Adds a node that is written as data: `first` before its inputs, `over` instead of them. */
export function addSpec(g: Graph, spec: NodeSpec, first: Inputs = {}, over: Inputs = {}): Link {
  const own = Object.entries(spec.inputs ?? {}).map(([key, value]): [string, Input] => [
    key,
    isSpec(value) ? addSpec(g, value) : value,
  ]);
  return g.add(spec.class, { ...first, ...Object.fromEntries(own), ...over })();
}

function isSpec(value: Input | NodeSpec): value is NodeSpec {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && 'class' in value;
}
