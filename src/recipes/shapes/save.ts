// From the sampled latent to a file: picture, video (with sound) or audio.
import type { Link } from '../../workflow/workflow.ts';
import type { Graph } from '../graph.ts';
import type { Plan } from '../recipe-plan.ts';
import { finishPicture } from '../upscale.ts';
import { pasteBack } from './around.ts';
import { addSpec, loadVae } from './load.ts';
import { drawOver } from './draw-over.ts';
import type { ToSample } from './sample.ts';

/** Decodes what was sampled and saves it as the family's kind. */
export function save(g: Graph, plan: Plan, from: ToSample, samples: Link): void {
  const { vae } = from.parts;
  switch (plan.family.kind) {
    case 'audio':
      saveAudio(g, g.add('VAEDecodeAudio', { samples, vae })());
      return;
    case 'video':
      saveVideo(g, plan, decode(g, plan, samples, vae), soundOf(g, plan, samples));
      return;
    default:
      saveImage(
        g,
        finishPicture(g, plan, wholePicture(g, plan, from, decode(g, plan, pictureOf(g, plan, samples), vae))),
      );
  }
}

export function saveImage(g: Graph, images: Link): void {
  g.add('SaveImage', { images, filename_prefix: 'ComfyUI' });
}

function saveAudio(g: Graph, audio: Link): void {
  g.add('SaveAudioMP3', { audio, filename_prefix: 'audio/ComfyUI', quality: 'V0' });
}

export function saveVideo(g: Graph, plan: Plan, images: Link, audio: Link | undefined): void {
  const video = g.add('CreateVideo', { images, fps: plan.fps, audio })();
  g.add('SaveVideo', { video, filename_prefix: 'video/ComfyUI', format: 'auto', codec: 'auto' });
}

function decode(g: Graph, plan: Plan, samples: Link, vae: Link): Link {
  return addSpec(g, plan.family.decode ?? { class: 'VAEDecode' }, { samples, vae });
}

function soundOf(g: Graph, plan: Plan, samples: Link): Link | undefined {
  const role = plan.family.sound;
  return role === undefined ? undefined : g.add('VAEDecodeAudio', { samples, vae: loadVae(g, plan, role) })();
}

function pictureOf(g: Graph, plan: Plan, samples: Link): Link {
  return plan.family.splitSound === true ? g.add('LTXVSeparateAVLatent', { av_latent: samples })() : samples;
}

/** A part goes back into its picture; what is beyond the family's native area is enlarged and drawn over. */
function wholePicture(g: Graph, plan: Plan, from: ToSample, picture: Link): Link {
  if (plan.around !== undefined && from.part !== undefined) return pasteBack(g, plan, plan.around, from.part, picture);
  if (plan.second === undefined) return picture;
  return drawOver(g, plan, from, { picture, to: plan.second, strength: secondStrength });
}

/** How much of it the second pass makes anew. */
const secondStrength = 0.4;
