/** Areas as nodes of a tree that fetches what is below a node when it is opened. */
import type { LoadFunction } from 'element-plus'
import { Problem } from '@/api/client'
import { khot } from '@/api/khot'
import type { AreaItem, AreaLevel } from '@/api/types'

export interface AreaNode {
  /** The area's code. */
  value: string
  label: string
  level: AreaLevel
  villages: number
  leaf: boolean
}

export const NODE_PROPS = { label: 'label', isLeaf: 'leaf' } as const

export const nodeOf = (area: AreaItem): AreaNode => ({
  value: area.code,
  label: area.name,
  level: area.level,
  villages: area.villages,
  leaf: area.level === 'village',
})

/** Begins at `root`. A node that can't be read stays closed, so that opening it tries again. */
export function treeLoader(root: string, failed: (problem: Problem) => void): LoadFunction {
  return async (node, resolve, reject) => {
    try {
      if (node.level === 0) return resolve([nodeOf(await khot.area(root))])
      const { items } = await khot.children((node.data as unknown as AreaNode).value)
      resolve(items.map(nodeOf))
    } catch (error) {
      reject()
      if (!(error instanceof Problem)) throw error
      failed(error)
    }
  }
}

/** The codes on the way from `root` down to `code`, both among them. */
export function wayTo(root: string, code: string): string[] {
  return [2, 4, 6, 9, 12]
    .filter((length) => length >= root.length && length <= code.length)
    .map((length) => code.slice(0, length))
}
