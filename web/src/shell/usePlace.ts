/** The area in view, with its ancestors: read once by the shell, used by breadcrumb and pages. */
import { inject, provide, type InjectionKey } from 'vue'
import { khot } from '@/api/khot'
import type { Area } from '@/api/types'
import { useView } from '@/url/useView'
import { useAsync, type Async } from '@/use/useAsync'

const KEY: InjectionKey<Async<Area>> = Symbol('place')

export function providePlace(): Async<Area> {
  const { areaCode, regionCode } = useView()
  const place = useAsync(
    () => areaCode.value,
    (code, signal) => khot.area(code, signal, code !== regionCode.value),
    { keep: true },
  )
  provide(KEY, place)
  return place
}

export function usePlace(): Async<Area> {
  const place = inject(KEY)
  if (!place) throw new Error('usePlace needs the shell')
  return place
}
