/** What an entry of the trail says, as lines a person can read. */

export interface Change {
  /** The member's name, as the trail has it. */
  key: string
  /** undefined: not there on that side. */
  before: Plain | undefined
  after: Plain | undefined
}

export type Plain = string | number | boolean | (string | number | boolean)[]

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function plain(value: unknown): Plain | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (Array.isArray(value))
    return value
      .map((one) => plain(one))
      .filter((one) => one !== undefined)
      .flat()
  return undefined
}

/** Members with a value, those of inner objects among them. */
function members(value: unknown): Map<string, Plain> {
  const found = new Map<string, Plain>()
  if (!isObject(value)) {
    const alone = plain(value)
    if (alone !== undefined) found.set('', alone)
    return found
  }
  for (const [key, inner] of Object.entries(value)) {
    if (isObject(inner)) {
      for (const [name, one] of members(inner)) found.set(key === 'params' ? name : `${key}.${name}`, one)
      continue
    }
    const one = plain(inner)
    if (one !== undefined && !(Array.isArray(one) && one.length === 0)) found.set(key, one)
  }
  return found
}

/** Each member that stands before or after, what differs first. */
export function changes(before: unknown, after: unknown): Change[] {
  const [old, fresh] = [members(before), members(after)]
  const all = [...new Set([...old.keys(), ...fresh.keys()])].map((key) => ({
    key,
    before: old.get(key),
    after: fresh.get(key),
  }))
  return [...all.filter(differs), ...all.filter((change) => !differs(change))]
}

export const differs = (change: Change): boolean =>
  JSON.stringify(change.before) !== JSON.stringify(change.after)

/** The key of an action's or member's word: dots mean something else to the words. */
export const wordKey = (name: string): string => name.replaceAll('.', '_')
