/** The one drawing order, from the ground up. A layer that isn't here can't be drawn. */
export const Z_ORDER: readonly string[] = [
  'ground',
  'neighbours',
  'neighbours-line',
  'lakes',
  'rivers',
  'type-banner',
  'type-township',
  'type-village',
  'type-pattern',
  'reach-fill',
  'reach-none',
  'cover-fill',
  'cover-pattern',
  'units',
  'grid-fill',
  'grid-out-of-band',
  'draft-fill',
  'draft-out-of-band',
  'hover-fill',
  'hover-grid-fill',
  'grid-line',
  'draft-casing',
  'draft-line',
  'village-line',
  'township-line',
  'veil',
  'banner-line',
  'league-line',
  'region-line',
  'focus-line',
  'selected-casing',
  'selected-line',
  'selected-grid-casing',
  'selected-grid-line',
  'selected-draft-casing',
  'selected-draft-line',
  'settlement-dot',
  'settlement-label',
  'cover-mark',
  'outlet-dot',
  'outlet-selected',
  'outlet-mark',
  'site-mark',
  'spot-ring',
  'spot-dot',
  'village-label',
  'grid-label',
  'draft-label',
  'township-label',
  'banner-label',
  'league-label',
  'region-label',
]

const place = new Map(Z_ORDER.map((id, i) => [id, i]))

export function inDrawingOrder<T extends { id: string }>(layers: T[]): T[] {
  for (const layer of layers) {
    if (!place.has(layer.id)) throw new Error(`the layer ${layer.id} has no place in the drawing order`)
  }
  return [...layers].sort((a, b) => (place.get(a.id) ?? 0) - (place.get(b.id) ?? 0))
}
