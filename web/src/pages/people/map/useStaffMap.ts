/** What is looked at, chosen and asked about on the assignment map. */
import { ElMessage } from 'element-plus'
import { computed, onBeforeUnmount, onMounted, ref, shallowRef, watch } from 'vue'
import { people, type Point, type ProposalLine, type Vacancy, type Worker } from '@/api/people'
import type { AreaType, Bbox, Job } from '@/api/types'
import { cameraOf } from '@/map/camera'
import type { Under } from '@/map/pick'
import { useSession } from '@/session/useSession'
import { useAsync } from '@/use/useAsync'
import { useNarrow } from '@/use/useNarrow'
import type { Camera } from '@/url/state'
import { useView } from '@/url/useView'
import { useWords } from '@/words/useWords'
import { usePeopleWords } from '../usePeopleWords'
import { useCarry, type Drop } from './useCarry'
import { useStaffing } from './useStaffing'

export type Tab = 'vacant' | 'workers' | 'proposals'
/** One worker for one grid: what it would do is being looked into. */
export interface Asked {
  worker: Worker
  grid: string
  at: Point | null
}
/** From where a grid of each type is large enough to drop something on. */
const GRID_ZOOM: Record<AreaType, number> = { urban: 13, agricultural: 11.5, mixed: 11, pastoral: 9.5 }
/** A line is shown with both its ends. */
const LINE_FRAME = { width: 800, height: 600, margin: 80 }

export function useStaffMap(mapAt: (x: number, y: number) => Drop | null) {
  const { t } = useWords()
  const { nameOf } = usePeopleWords()
  const { view, areaCode, go, amend } = useView()
  const { mayIn } = useSession()
  const narrow = useNarrow()
  const open = ref(true)
  const sheet = ref<'low' | 'half' | 'full'>('half')
  const tab = ref<Tab>(view.value.proposal ? 'proposals' : 'vacant')
  const staffing = useStaffing()
  const { vacancies, workers, holder, narrowEnough } = staffing
  const mayEdit = computed(() => areaCode.value !== null && mayIn('people_edit', areaCode.value))
  const chosen = shallowRef<Worker | null>(null)
  const asked = shallowRef<Asked | null>(null)
  watch(areaCode, () => {
    chosen.value = null
    asked.value = null
  })

  const vacancyOf = (grid: string | null): Vacancy | undefined =>
    vacancies.value.find((one) => one.grid === grid)
  const villageOf = (grid: string): string =>
    vacancyOf(grid)?.village_name ?? holder.value.get(grid)?.village_name ?? ''
  /** What a hovered grid says besides its figures. */
  function noteOf(grid: string): string {
    const vacant = vacancyOf(grid)
    if (vacant) return `${t('people.vacancies')} · ${t(`people.whyOf.${vacant.why}`)}`
    const one = holder.value.get(grid)
    return one ? `${t('people.worker')} ${one.worker_name ?? t('people.nameless')}` : ''
  }

  function ask(worker: Worker, grid: string, at: Point | null = null): void {
    if (!mayEdit.value) return
    asked.value = { worker, grid, at: vacancyOf(grid)?.point ?? at }
    open.value = true
    if (narrow.value) sheet.value = 'full'
  }
  const { carried, start } = useCarry(mapAt, ask)
  function grab(worker: Worker, event: MouseEvent): void {
    if (mayEdit.value) start(worker, event)
  }
  function grabbed(id: string, event: MouseEvent): void {
    const worker = workers.value.find((one) => one.id === id)
    if (worker) grab(worker, event)
  }
  function choose(worker: Worker): void {
    if (tab.value === 'vacant' && !chosen.value && view.value.sel && vacancyOf(view.value.sel)) {
      return ask(worker, view.value.sel)
    }
    chosen.value = chosen.value?.id === worker.id ? null : worker
    if (chosen.value) tab.value = 'vacant'
  }
  /** On a phone the sheet covers the lower half: what is shown has to lie above it. */
  const shifted = (camera: Camera): Camera =>
    narrow.value ? { ...camera, lat: camera.lat - 60 / 2 ** camera.zoom } : camera
  function showVacancy({ grid, area_type, point: [lon, lat] }: Vacancy): void {
    if (chosen.value) return ask(chosen.value, grid)
    if (narrow.value) sheet.value = 'half'
    const zoom = Math.max(view.value.camera?.zoom ?? 0, GRID_ZOOM[area_type])
    void go({ sel: grid, camera: shifted({ lon, lat, zoom }) })
  }
  function picked(thing: Under | null): void {
    if (thing?.kind === 'home') {
      const worker = workers.value.find((one) => one.id === thing.code)
      if (worker) choose(worker)
      return
    }
    if (thing?.kind === 'grid' && chosen.value) return ask(chosen.value, thing.code)
    const sel = thing?.kind === 'grid' ? thing.code : null
    if (sel && tab.value !== 'proposals') tab.value = 'vacant'
    if (sel) open.value = true
    if (sel !== view.value.sel) void go({ sel })
  }
  function assigned(from: string): void {
    const one = asked.value
    if (!one) return
    ElMessage.success(
      t('staffing.assigned', { name: nameOf(one.worker), seq: one.grid.slice(-3), day: from }),
    )
    asked.value = null
    chosen.value = null
    void amend({ sel: null })
    staffing.reload()
  }

  const { data: proposals, reload: reloadProposals } = useAsync(
    () => (narrowEnough.value ? areaCode.value : null),
    (code, signal) => people.proposals(code, signal),
    { keep: true },
  )
  const proposal = useAsync(
    () => view.value.proposal,
    (id, signal) => people.proposal(id, signal),
    { keep: true },
  )
  function proposed(job: Job): void {
    if (job.kind !== 'proposal' || !job.result?.proposal) return
    tab.value = 'proposals'
    reloadProposals()
    void go({ job: null, proposal: job.result.proposal, camera: null })
  }
  const openProposal = (id: string | null) => void go({ proposal: id, sel: null })
  function closeProposal(): void {
    reloadProposals()
    openProposal(null)
  }
  function changed(): void {
    proposal.reload()
    reloadProposals()
    staffing.reload()
  }
  function showLine({ grid, at, home }: ProposalLine): void {
    const [lon, lat] = at
    const [x, y] = home ?? at
    const box: Bbox = [Math.min(lon, x), Math.min(lat, y), Math.max(lon, x), Math.max(lat, y)]
    if (narrow.value) sheet.value = 'low'
    void go({ sel: grid, camera: cameraOf(box, LINE_FRAME, 11.5) })
  }

  function keys(event: KeyboardEvent): void {
    if (event.key !== 'Escape' || event.defaultPrevented) return
    if ((event.target as HTMLElement).closest('input, textarea, [role="dialog"], [role="menu"]')) return
    if (asked.value) asked.value = null
    else if (chosen.value) chosen.value = null
    else if (view.value.sel) void go({ sel: null })
  }
  onMounted(() => document.addEventListener('keydown', keys))
  onBeforeUnmount(() => document.removeEventListener('keydown', keys))

  return {
    open,
    sheet,
    tab,
    staffing,
    mayEdit,
    chosen,
    asked,
    carried,
    proposals,
    proposal,
    villageOf,
    noteOf,
    grab,
    grabbed,
    choose,
    showVacancy,
    picked,
    assigned,
    proposed,
    openProposal,
    closeProposal,
    changed,
    showLine,
  }
}
