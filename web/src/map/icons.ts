/** Marks of outlets, drawn here rather than fetched: a shape and a glyph for each kind, hollow while it is closed. */
import { COVER_CLASSES, OUTLET_KINDS, type CoverClass, type OutletKind } from '@/api/outlets'
import { COVER_COLOUR, GROUND, OUTLET_COLOUR, type Theme } from './palette'

type Pen = CanvasRenderingContext2D
type Lines = [number, number][]

const SIZE = 26
const MID = SIZE / 2
const TURN = Math.PI * 2

const path = (pen: Pen, points: Lines): void => {
  points.forEach(([x, y], i) => (i === 0 ? pen.moveTo(x, y) : pen.lineTo(x, y)))
  pen.closePath()
}

const SHAPES: Record<OutletKind, (pen: Pen) => void> = {
  centre: (pen) => pen.roundRect(3, 3, 20, 20, 4),
  station: (pen) => pen.arc(MID, MID, 10, 0, TURN),
  agent_point: (pen) =>
    path(pen, [
      [MID, 1.5],
      [24.5, MID],
      [MID, 24.5],
      [1.5, MID],
    ]),
  mobile_stop: (pen) => pen.roundRect(1.5, 5.5, 23, 15, 7.5),
  enforcement_bureau: (pen) => {
    pen.moveTo(MID, 2)
    pen.lineTo(23, 5.5)
    pen.lineTo(22, 14)
    pen.quadraticCurveTo(20, 21, MID, 24.5)
    pen.quadraticCurveTo(6, 21, 4, 14)
    pen.lineTo(3, 5.5)
    pen.closePath()
  },
  approval_seal: (pen) =>
    path(
      pen,
      Array.from({ length: 6 }, (_, i) => {
        const angle = (i * TURN) / 6 - TURN / 12
        return [MID + 11 * Math.cos(angle), MID + 11 * Math.sin(angle)]
      }),
    ),
}

const GLYPHS: Record<OutletKind, (pen: Pen) => void> = {
  // a flag
  centre: (pen) => {
    pen.fillRect(8.5, 7, 1.8, 12.5)
    path(pen, [
      [10, 7],
      [18.5, 10],
      [10, 13.2],
    ])
  },
  // a house
  station: (pen) =>
    path(pen, [
      [MID, 6.8],
      [19, 12.4],
      [17.2, 12.4],
      [17.2, 18.2],
      [8.8, 18.2],
      [8.8, 12.4],
      [7, 12.4],
    ]),
  // a yurt
  agent_point: (pen) => {
    pen.moveTo(7.5, 17.5)
    pen.lineTo(7.5, 13.5)
    pen.quadraticCurveTo(MID, 6.5, 18.5, 13.5)
    pen.lineTo(18.5, 17.5)
    pen.closePath()
  },
  // a van
  mobile_stop: (pen) => {
    path(pen, [
      [6.5, 9.5],
      [15.5, 9.5],
      [19, 13],
      [19, 15.4],
      [6.5, 15.4],
    ])
    for (const x of [9.6, 16]) {
      pen.moveTo(x + 1.9, 16)
      pen.arc(x, 16, 1.9, 0, TURN)
    }
  },
  // scales of the law
  enforcement_bureau: (pen) => {
    pen.fillRect(12.1, 6.5, 1.8, 12.5)
    pen.fillRect(8, 8.2, 10, 1.6)
    pen.fillRect(9.5, 17.6, 7, 1.6)
    for (const x of [8.4, 17.6]) {
      pen.moveTo(x + 2.7, 12.6)
      pen.arc(x, 12.6, 2.7, 0, Math.PI)
    }
  },
  // a stamp
  approval_seal: (pen) => {
    pen.arc(MID, 9.3, 2.5, 0, TURN)
    pen.fillRect(12, 10.5, 2, 3.5)
    pen.fillRect(8.5, 13.6, 9, 2.6)
    pen.fillRect(8.5, 17.4, 9, 1.4)
  },
}

function onCanvas(draw: (pen: Pen) => void): HTMLCanvasElement {
  const element = document.createElement('canvas')
  element.width = element.height = SIZE * 2
  const pen = element.getContext('2d')
  if (pen) {
    pen.scale(2, 2)
    draw(pen)
  }
  return element
}

function outletIcon(kind: OutletKind, theme: Theme, closed: boolean): HTMLCanvasElement {
  const colour = OUTLET_COLOUR[theme][kind]
  const paper = GROUND[theme].casing
  return onCanvas((pen) => {
    pen.beginPath()
    SHAPES[kind](pen)
    pen.lineJoin = 'round'
    pen.strokeStyle = paper
    pen.lineWidth = 3
    pen.stroke()
    pen.fillStyle = closed ? paper : colour
    pen.fill()
    if (closed) {
      pen.strokeStyle = colour
      pen.lineWidth = 1.6
      pen.stroke()
    }
    pen.beginPath()
    pen.fillStyle = closed ? colour : paper
    GLYPHS[kind](pen)
    pen.fill()
  })
}

/** A proposed place: a dashed ring with its number in it. */
function siteIcon(number: string, theme: Theme): HTMLCanvasElement {
  return onCanvas((pen) => {
    pen.beginPath()
    pen.arc(MID, MID, 11, 0, TURN)
    pen.fillStyle = GROUND[theme].casing
    pen.fill()
    pen.strokeStyle = GROUND[theme].selected
    pen.lineWidth = 2
    pen.setLineDash([4, 2.6])
    pen.stroke()
    pen.fillStyle = GROUND[theme].selected
    pen.font = '600 13px "Noto Sans CJK SC", "PingFang SC", sans-serif'
    pen.textAlign = 'center'
    pen.textBaseline = 'middle'
    pen.fillText(number, MID, MID + 0.5)
  })
}

/** A village by how it is served: full, half, a ring, or a cross. */
function villageIcon(kind: CoverClass, theme: Theme): HTMLCanvasElement {
  const colour = COVER_COLOUR[theme][kind]
  return onCanvas((pen) => {
    pen.lineWidth = 2
    pen.strokeStyle = GROUND[theme].outline
    pen.beginPath()
    pen.arc(MID, MID, 8, 0, TURN)
    pen.fillStyle = kind === 'fixed' || kind === 'uncovered' ? colour : GROUND[theme].casing
    pen.fill()
    if (kind === 'outreach') {
      pen.beginPath()
      pen.arc(MID, MID, 8, TURN / 4, -TURN / 4)
      pen.fillStyle = colour
      pen.fill()
    }
    pen.beginPath()
    pen.arc(MID, MID, 8, 0, TURN)
    pen.strokeStyle = kind === 'uncovered' ? GROUND[theme].outline : colour
    pen.lineWidth = kind === 'mobile' ? 4 : 1.6
    pen.stroke()
    if (kind === 'uncovered') {
      pen.beginPath()
      for (const turn of [1, -1]) {
        pen.moveTo(MID - 4, MID - 4 * turn)
        pen.lineTo(MID + 4, MID + 4 * turn)
      }
      pen.strokeStyle = GROUND[theme].casing
      pen.lineWidth = 2.4
      pen.stroke()
    }
  })
}

/** Draws the mark that a style asks for by name: `outlet-light-station-closed`, `site-dark-3`. */
export function icon(name: string): HTMLCanvasElement | null {
  const [what, theme, which, state] = name.split('-') as [string, Theme, string, string?]
  if (!(theme in GROUND)) return null
  if (what === 'site' && which) return siteIcon(which, theme)
  const cover = COVER_CLASSES.find((known) => known === which)
  if (what === 'village' && cover) return villageIcon(cover, theme)
  const kind = OUTLET_KINDS.find((known) => known === which)
  return what === 'outlet' && kind ? outletIcon(kind, theme, state === 'closed') : null
}

const urls = new Map<string, string>()
export function iconUrl(name: string): string {
  let url = urls.get(name)
  if (url === undefined) urls.set(name, (url = icon(name)?.toDataURL() ?? ''))
  return url
}
