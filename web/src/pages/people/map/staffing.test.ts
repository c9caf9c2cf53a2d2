import { latLngToCell } from 'h3-js'
import { describe, expect, it } from 'vitest'
import type { Assignment, Worker } from '@/api/people'
import { candidates, filledGrids, finds, holders, homeOf, kmBetween, loads } from './staffing'

const worker = (id: string, more: Partial<Worker> = {}): Worker => ({
  id,
  area: '150821100',
  area_name: '隆兴昌镇',
  name: `示*${id}`,
  phone: null,
  bank: null,
  created_at: '2026-01-01T00:00:00Z',
  updated_at: '2026-01-01T00:00:00Z',
  employment: 'full_time',
  grids: [],
  held: [],
  home: null,
  languages: ['zh'],
  skills: [],
  status: 'on_post',
  status_since: '2026-01-01',
  synthetic: true,
  username: null,
  ...more,
})
const assignment = (grid: string, who: string, role: Assignment['role'] = 'worker'): Assignment => ({
  id: `${grid} ${who}`,
  grid,
  village_name: '',
  worker: who,
  worker_name: null,
  role,
  from: '2026-01-01',
  until: null,
})

describe('the assignment map', () => {
  it('measures as the crow flies', () => {
    expect(kmBetween([108, 41], [108, 42])).toBeCloseTo(111.2, 1)
    expect(kmBetween([108, 41], [108, 41])).toBe(0)
  })

  it('takes the middle of a home’s cell, and none from what is no cell', () => {
    const at = homeOf({ home: latLngToCell(41.1, 108.3, 8) })
    expect(at?.[0]).toBeCloseTo(108.3, 1)
    expect(at?.[1]).toBeCloseTo(41.1, 1)
    expect(homeOf({ home: 'nowhere' })).toBeNull()
    expect(homeOf({ home: null })).toBeNull()
  })

  it('counts only main workers, and holds a grid vacant whose worker is away', () => {
    const all = [
      assignment('1', 'a'),
      assignment('2', 'a'),
      assignment('2', 'b', 'lead'),
      assignment('3', 'c'),
    ]
    expect(loads(all).get('a')).toEqual(['1', '2'])
    expect(loads(all).has('b')).toBe(false)
    expect(holders(all).get('2')?.worker).toBe('a')
    expect(filledGrids(all, [{ grid: '3' }])).toEqual(['1', '2'])
  })

  it('offers the nearest who speak the language first', () => {
    const near = worker('near', { home: latLngToCell(41.0, 108.0, 8) })
    const far = worker('far', { home: latLngToCell(41.5, 108.0, 8), languages: ['mn', 'zh'] })
    const nowhere = worker('nowhere')
    const spot = { point: [108, 41] as [number, number], language: null }
    const order = (language: string | null) =>
      candidates([nowhere, far, near], new Map(), { ...spot, language }).map((one) => one.worker.id)
    expect(order(null)).toEqual(['near', 'far', 'nowhere'])
    expect(order('mn')).toEqual(['far', 'near', 'nowhere'])
  })

  it('offers whoever has least to do where no grid is asked about', () => {
    const held = new Map([['a', ['1', '2']]])
    const order = candidates([worker('a'), worker('b')], held, null)
    expect(order.map((one) => [one.worker.id, one.grids])).toEqual([
      ['b', 0],
      ['a', 2],
    ])
  })

  it('finds by surname, area or grid', () => {
    const [one] = candidates([worker('a')], new Map(), null)
    if (!one) throw new Error('nobody')
    expect(finds(one, [], '示')).toBe(true)
    expect(finds(one, [], '隆兴')).toBe(true)
    expect(finds(one, ['150821100201003'], '201003')).toBe(true)
    expect(finds(one, [], '王')).toBe(false)
  })
})
