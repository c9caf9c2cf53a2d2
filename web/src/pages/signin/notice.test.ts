import { describe, expect, it } from 'vitest'
import { Problem } from '@/api/client'
import zh from '@/words/zh'
import { minutes, noticeOfAddress, noticeOfProblem } from './notice'

const word = (path: string): unknown =>
  path.split('.').reduce<unknown>((tree, key) => (tree as Record<string, unknown>)[key], zh)

describe('what led to the sign-in page', () => {
  it('is told when it is known, and passed over when it is not', () => {
    expect(noticeOfAddress('expired')?.kind).toBe('info')
    expect(noticeOfAddress('<b>anything</b>')).toBeNull()
    expect(noticeOfAddress(undefined)).toBeNull()
    expect(noticeOfAddress('oidc_something_new')?.word).toBe('signin.oidcFailed')
  })

  it('has a sentence for every reason of single sign-on', () => {
    for (const why of Object.keys(zh.signin.oidcWhy)) {
      expect(word(noticeOfAddress(why)?.word ?? ''), why).toBeTypeOf('string')
    }
  })
})

describe('a refused attempt', () => {
  it('tells a lock from a crowd, and both how long', () => {
    expect(noticeOfProblem(new Problem(429, 'locked_out', '', 95))).toMatchObject({
      word: 'signin.locked',
      waits: true,
    })
    expect(noticeOfProblem(new Problem(429, 'too_many_requests', '', 3)).word).toBe('signin.tooMany')
    expect(noticeOfProblem(new Problem(429, 'locked_out', '')).waits).toBe(false)
    expect(minutes(95)).toEqual({ m: 1, s: 35 })
  })

  it('says one thing of a wrong name and a wrong password', () => {
    expect(noticeOfProblem(new Problem(401, 'wrong_credentials', '')).word).toBe('signin.wrong')
  })

  it('keeps the server’s own sentence for the rest', () => {
    expect(noticeOfProblem(new Problem(403, 'disabled', '账号已停用')).word).toBe('signin.failed')
  })
})
