/** How near a proposal is to the best there can be, as a sentence. */
import type { Placement } from '@/api/outlets'
import { count, fixed, roughly } from '@/format/numbers'

export interface Sentence {
  key: string
  slots: Record<string, string>
}

/** null where the bound says nothing. Of the goal `all` it is a number of places, of `count` one of households. */
export function boundWords(
  placement: Pick<Placement, 'goal' | 'covered' | 'bound'> & { sites: readonly unknown[] },
): Sentence | null {
  if (placement.goal === 'all') {
    const sites = placement.sites.length
    if (sites === 0) return null
    if (sites <= placement.bound) return { key: 'outlets.fewestReached', slots: { sites: count(sites) } }
    return {
      key: 'outlets.fewestNear',
      slots: { sites: count(sites), bound: count(placement.bound), more: count(sites - placement.bound) },
    }
  }
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
