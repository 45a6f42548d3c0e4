// An identity provider for tests: oidc-provider, which somebody else wrote, with a sign-in form that takes every login.
// node provider.mjs PORT REDIRECT_URI prints "ready" when it answers.
import { createHash } from 'node:crypto'
import { createServer } from 'node:http'
import { Provider } from 'oidc-provider'

const [port, redirect] = process.argv.slice(2)
const issuer = `http://127.0.0.1:${port}`

const provider = new Provider(issuer, {
  clients: [
    {
      client_id: 'sharp-eyes-gateway',
      client_secret: 'a secret for tests only',
      redirect_uris: [redirect],
      grant_types: ['authorization_code'],
      response_types: ['code'],
    },
  ],
  claims: { openid: ['sub', 'amr'], profile: ['preferred_username'] },
  conformIdTokenClaims: false,
  cookies: { keys: ['a key for tests only'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  // A person's subject stays when the login goes to somebody else: "wang#2" is the second Wang.
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: createHash('sha256').update(id).digest('hex'), preferred_username: id.split('#')[0] }),
  }),
})
provider.on('server_error', (_, error) => console.error(error))

async function typed(request) {
  let text = ''
  for await (const piece of request) text += piece
  return new URLSearchParams(text)
}

async function interact(request, response) {
  const { prompt, params, session } = await provider.interactionDetails(request, response)
  if (prompt.name === 'consent') {
    const grant = new provider.Grant({ accountId: session.accountId, clientId: params.client_id })
    grant.addOIDCScope(params.scope)
    const result = { consent: { grantId: await grant.save() } }
    return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: true })
  }
  if (request.method !== 'POST') {
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    return response.end(`<!doctype html><title>Identity provider</title><form method="post">
      <label>Login <input name="login" required></label><label>Code <input type="checkbox" name="otp"> seen</label>
      <button name="answer" value="go">Sign in</button><button name="answer" value="stop" formnovalidate>No</button></form>`)
  }
  const form = await typed(request)
  const refused = { error: 'access_denied', error_description: 'the person said no' }
  const login = { login: { accountId: form.get('login'), amr: form.has('otp') ? ['pwd', 'otp'] : ['pwd'] } }
  const result = form.get('answer') === 'stop' ? refused : login
  return provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
}

const answer = provider.callback()
createServer((request, response) => {
  if (!request.url.startsWith('/interaction/')) return answer(request, response)
  return interact(request, response).catch((error) => {
    console.error(error)
    response.statusCode = 500
    response.end()
  })
}).listen(Number(port), '127.0.0.1', () => console.log('ready'))
