/** What the server says of itself and of the data: asked once for whoever is looking, again after a publication. */
import { shallowRef } from 'vue'
import { khot } from '@/api/khot'
import type { Meta } from '@/api/types'

const meta = shallowRef<Meta | null>(null)

export function useMeta() {
  async function loadMeta(): Promise<void> {
    meta.value = await khot.meta()
  }
  /** What one person is told isn't kept for the next. */
  function forgetMeta(): void {
    meta.value = null
  }
  return { meta, loadMeta, forgetMeta }
}
