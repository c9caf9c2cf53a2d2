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

  // Offenders are gathered and told at once: an assertion for each of thousands of words takes seconds on a busy machine.
  const offenders = (wrong: (value: string) => boolean): string[] =>
    [...chinese, ...english].filter(([, value]) => wrong(value)).map(([key]) => key)

  it('leaves nothing empty', () => {
    expect(offenders((value) => value.trim() === '')).toEqual([])
  })

  it('uses the same slots in both languages', () => {
    const told = (words: Map<string, string>, key: string): string => slots(words.get(key) ?? '').join()
    expect([...chinese.keys()].filter((key) => told(chinese, key) !== told(english, key))).toEqual([])
  })

  it('says no machine words', () => {
    expect(offenders((value) => /\b(null|undefined|NaN)\b/.test(value))).toEqual([])
  })
})
