/** Stops that are tried out: marks that can be dragged, or moved with the arrow keys and taken away with Delete. */
import { Marker, type Map as MapLibreMap } from 'maplibre-gl'
import { onBeforeUnmount, watch, type ShallowRef } from 'vue'
import type { Point } from '@/api/outlets'
import { iconUrl } from './icons'
import type { Theme } from './palette'

const STEP_PX = 8
const FAR_STEPS = 6
const TELL_AFTER_MS = 250
const ARROWS: Record<string, [number, number]> = {
  ArrowLeft: [-STEP_PX, 0],
  ArrowRight: [STEP_PX, 0],
  ArrowUp: [0, -STEP_PX],
  ArrowDown: [0, STEP_PX],
}

export interface StopsShown {
  stops: readonly Point[]
  theme: Theme
  /** What a mark is called, by its number from 1. */
  label: (number: number) => string
}
export interface StopEvents {
  moved: (index: number, to: Point) => void
  removed: (index: number) => void
}

export function useStops(map: ShallowRef<MapLibreMap | null>, shown: () => StopsShown, events: StopEvents) {
  let markers: Marker[] = []
  let timer: number | undefined
  const clear = (): void => {
    markers.forEach((marker) => marker.remove())
    markers = []
  }
  const pointOf = (marker: Marker): Point => {
    const { lng, lat } = marker.getLngLat()
    return [lng, lat]
  }

  function keys(event: KeyboardEvent, marker: Marker, index: number): void {
    const m = map.value
    if (!m) return
    if (event.key === 'Delete' || event.key === 'Backspace') {
      event.preventDefault()
      return events.removed(index)
    }
    const step = ARROWS[event.key]
    if (!step) return
    event.preventDefault()
    event.stopPropagation()
    const times = event.shiftKey ? FAR_STEPS : 1
    const { x, y } = m.project(marker.getLngLat())
    marker.setLngLat(m.unproject([x + step[0] * times, y + step[1] * times]))
    window.clearTimeout(timer)
    timer = window.setTimeout(() => events.moved(index, pointOf(marker)), TELL_AFTER_MS)
  }

  function mark(m: MapLibreMap, point: Point, index: number): Marker {
    const { theme, label } = shown()
    const element = document.createElement('button')
    element.type = 'button'
    element.className = 'tried-stop'
    element.title = label(index + 1)
    element.setAttribute('aria-label', label(index + 1))
    element.dataset.test = 'tried-stop'
    const picture = document.createElement('img')
    picture.src = iconUrl(`outlet-${theme}-mobile_stop`)
    picture.alt = ''
    picture.draggable = false
    element.append(picture)
    const marker = new Marker({ element, draggable: true }).setLngLat(point).addTo(m)
    marker.on('dragend', () => events.moved(index, pointOf(marker)))
    element.addEventListener('keydown', (event) => keys(event, marker, index))
    element.addEventListener('click', (event) => event.stopPropagation())
    return marker
  }

  watch(
    () => [map.value, shown()] as const,
    ([m, now]) => {
      if (!m) return clear()
      if (markers.length === now.stops.length) {
        // The same marks: who holds one by the keyboard keeps it.
        now.stops.forEach((point, i) => markers[i]?.setLngLat(point))
        return
      }
      clear()
      markers = now.stops.map((point, i) => mark(m, point, i))
    },
    { immediate: true },
  )
  onBeforeUnmount(() => {
    window.clearTimeout(timer)
    clear()
  })
}
