import { describe, expect, it } from 'vitest'
import { DEFAULT_LAYERS, formatView, parseCamera, parseDay, parseView, type ViewState } from './state'

const whole: ViewState = {
  area: '150821',
  sel: '150821100201003',
  on: '2026-12-01',
  layers: ['grids', 'units'],
  camera: { lon: 108.2674, lat: 41.0881, zoom: 9.5 },
  draft: '01J8Z3K5-a_b',
  job: '77',
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
    })
    expect(view).toEqual({
      area: null,
      sel: null,
      on: null,
      camera: null,
      layers: ['grids'],
      draft: null,
      job: '9',
    })
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
