/** One plan, drawn dashed over the published grids. */
import type { SourceSpecification } from 'maplibre-gl'
import { GROUND } from '../palette'
import type { LayerGroup } from '../scene'
import { gridFill, gridHatch, gridLabel, gridLine, GRIDS_FROM_ZOOM } from './grids'

export const DRAFT = 'draft'

export const draft: LayerGroup = {
  sources: ({ origin, draft, draftVersion }): Record<string, SourceSpecification> =>
    draft === null
      ? {}
      : {
          [DRAFT]: {
            type: 'vector',
            tiles: [
              `${origin}/api/v1/tiles/plans/${encodeURIComponent(draft)}/{z}/{x}/{y}?change=${draftVersion}`,
            ],
            minzoom: GRIDS_FROM_ZOOM,
            maxzoom: 14,
            promoteId: { grids: 'code' },
          },
        },
  layers: ({ theme, draft, gridLabelZoom }) => {
    if (draft === null) return []
    const dashed = gridLine('draft-line', DRAFT, theme)
    return [
      gridFill('draft-fill', DRAFT, 'visible'),
      gridHatch('draft-out-of-band', DRAFT, theme, 'visible'),
      {
        ...gridLine('draft-casing', DRAFT, theme),
        paint: { 'line-color': GROUND[theme].casing, 'line-width': 3.5, 'line-opacity': 0.6 },
      },
      { ...dashed, paint: { ...dashed.paint, 'line-width': 1.75, 'line-dasharray': [3, 1.6] } },
      gridLabel('draft-label', DRAFT, theme, gridLabelZoom, 'visible'),
    ]
  },
}
