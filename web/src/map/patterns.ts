/** Small textures drawn here rather than fetched: one for each area type, and hatching for what is out of band. */
import type { CoverClass } from '@/api/outlets'
import type { AreaType } from '@/api/types'
import { icon } from './icons'
import { GROUND, TYPE_EDGE, type Theme } from './palette'

const SIZE = 16
/** Padlocks stand apart, so that what lies below can be read. */
const LOCK_TILE = 34

type Pen = CanvasRenderingContext2D

const MARKS: Record<AreaType, (pen: Pen) => void> = {
  // a street grid
  urban: (pen) =>
    stroke(pen, [
      [0, 4, 16, 4],
      [0, 12, 16, 12],
      [4, 0, 4, 16],
      [12, 0, 12, 16],
    ]),
  // furrows
  agricultural: (pen) =>
    stroke(pen, [
      [0, 4, 16, 4],
      [0, 12, 16, 12],
    ]),
  // scattered tufts
  pastoral: (pen) =>
    dots(pen, [
      [4, 4],
      [12, 12],
    ]),
  // furrows and tufts
  mixed: (pen) => {
    stroke(pen, [[0, 4, 16, 4]])
    dots(pen, [
      [4, 12],
      [12, 12],
    ])
  },
}

/** How a village is served: the less it is, the busier the texture. */
const COVER_MARKS: Partial<Record<CoverClass, (pen: Pen) => void>> = {
  outreach: (pen) => stroke(pen, [[0, 8, 16, 8]]),
  mobile: (pen) =>
    dots(pen, [
      [4, 4],
      [12, 4],
      [4, 12],
      [12, 12],
    ]),
  uncovered: (pen) =>
    stroke(
      pen,
      [-16, -8, 0, 8, 16].flatMap((x): [number, number, number, number][] => [
        [x, 16, x + 16, 0],
        [x, 0, x + 16, 16],
      ]),
    ),
}

function stroke(pen: Pen, lines: [number, number, number, number][]): void {
  pen.beginPath()
  for (const [x1, y1, x2, y2] of lines) {
    pen.moveTo(x1, y1)
    pen.lineTo(x2, y2)
  }
  pen.stroke()
}

function dots(pen: Pen, at: [number, number][]): void {
  for (const [x, y] of at) {
    pen.beginPath()
    pen.arc(x, y, 1.3, 0, Math.PI * 2)
    pen.fill()
  }
}

/** What stays as it is. */
function padlock(pen: Pen): void {
  pen.globalAlpha = 0.6
  pen.fillRect(4.5, 7.5, 7, 5)
  pen.beginPath()
  pen.arc(8, 7.5, 2.4, Math.PI, 0)
  pen.stroke()
}

function canvas(
  draw: (pen: Pen) => void,
  colour: string,
  width: number,
  size: number = SIZE,
): HTMLCanvasElement {
  const element = document.createElement('canvas')
  element.width = element.height = size * 2
  const pen = element.getContext('2d')
  if (pen) {
    pen.scale(2, 2)
    pen.strokeStyle = pen.fillStyle = colour
    pen.lineWidth = width
    draw(pen)
  }
  return element
}

/** Draws what a style asks for by name: `type-light-urban`, `cover-dark-mobile`, `hatch-dark`, `locked-light`, or a mark of an outlet. */
export function pattern(name: string): HTMLCanvasElement | null {
  const mark = icon(name)
  if (mark) return mark
  const [kind, theme, type] = name.split('-') as [string, Theme, AreaType]
  if (!(theme in GROUND)) return null
  if (kind === 'hatch') {
    // Diagonals that meet at the tile's edges.
    const lines: [number, number, number, number][] = [-8, 0, 8, 16].map((x) => [x, 16, x + 16, 0])
    return canvas((pen) => stroke(pen, lines), GROUND[theme].hatch, 1)
  }
  if (kind === 'locked') return canvas(padlock, GROUND[theme].hatch, 1.2, LOCK_TILE)
  if (kind === 'cover') {
    const draw = COVER_MARKS[(name.split('-')[2] ?? '') as CoverClass]
    return draw ? canvas(draw, GROUND[theme].hatch, 1) : null
  }
  if (kind === 'type' && type in MARKS) return canvas(MARKS[type], TYPE_EDGE[theme][type], 0.8)
  return null
}

export function patternUrl(name: string): string {
  return pattern(name)?.toDataURL() ?? ''
}
