import { describe, expect, it } from 'vitest'
import { cameraOf, sameCamera, zoomForGrids } from './camera'
import { outside } from './layers/selection'
import { areaMeant, type AreaUnder } from './pick'
import { sameScene, type Scene } from './scene'
import { styleOf } from './style'
import { Z_ORDER } from './zorder'

const scene: Scene = {
  theme: 'light',
  language: 'zh',
  origin: 'http://localhost',
  day: '2026-11-23',
  areasVersion: 'a',
  gridsVersion: 'g',
  layers: ['types', 'grids', 'units', 'outlets', 'reach', 'coverage', 'places'],
  draft: 'd1',
  draftVersion: 1,
  editing: {
    village: '150821100201',
    units: [],
    given: [],
    locked: [],
    target: null,
    barriers: [{ units: ['a', 'b'], line: [] }],
    crossed: [],
  },
  selected: '150821100201003',
  focus: null,
  gridLabelZoom: 10,
  outlets: null,
  outlet: null,
  sites: null,
  bands: null,
  villages: { '150821100201': 'fixed', '150821100202': 'uncovered' },
  breaks: [],
  estimated: null,
  villagePoints: null,
  spot: null,
  staff: null,
}

describe('the style', () => {
  it('has a place in the drawing order for every layer, once', () => {
    expect(new Set(Z_ORDER).size).toBe(Z_ORDER.length)
    const ids = styleOf(scene).layers.map((layer) => layer.id)
    expect(new Set(ids).size).toBe(ids.length)
    expect(ids).toEqual(Z_ORDER.filter((id) => ids.includes(id)))
  })

  it('draws the draft above the published grids, and labels above everything', () => {
    expect(Z_ORDER.indexOf('draft-line')).toBeGreaterThan(Z_ORDER.indexOf('grid-line'))
    expect(Z_ORDER.slice(-5).every((id) => id.endsWith('-label'))).toBe(true)
  })

  it('fetches nothing but this server’s tiles and basemap', () => {
    const style = styleOf(scene)
    expect(style.glyphs).toBeUndefined()
    expect(style.sprite).toBeUndefined()
    const addresses = JSON.stringify(style.sources).match(/https?:\/\/[^"]+/g) ?? []
    expect(addresses.length).toBeGreaterThan(4)
    for (const address of addresses)
      expect(address).toMatch(/^http:\/\/localhost\/(api\/v1\/tiles|basemap)\//)
  })

  it('has no source for what is off', () => {
    const bare = styleOf({ ...scene, draft: null, editing: null, layers: [] })
    expect(Object.keys(bare.sources)).not.toContain('draft')
    expect(Object.keys(bare.sources)).not.toContain('units')
    for (const layer of bare.layers) {
      if ('source' in layer) expect(Object.keys(bare.sources)).toContain(layer.source)
    }
  })
})

describe('a scene', () => {
  it('is the same when it draws the same', () => {
    expect(sameScene(scene, { ...scene, layers: [...scene.layers] })).toBe(true)
    expect(sameScene(scene, { ...scene, layers: ['types'] })).toBe(false)
    expect(sameScene(scene, { ...scene, selected: null })).toBe(false)
  })
})

describe('the camera', () => {
  it('shows the whole box', () => {
    const { lon, lat, zoom } = cameraOf([97.17, 37.4, 126.08, 53.33], { width: 1000, height: 800 })
    expect(lon).toBeCloseTo(111.6, 1)
    expect(lat).toBeGreaterThan(44)
    expect(lat).toBeLessThan(48)
    expect(zoom).toBeGreaterThan(4)
    expect(zoom).toBeLessThan(5)
  })

  it('looks further south when a sheet covers the lower part', () => {
    const box = [97.17, 37.4, 126.08, 53.33] as const
    const open = cameraOf([...box], { width: 375, height: 600 })
    const covered = cameraOf([...box], { width: 375, height: 600, coveredBelow: 200 })
    expect(covered.lat).toBeLessThan(open.lat)
  })

  it('never zooms into nothing for a point', () => {
    expect(cameraOf([112, 41, 112, 41], { width: 800, height: 600 }).zoom).toBe(15)
  })

  it('takes a rounding for the same place', () => {
    expect(sameCamera({ lon: 1, lat: 2, zoom: 3 }, { lon: 1.00005, lat: 2, zoom: 3.005 })).toBe(true)
    expect(sameCamera({ lon: 1, lat: 2, zoom: 3 }, { lon: 1.1, lat: 2, zoom: 3 })).toBe(false)
  })

  it('labels wide grids sooner than narrow ones', () => {
    expect(zoomForGrids(32e6, 45)).toBeLessThan(zoomForGrids(0.4e6, 41))
    expect(zoomForGrids(32e6, 45)).toBeGreaterThan(8)
  })
})

describe('a click', () => {
  const area = (level: AreaUnder['level'], code: string): AreaUnder => ({
    kind: 'area',
    level,
    code,
    name: code,
    area_type: null,
  })
  const here = {
    region: area('region', '15'),
    league: area('league', '1508'),
    banner: area('banner', '150821'),
    township: area('township', '150821100'),
  }

  it('means the next level down inside the area in view', () => {
    expect(areaMeant(here, { level: 'region', code: '15' })?.level).toBe('league')
    expect(areaMeant(here, { level: 'banner', code: '150821' })?.level).toBe('township')
  })

  it('means the neighbour outside of it', () => {
    expect(areaMeant(here, { level: 'banner', code: '150822' })?.code).toBe('150821')
    expect(areaMeant(here, { level: 'village', code: 'x' })?.level).toBe('township')
  })

  it('means nothing where there is nothing', () => {
    expect(areaMeant({}, { level: 'banner', code: '150821' })).toBeNull()
    expect(areaMeant(here, { level: 'township', code: '150821100' })).toBeNull()
  })
})

describe('the veil', () => {
  it('cuts the outer rings out of the world', () => {
    const square = [
      [0, 0],
      [1, 0],
      [1, 1],
      [0, 0],
    ]
    const veil = outside({ type: 'MultiPolygon', coordinates: [[square], [square, square]] })
    expect(veil.geometry.type === 'Polygon' && veil.geometry.coordinates.length).toBe(3)
  })
})
