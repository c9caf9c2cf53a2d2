/** One MapLibre map in one element, drawn from a scene; the page never touches the map itself. */
import { Map as MapLibreMap, ScaleControl, setWorkerUrl, type MapMouseEvent } from 'maplibre-gl'
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url'
import { onBeforeUnmount, onMounted, ref, shallowRef, watch, type Ref } from 'vue'
import type { Point } from '@/api/outlets'
import type { DrawnUnit } from '@/plan/barriers'
import type { Camera } from '@/url/state'
import { wantsLessMotion } from '@/use/useNarrow'
import { sameCamera } from './camera'
import { pattern } from './patterns'
import {
  areaMeant,
  areasUnder,
  dropUnder,
  homeUnder,
  stateTarget,
  under,
  unitsIn,
  type AreaUnder,
  type PickOptions,
  type Under,
  unitsOnMap,
  type UnitUnder,
} from './pick'
import type { Scene } from './scene'
import { styleOf } from './style'
import { useHand, type Drawing } from './useHand'

setWorkerUrl(workerUrl)

export interface MapEvents {
  moved: (camera: Camera) => void
  picked: (thing: Under | null, at: Point) => void
  entered: (area: AreaUnder) => void
  /** A box was drawn around these. */
  boxed: (units: UnitUnder[]) => void
  /** A line was drawn over these. */
  drawn: (line: Point[], units: DrawnUnit[]) => void
  /** A worker's home was taken hold of, to be dragged. */
  grabbed: (worker: string, event: MouseEvent) => void
}

export interface Hover {
  thing: Exclude<Under, UnitUnder>
  village: string | null
  x: number
  y: number
}

const LOADING_AFTER_MS = 400
const TELL_AFTER_MS = 250

export function useMap(
  element: Ref<HTMLElement | null>,
  scene: () => Scene,
  picking: () => PickOptions | null,
  /** Does the next click mean a place and not what lies there? */
  aiming: () => boolean,
  /** What is drawn by hand while units can be picked. */
  drawing: () => Drawing,
  events: MapEvents,
) {
  const map = shallowRef<MapLibreMap | null>(null)
  const hover = shallowRef<Hover | null>(null)
  const zoom = ref(4)
  const loading = ref(true)
  const failed = ref(false)
  const tilesFailed = ref(false)
  let loadingTimer: number | undefined
  let movedTimer: number | undefined
  let frame = 0
  let lit: Under | null = null
  let litState: ReturnType<typeof stateTarget> | null = null

  function light(thing: Under | null): void {
    const m = map.value
    if (!m || (lit?.code === thing?.code && lit?.kind === thing?.kind)) return
    const own = thing?.kind === 'area' || thing?.kind === 'grid' ? thing : null
    const target = own && stateTarget(own, scene().draft !== null)
    for (const [state, on] of [
      [litState, false],
      [target, true],
    ] as const) {
      if (state && m.getSource(state.source)) m.setFeatureState(state, { hover: on })
    }
    lit = thing
    litState = target
  }

  function pointAt(event: MapMouseEvent): void {
    cancelAnimationFrame(frame)
    frame = requestAnimationFrame(() => {
      const m = map.value
      const options = picking()
      if (!m || !options) return
      const thing = under(m, event.point, options)
      light(thing)
      m.getCanvas().style.cursor =
        aiming() || (options.units && drawing()) ? 'crosshair' : thing ? 'pointer' : ''
      const village = thing?.kind === 'grid' ? (areasUnder(m, event.point).village?.name ?? null) : null
      hover.value =
        thing && thing.kind !== 'unit' ? { thing, village, x: event.point.x, y: event.point.y } : null
    })
  }
  function leave(): void {
    cancelAnimationFrame(frame)
    light(null)
    hover.value = null
  }

  const cameraNow = (m: MapLibreMap): Camera => {
    const { lng, lat } = m.getCenter()
    return { lon: lng, lat, zoom: m.getZoom() }
  }

  function settle(busy: boolean): void {
    window.clearTimeout(loadingTimer)
    if (busy) loadingTimer = window.setTimeout(() => (loading.value = true), LOADING_AFTER_MS)
    else loading.value = false
  }

  function create(container: HTMLElement): void {
    const m = new MapLibreMap({
      container,
      style: styleOf(scene()),
      center: [112, 44],
      zoom: 4,
      minZoom: 2,
      maxZoom: 18,
      maxPitch: 0,
      dragRotate: false,
      touchPitch: false,
      doubleClickZoom: false,
      attributionControl: false,
      fadeDuration: wantsLessMotion() ? 0 : 120,
      renderWorldCopies: false,
    })
    m.touchZoomRotate.disableRotation()
    m.keyboard.disableRotation()
    m.addControl(new ScaleControl({ maxWidth: 120, unit: 'metric' }), 'bottom-left')
    m.setMissingStyleImageResolver((id) => {
      const image = pattern(id)
      const pen = image?.getContext('2d')
      if (image && pen && !m.hasImage(id)) {
        m.addImage(id, pen.getImageData(0, 0, image.width, image.height), { pixelRatio: 2 })
      }
    })
    m.on('dataloading', () => settle(true))
    m.on('idle', () => settle(false))
    m.on('error', (event) => {
      // A basemap file that isn't there is no failure: the ground is simply emptier.
      const source = 'sourceId' in event ? String(event.sourceId) : ''
      if (m.getSource(source)?.type === 'vector') tilesFailed.value = true
    })
    m.on('move', () => (zoom.value = m.getZoom()))
    m.on('moveend', () => {
      window.clearTimeout(movedTimer)
      movedTimer = window.setTimeout(() => events.moved(cameraNow(m)), TELL_AFTER_MS)
    })
    m.on('mousemove', pointAt)
    m.on('mouseout', leave)
    m.on('movestart', leave)
    m.on('mousedown', (event) => {
      const home = homeUnder(m, event.point)
      if (!home || event.originalEvent.button !== 0) return
      event.preventDefault()
      events.grabbed(home.code, event.originalEvent)
    })
    m.on('click', (event) => {
      const options = picking()
      if (options) events.picked(under(m, event.point, options), [event.lngLat.lng, event.lngLat.lat])
    })
    m.on('dblclick', (event) => {
      const options = picking()
      const area =
        options && !options.units && !aiming() && areaMeant(areasUnder(m, event.point), options.standing)
      if (area) events.entered(area)
    })
    map.value = m
  }

  onMounted(() => {
    if (!element.value) return
    try {
      create(element.value)
    } catch {
      failed.value = true
      loading.value = false
    }
  })
  onBeforeUnmount(() => {
    window.clearTimeout(movedTimer)
    window.clearTimeout(loadingTimer)
    cancelAnimationFrame(frame)
    map.value?.remove()
    map.value = null
  })
  useHand(map, () => ({ on: picking()?.units ?? false, drawing: drawing() }), {
    boxed: (from, to) => map.value && events.boxed(unitsIn(map.value, from, to)),
    drawn: (points) => {
      const m = map.value
      if (m) {
        const line = points.map((point) => m.unproject(point)).map(({ lng, lat }): Point => [lng, lat])
        events.drawn(line, unitsOnMap(m))
      }
    },
  })
  watch(scene, (next) => {
    leave()
    map.value?.setStyle(styleOf(next), { diff: true })
  })

  function look(camera: Camera): void {
    const m = map.value
    if (!m || sameCamera(cameraNow(m), camera)) return
    m.easeTo({
      center: [camera.lon, camera.lat],
      zoom: camera.zoom,
      duration: wantsLessMotion() ? 0 : 180,
    })
  }
  function retryTiles(): void {
    tilesFailed.value = false
    const m = map.value
    for (const [id, source] of Object.entries(m?.getStyle().sources ?? {})) {
      if (source.type === 'vector') m?.refreshTiles(id)
    }
  }

  return {
    hover,
    zoom,
    loading,
    failed,
    tilesFailed,
    look,
    retryTiles,
    zoomIn: () => map.value?.zoomIn({ duration: 150 }),
    zoomOut: () => map.value?.zoomOut({ duration: 150 }),
    map,
    /** What lies in the middle of the map, for whoever has no pointer. */
    central: (): Under | null => {
      const m = map.value
      const options = picking()
      return m && options ? under(m, m.project(m.getCenter()), options) : null
    },
    units: (): DrawnUnit[] => (map.value ? unitsOnMap(map.value) : []),
    centre: (): Point | null => {
      const centre = map.value?.getCenter()
      return centre ? [centre.lng, centre.lat] : null
    },
    /** What lies at a place of the window, to drop something on. */
    dropAt: (clientX: number, clientY: number): { grid: string | null; at: Point } | null => {
      const m = map.value
      const box = m?.getContainer().getBoundingClientRect()
      if (!m || !box) return null
      const [x, y] = [clientX - box.left, clientY - box.top]
      if (x < 0 || y < 0 || x > box.width || y > box.height) return null
      const { lng, lat } = m.unproject([x, y])
      return { grid: dropUnder(m, { x, y }), at: [lng, lat] }
    },
    size: () => map.value?.getContainer().getBoundingClientRect() ?? null,
  }
}
