/** How near a proposal is to the best there can be, as a sentence. */
import type { Placement } from '@/api/outlets'
import { count, fixed, roughly } from '@/format/numbers'

export interface Sentence {
  key: string
  slots: Record<string, string>
}

/** null where the bound says nothing. */
export function boundWords(placement: Pick<Placement, 'covered' | 'bound'>): Sentence | null {
  const covered = roughly(placement.covered)
  const bound = roughly(placement.bound)
  if (!Number.isFinite(covered) || !Number.isFinite(bound) || bound <= 0) return null
  if (covered >= bound) return { key: 'outlets.boundReached', slots: { covered: count(placement.covered) } }
  const percent = Math.floor((covered / bound) * 1000) / 10
  return {
    key: 'outlets.boundNear',
    slots: {
      covered: count(placement.covered),
      bound: count(Math.round(bound)),
      percent: `${fixed(percent, 1)}%`,
    },
  }
}
