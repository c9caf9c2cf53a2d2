/** The roster of the area in view, page by page, and the filters that the address holds. */
import { computed } from 'vue'
import { people, type Worker } from '@/api/people'
import { useQuery } from '@/url/useQuery'
import { useView } from '@/url/useView'
import { usePages } from '@/use/usePages'

const PAGE = 500

export interface RosterFilter {
  text: string
  language: string
  unassigned: boolean
}

/** What the server doesn't filter by. */
export function matches(worker: Worker, { text, language, unassigned }: RosterFilter): boolean {
  if (language && !worker.languages.includes(language)) return false
  if (unassigned && worker.grids.length > 0) return false
  const sought = text.trim().toLowerCase()
  if (!sought) return true
  const told = [
    worker.name,
    worker.phone,
    worker.area_name,
    worker.username,
    ...worker.grids.map((g) => g.code),
  ]
  return told.some((value) => value?.toLowerCase().includes(sought))
}

export function useRoster() {
  const { areaCode } = useView()
  const status = useQuery('status')
  const employment = useQuery('employment')
  const language = useQuery('language')
  const text = useQuery('find')
  const idle = useQuery('unassigned')
  const unassigned = computed({
    get: () => idle.value === 'yes',
    set: (on: boolean) => (idle.value = on ? 'yes' : ''),
  })

  const {
    items: loaded,
    next,
    loading,
    error,
    reload,
    more,
  } = usePages(
    () =>
      areaCode.value
        ? { area: areaCode.value, status: status.value, employment: employment.value, limit: PAGE }
        : null,
    ({ area, ...query }, cursor: string | undefined, signal) =>
      people.workers(area, { ...query, cursor }, signal),
  )

  const shown = computed(() => {
    const filter = { text: text.value, language: language.value, unassigned: unassigned.value }
    return loaded.value.filter((worker) => matches(worker, filter))
  })
  const filtered = computed(() =>
    [status, employment, language, text, idle].some((member) => member.value !== ''),
  )
  return {
    status,
    employment,
    language,
    text,
    unassigned,
    filtered,
    loaded,
    shown,
    next,
    loading,
    error,
    reload,
    more,
  }
}
