// What a server offers, as lines: a name first on each; one recipe or node whole as a small table.
import type { ListedLora } from '../../catalog/loras.ts';
import type { ListedModel } from '../../catalog/models.ts';
import type { DescribedInput, DescribedNode } from '../../catalog/node.ts';
import type { DescribedRecipe, RecipeFile } from '../../catalog/recipe.ts';
import { stringifyJson } from '../../protocol/json.ts';
import type { Listed } from '../../catalog/list.ts';
import type { Style } from '../../plan/styles/style.ts';
import { shortened } from '../../text/shortened.ts';
import { size } from '../../doctor/check.ts';

/** The name, what else is known behind a tab. */
export function listedLine(row: Listed): string {
  if ('runnable' in row) {
    const missing = row['missing'] as readonly string[]; // made beside `runnable`
    return `${row.name}\t${row['runnable'] === true ? 'runnable' : `lacks ${missing.join('; ')}`}`;
  }
  if ('recipe' in row) {
    const { name, folder, recipe, certain, note, bytes } = row as unknown as ListedModel; // `models` alone has recipes
    const what = recipe ?? `no recipe: ${note ?? ''}`;
    return [name, certain || recipe === null ? what : `${what} (a guess)`, folder, bytes === null ? '' : size(bytes)]
      .join('\t')
      .trimEnd();
  }
  if ('trigger_words' in row) {
    const { name, family, trigger_words: words } = row as unknown as ListedLora; // `loras` alone has them
    return [name, family ?? '', words.join(', ')].join('\t').trimEnd();
  }
  const title = row['title'];
  return typeof title === 'string' && title !== '' && title !== row.name ? `${row.name}\t${title}` : row.name;
}

/** Its name, and what it writes around the prompt. */
export function styleLine({ name, prompt, negative }: Style): string {
  const text = shortened(prompt, 100);
  return `${name}\t${text === '' ? shortened(`not ${negative}`, 100) : text}`;
}

export function recipeLines(recipe: DescribedRecipe): readonly string[] {
  const { name, kind, tasks, runnable, missing, since, defaults, takes, files, note } = recipe;
  const values = Object.entries(defaults).map(([key, value]) => `${key} ${String(value)}`);
  return [
    `${name}\t${runnable ? 'runnable' : `lacks ${missing.join('; ')}`}`,
    `makes\t${kind}: ${tasks.join(', ')}`,
    `since\tComfyUI ${since}`,
    `defaults\t${values.join(', ')}`,
    `takes\t${takes.join(', ')}`,
    ...(note === null ? [] : [`note\t${note}`]),
    ...files.map((file) => fileLine(file)),
  ];
}

function fileLine({ role, folder, name, present, optional, bytes, source }: RecipeFile): string {
  const state = present ? (bytes === null ? 'there' : `there, ${size(bytes)}`) : optional ? 'optional' : 'missing';
  return [role, `models/${folder}/${name}`, state, ...(source === null ? [] : [source])].join('\t');
}

export function nodeLines(node: DescribedNode): readonly string[] {
  const { name, title, category, description, deprecated, inputs, outputs } = node;
  return [
    [name, title, category, ...(deprecated ? ['deprecated'] : [])].join('\t'),
    ...(description === '' ? [] : [description]),
    ...inputs.map(inputLine),
    ...outputs.map((output) => ['output', output.name, output.type, ...(output.list ? ['list'] : [])].join('\t')),
  ];
}

/** Choices that a line shows; `--json` has them all. */
const shownChoices = 8;

function inputLine({ name, type, required, default: usual, min, max, choices }: DescribedInput): string {
  const all = choices ?? [];
  const some = all.slice(0, shownChoices).map(String).join(', ');
  const more = all.length > shownChoices ? `, and ${all.length - shownChoices} more` : '';
  return [
    'input',
    name,
    type,
    [
      ...(required ? [] : ['optional']),
      ...(usual === null ? [] : [`default ${stringifyJson(usual)}`]),
      ...(min === null && max === null
        ? []
        : [[min, max].map((bound) => (bound === null ? '' : stringifyJson(bound))).join(' to ')]),
      ...(all.length === 0 ? [] : [`one of ${some}${more}`]),
    ].join('; '),
  ]
    .join('\t')
    .trimEnd();
}
