// What A1111 and its forks call samplers and schedules -> ComfyUI's names. Facts of both programs' lists.

export type Sampling = { readonly sampler: string; readonly scheduler: string | undefined };

/**
 * `DPM++ 2M Karras` -> `dpmpp_2m`, `karras`; undefined for a name that is none of A1111's. `schedule` is its separate
 * "Schedule type"; without one, older names end with it. No scheduler is A1111's "Automatic" or none named.
 */
export function a1111Sampling(name: string, schedule?: string): Sampling | undefined {
  const plain = name.trim().toLowerCase().replace(/\s+/g, ' ');
  const [, base = plain, ending] =
    /^(.*?)(?: (karras|exponential|polyexponential|sgm uniform|simple|beta))?$/.exec(plain) ?? [];
  const sampler = samplers.get(plain) ?? samplers.get(base);
  if (sampler === undefined) return undefined;
  const word = (schedule ?? 'automatic').trim().toLowerCase();
  const named = word === 'automatic' ? (samplers.has(plain) ? undefined : ending) : word;
  return { sampler, scheduler: named === undefined ? undefined : a1111Schedule(named) };
}

/** `SGM Uniform` -> `sgm_uniform`; undefined for what ComfyUI does not have. */
export function a1111Schedule(name: string): string | undefined {
  return schedules.get(name.trim().toLowerCase().replace(/\s+/g, ' '));
}

const samplers: ReadonlyMap<string, string> = new Map([
  ['euler', 'euler'],
  ['euler a', 'euler_ancestral'],
  ['heun', 'heun'],
  ['lms', 'lms'],
  ['dpm2', 'dpm_2'],
  ['dpm2 a', 'dpm_2_ancestral'],
  ['dpm++ 2s a', 'dpmpp_2s_ancestral'],
  ['dpm++ 2m', 'dpmpp_2m'],
  ['dpm++ sde', 'dpmpp_sde'],
  ['dpm++ 2m sde', 'dpmpp_2m_sde'],
  ['dpm++ 2m sde heun', 'dpmpp_2m_sde_heun'],
  ['dpm++ 3m sde', 'dpmpp_3m_sde'],
  ['dpm fast', 'dpm_fast'],
  ['dpm adaptive', 'dpm_adaptive'],
  ['ddim', 'ddim'],
  ['ddpm', 'ddpm'],
  ['unipc', 'uni_pc'],
  ['lcm', 'lcm'],
  ['restart', 'restart'],
  ['deis', 'deis'],
  ['ipndm', 'ipndm'],
  ['ipndm_v', 'ipndm_v'],
]);

const schedules: ReadonlyMap<string, string> = new Map([
  ['uniform', 'normal'],
  ['normal', 'normal'],
  ['karras', 'karras'],
  ['exponential', 'exponential'],
  ['polyexponential', 'exponential'],
  ['sgm uniform', 'sgm_uniform'],
  ['simple', 'simple'],
  ['ddim', 'ddim_uniform'],
  ['beta', 'beta'],
  ['kl optimal', 'kl_optimal'],
]);
