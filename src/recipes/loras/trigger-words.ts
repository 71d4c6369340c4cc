// The words that wake a LoRA, as its file tells them: its trigger phrase, else the tags that led in its training.
import { isRecord, tryParseJson } from '../../protocol/json.ts';
import { oneLine } from '../../text/harmless.ts';

const most = { words: 5, letters: 60, json: 4 * 1024 ** 2, tags: 200_000 } as const;

/** The leading words, harmless to show; none where the metadata holds none. */
export function triggerWords(metadata: Readonly<Record<string, unknown>>): readonly string[] {
  const phrase = metadata['modelspec.trigger_phrase'];
  const own = typeof phrase === 'string' ? wordsIn(phrase.slice(0, 2000).split(',')) : [];
  return own.length > 0 ? own : wordsIn(leadingTags(metadata['ss_tag_frequency']));
}

function wordsIn(texts: readonly string[]): readonly string[] {
  const words = texts.map((text) => oneLine(text).replace(/\s+/g, ' ').trim());
  const fitting = words.filter((word) => word !== '' && word.length <= most.letters); // longer ones are captions
  return [...new Map(fitting.map((word) => [plain(word), word])).values()].slice(0, most.words);
}

/** Tags at least half as frequent as the first, over all folders of the training set, the most frequent first. */
function leadingTags(frequency: unknown): readonly string[] {
  const found = typeof frequency === 'string' && frequency.length <= most.json ? tryParseJson(frequency) : frequency;
  const counts = new Map<string, number>();
  for (const folder of isRecord(found) ? Object.values(found) : []) {
    if (!isRecord(folder)) continue;
    for (const [tag, times] of Object.entries(folder).slice(0, most.tags)) {
      const word = tag.trim();
      if (typeof times === 'number' && times > 0) counts.set(word, (counts.get(word) ?? 0) + times);
    }
  }
  const sorted = [...counts].filter(([word]) => word.length <= most.letters).sort(([, a], [, b]) => b - a);
  const first = sorted[0]?.[1] ?? 0;
  return sorted.filter(([, times]) => times * 2 >= first).map(([word]) => word);
}

/** Those that a prompt does not hold, whatever their case, spaces or underscores. */
export function wordsMissing(words: readonly string[], prompt: string): readonly string[] {
  const text = plain(prompt);
  return words.filter((word) => !text.includes(plain(word)));
}

const plain = (text: string): string => text.toLowerCase().replace(/[\s_]+/g, ' ');
