/** A worker being dragged by the mouse, from a list or from their home on the map, until let go over a grid. */
import { onBeforeUnmount, shallowRef } from 'vue'
import type { Point, Worker } from '@/api/people'

/** Less than this is a click. */
const BEGINS_PX = 5

export interface Drop {
  grid: string | null
  at: Point | null
}
export interface Carried {
  worker: Worker
  x: number
  y: number
  over: string | null
}

/** A row of a list may be dropped on as well: it names its grid. */
function rowAt(x: number, y: number): string | null {
  const row = document.elementFromPoint(x, y)?.closest<HTMLElement>('[data-drop-grid]')
  return row?.dataset.dropGrid ?? null
}

export function useCarry(
  mapAt: (x: number, y: number) => Drop | null,
  dropped: (worker: Worker, grid: string, at: Point | null) => void,
) {
  const carried = shallowRef<Carried | null>(null)
  let begun: { worker: Worker; x: number; y: number } | null = null

  function below(x: number, y: number): Drop {
    const row = rowAt(x, y)
    if (row) return { grid: row, at: null }
    // What lies over the map (the list, a dialog) is not the map.
    const onMap = document.elementFromPoint(x, y)?.closest('canvas, .maplibregl-canvas-container')
    return (onMap && mapAt(x, y)) || { grid: null, at: null }
  }
  function move({ clientX: x, clientY: y }: MouseEvent): void {
    if (!begun) return
    if (!carried.value && Math.hypot(x - begun.x, y - begun.y) < BEGINS_PX) return
    carried.value = { worker: begun.worker, x, y, over: below(x, y).grid }
  }
  function up({ clientX: x, clientY: y }: MouseEvent): void {
    const was = carried.value
    end()
    if (!was) return
    const { grid, at } = below(x, y)
    if (grid) dropped(was.worker, grid, at)
  }
  function keys(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || !carried.value) return
    event.preventDefault()
    end()
  }
  function end(): void {
    begun = null
    carried.value = null
    window.removeEventListener('mousemove', move)
    window.removeEventListener('mouseup', up)
    window.removeEventListener('keydown', keys, true)
  }
  function start(worker: Worker, event: MouseEvent): void {
    if (event.button !== 0) return
    end()
    begun = { worker, x: event.clientX, y: event.clientY }
    window.addEventListener('mousemove', move)
    window.addEventListener('mouseup', up)
    window.addEventListener('keydown', keys, true)
  }
  onBeforeUnmount(end)
  return { carried, start }
}
