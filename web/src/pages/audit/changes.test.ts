import { describe, expect, it } from 'vitest'
import { changes, differs, wordKey } from './changes'

describe('changes of an entry', () => {
  it('puts what differs first and keeps what stayed', () => {
    const found = changes({ areas: 9, rows: 4 }, { areas: 9, rows: 7 })
    expect(found.map((change) => change.key)).toEqual(['rows', 'areas'])
    expect(found.map(differs)).toEqual([true, false])
  })

  it('takes inner members out, and leaves the word for parameters away', () => {
    const found = changes(null, { kind: 'division', params: { seed: 7, title: null }, policy: { bytes: 12 } })
    expect(found.map((change) => [change.key, change.after])).toEqual([
      ['kind', 'division'],
      ['seed', 7],
      ['policy.bytes', 12],
    ])
  })

  it('shows nothing for nothing', () => {
    expect(changes(null, undefined)).toEqual([])
    expect(changes({ a: null, b: [], c: {} }, {})).toEqual([])
  })

  it('takes lists and lone values as they are', () => {
    expect(changes(null, { fields: ['name', 'phone'] })[0]?.after).toEqual(['name', 'phone'])
    expect(changes('x', 1)).toEqual([{ key: '', before: 'x', after: 1 }])
  })

  it('makes a word’s key of an action', () => {
    expect(wordKey('plan.publish')).toBe('plan_publish')
  })
})
