/** With Shift held, dragging draws a box: what it touches is picked all at once. */
import type { Map as MapLibreMap, MapMouseEvent } from 'maplibre-gl'
import { onBeforeUnmount, watch, type Ref } from 'vue'

type Corner = { x: number; y: number }

export function useBox(
  map: Ref<MapLibreMap | null>,
  on: () => boolean,
  boxed: (from: [number, number], to: [number, number]) => void,
): void {
  let from: Corner | null = null
  let frame: HTMLElement | null = null

  function draw(to: Corner): void {
    if (!from || !frame) return
    Object.assign(frame.style, {
      left: `${Math.min(from.x, to.x)}px`,
      top: `${Math.min(from.y, to.y)}px`,
      width: `${Math.abs(from.x - to.x)}px`,
      height: `${Math.abs(from.y - to.y)}px`,
    })
  }
  const at = (event: MouseEvent): Corner => {
    const box = map.value?.getContainer().getBoundingClientRect()
    return { x: event.clientX - (box?.left ?? 0), y: event.clientY - (box?.top ?? 0) }
  }
  const moving = (event: MouseEvent): void => draw(at(event))
  function stop(): void {
    window.removeEventListener('mousemove', moving)
    window.removeEventListener('mouseup', release)
    window.removeEventListener('keydown', escape, true)
    frame?.remove()
    frame = null
    from = null
    map.value?.dragPan.enable()
  }
  function release(event: MouseEvent): void {
    const start = from
    const end = at(event)
    stop()
    if (start && Math.abs(start.x - end.x) + Math.abs(start.y - end.y) > 4)
      boxed([start.x, start.y], [end.x, end.y])
  }
  function escape(event: KeyboardEvent): void {
    if (event.key !== 'Escape') return
    event.stopPropagation()
    stop()
  }
  function begin(event: MapMouseEvent): void {
    if (!event.originalEvent.shiftKey || event.originalEvent.button !== 0) return
    const m = map.value
    if (!m) return
    event.preventDefault()
    m.dragPan.disable()
    from = at(event.originalEvent)
    frame = document.createElement('div')
    frame.className = 'pick-box'
    m.getContainer().append(frame)
    draw(from)
    window.addEventListener('mousemove', moving)
    window.addEventListener('mouseup', release)
    window.addEventListener('keydown', escape, true)
  }

  watch(
    () => [map.value, on()] as const,
    ([m, active]) => {
      m?.off('mousedown', begin)
      if (!m) return
      if (active) {
        m.boxZoom.disable()
        m.on('mousedown', begin)
      } else m.boxZoom.enable()
    },
    { immediate: true },
  )
  onBeforeUnmount(stop)
}
