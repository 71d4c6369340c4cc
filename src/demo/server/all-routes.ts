// Which routes a request finds: bare ones, and those under `/api`.
import { assetRoutes } from './assets.ts';
import type { Request, Routes } from './http.ts';
import { bareRoutes, infoRoutes } from './info.ts';
import { jobsRoutes } from './jobs-api.ts';
import { jobRoutes } from './routes.ts';
import type { Server } from './state.ts';
import { uploadRoutes } from './upload.ts';
import { userdataRoutes } from './userdata.ts';
import { viewRoute } from './view.ts';

export type AllRoutes = (request: Request) => Routes;

export function allRoutes(server: Server): AllRoutes {
  const both: Routes = {
    ...jobRoutes(server),
    ...infoRoutes(server),
    ...uploadRoutes(server),
    ...userdataRoutes(),
    '/view': { GET: viewRoute(server) },
  };
  const bare = { ...both, ...bareRoutes(server) };
  const jobs = jobsRoutes(server);
  const api = server.profile.isOld ? both : { ...both, ...jobs, ...assetRoutes(server) };
  // oddly true: the real server has them once more under `/api/api`
  const twice = server.profile.isOld ? {} : Object.fromEntries(Object.entries(jobs).map(([p, m]) => [`/api${p}`, m]));
  const apiToo = { ...api, ...twice };
  return ({ isApi }) => {
    if (server.faults.peek(isApi ? 'no-api' : 'only-api') !== undefined) return {};
    return isApi ? apiToo : bare;
  };
}

/** Those of Comfy API v2 alone, as comfy-api-proxy has them. */
export const v2Routes =
  (routes: Routes): AllRoutes =>
  ({ isApi }) =>
    isApi ? routes : {};
