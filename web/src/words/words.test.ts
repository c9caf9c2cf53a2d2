import { describe, expect, it } from 'vitest'
import en from './en'
import zh from './zh'

type Tree = { [key: string]: string | string[] | Tree }

function flat(tree: Tree, prefix = ''): Map<string, string> {
  const out = new Map<string, string>()
  for (const [key, value] of Object.entries(tree)) {
    const path = prefix + key
    if (typeof value === 'string') out.set(path, value)
    else if (Array.isArray(value)) value.forEach((v, i) => out.set(`${path}.${i}`, v))
    else for (const [k, v] of flat(value, `${path}.`)) out.set(k, v)
  }
  return out
}

const slots = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((m) => m[1] ?? '').sort()

describe('words', () => {
  const chinese = flat(zh)
  const english = flat(en)

  it('has the same keys in both languages', () => {
    expect([...english.keys()].sort()).toEqual([...chinese.keys()].sort())
  })

  it('leaves nothing empty', () => {
    for (const [key, value] of [...chinese, ...english]) expect(value.trim(), key).not.toBe('')
  })

  it('uses the same slots in both languages', () => {
    for (const [key, value] of chinese) expect(slots(english.get(key) ?? ''), key).toEqual(slots(value))
  })

  it('says no machine words', () => {
    for (const [key, value] of [...chinese, ...english])
      expect(value, key).not.toMatch(/\b(null|undefined|NaN)\b/)
  })
})
