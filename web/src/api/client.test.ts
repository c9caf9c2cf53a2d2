import { afterEach, describe, expect, it, vi } from 'vitest'
import { call, Problem, setApiLanguage, whenBarred, withQuery } from './client'

const answer = (status: number, body: string, type = 'application/problem+json') =>
  vi.stubGlobal(
    'fetch',
    vi.fn(async () => new Response(body, { status, headers: { 'content-type': type } })),
  )

afterEach(() => vi.unstubAllGlobals())

const failure = async (work: Promise<unknown>): Promise<Problem> => {
  const error = await work.then(
    () => null,
    (e: unknown) => e,
  )
  if (!(error instanceof Problem)) throw new Error('a Problem was expected')
  return error
}

describe('the client', () => {
  it('says no query where there is none', () => {
    expect(withQuery('/a', { on: undefined, plan: null, q: '' })).toBe('/a')
    expect(withQuery('/a', { q: '五原县', n: 8 })).toBe('/a?q=%E4%BA%94%E5%8E%9F%E5%8E%BF&n=8')
  })

  it('guards unsafe requests and tells the language', async () => {
    answer(200, '{}', 'application/json')
    setApiLanguage('en')
    await call('POST', '/session', { body: {} })
    await call('GET', '/meta')
    const calls = vi.mocked(fetch).mock.calls.map(([, init]) => init?.headers as Record<string, string>)
    expect(calls[0]?.['X-Khot-Request']).toBe('1')
    expect(calls[1]?.['X-Khot-Request']).toBeUndefined()
    expect(calls[0]?.['Accept-Language']).toBe('en')
  })

  it('passes the server’s sentence on', async () => {
    answer(404, JSON.stringify({ code: 'area_not_found', detail: '没有这个区划。' }))
    const problem = await failure(call('GET', '/areas/1'))
    expect([problem.status, problem.code, problem.detail]).toEqual([404, 'area_not_found', '没有这个区划。'])
  })

  it('never shows a gateway’s page', async () => {
    answer(502, '<html>Bad gateway at 10.0.0.1</html>', 'text/html')
    const problem = await failure(call('GET', '/meta'))
    expect(problem.unreachable).toBe(true)
    expect(problem.detail).toBe('')
  })

  it('tells a server that can’t be reached from one that says no', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(() => Promise.reject(new TypeError('failed to fetch'))),
    )
    expect((await failure(call('GET', '/meta'))).unreachable).toBe(true)
  })

  it('notices a lost session, but not a wrong password', async () => {
    const lost = vi.fn()
    whenBarred(lost)
    answer(401, '{"code":"unauthenticated"}')
    await failure(call('POST', '/session', { body: {} }))
    expect(lost).not.toHaveBeenCalled()
    await failure(call('GET', '/meta'))
    expect(lost.mock.calls).toEqual([['signed_out']])
  })

  it('notices that the password comes first, but takes other refusals as they are', async () => {
    const stopped = vi.fn()
    whenBarred(stopped)
    answer(403, '{"code":"forbidden"}')
    await failure(call('GET', '/plans/1'))
    expect(stopped).not.toHaveBeenCalled()
    answer(403, '{"code":"password_must_change"}')
    await failure(call('GET', '/plans/1'))
    expect(stopped.mock.calls).toEqual([['password_due']])
  })

  it('tells how long to wait', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn(
        async () =>
          new Response('{"code":"locked_out"}', {
            status: 429,
            headers: { 'content-type': 'application/problem+json', 'retry-after': '75' },
          }),
      ),
    )
    expect((await failure(call('POST', '/session', { body: {} }))).retryAfter).toBe(75)
  })
})
