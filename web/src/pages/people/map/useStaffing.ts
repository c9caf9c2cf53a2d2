/** What the assignment map is about: vacancies, assignments and whoever is on the post, on the day in view. */
import { computed } from 'vue'
import { people, type Worker } from '@/api/people'
import { useMeta } from '@/session/useMeta'
import { useAsync } from '@/use/useAsync'
import { useView } from '@/url/useView'
import { filledGrids, holders, loads } from './staffing'

const PAGE = 500
/** A banner has a few hundred; more than this is no list that anybody reads. */
const MOST_PAGES = 8

async function everybody(area: string, signal: AbortSignal): Promise<Worker[]> {
  const all: Worker[] = []
  let cursor: string | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const { items, next } = await people.workers(area, { status: 'on_post', limit: PAGE, cursor }, signal)
    all.push(...items)
    if (next === null) break
    cursor = next
  }
  return all
}

export function useStaffing() {
  const { areaCode, day } = useView()
  const { meta } = useMeta()
  const about = computed(() =>
    (areaCode.value?.length ?? 0) >= 6 ? [areaCode.value ?? '', day.value, meta.value?.grids_version] : null,
  )
  const area = computed(() => about.value?.[0] ?? '')
  const vacant = useAsync(
    () => about.value,
    (_, signal) => people.vacancies(area.value, day.value, signal),
    { keep: true },
  )
  const assigned = useAsync(
    () => about.value,
    (_, signal) => people.assignments(area.value, { on: day.value }, signal),
    { keep: true },
  )
  const staff = useAsync(
    () => about.value?.[0] ?? null,
    (code, signal) => everybody(code, signal),
    { keep: true },
  )
  const vacancies = computed(() => vacant.data.value?.vacancies ?? [])
  const assignments = computed(() => assigned.data.value?.assignments ?? [])
  return {
    ready: computed(() => vacant.data.value !== null && staff.data.value !== null),
    error: computed(() => vacant.error.value ?? assigned.error.value ?? staff.error.value),
    narrowEnough: computed(() => about.value !== null),
    vacancies,
    workers: computed(() => staff.data.value ?? []),
    held: computed(() => loads(assignments.value)),
    holder: computed(() => holders(assignments.value)),
    filled: computed(() => filledGrids(assignments.value, vacancies.value)),
    reload: () => {
      vacant.reload()
      assigned.reload()
      staff.reload()
    },
  }
}
export type StaffingState = ReturnType<typeof useStaffing>
