/** Names of areas that are only known by their code: each is asked for once, and shown as soon as it is there. */
import { reactive } from 'vue'
import { Problem } from '@/api/client'
import { khot } from '@/api/khot'
import type { Area } from '@/api/types'

interface Known {
  name: string
  /** Of the areas above, from the widest. */
  path: string
  /** Villages in it: what a grant there covers. */
  villages: number
}

const known = reactive(new Map<string, Known>())
const asked = new Set<string>()

const put = (area: Area): void => {
  known.set(area.code, {
    name: area.name,
    path: area.ancestors.map((above) => above.name).join(' › '),
    villages: area.villages,
  })
}

async function ask(code: string): Promise<void> {
  asked.add(code)
  try {
    put(await khot.area(code))
  } catch (error) {
    if (!(error instanceof Problem)) throw error
    // Its code stands for it; another page may ask again.
    asked.delete(code)
  }
}

export function useAreaNames() {
  /** What is known of an area; asks when nothing is. */
  function areaOf(code: string): Known | undefined {
    if (!known.has(code) && !asked.has(code)) void ask(code)
    return known.get(code)
  }
  return { areaOf, areaName: (code: string): string => areaOf(code)?.name ?? code }
}
