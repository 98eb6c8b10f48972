import type { Answer, TestAdmin } from '../server.ts';

const SESSION = '/lifeguard/v1/session';

/** How to come by each error about sessions of the dashboard. */
export const PROVOKE_OF_SESSIONS = {
  sessionEnded: async (api: TestAdmin): Promise<Answer> => {
    const headers = { cookie: `lifeguard-session-${api.port}=ended` };
    const answer = await fetch(`${api.url}/lifeguard/v1/whoami`, { headers });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  },
  otherSite: (api: TestAdmin) => api.call('POST', SESSION, { token: 'any' }),
  codeEnded: (api: TestAdmin) =>
    api.call('POST', SESSION, { code: 'used' }, { origin: api.url, 'x-lifeguard-dashboard': '1' }),
};
