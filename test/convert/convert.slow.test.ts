// The converter against every recorded pair, counted; and its speed on the largest template.
import { describe, expect, test } from 'vitest';
import { ComfyGenError } from '../../src/errors.ts';
import { convertWorkflow } from '../../src/convert/convert.ts';
import {
  allPairs,
  definitionsText,
  differences,
  havePairs,
  readAnswer,
  readDefinitions,
  readUi,
} from './conversion-pairs.ts';

const recorded = new Date(2026, 10, 24, 4, 40, 51); // the clock of the one answer that shows it

describe.skipIf(!havePairs)('recorded pairs (skipped without ../shared/conversion)', () => {
  test('every answer of the web UI is matched', () => {
    const infos = { '': readDefinitions(''), '1.49.6': readDefinitions('1.49.6') };
    const counts = { matched: 0, refused: 0, deviates: 0, 'web UI fails': 0 };
    const wrong: string[] = [];
    for (const pair of allPairs()) {
      try {
        const { workflow } = convertWorkflow(readUi(pair), infos[pair.definitions], { now: recorded });
        if (pair.answer === undefined) {
          counts['web UI fails']++;
          continue;
        }
        const lines = differences(pair, workflow, readAnswer(pair));
        if (lines.length === 0) counts.matched++;
        else if (pair.deviation === undefined) wrong.push(`${pair.name}\n    ${lines.slice(0, 8).join('\n    ')}`);
        else {
          counts.deviates++;
          if (process.env['SHOW_DEVIATIONS']) console.log(`${pair.name}\n    ${lines.slice(0, 8).join('\n    ')}`);
        }
      } catch (error) {
        if (!(error instanceof ComfyGenError)) throw error;
        if (pair.answer === undefined || pair.deviation !== undefined) counts.refused++;
        else wrong.push(`${pair.name}: ${error.message}`);
      }
    }
    console.log(`conversion pairs: ${JSON.stringify(counts)}, wrong: ${wrong.length}\n  ${wrong.join('\n  ')}`);
    expect(wrong).toEqual([]);
    expect(counts.matched).toBeGreaterThan(600);
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

function best(work: () => void): number {
  const times = Array.from({ length: 5 }, () => {
    const start = performance.now();
    work();
    return performance.now() - start;
  });
  return Math.min(...times);
}
