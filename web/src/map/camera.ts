/** Where to look from: pure geometry on the Web Mercator square, so that an address can hold it. */
import type { Bbox } from '@/api/types'
import type { Camera } from '@/url/state'

const TILE = 512
const EARTH_M = 40_075_016.686

const mercatorY = (lat: number): number => {
  const sin = Math.sin((Math.max(-85, Math.min(85, lat)) * Math.PI) / 180)
  return 0.5 - Math.log((1 + sin) / (1 - sin)) / (4 * Math.PI)
}
const latitude = (y: number): number => (Math.atan(Math.sinh(Math.PI * (1 - 2 * y))) * 180) / Math.PI

export interface Frame {
  width: number
  height: number
  /** Pixels at the lower edge that something covers. */
  coveredBelow?: number
  margin?: number
}

/** The camera that shows the whole box inside the frame. */
export function cameraOf([west, south, east, north]: Bbox, frame: Frame, maxZoom = 15): Camera {
  const { margin = 32, coveredBelow = 0 } = frame
  const width = Math.max(80, frame.width - 2 * margin)
  const height = Math.max(80, frame.height - 2 * margin - coveredBelow)
  const spanX = Math.max((east - west) / 360, 1e-9)
  const top = mercatorY(north)
  const bottom = mercatorY(south)
  const spanY = Math.max(bottom - top, 1e-9)
  const zoom = Math.min(maxZoom, Math.log2(width / (TILE * spanX)), Math.log2(height / (TILE * spanY)))
  const shift = coveredBelow / 2 / (TILE * 2 ** zoom)
  return { lon: (west + east) / 2, lat: latitude((top + bottom) / 2 + shift), zoom: Math.max(2, zoom) }
}

export const sameCamera = (a: Camera, b: Camera): boolean =>
  Math.abs(a.lon - b.lon) < 2e-4 && Math.abs(a.lat - b.lat) < 2e-4 && Math.abs(a.zoom - b.zoom) < 0.02

/** The zoom from which a grid of this area is `pixels` wide, and so has room for its label. */
export function zoomForGrids(meanAreaM2: number, lat: number, pixels = 44): number {
  const side = Math.sqrt(Math.max(1, meanAreaM2))
  const perTile = EARTH_M * Math.cos((lat * Math.PI) / 180)
  return Math.min(16, Math.max(0, Math.log2((pixels * perTile) / (TILE * side))))
}
