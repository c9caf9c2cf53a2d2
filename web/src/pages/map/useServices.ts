/** What the map knows of outlets: where they are, how long the way is, who is served, and what a stop would change. */
import { computed, shallowRef, watch } from 'vue'
import { khot } from '@/api/khot'
import { outletsApi, type CoverClass, type Point, type Reach } from '@/api/outlets'
import { bandsOf, breaksFor, FAR_BREAKS, h3Outline } from '@/map/bands'
import { villageFeatures } from '@/map/layers/coverage'
import { outletFeatures, siteFeatures } from '@/map/layers/outlets'
import { useMeta } from '@/session/useMeta'
import { useSession } from '@/session/useSession'
import { rounded } from '@/url/state'
import { useView } from '@/url/useView'
import { useAsync } from '@/use/useAsync'

const LEAGUE_DIGITS = 4
const BANNER_DIGITS = 6

export function useServices() {
  const { view, areaCode, day, season, amend, go } = useView()
  const { mayIn, may } = useSession()
  const { meta } = useMeta()

  const on = (name: 'outlets' | 'reach' | 'coverage'): boolean => view.value.layers.includes(name)
  /** The banner that is looked at, or the part of it that one may see. */
  const banner = computed<string | null>(() => {
    const code = areaCode.value
    if (!code || code.length < BANNER_DIGITS) return null
    const whole = code.slice(0, BANNER_DIGITS)
    return mayIn('outline', whole) ? whole : code
  })
  const within = computed(() =>
    areaCode.value && areaCode.value.length >= LEAGUE_DIGITS ? (banner.value ?? areaCode.value) : null,
  )

  const { data: outlets, reload: reloadOutlets } = useAsync(
    () => (within.value && (on('outlets') || view.value.outlet) ? [within.value, day.value] : null),
    (_, signal) => outletsApi.outlets(within.value ?? '', { on: day.value }, signal),
    { keep: true },
  )
  const reach = useAsync(
    () => (banner.value && on('reach') ? [banner.value, season.value, meta.value?.areas_version] : null),
    (_, signal) => outletsApi.reach(banner.value ?? '', season.value, signal),
    { keep: true },
  )
  const trying = computed(() => view.value.stops.length > 0 && on('reach'))
  const tried = useAsync(
    () => (banner.value && trying.value ? [banner.value, season.value, view.value.stops] : null),
    (_, signal) =>
      outletsApi.tryStops(
        banner.value ?? '',
        season.value,
        view.value.stops.map(([lon, lat]) => ({ lon, lat })),
        signal,
      ),
    { keep: true },
  )
  const coverage = useAsync(
    () => (banner.value && on('coverage') && may('figures') ? [banner.value, season.value, day.value] : null),
    (_, signal) => outletsApi.coverage(banner.value ?? '', { season: season.value, on: day.value }, signal),
    { keep: true },
  )
  const { data: placement } = useAsync(
    () => (may('outlets') ? view.value.placement : null),
    (code, signal) => outletsApi.placement(code, signal),
  )

  const shown = computed<Reach | null>(() => (trying.value && tried.data.value) || reach.data.value)
  const bands = shallowRef<ReturnType<typeof bandsOf> | null>(null)
  watch(shown, async (now) => {
    if (!now) return void (bands.value = null)
    const outline = await h3Outline()
    if (shown.value === now) bands.value = bandsOf(now, outline)
  })
  const villages = computed<Record<string, CoverClass> | null>(() =>
    coverage.data.value
      ? Object.fromEntries(
          // Where nobody lives nobody is served or unserved.
          coverage.data.value.villages.flatMap(({ code, class: kind }) => (kind ? [[code, kind]] : [])),
        )
      : null,
  )
  const { data: below } = useAsync(
    () => (coverage.data.value && banner.value ? banner.value : null),
    (code, signal) => khot.children(code, signal, 'village'),
    { keep: true },
  )
  const villagePoints = computed(() => {
    if (!villages.value || !below.value) return null
    const where = below.value.items.map(({ code, bbox }): [string, Point] => [
      code,
      [(bbox[0] + bbox[2]) / 2, (bbox[1] + bbox[3]) / 2],
    ])
    return villageFeatures(villages.value, new Map(where))
  })
  const breaks = computed(() => (shown.value ? breaksFor(shown.value) : FAR_BREAKS))
  const marks = computed(() => (outlets.value ? outletFeatures(outlets.value.outlets) : null))
  const sites = computed(() => (placement.value ? siteFeatures(placement.value.sites) : null))

  const withStops = (stops: readonly Point[]) => amend({ stops })
  return {
    banner,
    reach,
    tried,
    coverage,
    shown,
    bands,
    breaks,
    villages,
    villagePoints,
    marks,
    sites,
    reloadOutlets,
    addStop: (at: Point) =>
      go({
        stops: [...view.value.stops, rounded(at)],
        layers: [...new Set([...view.value.layers, 'reach' as const])],
      }),
    moveStop: (index: number, to: Point) =>
      withStops(view.value.stops.map((stop, i) => (i === index ? rounded(to) : stop))),
    removeStop: (index: number) => withStops(view.value.stops.filter((_, i) => i !== index)),
    clearStops: () => withStops([]),
  }
}
export type Services = ReturnType<typeof useServices>
