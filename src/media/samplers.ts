// Names of samplers and schedules in other programs -> ComfyUI's.

export type Sampling = { readonly sampler: string | undefined; readonly scheduler: string | undefined };

/**
 * ComfyUI's names for a sampler and a schedule as another program writes them; undefined for what ComfyUI does not have.
 * Many programs end the sampler's name with the schedule (`DPM++ 2M Karras`, `dpmpp_2m_k`); an own schedule goes over it.
 */
export function samplingOf(name: string | undefined, schedule: string | undefined): Sampling {
  const { base, ending } = split(plain(name ?? ''));
  const sampler = own.has(base) ? base : Object.hasOwn(samplers, base) ? samplers[base] : undefined;
  const isOpen = schedule === undefined || /^(?:automatic|native|default|)$/i.test(schedule);
  const automatic = schedule !== undefined && Object.hasOwn(automatics, base) ? automatics[base] : undefined;
  const word = isOpen ? (ending ?? automatic) : plain(schedule);
  if (word === undefined) return { sampler, scheduler: sampler === undefined ? undefined : 'normal' };
  const given = word.replaceAll(' ', '_');
  const scheduler = ownSchedulers.has(given) ? given : Object.hasOwn(schedulers, word) ? schedulers[word] : undefined;
  return { sampler, scheduler };
}

/** Lower case; the `k_` of k-diffusion says nothing. */
const plain = (name: string): string => name.trim().toLowerCase().slice(0, 100).replace(/^k_/, '');

function split(name: string): { base: string; ending: string | undefined } {
  if (own.has(name)) return { base: name, ending: undefined };
  for (const [ending, schedule] of endings) {
    if (name.endsWith(ending)) return { base: name.slice(0, -ending.length), ending: schedule };
  }
  return { base: name, ending: undefined };
}

const endings: readonly (readonly [string, string])[] = [
  [' polyexponential', 'polyexponential'], [' exponential', 'exponential'], [' sgm uniform', 'sgm uniform'], [' karras', 'karras'],
  [' simple', 'simple'], [' beta', 'beta'], ['_karras', 'karras'], ['_exponential', 'exponential'], ['_k', 'karras'],
]; // prettier-ignore

/** ComfyUI's own samplers. */
const own: ReadonlySet<string> = new Set([
  'euler', 'euler_cfg_pp', 'euler_ancestral', 'euler_ancestral_cfg_pp', 'heun', 'heunpp2', 'exp_heun_2_x0', 'exp_heun_2_x0_sde',
  'dpm_2', 'dpm_2_ancestral', 'lms', 'dpm_fast', 'dpm_adaptive', 'dpmpp_2s_ancestral', 'dpmpp_2s_ancestral_cfg_pp', 'dpmpp_sde',
  'dpmpp_sde_gpu', 'dpmpp_2m', 'dpmpp_2m_cfg_pp', 'dpmpp_2m_sde', 'dpmpp_2m_sde_gpu', 'dpmpp_2m_sde_heun', 'dpmpp_2m_sde_heun_gpu',
  'dpmpp_3m_sde', 'dpmpp_3m_sde_gpu', 'ddpm', 'lcm', 'ipndm', 'ipndm_v', 'deis', 'res_multistep', 'res_multistep_cfg_pp',
  'res_multistep_ancestral', 'res_multistep_ancestral_cfg_pp', 'gradient_estimation', 'gradient_estimation_cfg_pp', 'er_sde',
  'seeds_2', 'seeds_3', 'sa_solver', 'sa_solver_pece', 'ddim', 'uni_pc', 'uni_pc_bh2', 'restart',
]); // prettier-ignore

const ownSchedulers: ReadonlySet<string> = new Set([
  'simple', 'sgm_uniform', 'karras', 'exponential', 'ddim_uniform', 'beta', 'normal', 'linear_quadratic', 'kl_optimal',
]); // prettier-ignore

/** A1111's names, then those of diffusers (InvokeAI) and of k-diffusion (NovelAI, Easy Diffusion), without `k_`. */
const samplers: Readonly<Record<string, string>> = {
  'euler a': 'euler_ancestral',
  dpm2: 'dpm_2',
  'dpm2 a': 'dpm_2_ancestral',
  'dpm++ 2s a': 'dpmpp_2s_ancestral',
  'dpm++ 2m': 'dpmpp_2m',
  'dpm++ sde': 'dpmpp_sde',
  'dpm++ 2m sde': 'dpmpp_2m_sde',
  'dpm++ 2m sde heun': 'dpmpp_2m_sde_heun',
  'dpm++ 3m sde': 'dpmpp_3m_sde',
  'dpm fast': 'dpm_fast',
  'dpm adaptive': 'dpm_adaptive',
  unipc: 'uni_pc',
  'uni-pc': 'uni_pc',
  'euler cfg++': 'euler_cfg_pp',
  'euler a cfg++': 'euler_ancestral_cfg_pp',
  'euler ancestral cfg++': 'euler_ancestral_cfg_pp',
  'dpm++ 2m cfg++': 'dpmpp_2m_cfg_pp',
  'dpm++ 2s a cfg++': 'dpmpp_2s_ancestral_cfg_pp',
  'res multistep': 'res_multistep',
  'gradient estimation': 'gradient_estimation',
  'er sde': 'er_sde',
  'sa solver': 'sa_solver',
  'heun++': 'heunpp2',
  euler_a: 'euler_ancestral',
  kdpm_2: 'dpm_2',
  kdpm_2_a: 'dpm_2_ancestral',
  dpm_2_a: 'dpm_2_ancestral',
  dpm2_a: 'dpm_2_ancestral',
  dpmpp_2s_a: 'dpmpp_2s_ancestral',
  'euler ancestral': 'euler_ancestral',
  'dpm2 ancestral': 'dpm_2_ancestral',
  'dpm++ 2s ancestral': 'dpmpp_2s_ancestral',
  ddim_v3: 'ddim',
  unipc_snr: 'uni_pc',
  unipc_tu: 'uni_pc',
  'lcm sampler': 'lcm',
};

/** What `Automatic` means to A1111. */
const automatics: Readonly<Record<string, string>> = {
  'dpm++ 2m': 'karras',
  'dpm++ sde': 'karras',
  'dpm++ 2s a': 'karras',
  'dpm++ 2m sde': 'exponential',
  'dpm++ 2m sde heun': 'exponential',
  'dpm++ 3m sde': 'exponential',
  dpm2: 'karras',
  'dpm2 a': 'karras',
  restart: 'karras',
};

const schedulers: Readonly<Record<string, string>> = {
  uniform: 'normal',
  normal: 'normal',
  polyexponential: 'exponential',
  ddim: 'ddim_uniform',
  'kl optimal': 'kl_optimal',
  'linear quadratic': 'linear_quadratic',
};
