/** Puts together what the map's style depends on. */
import { computed, type Ref } from 'vue'
import type { Area, Figures, Plan } from '@/api/types'
import { zoomForGrids } from '@/map/camera'
import type { PickOptions } from '@/map/pick'
import { sameScene, type Scene } from '@/map/scene'
import { borderOfCells, type Border } from '@/plan/barriers'
import { useDrafting } from '@/plan/useDrafting'
import { useMeta } from '@/session/useMeta'
import { useSession } from '@/session/useSession'
import { useTheme } from '@/theme/useTheme'
import type { LayerName } from '@/url/state'
import { useView } from '@/url/useView'
import { useWords } from '@/words/useWords'
import type { Services } from './useServices'

const PASTORAL_GRID_M2 = 60e6

/** A link may name what its reader has no right to: then it is left out. */
const COUNTS: readonly LayerName[] = ['units', 'coverage']

const SERVICES: readonly LayerName[] = ['outlets', 'reach', 'coverage']

/** Where a pair of cells touches; of units of any other form only the picked ones are shown. */
function touching(units: [string, string]): Border[] {
  const line = borderOfCells(...units)
  return line ? [{ units, line }] : []
}

export function useScene(
  place: Ref<Area | null>,
  figures: Ref<Figures | null>,
  plan: Ref<Plan | null>,
  services: Services,
) {
  const { view, day } = useView()
  const { meta } = useMeta()
  const { may } = useSession()
  const { theme } = useTheme()
  const { language } = useWords()
  const { drafting, active, given } = useDrafting()

  /** A typical grid of what is looked at decides from which zoom labels have room. */
  const gridLabelZoom = computed(() => {
    const area = place.value
    const grids = view.value.draft ? plan.value?.scores?.grids : figures.value?.grids
    const bbox = area?.bbox
    const lat = bbox ? (bbox[1] + bbox[3]) / 2 : 44
    if (!area || !grids || area.area_m2 === 0) return zoomForGrids(PASTORAL_GRID_M2, lat)
    const covered =
      area.level === 'region' || area.level === 'league' ? PASTORAL_GRID_M2 : area.area_m2 / grids
    return zoomForGrids(covered, lat)
  })

  /** While a draft is changed only its grids matter; what isn't fetched (outlets of the whole region) isn't explained. */
  const layers = computed(() =>
    view.value.layers.filter((name) => {
      if (COUNTS.includes(name) && !may('figures')) return false
      if (SERVICES.includes(name) && active.value) return false
      return name !== 'outlets' || services.marks.value !== null
    }),
  )

  const scene = computed<Scene>((before) => {
    const geometry = place.value?.geometry
    const now: Scene = {
      theme: theme.value,
      language: language.value,
      origin: window.location.origin,
      day: day.value,
      areasVersion: meta.value?.areas_version ?? '',
      gridsVersion: meta.value?.grids_version ?? '',
      layers: layers.value,
      draft: may('draft') ? view.value.draft : null,
      draftVersion: active.value ? drafting.version : (plan.value?.version ?? 0),
      editing: active.value
        ? {
            village: drafting.village,
            units: drafting.units,
            given: given.value.filter((one) => one.kind !== 'barrier').flatMap((one) => one.units),
            locked: drafting.givens?.locks.map((lock) => lock.grid) ?? [],
            target: drafting.target,
            barriers: given.value.flatMap((one) =>
              one.kind === 'barrier' ? one.pairs.flatMap(touching) : [],
            ),
            crossed: drafting.crossed,
          }
        : null,
      selected: active.value ? (drafting.target ?? drafting.village) : view.value.sel,
      focus: place.value && geometry ? { code: place.value.code, geometry } : null,
      gridLabelZoom: gridLabelZoom.value,
      outlets: services.marks.value,
      outlet: view.value.outlet,
      sites: services.sites.value,
      bands: services.bands.value,
      breaks: services.breaks.value,
      estimated: services.shown.value?.estimated ?? null,
      villagePoints: services.villagePoints.value,
      villages: services.villages.value,
      spot: view.value.spot,
      staff: null,
    }
    return before && sameScene(before, now) ? before : now
  })
  const picking = computed<PickOptions | null>(() =>
    place.value
      ? {
          standing: { code: place.value.code, level: place.value.level },
          gridLabelZoom: gridLabelZoom.value,
          grids: view.value.layers.includes('grids'),
          draft: view.value.draft !== null,
          units: active.value,
        }
      : null,
  )
  return { scene, picking }
}
