/** What the server says of itself and of the data: asked once after signing in, again after a publication. */
import { shallowRef } from 'vue'
import { khot } from '@/api/khot'
import type { Meta } from '@/api/types'

const meta = shallowRef<Meta | null>(null)

export function useMeta() {
  async function loadMeta(): Promise<void> {
    meta.value = await khot.meta()
  }
  return { meta, loadMeta }
}
