// Do two graphs do the same? Ids, titles and order of keys set aside; unfolded from the outputs along the links.
import { stringifyJson } from '../../src/protocol/json.ts';
import { isLink, type Input, type Link, type Workflow, type WorkflowNode } from '../../src/workflow/workflow.ts';

type Pair = readonly [expected: Workflow, actual: Workflow];

// Optional inputs whose value is the default, and inputs that only newer servers require.
const mayBeAbsent: Readonly<Record<string, Input>> = {
  'CLIPLoader.device': 'default',
  'DualCLIPLoader.device': 'default',
  'CFGNorm.pre_cfg': false,
  'DifferentialDiffusion.strength': 1,
  'CreateVideo.bit_depth': 8,
  'ImageScaleToTotalPixels.resolution_steps': 1,
  'ChromaRadianceOptions.force_sequential_txt_ids': false,
};
const patches =
  /^(LoraLoaderModelOnly|ModelSamplingAuraFlow|ModelSamplingSD3|ModelSamplingFlux|CFGNorm|DifferentialDiffusion)$/;
const guided = /^(KSampler|KSamplerAdvanced|SamplerCustom|CFGGuider)$/;
const samplers = /^(KSampler|SamplerCustom|SamplerCustomAdvanced)$/;
const scalers =
  /^(ImageScale|ImageScaleBy|ImageScaleToTotalPixels|ImageScaleToMaxDimension|ResizeImageMaskNode|FluxKontextImageScale)$/;
const secondPassInputs = ['seed', 'steps', 'denoise', 'sampler_name', 'scheduler', 'cfg'];

/** Differences, empty when the graphs do the same. `loose` are the tags of a golden case. */
export function differences(expected: Workflow, actual: Workflow, loose: readonly string[] = []): string[] {
  return new Comparison([expected, actual], new Set(loose)).run();
}

class Comparison {
  readonly #graphs: Pair;
  readonly #loose: ReadonlySet<string>;
  readonly #found: string[] = [];
  readonly #seen = new Set<string>();
  readonly #files = [new Map<string, string>(), new Map<string, string>()] as const;

  constructor(graphs: Pair, loose: ReadonlySet<string>) {
    this.#graphs = graphs;
    this.#loose = loose;
  }

  run(): string[] {
    const [a, b] = [this.#outputs(0), this.#outputs(1)];
    if (a.length !== b.length) this.#found.push(`${a.length} outputs against ${b.length}`);
    a.forEach((id, i) => this.#compareNodes(id, b[i] ?? '', id, false));
    return this.#found;
  }

  #outputs(side: 0 | 1): string[] {
    const graph = this.#graphs[side];
    const used = new Set(
      Object.values(graph).flatMap((n) =>
        Object.values(n.inputs)
          .filter(isLink)
          .map((l) => l[0]),
      ),
    );
    return Object.keys(graph)
      .filter((id) => !used.has(id) && !/^Preview/.test(graph[id]?.class_type ?? ''))
      .sort((x, y) => (graph[x]?.class_type ?? '').localeCompare(graph[y]?.class_type ?? ''));
  }

  #compareNodes(x: string, y: string, path: string, freeNegative: boolean): void {
    const key = `${x} ${y} ${freeNegative}`;
    if (this.#seen.has(key)) return;
    this.#seen.add(key);
    const [a, b] = [this.#graphs[0][x], this.#graphs[1][y]];
    if (a === undefined || b === undefined) return this.#say(path, 'a link to nowhere');
    const masks = [this.#maskFile(0, a), this.#maskFile(1, b)] as const;
    if (masks[0] !== undefined && masks[1] !== undefined) return this.#sameFile(path, masks[0], masks[1]);
    if (this.#classOf(a) !== this.#classOf(b)) return this.#say(path, `${a.class_type} against ${b.class_type}`);
    const idle = guided.test(a.class_type) && a.inputs['cfg'] === 1 && b.inputs['cfg'] === 1;
    const free = guided.test(a.class_type) ? idle : freeNegative;
    const second = this.#loose.has('second-pass') && this.#isSecondPass(0, a) && this.#isSecondPass(1, b);
    for (const name of new Set([...Object.keys(a.inputs), ...Object.keys(b.inputs)])) {
      if (this.#isFree(a, b, name) || (free && name === 'negative')) continue;
      if (second && secondPassInputs.includes(name)) continue;
      this.#compareInputs(a, b, name, `${path}.${name}`, free);
    }
  }

  #isFree(a: WorkflowNode, b: WorkflowNode, name: string): boolean {
    const type = a.class_type;
    const onlyOne = name in a.inputs !== name in b.inputs;
    return (
      name === 'filename_prefix' ||
      this.#loose.has(`${type}.${name}`) ||
      (type === 'SaveVideo' && /^(format|codec)/.test(name)) ||
      (name === 'noise_seed' && a.inputs['add_noise'] === 'disable' && b.inputs['add_noise'] === 'disable') ||
      (/^SaveAudio/.test(type) && this.#loose.has('save-audio') && name !== 'audio') ||
      (/^VAEDecode(Audio)?(Tiled)?$/.test(type) && this.#loose.has(type) && name !== 'samples' && name !== 'vae') ||
      (type === 'ControlNetApplyAdvanced' && name === 'vae' && this.#loose.has('cn-vae') && onlyOne) ||
      (this.#loose.has('lora-node') && /clip/.test(name) && onlyOne)
    );
  }

  #compareInputs(a: WorkflowNode, b: WorkflowNode, name: string, path: string, free: boolean): void {
    const [u, v] = [a.inputs[name], b.inputs[name]];
    if (u === undefined || v === undefined) {
      const usual = mayBeAbsent[`${a.class_type}.${name}`];
      if (usual !== (u ?? v)) this.#say(path, u === undefined ? 'not expected' : 'missing');
    } else if (isLink(u) && isLink(v)) this.#compareLinks(u, v, path, free);
    else if (/^LoadImage(Mask)?$/.test(a.class_type) && name === 'image') this.#sameFile(path, text(u), text(v));
    else if (!same(u, v)) this.#say(path, `${text(u)} against ${text(v)}`);
  }

  #compareLinks(u: Link, v: Link, path: string, free: boolean): void {
    const [a, b] = [this.#chain(0, this.#skip(0, u)), this.#chain(1, this.#skip(1, v))];
    if (a.patches !== b.patches) this.#say(path, `patches ${a.patches} against ${b.patches}`);
    const masks =
      this.#maskFile(0, this.#node(0, a.link)) !== undefined && this.#maskFile(1, this.#node(1, b.link)) !== undefined;
    if (a.link[1] !== b.link[1] && !masks) this.#say(path, `output ${a.link[1]} against ${b.link[1]}`);
    this.#compareNodes(a.link[0], b.link[0], `${path}>${this.#node(0, a.link)?.class_type ?? '?'}`, free);
  }

  #node(side: 0 | 1, link: Link): WorkflowNode | undefined {
    return this.#graphs[side][link[0]];
  }

  /** Goes past what changes nothing. */
  #skip(side: 0 | 1, link: Link): Link {
    const node = this.#node(side, link);
    if (node === undefined) return link;
    const past = (input: string): Link => {
      const next = node.inputs[input];
      return isLink(next) ? this.#skip(side, next) : link;
    };
    if (this.#loose.has('input-scale') && scalers.test(node.class_type))
      return past('image' in node.inputs ? 'image' : 'input');
    const usualGuidance = node.class_type === 'FluxGuidance' && node.inputs['guidance'] === 3.5;
    if (this.#loose.has('guidance-default') && usualGuidance) return past('conditioning');
    if (this.#loose.has('lora-node') && node.class_type === 'LoraLoader' && link[1] === 1) return past('clip');
    return link;
  }

  /** Patches on one model, whose order changes nothing, and what lies below them. */
  #chain(side: 0 | 1, start: Link): { patches: string; link: Link } {
    const found: string[] = [];
    let link = start;
    for (
      let node = this.#node(side, link);
      node !== undefined && this.#isPatch(node, link);
      node = this.#node(side, link)
    ) {
      const type = node.class_type;
      const entries = Object.entries(node.inputs).filter(([name]) => name !== 'model' && name !== 'pre_cfg');
      const inputs = entries.filter(([name]) => !(type === 'DifferentialDiffusion' && name === 'strength'));
      found.push(
        `${node.class_type} ${inputs
          .map(([k, v]) => `${k}=${text(v)}`)
          .sort()
          .join(',')}`,
      );
      const below = node.inputs['model'];
      if (!isLink(below)) break;
      link = below;
    }
    return { patches: found.sort().join(' + '), link };
  }

  #isPatch(node: WorkflowNode, link: Link): boolean {
    return link[1] === 0 && patches.test(node.class_type);
  }

  #classOf(node: WorkflowNode): string {
    const type = node.class_type;
    if (type === 'EmptySD3LatentImage') return 'EmptyLatentImage';
    if (this.#loose.has('save-audio') && /^SaveAudio/.test(type)) return 'SaveAudio';
    if (this.#loose.has('lora-node') && type === 'LoraLoaderModelOnly') return 'LoraLoader';
    return this.#loose.has(type) ? type.replace('Tiled', '') : type;
  }

  #maskFile(side: 0 | 1, node: WorkflowNode | undefined): string | undefined {
    if (node === undefined || !/^(red|green|blue)$/.test(text(node.inputs['channel']))) return undefined;
    const image = node.inputs['image'];
    if (node.class_type === 'LoadImageMask') return text(image);
    const source = node.class_type === 'ImageToMask' && isLink(image) ? this.#node(side, image) : undefined;
    return source?.class_type === 'LoadImage' ? text(source.inputs['image']) : undefined;
  }

  #isSecondPass(side: 0 | 1, node: WorkflowNode): boolean {
    if (node.class_type !== 'KSampler') return false;
    let link = node.inputs['latent_image'];
    for (let i = 0; i < 20 && isLink(link); i++) {
      const next = this.#node(side, link);
      if (next !== undefined && samplers.test(next.class_type)) return true;
      link = next?.inputs['samples'] ?? next?.inputs['pixels'] ?? next?.inputs['image'];
    }
    return false;
  }

  /** Uploads have names of their own: a one-to-one renaming is the same. */
  #sameFile(path: string, x: string, y: string): void {
    const [to, from] = this.#files;
    if ((to.get(x) ?? y) !== y || (from.get(y) ?? x) !== x) this.#say(path, `${x} stands for two files`);
    to.set(x, y);
    from.set(y, x);
  }

  #say(path: string, text: string): void {
    this.#found.push(`${path}: ${text}`);
  }
}

const text = (value: unknown): string => (typeof value === 'string' ? value : stringifyJson(value ?? null));

function same(u: Input, v: Input): boolean {
  if (typeof u === 'number' && typeof v === 'number')
    return u === v || Math.abs(u - v) <= 1e-9 * Math.max(Math.abs(u), Math.abs(v));
  if (typeof u === 'bigint' || typeof v === 'bigint') return text(u) === text(v);
  return u === v || (typeof u === 'object' && JSON.stringify(u) === JSON.stringify(v));
}
