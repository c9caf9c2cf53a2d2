/** Puts together what the assignment map draws. */
import { computed, type Ref } from 'vue'
import type { Point, Proposal, Worker } from '@/api/people'
import type { Area } from '@/api/types'
import { NEAR_BREAKS } from '@/map/bands'
import { zoomForGrids } from '@/map/camera'
import { homeFeatures, lineFeatures, spotFeatures } from '@/map/layers/staff'
import type { PickOptions } from '@/map/pick'
import { BARE, EMPTY, type Scene } from '@/map/scene'
import { useMeta } from '@/session/useMeta'
import { useTheme } from '@/theme/useTheme'
import { useView } from '@/url/useView'
import { useWords } from '@/words/useWords'
import { usePeopleWords } from '../usePeopleWords'
import { homeOf } from './staffing'
import type { StaffingState } from './useStaffing'

export function useStaffScene(of: {
  place: Ref<Area | null>
  staffing: StaffingState
  chosen: Ref<Worker | null>
  asked: Ref<{ worker: Worker; grid: string; at: Point | null } | null>
  proposal: Ref<Proposal | null>
  /** The grid under what is being dragged. */
  over: Ref<string | null>
}) {
  const { view, day } = useView()
  const { meta } = useMeta()
  const { theme } = useTheme()
  const { language } = useWords()
  const { nameOf } = usePeopleWords()
  const { vacancies, workers, filled } = of.staffing

  const gridLabelZoom = computed(() => {
    const area = of.place.value
    const grids = vacancies.value.length + filled.value.length
    if (!area || grids === 0) return 10
    return zoomForGrids(area.area_m2 / grids, (area.bbox[1] + area.bbox[3]) / 2)
  })
  const spots = computed(() => spotFeatures(vacancies.value))
  const homes = computed(() => {
    const one = of.asked.value?.worker ?? of.chosen.value
    return homeFeatures(
      workers.value.flatMap((worker) => {
        const at = homeOf(worker)
        return at ? [{ id: worker.id, name: nameOf(worker), at, chosen: worker.id === one?.id }] : []
      }),
    )
  })
  const lines = computed(() => {
    const one = of.asked.value
    if (one) {
      const home = homeOf(one.worker)
      return one.at && home
        ? lineFeatures([{ grid: one.grid, home, at: one.at, change: 'new' }], one.grid)
        : EMPTY
    }
    return of.proposal.value ? lineFeatures(of.proposal.value.lines, view.value.sel) : EMPTY
  })
  const scene = computed<Scene>(() => {
    const place = of.place.value
    return {
      ...BARE,
      theme: theme.value,
      language: language.value,
      origin: window.location.origin,
      day: day.value,
      areasVersion: meta.value?.areas_version ?? '',
      gridsVersion: meta.value?.grids_version ?? '',
      layers: ['grids', 'places'],
      breaks: NEAR_BREAKS,
      selected: of.over.value ?? of.asked.value?.grid ?? view.value.sel,
      focus: place?.geometry ? { code: place.code, geometry: place.geometry } : null,
      gridLabelZoom: gridLabelZoom.value,
      staff: {
        vacant: vacancies.value.map((one) => one.grid),
        filled: filled.value,
        spots: spots.value,
        homes: homes.value,
        lines: lines.value,
        own: EMPTY,
      },
    }
  })
  const picking = computed<PickOptions | null>(() =>
    of.place.value
      ? {
          standing: { code: of.place.value.code, level: of.place.value.level },
          gridLabelZoom: gridLabelZoom.value,
          grids: true,
          draft: false,
          units: false,
        }
      : null,
  )
  return { scene, picking }
}
