/**
 * What is drawn on the map by hand, with a mouse, a finger or a pen: a box around units, or a line along a border.
 * A box can always be drawn with Shift held; otherwise one finger draws what the chosen tool says, and two move the map.
 */
import type { Map as MapLibreMap } from 'maplibre-gl'
import { onBeforeUnmount, watch, type Ref } from 'vue'

export type Drawing = 'box' | 'line' | null
export type Corner = [number, number]

const SVG = 'http://www.w3.org/2000/svg'
/** A press that moves less is a click. */
const CLICK_PX = 4
/** Points nearer than this say nothing new. */
const STEP_PX = 3

const far = (a: Corner, b: Corner): number => Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1])

export function useHand(
  map: Ref<MapLibreMap | null>,
  tool: () => { on: boolean; drawing: Drawing },
  done: { boxed: (from: Corner, to: Corner) => void; drawn: (points: Corner[]) => void },
): void {
  let drawing: Drawing = null
  let points: Corner[] = []
  let frame: SVGSVGElement | null = null
  let shape: SVGPolylineElement | SVGRectElement | null = null

  const at = (event: PointerEvent): Corner => {
    const box = map.value?.getContainer().getBoundingClientRect()
    return [event.clientX - (box?.left ?? 0), event.clientY - (box?.top ?? 0)]
  }
  function show(): void {
    const [from, to] = [points[0], points.at(-1)]
    if (!from || !to || !shape) return
    const set = (name: string, value: number | string) => shape?.setAttribute(name, String(value))
    if (drawing === 'line') return set('points', points.map((point) => point.join()).join(' '))
    set('x', Math.min(from[0], to[0]))
    set('y', Math.min(from[1], to[1]))
    set('width', Math.abs(from[0] - to[0]))
    set('height', Math.abs(from[1] - to[1]))
  }
  function moving(event: PointerEvent): void {
    if (!event.isPrimary) return
    const here = at(event)
    const last = points.at(-1)
    if (drawing === 'line' && last && far(last, here) < STEP_PX) return
    points = drawing === 'line' ? [...points, here] : [points[0] ?? here, here]
    show()
  }
  function stop(): void {
    window.removeEventListener('pointermove', moving)
    window.removeEventListener('pointerup', release)
    window.removeEventListener('pointercancel', stop)
    window.removeEventListener('keydown', escape, true)
    frame?.remove()
    frame = shape = null
    drawing = null
    points = []
    map.value?.dragPan.enable()
  }
  function release(event: PointerEvent): void {
    if (!event.isPrimary) return
    const [kind, from, end] = [drawing, points[0], at(event)]
    const drawn = points
    stop()
    if (!from || Math.max(...drawn.map((point) => far(from, point)), far(from, end)) <= CLICK_PX) return
    if (kind === 'box') done.boxed(from, end)
    else done.drawn([...drawn, end])
  }
  function escape(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    stop()
  }
  function begin(event: PointerEvent): void {
    const m = map.value
    const { on, drawing: chosen } = tool()
    // A second finger means to move the map: what the first has begun is dropped, and dragging is possible again.
    if (drawing && !event.isPrimary) return stop()
    const boxing = event.shiftKey && event.pointerType === 'mouse'
    if (!m || !on || !event.isPrimary || event.button !== 0 || !(boxing || chosen)) return
    m.dragPan.disable()
    drawing = boxing ? 'box' : chosen
    points = [at(event)]
    frame = document.createElementNS(SVG, 'svg')
    frame.setAttribute('class', 'hand')
    shape = document.createElementNS(SVG, drawing === 'box' ? 'rect' : 'polyline')
    frame.append(shape)
    m.getContainer().append(frame)
    show()
    window.addEventListener('pointermove', moving)
    window.addEventListener('pointerup', release)
    window.addEventListener('pointercancel', stop)
    window.addEventListener('keydown', escape, true)
  }
  watch(
    () => [map.value, tool().on] as const,
    ([m, on]) => {
      if (!m) return
      m.getCanvasContainer().removeEventListener('pointerdown', begin)
      if (on) {
        m.boxZoom.disable()
        m.getCanvasContainer().addEventListener('pointerdown', begin)
      } else m.boxZoom.enable()
    },
    { immediate: true },
  )
  onBeforeUnmount(stop)
}
