/** One thin client: JSON in, JSON out, every failure a Problem with a sentence a person can read. */

export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    /** A clear sentence in the person's language, or '' when the server could not be asked. */
    readonly detail: string,
    /** After how many seconds it may be tried again, where the server says so. */
    readonly retryAfter: number | null = null,
  ) {
    super(detail || code)
    this.name = 'Problem'
  }
  get unreachable(): boolean {
    return this.code === 'unreachable'
  }
}

type Query = Record<string, string | number | boolean | null | undefined>

interface Options {
  query?: Query
  body?: unknown
  /** A file instead of a JSON body. */
  file?: Blob
  signal?: AbortSignal
}

let language = 'zh-CN'
/** Why nothing goes on: the session is over, or the password must be changed before anything else. */
export type Barred = 'signed_out' | 'password_due'
let onBarred: (why: Barred) => void = () => {}

export function setApiLanguage(tag: string): void {
  language = tag
}

/** Called when a request finds that nothing goes on (not for the session's own endpoints). */
export function whenBarred(listener: (why: Barred) => void): void {
  onBarred = listener
}

function barred(problem: Problem): Barred | null {
  if (problem.status === 401) return 'signed_out'
  return problem.code === 'password_must_change' ? 'password_due' : null
}

export function withQuery(path: string, query: Query = {}): string {
  const pairs = Object.entries(query).filter(([, v]) => v !== undefined && v !== null && v !== '')
  if (pairs.length === 0) return path
  return `${path}?${new URLSearchParams(pairs.map(([k, v]) => [k, String(v)]))}`
}

async function problemFrom(response: Response): Promise<Problem> {
  const seconds = Number.parseInt(response.headers.get('retry-after') ?? '', 10)
  const type = response.headers.get('content-type') ?? ''
  if (type.includes('json')) {
    try {
      const body = (await response.json()) as { code?: unknown; detail?: unknown }
      return new Problem(
        response.status,
        typeof body.code === 'string' ? body.code : 'unknown',
        typeof body.detail === 'string' ? body.detail : '',
        Number.isNaN(seconds) ? null : seconds,
      )
    } catch {
      // fall through: the body was cut short
    }
  }
  // A gateway's page is not for a person's eyes.
  return new Problem(response.status, response.status >= 502 ? 'unreachable' : 'unknown', '')
}

export async function call<T>(method: string, path: string, options: Options = {}): Promise<T> {
  const headers: Record<string, string> = { Accept: 'application/json', 'Accept-Language': language }
  if (method !== 'GET') headers['X-Khot-Request'] = '1'
  if (options.body !== undefined) headers['Content-Type'] = 'application/json'
  if (options.file) headers['Content-Type'] = options.file.type || 'application/octet-stream'
  let response: Response
  try {
    response = await fetch(withQuery(`/api/v1${path}`, options.query), {
      method,
      headers,
      credentials: 'same-origin',
      body: options.file ?? (options.body === undefined ? undefined : JSON.stringify(options.body)),
      signal: options.signal,
    })
  } catch (error) {
    if (options.signal?.aborted) throw error
    throw new Problem(0, 'unreachable', '')
  }
  if (!response.ok) {
    const problem = await problemFrom(response)
    const why = barred(problem)
    if (why && path !== '/session') onBarred(why)
    throw problem
  }
  if (response.status === 204) return undefined as T
  return (await response.json()) as T
}
