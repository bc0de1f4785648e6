// A real OpenID provider on loopback for the tests of mail accounts: whoever is named by the request's login_hint signs in
// without being asked. Told by the environment: OIDC_REDIRECT, the client's redirect URI, and OIDC_ACCESS_SECONDS, the life
// of access tokens. Prints its port. A POST to /lab/withdraw makes all grants so far worthless.
import { createServer } from 'node:http';

import { Provider } from 'oidc-provider';

const redirect = process.env.OIDC_REDIRECT;
const seconds = Number(process.env.OIDC_ACCESS_SECONDS ?? 3600);
const server = createServer();
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const { port } = server.address();
const issuer = `http://127.0.0.1:${port}`;

let withdrawn = 0;
const counts = { refresh: 0 };
const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'posta', client_secret: 'posta-secret', redirect_uris: [redirect], response_types: ['code'],
      grant_types: ['authorization_code', 'refresh_token'], token_endpoint_auth_method: 'client_secret_post',
    },
    // The mail server, which asks whose an access token is.
    {
      client_id: 'dovecot', client_secret: 'dovecot-secret', redirect_uris: [], response_types: [], grant_types: [],
      token_endpoint_auth_method: 'client_secret_basic',
    },
  ],
  cookies: { keys: ['lab'] },
  pkce: { required: () => true },
  scopes: ['openid', 'email', 'offline_access'],
  claims: { openid: ['sub'], email: ['email'] },
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, email: id }) }),
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  ttl: { AccessToken: seconds, AuthorizationCode: 60, IdToken: 60, RefreshToken: 86400, Interaction: 60, Session: 600, Grant: 86400 },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  features: {
    devInteractions: { enabled: false },
    introspection: { enabled: true, allowedPolicy: () => true },
  },
});
provider.on('grant.success', (context) => {
  if (context.oidc.params.grant_type === 'refresh_token') counts.refresh += 1;
});

const answer = provider.callback();
server.on('request', async (request, response) => {
  try {
    if (request.url.startsWith('/interaction/')) return await interact(request, response);
    if (request.url === '/lab/withdraw') {
      withdrawn = Date.now();
      return response.end('ok');
    }
    if (request.url === '/lab/counts') return response.end(JSON.stringify(counts));
    return answer(request, response);
  } catch (error) {
    response.statusCode = 500;
    return response.end(String(error));
  }
});

/** Signs in and consents at once. */
async function interact(request, response) {
  const { prompt, params, session, grantId } = await provider.interactionDetails(request, response);
  if (prompt.name === 'login') {
    const result = { login: { accountId: params.login_hint } };
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
  }
  const grant = grantId
    ? await provider.Grant.find(grantId)
    : new provider.Grant({ accountId: session.accountId, clientId: params.client_id });
  grant.addOIDCScope(params.scope);
  const result = { consent: { grantId: await grant.save() } };
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true });
}

// A withdrawn grant answers invalid_grant.
const find = provider.RefreshToken.find.bind(provider.RefreshToken);
provider.RefreshToken.find = async (...given) => {
  const token = await find(...given);
  return token && withdrawn >= token.iat * 1000 ? undefined : token;
};

process.stdout.write(`${port}\n`);
