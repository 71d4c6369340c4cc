// The converter against every recorded pair, counted; and its speed on the largest template.
import { describe, expect, test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import type { ObjectInfo } from '../../src/protocol/object-info.ts';
import { convertWorkflow } from '../../src/convert/convert.ts';
import {
  allPairs,
  definitionsText,
  differences,
  havePairs,
  readAnswers,
  readDefinitions,
  readUi,
  type Pair,
} from './conversion-pairs.ts';

const recorded = new Date(2026, 10, 24, 4, 40, 51); // the clock of the one answer that shows it

describe.skipIf(!havePairs)('recorded pairs (skipped without ../shared/conversion)', () => {
  test('every answer of the web UI is matched', () => {
    const infos = { '': readDefinitions(''), '1.49.6': readDefinitions('1.49.6'), newer: readDefinitions('newer') };
    const counts = { matched: 0, refused: 0, deviates: 0, 'web UI fails': 0 };
    const wrong: string[] = [];
    const show = process.env['SHOW_DEVIATIONS'] !== undefined;
    for (const pair of allPairs()) {
      const { end, lines } = outcome(pair, infos[pair.definitions]);
      const told = `${pair.name}\n    ${lines.slice(0, 8).join('\n    ')}`;
      if (end === 'wrong') wrong.push(told);
      else counts[end]++;
      if (show && (end === 'deviates' || (end === 'refused' && pair.answers.length > 0)))
        console.log(`${end}: ${told}`);
    }
    console.log(`conversion pairs: ${JSON.stringify(counts)}, wrong: ${wrong.length}\n  ${wrong.join('\n  ')}`);
    expect(wrong).toEqual([]);
    expect(counts.matched).toBeGreaterThan(800);
  });

  test('the largest template converts in less than three times what JSON.parse of its definitions takes', () => {
    const text = definitionsText('1.49.6');
    const info = readDefinitions('1.49.6');
    const largest = allPairs()
      .filter((p) => p.name.startsWith('template-') && p.definitions === '1.49.6')
      .map((pair) => ({ pair, size: JSON.stringify(readUi(pair)).length }))
      .sort((a, b) => b.size - a.size)[0];
    const ui = largest && readUi(largest.pair);
    const parse = best(() => void JSON.parse(text));
    const convert = best(() => void convertWorkflow(ui, info));
    console.log(
      `${largest?.pair.name}: converted in ${convert.toFixed(1)} ms, definitions parsed in ${parse.toFixed(1)} ms`,
    );
    expect(convert).toBeLessThan(3 * parse);
  });
});

type Outcome = {
  readonly end: 'matched' | 'refused' | 'deviates' | 'web UI fails' | 'wrong';
  readonly lines: string[];
};

/** How a pair's conversion ends, and the differences from the nearest right answer. */
function outcome(pair: Pair, info: ObjectInfo): Outcome {
  try {
    const { workflow } = convertWorkflow(readUi(pair), info, { now: recorded });
    if (pair.answers.length === 0) return { end: 'web UI fails', lines: [] };
    const all = readAnswers(pair).map((answer) => differences(pair, workflow, answer));
    const [lines = []] = all.sort((a, b) => a.length - b.length);
    if (lines.length === 0) return { end: 'matched', lines };
    return { end: pair.deviation === undefined ? 'wrong' : 'deviates', lines };
  } catch (error) {
    if (!(error instanceof ComfyGenError)) throw error;
    const isRight = pair.answers.length === 0 || pair.deviation !== undefined || pair.mayRefuse;
    return { end: isRight ? 'refused' : 'wrong', lines: [error.message] };
  }
}

function best(work: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}
