// From prompt and pictures to conditionings, and to the latent where a node makes both.
import type { Input, Link } from '../../workflow/workflow.ts';
import { hasMask, loadMask } from './mask.ts';
import { conditionControls, type Conditioning } from '../control.ts';
import type { Conditioner, Encoder } from '../family.ts';
import type { Graph } from '../graph.ts';
import type { Plan } from '../recipe-plan.ts';
import { repeat, startLatent, type Source } from '../source-image.ts';
import { addSpec, type Parts } from './load.ts';

export type Encoded = Conditioning & {
  readonly latent: Link;
  /** The conditionings before references and control: what a second guidance falls back to. */
  readonly plain: Conditioning;
};

type Sides = { positive: Link; negative: Link; latent?: Link | undefined; seconds?: Link | undefined };

const textEncoder: Encoder = { class: 'CLIPTextEncode', prompt: 'text' };

/** Encodes both sides, adds guidance, references, control and conditioners, and says where sampling starts. */
export function encode(g: Graph, plan: Plan, parts: Parts, source: Source): Encoded {
  const { family } = plan;
  const editing = plan.task === 'edit' || plan.task === 'img2vid';
  const pictures = editing ? source.pictures : [];
  const texts = encodeTexts(g, plan, parts, { ...source, pictures });
  const plain = { positive: texts.positive, negative: texts.negative };
  const references = editing && family.edit?.reference !== undefined ? encodeAll(g, pictures, parts.vae) : [];
  const late = family.guidance?.after === 'reference';
  let sides: Conditioning = late ? plain : guide(g, plan, plain);
  sides = refer(g, plan, sides, references);
  if (late) sides = guide(g, plan, sides);
  sides = wrap(g, plan, sides);
  sides = conditionControls(g, plan, sides, parts.vae);
  const conditioned = condition(g, plan, parts, { sides, pictures, source });
  const picked = conditioned.latent ?? latentOf(texts, family.encoder);
  const reuse = family.edit?.latent === 'picture' ? references[0] : undefined;
  const latent =
    picked ??
    (reuse === undefined
      ? startLatent(g, plan, source, { vae: parts.vae, seconds: texts.seconds })
      : repeat(g, plan, reuse));
  return { positive: conditioned.positive, negative: conditioned.negative, latent, plain };
}

/** Both sides of the words alone: without pictures, control and latent. */
export function encodeWords(g: Graph, plan: Plan, parts: Parts): Conditioning {
  const texts = encodeTexts(g, plan, parts, { pictures: [], extent: { width: plan.width, height: plan.height } });
  return wrap(g, plan, guide(g, plan, texts));
}

// A latent slot of a node without pairs may be a length (MiniMax Music): then the empty latent stays.
function latentOf(texts: Sides, encoder: Encoder | undefined): Link | undefined {
  return encoder?.seconds === undefined ? texts.latent : undefined;
}

function encodeTexts(g: Graph, plan: Plan, parts: Parts, source: Source): Sides {
  const { family } = plan;
  const spec = family.encoder ?? textEncoder;
  const prompt = (family.prefix?.prompt ?? '') + plan.prompt;
  const negative = (family.prefix?.negative ?? '') + plan.negative;
  const common = { ...encoderInputs(plan, parts, source, spec), ...scoreOf(g, plan, spec) };
  const hasPictures = source.pictures.length > 0;
  const latentSlot =
    spec.latent !== undefined && (spec.latent.when === 'always' || (hasPictures && !plan.sizeGiven))
      ? spec.latent.slot
      : undefined;
  const clip = parts.clip;
  if (spec.negative !== undefined) {
    const both = g.add(spec.class, { clip, [spec.prompt]: prompt, [spec.negative]: negative, ...common });
    return { positive: both(0), negative: both(1), latent: latentSlot === undefined ? undefined : both(latentSlot) };
  }
  const side = (text: string): ReturnType<Graph['add']> => g.add(spec.class, { clip, [spec.prompt]: text, ...common });
  const positive = side(prompt);
  const latent = latentSlot === undefined ? undefined : positive(latentSlot);
  const seconds = spec.length === undefined ? undefined : positive(spec.length);
  return { positive: positive(), negative: negativeSide(g, plan, positive(), () => side(negative)()), latent, seconds };
}

/** At cfg 1 the negative is never looked at: the row says what stands there. Above it, text. */
function negativeSide(g: Graph, plan: Plan, positive: Link, text: () => Link): Link {
  const { negative, negativeFixed } = plan.family;
  if (negative === 'none') return positive;
  const idle = negativeFixed === true || (plan.sampling.cfg === 1 && plan.nag === undefined);
  return negative === 'zero' && idle ? g.add('ConditioningZeroOut', { conditioning: positive })() : text();
}

function encoderInputs(
  plan: Plan,
  parts: Parts,
  source: Source,
  spec: Encoder,
): Record<string, Link | number | string | boolean | bigint> {
  const hasPictures = source.pictures.length > 0;
  const wantsVae = spec.vae === 'always' || (spec.vae === 'pictures' && hasPictures);
  const slots = (spec.pictures ?? []).slice(0, source.pictures.length);
  const inputs: Record<string, unknown> = {
    ...(hasPictures ? (spec.pictureInputs ?? spec.inputs) : spec.inputs),
    ...(spec.seed === undefined ? {} : { [spec.seed]: plan.seed }),
    ...(spec.seconds === undefined ? {} : { [spec.seconds]: plan.seconds }),
    ...(spec.lyrics === undefined ? {} : { [spec.lyrics]: plan.lyrics }),
    ...sizeFor(plan, source, spec),
    ...(spec.batch === true ? { batch_size: plan.batchSize } : {}),
    ...(spec.frames === undefined ? {} : { [spec.frames]: plan.frames }),
    ...(wantsVae ? { vae: parts.vae } : {}),
    ...Object.fromEntries(slots.map((slot, i) => [slot, source.pictures[i]])),
  };
  return inputs as Record<string, Link | number | string | boolean | bigint>; // all values above are inputs
}

function sizeFor(plan: Plan, source: Source, { sized }: Encoder): Partial<Source['extent']> {
  if (sized !== 'given') return sized === true ? source.extent : {};
  const own = source.pictures.length > 0 && !plan.sizeGiven;
  return own ? { width: 0, height: 0 } : { width: plan.width, height: plan.height };
}

/** A sound to cover: its melody, written as a score. */
function scoreOf(g: Graph, plan: Plan, { score }: Encoder): Record<string, Input> {
  const sound = plan.images[0];
  if (score === undefined || sound === undefined) return {};
  const listener = g.add('AudioEncoderLoader', { audio_encoder_name: plan.files['audio encoder'] ?? '' })();
  const audio = g.add('LoadAudio', { audio: sound })();
  const written = g.add('SheetSage2AudioToABC', { audio_encoder: listener, audio, ...score.inputs })();
  return { [score.input]: written, ...score.inputs };
}

function guide(g: Graph, plan: Plan, sides: Conditioning): Conditioning {
  const { guidance } = plan;
  if (guidance === undefined) return sides;
  const guided = (conditioning: Link): Link => g.add('FluxGuidance', { conditioning, guidance })();
  const positive = guided(sides.positive);
  return { positive, negative: plan.family.guidance?.on === 'both' ? guided(sides.negative) : sides.negative };
}

function encodeAll(g: Graph, pictures: readonly Link[], vae: Link): readonly Link[] {
  return pictures.map((pixels) => g.add('VAEEncode', { pixels, vae })());
}

function refer(g: Graph, plan: Plan, sides: Conditioning, references: readonly Link[]): Conditioning {
  const both = plan.family.edit?.reference === 'both';
  return references.reduce<Conditioning>((at, latent) => {
    const positive = g.add('ReferenceLatent', { conditioning: at.positive, latent })();
    const negative = both ? g.add('ReferenceLatent', { conditioning: at.negative, latent })() : at.negative;
    return { positive, negative };
  }, sides);
}

function wrap(g: Graph, plan: Plan, sides: Conditioning): Conditioning {
  const spec = plan.family.wrap;
  if (spec === undefined) return sides;
  const wrapped = (conditioning: Link): Link => addSpec(g, spec, { conditioning });
  return { positive: wrapped(sides.positive), negative: wrapped(sides.negative) };
}

type ToCondition = { readonly sides: Conditioning; readonly pictures: readonly Link[]; readonly source: Source };

function condition(g: Graph, plan: Plan, parts: Parts, from: ToCondition): Sides {
  let sides: Sides = { ...from.sides };
  for (const spec of plan.family.conditioners ?? []) {
    if (spec.when === 'pictures' && from.pictures.length === 0) continue;
    const node = g.add(spec.class, {
      positive: sides.positive,
      negative: sides.negative,
      ...conditionerInputs(g, plan, parts, { ...from, spec }),
    });
    const made = spec.latent === undefined ? sides.latent : node(spec.latent);
    const latent =
      spec.latent !== undefined && spec.batch !== true && made !== undefined ? repeat(g, plan, made) : made;
    sides = { positive: node(0), negative: node(1), latent };
  }
  return sides;
}

type One = ToCondition & { readonly spec: Conditioner };

function conditionerInputs(
  g: Graph,
  plan: Plan,
  parts: Parts,
  { spec, pictures, source }: One,
): Record<string, Link | number> {
  const slots = (spec.pictures ?? []).slice(0, pictures.length);
  const inputs: Record<string, unknown> = {
    ...(spec.vae === true ? { vae: parts.vae } : {}),
    ...Object.fromEntries(slots.map((slot, i) => [slot, pictures[i]])),
    ...(spec.mask === undefined ? {} : { [spec.mask]: maskOf(g, plan, source) }),
    ...(spec.sized === true ? source.extent : {}),
    ...(spec.frames === undefined ? {} : { [spec.frames]: plan.frames }),
    ...(spec.batch === true ? { batch_size: plan.batchSize } : {}),
    ...spec.inputs,
    ...(spec.fps !== undefined && plan.fpsGiven ? { [spec.fps]: plan.fps } : {}),
    ...(spec.vision === undefined ? {} : { [spec.vision.input]: see(g, plan, spec.vision.crop, pictures[0]) }),
  };
  return inputs as Record<string, Link | number>; // all values above are inputs
}

function maskOf(g: Graph, plan: Plan, { part }: Source): Link | undefined {
  if (part !== undefined) return part.mask;
  return hasMask(plan) ? loadMask(g, plan) : undefined;
}

function see(g: Graph, plan: Plan, crop: string, image: Link | undefined): Link | undefined {
  if (image === undefined) return undefined;
  const role = plan.family.files.find((file) => file.folder === 'clip_vision');
  const vision = g.add('CLIPVisionLoader', { clip_name: plan.files[role?.role ?? ''] ?? role?.names[0] ?? '' })();
  return g.add('CLIPVisionEncode', { clip_vision: vision, image, crop })();
}
