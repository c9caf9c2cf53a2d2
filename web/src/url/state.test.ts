import { describe, expect, it } from 'vitest'
import {
  DEFAULT_LAYERS,
  formatView,
  parseCamera,
  parseDay,
  parseView,
  seasonOf,
  type ViewState,
} from './state'

const whole: ViewState = {
  area: '150821',
  sel: '150821100201003',
  on: '2026-12-01',
  layers: ['grids', 'units'],
  camera: { lon: 108.2674, lat: 41.0881, zoom: 9.5 },
  draft: '01J8Z3K5-a_b',
  job: '77',
  outlet: '0193a5b2-7c1d',
  spot: [108.2674, 41.0881],
  stops: [
    [108.1, 41.2],
    [108.3, 41.25],
  ],
  season: 'mud',
  placement: '7d',
  proposal: '8e',
}

describe('the address', () => {
  it('gives back what was put in', () => {
    expect(parseView(formatView(whole))).toEqual(whole)
  })

  it('is empty for the opening view', () => {
    const opening = parseView({})
    expect(opening.layers).toEqual(DEFAULT_LAYERS)
    expect(formatView(opening)).toEqual({})
  })

  it('can say that no layer is on', () => {
    expect(formatView({ ...whole, layers: [] }).layers).toBe('none')
    expect(parseView({ layers: 'none' }).layers).toEqual([])
  })

  it('leaves out what it cannot understand', () => {
    const view = parseView({
      area: '15<script>',
      sel: '150',
      on: '2026-02-30',
      at: '999,1,2',
      layers: 'grids.nonsense',
      draft: '../x',
      job: ['9', '10'],
      outlet: 'a/b',
      spot: '108.2',
      stops: '108,41;x,y;200,41',
      season: 'spring',
    })
    expect(view).toEqual({
      area: null,
      sel: null,
      on: null,
      camera: null,
      layers: ['grids'],
      draft: null,
      job: '9',
      outlet: null,
      spot: null,
      stops: [[108, 41]],
      season: null,
      placement: null,
      proposal: null,
    })
  })

  it('takes the season from the day', () => {
    expect(seasonOf('2026-11-25')).toBe('winter')
    expect(seasonOf('2026-03-31')).toBe('winter')
    expect(seasonOf('2026-04-01')).toBe('mud')
    expect(seasonOf('2026-07-01')).toBe('summer')
  })

  it('takes a code with all its digits for the same area', () => {
    expect(parseView({ area: '150821000000', sel: '150821100000' })).toMatchObject({
      area: '150821',
      sel: '150821100',
    })
    expect(parseView({ area: '150000000000' }).area).toBe('15')
    expect(parseView({ area: '150821100001' }).area).toBe('150821100001')
  })

  it('knows real days from made-up ones', () => {
    expect(parseDay('2028-02-29')).toBe('2028-02-29')
    expect(parseDay('2027-02-29')).toBeNull()
    expect(parseDay('23.11.2026')).toBeNull()
  })

  it('reads a camera only when it is whole', () => {
    expect(parseCamera('112.1,44,5')).toEqual({ lon: 112.1, lat: 44, zoom: 5 })
    expect(parseCamera('112.1,44')).toBeNull()
    expect(parseCamera('a,b,c')).toBeNull()
    expect(parseCamera(null)).toBeNull()
  })
})
