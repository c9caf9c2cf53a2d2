/** Changing a draft by hand: what is picked on the map, and what is asked of the server. One draft at a time. */
import { computed, reactive, readonly } from 'vue'
import { Problem } from '@/api/client'
import { khot } from '@/api/khot'
import type { Changed, Givens, Grid, Plan } from '@/api/types'
import { bordersAlong, type Border, type DrawnUnit, type Position } from './barriers'
import { givensOf, isLocked, toggleLock, withGiven, withoutGiven, type Given } from './givens'

export type Tool = 'pick' | 'box' | 'barrier'

interface Drafting {
  /** The plan that is being changed; null when none is. */
  plan: string | null
  version: number
  givens: Givens | null
  village: string | null
  villageName: string
  /** Codes of the units picked, all of one village. */
  units: string[]
  /** The grids of that village, by code. */
  grids: Grid[]
  /** Where picked units go; null for a new grid. */
  target: string | null
  busy: boolean
  problem: Problem | null
  /** The server has said that there is nothing more to take back. */
  exhausted: boolean
  /** What was given since the village was last divided: it doesn't show in its grids yet. */
  pending: boolean
  /** What a press on the map does. */
  tool: Tool
  /** Borders along the lines that were drawn, not yet given as a barrier. */
  crossed: Border[]
  /** Where the next point's line begins. */
  pen: Position | null
}

const none = (): Drafting => ({
  plan: null,
  version: 0,
  givens: null,
  village: null,
  villageName: '',
  units: [],
  grids: [],
  target: null,
  busy: false,
  problem: null,
  exhausted: false,
  pending: false,
  tool: 'pick',
  crossed: [],
  pen: null,
})

const state = reactive<Drafting>(none())

async function readVillage(village: string): Promise<void> {
  const plan = state.plan
  if (!plan) return
  const { items } = await khot.gridsOf(village, plan)
  // The answer may be late: another village may have been picked meanwhile.
  if (state.plan !== plan || state.village !== village) return
  state.grids = items
  state.villageName = items[0]?.village_name ?? village
  if (!items.some((grid) => grid.code === state.target)) state.target = null
}

function fails(failure: unknown): void {
  if (!(failure instanceof Problem)) throw failure
  state.problem = failure
}

/** Someone else has changed the draft: what it is now is shown, and what was asked isn't done. */
async function catchUp(): Promise<void> {
  const plan = state.plan
  if (!plan) return
  const now = await khot.plan(plan)
  if (state.plan !== plan) return
  Object.assign(state, { version: now.version, givens: now.givens, units: [] })
  if (state.village) await readVillage(state.village)
}

/** Runs a change, and shows what came of it. */
async function ask(change: () => Promise<Changed>): Promise<Changed | null> {
  if (state.busy) return null
  state.busy = true
  state.problem = null
  try {
    const done = await change()
    Object.assign(state, { version: done.version, givens: done.givens, units: [] })
    if (state.village) await readVillage(state.village)
    return done
  } catch (failure) {
    fails(failure)
    if (failure instanceof Problem && failure.code === 'version_conflict') await catchUp().catch(fails)
    return null
  } finally {
    state.busy = false
  }
}

/** What stands in the list most often. */
function most(list: readonly string[]): string | undefined {
  const tally = new Map<string, number>()
  for (const one of list) tally.set(one, (tally.get(one) ?? 0) + 1)
  return [...tally].sort((a, b) => b[1] - a[1])[0]?.[0]
}

function enter(village: string, units: string[]): void {
  Object.assign(state, { village, villageName: '', units, grids: [], target: null, pending: false })
  Object.assign(state, { crossed: [], pen: null })
  void readVillage(village).catch(fails)
}

export function useDrafting() {
  function begin(plan: Plan): void {
    if (state.plan === plan.id && state.version >= plan.version) return
    Object.assign(state, none(), { plan: plan.id, version: plan.version, givens: plan.givens })
  }
  function end(): void {
    Object.assign(state, none())
  }
  /** Picks a unit, or puts it back. A unit of another village begins anew there. */
  function pick(unit: string, village: string): void {
    state.problem = null
    if (state.village !== village) enter(village, [unit])
    else if (state.units.includes(unit)) state.units = state.units.filter((other) => other !== unit)
    else state.units = [...state.units, unit]
  }
  /** Picks all of these that lie in the village being changed, or in the one that most of them lie in. */
  function pickAll(found: readonly { code: string; village: string }[]): void {
    const villages = found.map((unit) => unit.village)
    const village = state.village && villages.includes(state.village) ? state.village : most(villages)
    if (!village) return
    state.problem = null
    const units = found.filter((unit) => unit.village === village).map((unit) => unit.code)
    if (village === state.village) state.units = [...new Set([...state.units, ...units])]
    else enter(village, [...new Set(units)])
  }
  /** A line was drawn: what it parts is shown. It belongs to the village being changed, or to the one it parts most. */
  function draw(line: readonly Position[], units: readonly DrawnUnit[]): void {
    state.problem = null
    state.pen = line.at(-1) ?? null
    const villageOf = new Map(units.map((unit) => [unit.code, unit.village]))
    const found = bordersAlong(line, units)
    const wanted = state.village ?? most(found.map((one) => villageOf.get(one.units[0]) ?? ''))
    if (!wanted) return
    if (wanted !== state.village) enter(wanted, [])
    const key = ({ units }: Border): string => [...units].sort().join(' ')
    const own = found.filter((one) => villageOf.get(one.units[0]) === wanted)
    const all = [...state.crossed, ...own].map((one) => [key(one), one] as const)
    Object.assign(state, { crossed: [...new Map(all).values()], pen: line.at(-1) ?? null })
  }
  /** A point of a line that is set point by point. */
  function point(at: Position, units: readonly DrawnUnit[]): void {
    draw(state.pen ? [state.pen, at] : [at], units)
  }
  const wipe = (): void => void Object.assign(state, { crossed: [], pen: null })
  function take(tool: Tool): void {
    state.tool = tool
    wipe()
  }
  function choose(village: string): void {
    state.problem = null
    if (state.village !== village) enter(village, [])
  }

  const here = () => ({ plan: state.plan ?? '', version: state.version, village: state.village ?? '' })
  async function move(): Promise<boolean> {
    const { plan, version, village } = here()
    const moves = [{ units: [...state.units], to: state.target }]
    const done = await ask(() => khot.moveUnits(plan, { version, village, moves }))
    if (done) state.exhausted = false
    return done !== null
  }
  async function redivide(options: {
    seed: number
    count: number | null
    stable: boolean
  }): Promise<boolean> {
    const { plan, version, village } = here()
    const done = await ask(() => khot.redivide(plan, { version, village, ...options }))
    if (done) Object.assign(state, { exhausted: false, pending: false })
    return done !== null
  }
  /** The last change may have been another village's: then that one is shown. */
  async function undo(): Promise<boolean> {
    const { plan, version } = here()
    const done = await ask(() => khot.undo(plan, version))
    const changed = done?.grids[0]?.village
    if (changed && changed !== state.village) enter(changed, [])
    if (state.problem?.code === 'nothing_to_undo') Object.assign(state, { exhausted: true })
    return done !== null
  }
  async function setGivens(change: (givens: Givens) => Givens): Promise<boolean> {
    const { plan, version } = here()
    const givens = state.givens
    if (!givens) return false
    return (await ask(() => khot.setGivens(plan, { version, givens: change(givens) }))) !== null
  }
  async function give(given: Given): Promise<boolean> {
    const { village } = here()
    const done = await setGivens((givens) => withGiven(givens, village, given))
    if (done) state.pending = true
    return done
  }

  return {
    drafting: readonly(state),
    active: computed(() => state.plan !== null),
    /** What is given in the village, besides locks. */
    given: computed(() => (state.givens && state.village ? givensOf(state.givens, state.village) : [])),
    isLocked: (grid: string) => isLocked(state.givens, grid),
    begin,
    end,
    pick,
    pickAll,
    choose,
    draw,
    point,
    take,
    wipe,
    /** Makes a barrier of what was drawn. */
    bar: async (strength: number): Promise<boolean> => {
      const pairs = state.crossed.map((one): [string, string] => [...one.units])
      const done = await give({ kind: 'barrier', units: [...new Set(pairs.flat())], pairs, strength })
      if (done) wipe()
      return done
    },
    clear: () => (state.units = []),
    /** One step back: what was drawn, then what is picked, then the tool. */
    back: (): void => {
      if (state.crossed.length || state.pen) wipe()
      else if (state.units.length) state.units = []
      else state.tool = 'pick'
    },
    /** Shows these on the map by picking them. */
    show: (units: readonly string[]) => (state.units = [...units]),
    aim: (grid: string | null) => (state.target = grid),
    move,
    redivide,
    undo,
    toggleLock: (grid: string) => setGivens((givens) => toggleLock(givens, grid)),
    give,
    takeAway: (given: Given) => {
      const { village } = here()
      return setGivens((givens) => withoutGiven(givens, village, given))
    },
  }
}
