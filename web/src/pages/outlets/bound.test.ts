import { describe, expect, it } from 'vitest'
import { boundWords } from './bound'

describe('the bound of a proposal', () => {
  it('says when nothing can be better', () => {
    expect(boundWords({ covered: 812, bound: 812 })?.key).toBe('outlets.boundReached')
  })
  it('never rounds up to the best', () => {
    expect(boundWords({ covered: 9999, bound: 10_000 })?.slots.percent).toBe('99.9%')
    expect(boundWords({ covered: 8120, bound: 8200 })?.slots).toEqual({
      covered: '8,120',
      bound: '8,200',
      percent: '99.0%',
    })
  })
  it('says nothing of what is not known', () => {
    expect(boundWords({ covered: 0, bound: 0 })).toBeNull()
  })
})
