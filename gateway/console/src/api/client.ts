/** The one place that talks HTTP to the gateway. */

const ROOT = '/api/v1'

/** A refusal or failure: `code` is the gateway's word for it, or `unreachable` when it could not be asked. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly detail: Record<string, unknown> = {},
  ) {
    super(message)
  }
}

type Query = Record<string, string | number | boolean | null | undefined>

interface Ask {
  query?: Query
  body?: unknown
  form?: FormData
}

let whenSignedOut: () => void = () => undefined

/** Names what to do when the gateway says that the session is over. */
export function onSignedOut(then: () => void): void {
  whenSignedOut = then
}

let whenProofNeeded: (enrolled: boolean) => Promise<boolean> = () => Promise.resolve(false)
let whenLocked: () => void = () => undefined

/** Names who asks the person for the second factor; true means that the request may be repeated. */
export function onProofNeeded(ask: (enrolled: boolean) => Promise<boolean>): void {
  whenProofNeeded = ask
}

/** Names what to do when the gateway says that the session's controls are locked. */
export function onLocked(then: () => void): void {
  whenLocked = then
}

/** The session is over, whoever noticed. */
export function signedOut(): void {
  whenSignedOut()
}

/** The address of an API path with its query; empty values are left out. */
export function address(path: string, query: Query = {}): string {
  const parts: string[] = []
  for (const [key, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue
    parts.push(`${encodeURIComponent(key)}=${encodeURIComponent(String(value))}`)
  }
  return ROOT + path + (parts.length > 0 ? `?${parts.join('&')}` : '')
}

/** The WebSocket address of an API path on the host that served the page. */
export function socketAddress(path: string, query: Query = {}): string {
  const scheme = location.protocol === 'https:' ? 'wss:' : 'ws:'
  return `${scheme}//${location.host}${address(path, query)}`
}

async function refusal(answer: Response): Promise<ApiError> {
  let code = `http_${answer.status}`
  let message = ''
  let detail: Record<string, unknown> = {}
  try {
    const body = (await answer.json()) as { error?: { code?: string; message?: string; detail?: Record<string, unknown> } }
    code = body.error?.code ?? code
    message = body.error?.message ?? ''
    detail = body.error?.detail ?? {}
  } catch {
    // Not ours (a proxy's page): the status alone has to speak.
  }
  return new ApiError(answer.status, code, message, detail)
}

async function ask(method: string, path: string, what: Ask = {}): Promise<Response> {
  try {
    return await askOnce(method, path, what)
  } catch (error) {
    if (!(error instanceof ApiError) || path === '/session') throw error
    if (error.code === 'locked') whenLocked()
    const proves = error.code === 'second_factor_needed' && (await whenProofNeeded(error.detail['enrolled'] === true))
    if (!proves) throw error
    return askOnce(method, path, what)
  }
}

async function askOnce(method: string, path: string, { query, body, form }: Ask): Promise<Response> {
  const headers: Record<string, string> = { Accept: 'application/json', 'X-Requested-By': 'console' }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  let answer: Response
  try {
    answer = await fetch(address(path, query), {
      method,
      headers,
      credentials: 'same-origin',
      body: form ?? (body === undefined ? null : JSON.stringify(body)),
    })
  } catch {
    throw new ApiError(0, 'unreachable', '')
  }
  if (answer.ok) return answer
  const error = await refusal(answer)
  if (answer.status === 401 && !(method === 'POST' && path.startsWith('/session'))) whenSignedOut()
  throw error
}

async function parsed<T>(answer: Response): Promise<T> {
  if (answer.status === 204) return undefined as T
  return (await answer.json()) as T
}

export async function get<T>(path: string, query?: Query): Promise<T> {
  return parsed<T>(await ask('GET', path, query ? { query } : {}))
}

export async function post<T>(path: string, body: unknown = {}, query?: Query): Promise<T> {
  return parsed<T>(await ask('POST', path, query ? { body, query } : { body }))
}

export async function put<T>(path: string, body: unknown): Promise<T> {
  return parsed<T>(await ask('PUT', path, { body }))
}

export async function patch<T>(path: string, body: unknown): Promise<T> {
  return parsed<T>(await ask('PATCH', path, { body }))
}

export async function remove(path: string): Promise<void> {
  await ask('DELETE', path)
}

export async function upload<T>(path: string, form: FormData, query?: Query): Promise<T> {
  return parsed<T>(await ask('POST', path, query ? { form, query } : { form }))
}

/** A file that is handed out by a request that changes something: that it was handed out is recorded. */
export async function postBlob(path: string): Promise<Blob> {
  return (await ask('POST', path, { body: {} })).blob()
}

export async function blob(path: string, query?: Query): Promise<Blob> {
  return (await ask('GET', path, query ? { query } : {})).blob()
}

/** A file at an address that the gateway itself has given. */
export async function blobAt(url: string): Promise<Blob> {
  return blob(url.startsWith(`${ROOT}/`) ? url.slice(ROOT.length) : url)
}

/** Posts an SDP offer; returns the answer and where to end it. */
export async function offer(path: string, sdp: string, query: Query): Promise<{ sdp: string; location: string | null }> {
  let answer: Response
  try {
    answer = await fetch(address(path, query), {
      method: 'POST',
      headers: { 'Content-Type': 'application/sdp', Accept: 'application/sdp', 'X-Requested-By': 'console' },
      credentials: 'same-origin',
      body: sdp,
    })
  } catch {
    throw new ApiError(0, 'unreachable', '')
  }
  if (!answer.ok) throw await refusal(answer)
  return { sdp: await answer.text(), location: answer.headers.get('Location') }
}

/** Ends a WebRTC view; failure means it has ended already. */
export async function endOffer(location: string): Promise<void> {
  try {
    await fetch(location, { method: 'DELETE', headers: { 'X-Requested-By': 'console' }, credentials: 'same-origin', keepalive: true })
  } catch {
    return
  }
}
