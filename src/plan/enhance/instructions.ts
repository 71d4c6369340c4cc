// What a language model is told of the prompts that each model family reads best: one table.
import { findFamily } from '../../recipes/families.ts';

const ways = {
  tags: 'Write 15 to 30 short comma-separated tags and phrases: subject, details, surroundings, light, medium, style. No sentences.',
  anime:
    'Write 15 to 40 comma-separated tags as Danbooru uses them, in lower case: count of people first (1girl, 2boys), then looks, clothes, pose, surroundings, light.',
  animeProse: 'Write a few Danbooru tags, then two sentences that describe the picture.',
  prose:
    'Write one paragraph of 60 to 120 words in plain sentences: subject, details, surroundings, composition, light, colours, medium. No tags, no weights in brackets.',
  edit: 'It is an instruction that changes a picture. Write it as one to three precise sentences: what changes, how it looks afterwards, what stays as it is.',
  video:
    'Write one paragraph of 80 to 150 words in present tense that describes a single shot: subject, what moves and how, the camera, surroundings, light, style.',
  sound: 'Write 10 to 25 comma-separated phrases that describe the sound: genre, mood, instruments, voice, tempo.',
} as const;
export type Way = keyof typeof ways;

/** Family names, and file names of SDXL and other checkpoints that were trained on tags; the first row that fits. */
const table: readonly (readonly [way: Way, families: RegExp, files?: RegExp])[] = [
  ['anime', /^(?:sdxl|sd15|sd21)/, /pony|illustrious|noob|animagine|anime|wai[-_ ]/i],
  ['tags', /^(?:sdxl|sd15|sd21)/],
  ['animeProse', /^(?:anima|newbie|lumina2)$/],
  ['edit', /edit|kontext|^hidream-e1|remove-background/],
  ['prose', /^(?:sd35|flux|chroma|hidream|qwen|z-image|krea|ernie|lens|longcat|ovis|kandinsky5-lite|minimax-h3-image)/],
  ['prose', /^(?:fibo|ming|moss|boogu|capybara|ideogram|mage|omnigen|pixeldit)/],
  ['video', /^(?:wan|hunyuan-video|ltx|minimax-h3|kandinsky5-video)/],
  ['sound', /^(?:ace-step|stable-audio|minimax-music|yue)/],
];

/** How prompts for a family are written; undefined for one that reads none. An unknown family gets prose. */
export function wayOf(family: string | null, file: string | null): Way | undefined {
  if (family === null) return 'prose';
  const kind = findFamily(family)?.kind;
  if (kind === 'upscale' || kind === 'map' || kind === 'mesh') return undefined;
  return (
    table.find(([, families, files]) => families.test(family) && files?.test(file ?? '') !== false)?.[0] ?? 'prose'
  );
}

export const instruction = (way: Way): string =>
  `You write prompts for a model that makes ${way === 'video' ? 'videos' : way === 'sound' ? 'music and sounds' : 'pictures'}. ` +
  `Write the user's prompt out in English. Keep everything that it says, names and quoted text letter by letter, and add fitting detail. ` +
  `${ways[way]} Answer with the prompt alone.`;
