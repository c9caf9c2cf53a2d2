import { afterEach, describe, expect, it, vi } from 'vitest'
import { treeLoader, wayTo } from './areaTree'

afterEach(() => vi.unstubAllGlobals())

describe('the way down the tree', () => {
  it('takes each level once, from the root to the area', () => {
    expect(wayTo('15', '150821001')).toEqual(['15', '1508', '150821', '150821001'])
    expect(wayTo('1508', '1508')).toEqual(['1508'])
    expect(wayTo('150821', '1508')).toEqual([])
  })
})

describe('a node', () => {
  const open = async (answer: Response) => {
    vi.stubGlobal(
      'fetch',
      vi.fn(async () => answer),
    )
    const [resolve, reject, failed] = [vi.fn(), vi.fn(), vi.fn()]
    const node = { level: 1, data: { value: '1508' } } as never
    await treeLoader('15', failed)(node, resolve, reject)
    return { resolve, reject, failed }
  }

  it('fetches what is below it, villages being leaves', async () => {
    const item = { code: '150821001201', name: '联丰村', level: 'village', villages: 1 }
    const { resolve } = await open(Response.json({ items: [item] }))
    expect(resolve).toHaveBeenCalledWith([
      { value: '150821001201', label: '联丰村', level: 'village', villages: 1, leaf: true },
    ])
  })

  it('stays closed when that can’t be read, and says so', async () => {
    const { resolve, reject, failed } = await open(new Response('', { status: 502 }))
    expect(resolve).not.toHaveBeenCalled()
    expect(reject).toHaveBeenCalledOnce()
    expect(failed).toHaveBeenCalledOnce()
  })
})
