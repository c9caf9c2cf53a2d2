/** The roster of the area in view, page by page, and the filters that the address holds. */
import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import { Problem } from '@/api/client'
import { people, type Worker } from '@/api/people'
import { useQuery } from '@/url/useQuery'
import { useView } from '@/url/useView'

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

  const loaded = shallowRef<Worker[]>([])
  const next = ref<string | null>(null)
  const loading = ref(true)
  const error = shallowRef<Problem | null>(null)
  let running: AbortController | null = null

  async function load(cursor?: string): Promise<void> {
    if (!areaCode.value) return
    running?.abort()
    const mine = (running = new AbortController())
    loading.value = true
    error.value = null
    try {
      const query = { status: status.value, employment: employment.value, limit: PAGE, cursor }
      const page = await people.workers(areaCode.value, query, mine.signal)
      if (mine.signal.aborted) return
      loaded.value = cursor === undefined ? page.items : [...loaded.value, ...page.items]
      next.value = page.next
    } catch (problem) {
      if (mine.signal.aborted) return
      if (!(problem instanceof Problem)) throw problem
      error.value = problem
    } finally {
      if (!mine.signal.aborted) loading.value = false
    }
  }
  watch(
    () => `${areaCode.value} ${status.value} ${employment.value}`,
    () => void load(),
    { immediate: true },
  )
  onScopeDispose(() => running?.abort())

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
    reload: () => load(),
    more: () => load(next.value ?? undefined),
  }
}
