/** The address as reactive state: read it through `view`, change it through `go` (a step back) or `amend` (none). */
import { computed } from 'vue'
import { useRoute, useRouter } from 'vue-router'
import { useMeta } from '@/session/useMeta'
import { formatView, parseView, seasonOf, type ViewState } from './state'

export function useView() {
  const route = useRoute()
  const router = useRouter()
  const { meta } = useMeta()

  const view = computed(() => parseView(route.query))
  const regionCode = computed(() => meta.value?.region?.code ?? null)
  const areaCode = computed(() => view.value.area ?? regionCode.value)
  const day = computed(() => view.value.on ?? meta.value?.today ?? '')
  const season = computed(() => view.value.season ?? seasonOf(day.value))

  const target = (change: Partial<ViewState>, path = route.path) => {
    const next = { ...view.value, ...change }
    if (next.area !== null && next.area === regionCode.value) next.area = null
    if (next.on !== null && next.on === meta.value?.today) next.on = null
    if (next.season === seasonOf(next.on ?? meta.value?.today ?? '')) next.season = null
    return { path, query: formatView(next) }
  }
  const go = (change: Partial<ViewState>, path?: string) => router.push(target(change, path))
  const amend = (change: Partial<ViewState>) => router.replace(target(change))

  /** Looks at another area: the selection goes, and the camera fits the area. */
  const goArea = (code: string, path?: string) =>
    go({ area: code, sel: null, outlet: null, spot: null, stops: [], camera: null }, path)

  return { view, areaCode, day, season, regionCode, go, amend, goArea, target }
}
