import { describe, expect, it } from 'vitest'
import type { Grant, Role } from '@/api/types'
import {
  commonArea,
  covers,
  dayAfter,
  dayBefore,
  inOrder,
  isOnlyWorker,
  isWorker,
  managedArea,
  startArea,
  stateOf,
} from './grants'

const grant = (
  area: string,
  from = '2026-01-01',
  until: string | null = null,
  role: Role = 'planner',
): Grant => ({
  role,
  area,
  from,
  until,
})
const TODAY = '2026-11-25'

describe('a grant', () => {
  it('holds from its first day to the day before its end', () => {
    expect(stateOf(grant('15', TODAY), TODAY)).toBe('now')
    expect(stateOf(grant('15', '2026-11-26'), TODAY)).toBe('future')
    expect(stateOf(grant('15', '2026-01-01', TODAY), TODAY)).toBe('ended')
    expect(stateOf(grant('15', '2026-01-01', '2026-11-26'), TODAY)).toBe('now')
  })

  it('covers its area and all below', () => {
    expect(covers('1508', '150821001')).toBe(true)
    expect(covers('150821', '150821')).toBe(true)
    expect(covers('150821', '1508')).toBe(false)
    expect(covers('150821', '150822001')).toBe(false)
  })

  it('stands before those that have ended', () => {
    const [old, next, now] = [
      grant('15', '2026-01-01', '2026-02-01'),
      grant('1508', '2026-12-01'),
      grant('1507', '2026-03-01'),
    ]
    expect(inOrder([old, next, now], TODAY)).toEqual([now, next, old])
  })
})

describe('where the map begins', () => {
  it('is where all that is in force lies', () => {
    const at = (...grants: Grant[]) => startArea({ area: '15', grants }, TODAY)
    expect(at(grant('150821'))).toBe('150821')
    expect(at(grant('150821'), grant('150822001'))).toBe('1508')
    expect(at(grant('150821'), grant('1505', '2027-01-01'))).toBe('150821')
    expect(at()).toBe('15')
  })

  it('is a level of the tree, not any prefix', () => {
    expect(commonArea(['150821001', '150821002'])).toBe('150821')
    expect(commonArea(['150821', '150828'])).toBe('1508')
    expect(commonArea(['15', '11'])).toBeNull()
  })
})

describe('whoever looks after grids', () => {
  const worker = grant('150821100001', '2026-01-01', null, 'worker')
  const over = grant('1508', '2026-01-01', '2026-11-01', 'planner')

  it('is known by a grant that holds', () => {
    expect(isWorker({ grants: [worker] }, TODAY)).toBe(true)
    expect(isWorker({ grants: [{ ...worker, until: '2026-11-01' }] }, TODAY)).toBe(false)
  })

  it('begins with their own grids only where nothing else is theirs to do', () => {
    expect(isOnlyWorker({ grants: [worker, over] }, TODAY)).toBe(true)
    expect(isOnlyWorker({ grants: [worker, grant('1508')] }, TODAY)).toBe(false)
    expect(isOnlyWorker({ grants: [] }, TODAY)).toBe(false)
  })
})

describe('where accounts are managed', () => {
  it('is where an administrator grant is in force', () => {
    const grants = [
      grant('15', '2026-01-01', null, 'analyst'),
      grant('150821', '2026-01-01', null, 'administrator'),
      grant('1505', '2026-01-01', TODAY, 'administrator'),
    ]
    expect(managedArea({ area: '15', grants }, TODAY)).toBe('150821')
  })
})

describe('days', () => {
  it('follow each other over the ends of months', () => {
    expect(dayBefore('2026-12-01')).toBe('2026-11-30')
    expect(dayAfter('2028-02-28')).toBe('2028-02-29')
  })
})
