// What help says of a command beside its options: examples, and the formats of what it reads.
import type { CommandName } from '../commands.ts';
import type { Item, Section } from './layout.ts';

export type Notes = { readonly examples: readonly Item[]; readonly formats?: readonly Section[] };

const inputFiles: Section = {
  title: 'What <file> may be',
  items: [
    ['a workflow (JSON)', 'in API format, or in the format that the web UI saves, which is converted'],
    ['an image, video or sound', 'the workflow that ComfyUI stored in it'],
    ['an image of A1111 or Civitai', 'a workflow for the parameters stored in it'],
    ['template:<name>', "a template of the server's gallery; `list templates` shows them"],
    ['saved:<name>', 'a workflow that was saved on the server; `list workflows` shows them'],
    ['-', 'a workflow from standard input'],
  ],
};

const batchFiles: readonly Section[] = [
  {
    title: 'What <file> may be',
    items: [
      ['.txt', 'one prompt per line'],
      ['.jsonl', 'one JSON object per line'],
      ['.csv', 'a header line, then one row per line; lists separated by ;'],
      ['a folder, or images', 'one row per image, which it starts from (--image)'],
      ['-', 'standard input: JSONL if the first line is a JSON object, else prompts'],
    ],
  },
  {
    title: 'Columns of a row',
    items: [
      ['prompt', 'the prompt; without it that of -p'],
      ['negative, seed, size, steps, …', 'any generation option: `batch-size` or `batchSize`'],
      ['workflow', 'a workflow file to run instead of a recipe'],
      ['set.<node.input>', 'an input of the workflow, as --set sets it'],
      ['name', 'template of the file names, as --name'],
    ],
  },
];

/** Every kind of `list`, in words. */
export const kindNotes: Readonly<Record<string, string>> = {
  models: 'every model file that --checkpoint takes, with its family',
  checkpoints: 'checkpoints',
  loras: 'LoRAs; with -v the family that each was made for, and its trigger words',
  vaes: 'VAEs',
  'text-encoders': 'text encoders',
  samplers: 'samplers',
  schedulers: 'schedulers',
  controlnets: 'ControlNet models',
  upscalers: 'upscale models',
  embeddings: 'embeddings (textual inversion)',
  nodes: 'node classes with their title',
  recipes: 'model families: whether they run on this server, or what is missing',
  templates: "workflows of the server's gallery, for `run template:<name>`",
  workflows: 'workflows that were saved on the server, for `run saved:<name>`',
  styles: 'styles that --style takes',
};

/** The examples that the front page of help shows. */
export const firstExamples: readonly Item[] = [
  ['comfy-gen "a lighthouse at dusk"', ''],
  ['comfy-gen "a lighthouse" -n blurry --size 768x512 --steps 25 --seed 7', ''],
  ['comfy-gen --demo "a lighthouse"', 'without a server: a demo picture'],
];

export const commandNotes: Readonly<Partial<Record<CommandName, Notes>>> = {
  generate: {
    examples: [
      ...firstExamples,
      ['comfy-gen "a street in snow" -i photo.png --denoise 0.6', 'image to image'],
      ['comfy-gen "a red door" -i house.png --mask mask.png', 'inpainting'],
      ['comfy-gen "a cat" --seed 7 --sweep cfg=4,6,8', 'one image for each value'],
      ['comfy-gen "a cat" --json | jq -r .files[].path', 'for scripts'],
    ],
  },
  run: {
    examples: [
      ['comfy-gen run workflow.json', ''],
      ['comfy-gen run workflow.json --help', 'what there is to set in it, and what it holds'],
      ['comfy-gen run workflow.json -p "a cat" --seed 7 --steps 30', 'set in the workflow'],
      ['comfy-gen run picture.png --set 3.denoise=0.5', 'the workflow of an image, one input changed'],
    ],
    formats: [inputFiles],
  },
  batch: {
    examples: [
      ['comfy-gen batch prompts.txt -o pictures', ''],
      ['comfy-gen batch photos/ --denoise 0.5 -p "in snow"', 'one job per image'],
      ['comfy-gen batch rows.csv --host box1 --host box2', 'shared among two servers'],
      ['comfy-gen batch prompts.txt --seed 7 --sweep cfg=4,6,8', 'each row with each value'],
    ],
    formats: batchFiles,
  },
  attach: {
    examples: [
      ['id=$(comfy-gen --no-wait "a lighthouse")', ''],
      ['comfy-gen attach "$id"', 'wait for it and save its files'],
    ],
  },
  resume: { examples: [['comfy-gen resume', 'after a crash, a closed terminal or --no-wait']] },
  log: {
    examples: [
      ['comfy-gen log lighthouse', 'past runs with this word'],
      ['comfy-gen log --json | jq -r .seed', 'for scripts'],
    ],
  },
  upscale: {
    examples: [
      ['comfy-gen upscale photo.png --to 2x', 'with an upscale model'],
      [
        'comfy-gen upscale photo.png --to 4096x4096 --refine 0.3',
        'then sampled again in tiles, with the prompt stored in it',
      ],
    ],
  },
  check: { examples: [['comfy-gen check workflow.json portrait.json', 'one line per problem']] },
  free: { examples: [['comfy-gen free', '']] },
  queue: { examples: [['comfy-gen queue', '']] },
  cancel: {
    examples: [
      ['comfy-gen cancel --mine', 'every job of yours'],
      ['comfy-gen cancel 0b1c2d3e-0000-4000-8000-000000000000', 'one job, by its id'],
    ],
  },
  history: { examples: [['comfy-gen history --json', '']] },
  list: {
    examples: [
      ['comfy-gen list checkpoints', ''],
      ['comfy-gen list models flux', 'every model file with flux in its name, and its family'],
      ['comfy-gen list recipes', 'which model families can run, and what the others need'],
      ['comfy-gen list recipes flux1-dev', 'its defaults, its files and where they come from'],
    ],
  },
  gallery: {
    examples: [
      ['comfy-gen gallery', 'a page of the output folder'],
      ['comfy-gen gallery pictures -o page.html --grid sheet.png', ''],
    ],
  },
  inspect: {
    examples: [
      ['comfy-gen inspect picture.png', 'prompt, seed, model, sampler, …'],
      ['comfy-gen inspect picture.png --workflow > workflow.json', ''],
    ],
  },
  convert: { examples: [['comfy-gen convert saved-in-the-web-ui.json > workflow.json', '']] },
  types: {
    examples: [
      ['comfy-gen types > nodes.ts', 'types of every node of the server'],
      ['comfy-gen types --object-info object_info.json > nodes.ts', 'without a server'],
    ],
  },
  upload: { examples: [['comfy-gen upload photo.png', "prints the file's name on the server"]] },
  doctor: {
    examples: [
      ['comfy-gen doctor', ''],
      ['comfy-gen doctor --smoke --junit report.xml', 'for CI'],
    ],
  },
  config: {
    examples: [
      ['comfy-gen config show', 'settings and where they come from'],
      ['comfy-gen config init --host box1 --steps 30', 'write these into .comfyrc.json'],
      ['comfy-gen config set --user steps 30', 'change one setting in your own file'],
    ],
  },
  enqueue: {
    examples: [
      ['comfy-gen enqueue "a lighthouse" --wait', 'waits and saves the files here'],
      ['comfy-gen enqueue prompts.txt --redis redis://box:6379', 'prints the id of the batch'],
      ['comfy-gen enqueue --status 0123456789abcdef', ''],
      ['comfy-gen enqueue --retry-failed', ''],
    ],
    formats: [
      {
        title: 'What it takes',
        items: [
          ['a prompt', 'as `generate` takes it'],
          ['a workflow, an image, template:<name>, saved:<name>', 'as `run` takes it'],
          ['a .txt, .jsonl or .csv file', 'as `batch` takes it'],
          ['generate|run|batch …', 'says which of these: `enqueue batch -` reads rows from standard input'],
        ],
      },
    ],
  },
  worker: {
    examples: [
      ['comfy-gen worker --host box1 --host box2', 'run the jobs that are in the Redis on this machine'],
      ['comfy-gen worker --redis rediss://box --output /shared --max-idle 10m', 'files stay in a shared folder'],
    ],
  },
  mcp: {
    examples: [
      ['comfy-gen mcp --host box1 -o pictures', 'started by your AI agent (docs/agents.md)'],
      ['comfy-gen mcp --demo', 'without a server'],
    ],
  },
  serve: {
    examples: [
      ['comfy-gen serve', 'then use http://127.0.0.1:8188 as if it were a ComfyUI'],
      ['comfy-gen serve --fault help', 'the failures that it can simulate'],
    ],
  },
  completion: {
    examples: [
      ['comfy-gen completion bash --install', 'where bash looks for it; also for zsh, fish and powershell'],
      ['source <(comfy-gen completion bash)', 'in ~/.bashrc; the same for zsh'],
      ['comfy-gen completion fish | source', 'in ~/.config/fish/config.fish'],
    ],
  },
};
