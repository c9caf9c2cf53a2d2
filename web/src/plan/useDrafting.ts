/** Changing a draft by hand: what is picked on the map, and what is asked of the server. One draft at a time. */
import { computed, reactive, readonly } from 'vue'
import { Problem } from '@/api/client'
import { khot } from '@/api/khot'
import type { Changed, Givens, Grid, Plan } from '@/api/types'

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
  busy: boolean
  problem: Problem | null
  /** Changes made here that can still be taken back. */
  steps: number
}

const NONE: Drafting = {
  plan: null,
  version: 0,
  givens: null,
  village: null,
  villageName: '',
  units: [],
  grids: [],
  busy: false,
  problem: null,
  steps: 0,
}

const state = reactive<Drafting>({ ...NONE })

const isLocked = (grid: string) => state.givens?.locks.some((lock) => lock.grid === grid) ?? false

async function readVillage(village: string): Promise<void> {
  const plan = state.plan
  if (!plan) return
  const { items } = await khot.gridsOf(village, plan)
  // The answer may be late: another village may have been picked meanwhile.
  if (state.plan !== plan || state.village !== village) return
  state.grids = items
  state.villageName = items[0]?.village_name ?? village
}

/** Runs a change, and shows what came of it. */
async function ask(change: () => Promise<Changed>, undoable: number): Promise<boolean> {
  if (state.busy) return false
  state.busy = true
  state.problem = null
  try {
    const done = await change()
    state.version = done.version
    state.givens = done.givens
    state.steps = Math.max(0, state.steps + undoable)
    state.units = []
    if (state.village) await readVillage(state.village)
    return true
  } catch (failure) {
    if (!(failure instanceof Problem)) throw failure
    state.problem = failure
    return false
  } finally {
    state.busy = false
  }
}

export function useDrafting() {
  function begin(plan: Plan): void {
    if (state.plan === plan.id && state.version >= plan.version) return
    Object.assign(state, NONE, {
      plan: plan.id,
      version: plan.version,
      givens: plan.givens,
      units: [],
      grids: [],
    })
  }
  function end(): void {
    Object.assign(state, NONE, { units: [], grids: [] })
  }
  /** Picks a unit, or puts it back. A unit of another village begins anew there. */
  function pick(unit: string, village: string): void {
    state.problem = null
    if (state.village !== village) {
      Object.assign(state, { village, villageName: '', units: [unit], grids: [] })
      void readVillage(village).catch((failure: unknown) => {
        if (!(failure instanceof Problem)) throw failure
        state.problem = failure
      })
    } else if (state.units.includes(unit)) state.units = state.units.filter((other) => other !== unit)
    else state.units = [...state.units, unit]
  }

  const here = () => ({ plan: state.plan ?? '', version: state.version, village: state.village ?? '' })
  const move = (to: string | null) => {
    const { plan, version, village } = here()
    return ask(() => khot.moveUnits(plan, { version, village, moves: [{ units: [...state.units], to }] }), 1)
  }
  const redivide = (options: { seed: number; count: number | null; stable: boolean }) => {
    const { plan, version, village } = here()
    return ask(() => khot.redivide(plan, { version, village, ...options }), 1)
  }
  const undo = () => {
    const { plan, version } = here()
    return ask(() => khot.undo(plan, version), -1)
  }
  function toggleLock(grid: string): Promise<boolean> {
    const { plan, version } = here()
    const givens = state.givens
    if (!givens) return Promise.resolve(false)
    const locks = isLocked(grid)
      ? givens.locks.filter((lock) => lock.grid !== grid)
      : [...givens.locks, { grid, units: [] }]
    return ask(() => khot.setGivens(plan, { version, givens: { ...givens, locks } }), 0)
  }

  return {
    drafting: readonly(state),
    active: computed(() => state.plan !== null),
    isLocked,
    begin,
    end,
    pick,
    clear: () => (state.units = []),
    move,
    redivide,
    undo,
    toggleLock,
  }
}
