/** Work that was left running in an area is found again and put into the address. */
import { watch } from 'vue'
import { Problem } from '@/api/client'
import { khot } from '@/api/khot'
import type { JobKind } from '@/api/types'
import { useSession } from '@/session/useSession'
import { useView } from '@/url/useView'
import { ended } from './useJob'

/** What a person starts from the map and waits for; other work (links made again at midnight, say) goes by itself. */
const WAITED_FOR: readonly JobKind[] = ['division', 'publication', 'import']

export function useRunningJob(): void {
  const { view, areaCode, amend } = useView()
  const { may } = useSession()
  watch(
    areaCode,
    async (code) => {
      if (!code || view.value.job || !may('draft')) return
      try {
        const { items } = await khot.jobs(code)
        const running = items.find((job) => !ended(job) && WAITED_FOR.includes(job.kind))
        if (running && areaCode.value === code && !view.value.job) void amend({ job: running.id })
      } catch (error) {
        // Not finding it is no failure of the page: it can still be started or looked up.
        if (!(error instanceof Problem)) throw error
      }
    },
    { immediate: true },
  )
}
