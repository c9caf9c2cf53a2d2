/** What the sign-in page has to say, as the key of a word: from the address or from a refused attempt. */
import type { Problem } from '@/api/client'

export interface Notice {
  kind: 'info' | 'error'
  word: string
}

const KNOWN_OIDC = ['oidc_denied', 'oidc_no_account', 'oidc_disabled', 'oidc_expired', 'oidc_unreachable']

/** `?why=`: what led here. What isn't known is passed over, for anybody can write an address. */
export function noticeOfAddress(why: unknown): Notice | null {
  if (why === 'expired') return { kind: 'info', word: 'signin.expired' }
  if (why === 'unreachable') return { kind: 'error', word: 'signin.unreachable' }
  if (typeof why !== 'string' || !why.startsWith('oidc_')) return null
  return { kind: 'error', word: KNOWN_OIDC.includes(why) ? `signin.oidcWhy.${why}` : 'signin.oidcFailed' }
}

/** Why an attempt was refused. `waits`: the sentence has a place for the time that is left. */
export function noticeOfProblem(problem: Problem): Notice & { waits: boolean } {
  const error = (word: string, waits = false) => ({ kind: 'error' as const, word: `signin.${word}`, waits })
  if (problem.unreachable) return error('unreachable')
  if (problem.status === 401) return error('wrong')
  if (problem.status === 429 && problem.retryAfter !== null)
    return error(problem.code === 'locked_out' ? 'locked' : 'tooMany', true)
  return error('failed')
}

/** Minutes and seconds. */
export const minutes = (seconds: number) => ({ m: Math.floor(seconds / 60), s: seconds % 60 })
