// Which ComfyUI the demo server plays: today's, or an older one, and what differs between them.

import { ComfyGenError } from '../errors.ts';

/** `today` is ComfyUI 0.46.0 with its defaults. */
export type ProfileName = 'today' | '0.33' | '0.3.64';

export type Profile = {
  readonly name: ProfileName;
  /** What `/system_stats` says. */
  readonly version: string;
  readonly frontend: string;
  readonly templates: string;
  /** Files have ids, and `/api/assets` answers. */
  readonly hasAssets: boolean;
  /** `/api/jobs/{id}` carries the graph of a job that is not over yet. */
  readonly jobsCarryGraphs: boolean;
  /** `progress_state` says what a node is busy with. */
  readonly tellsActivity: boolean;
  /** Before `/api/jobs`, checked job ids, `missing_node_type` and throttled progress. */
  readonly isOld: boolean;
};

const profiles: Readonly<Record<ProfileName, Profile>> = {
  today: {
    name: 'today',
    version: '0.46.0',
    frontend: '1.59.1',
    templates: '0.11.107',
    hasAssets: true,
    jobsCarryGraphs: true,
    tellsActivity: true,
    isOld: false,
  },
  '0.33': {
    name: '0.33',
    version: '0.33.0',
    frontend: '1.49.6',
    templates: '0.11.44',
    hasAssets: false,
    jobsCarryGraphs: false,
    tellsActivity: false,
    isOld: false,
  },
  '0.3.64': {
    name: '0.3.64',
    version: '0.3.64',
    frontend: '1.27.10',
    templates: '0.1.95',
    hasAssets: false,
    jobsCarryGraphs: false,
    tellsActivity: false,
    isOld: true,
  },
};

/** Throws `bad_option` for a name that is none. */
export function profileOf(name: string): Profile {
  const known = Object.values(profiles).find((profile) => profile.name === name);
  if (known !== undefined) return known;
  const names = Object.keys(profiles).join(', ');
  throw new ComfyGenError('bad_option', `no profile ${JSON.stringify(name)} of the demo server; there are ${names}`);
}
