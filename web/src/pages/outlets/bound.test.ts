import { describe, expect, it } from 'vitest'
import { boundWords } from './bound'

const most = (covered: number, bound: number) => ({ goal: 'count' as const, covered, bound, sites: [1, 2] })
const fewest = (sites: number, bound: number) => ({
  goal: 'all' as const,
  covered: 900,
  bound,
  sites: Array.from({ length: sites }),
})

describe('the bound of a proposal', () => {
  it('says when nothing can be better', () => {
    expect(boundWords(most(812, 812))?.key).toBe('outlets.boundReached')
  })
  it('never rounds up to the best', () => {
    expect(boundWords(most(9999, 10_000))?.slots.percent).toBe('99.9%')
    expect(boundWords(most(8120, 8200))?.slots).toEqual({
      covered: '8,120',
      bound: '8,200',
      percent: '99.0%',
    })
  })
  it('counts places where all are to be served', () => {
    expect(boundWords(fewest(4, 4))?.key).toBe('outlets.fewestReached')
    expect(boundWords(fewest(6, 4))).toEqual({
      key: 'outlets.fewestNear',
      slots: { sites: '6', bound: '4', more: '2' },
    })
    expect(boundWords(fewest(0, 0))).toBeNull()
  })
  it('says nothing of what is not known', () => {
    expect(boundWords(most(0, 0))).toBeNull()
  })
})
