/** Outlets, what they offer, and who is served: the wire form and the endpoints, one line each. */
import type { Count } from '@/format/numbers'
import { call, Problem, withQuery } from './client'
import type { AreaType, Job } from './types'

export const OUTLET_KINDS = [
  'centre',
  'station',
  'agent_point',
  'mobile_stop',
  'enforcement_bureau',
  'approval_seal',
] as const
export type OutletKind = (typeof OUTLET_KINDS)[number]
export const SEASONS = ['summer', 'mud', 'winter'] as const
export type Season = (typeof SEASONS)[number]
export const SERVICE_MODES = ['immediate', 'online', 'nearby', 'once'] as const
export type ServiceMode = (typeof SERVICE_MODES)[number]
export const SERVICE_KINDS = ['approval', 'public_service', 'utility'] as const
export type ServiceKind = (typeof SERVICE_KINDS)[number]
export const COVER_CLASSES = ['fixed', 'outreach', 'mobile', 'uncovered'] as const
export type CoverClass = (typeof COVER_CLASSES)[number]
export type Point = [lon: number, lat: number]

export interface Outlet {
  id: string
  name: string
  kind: OutletKind
  area: string
  area_name: string
  point: Point
  opening_hours: string | null
  calendar: string | null
  windows: number
  capacity: number | null
  /** null where no hours are known. */
  open_now: boolean | null
  next_change: string | null
  /** How many service items it offers. */
  items: number
  from: string
  until: string | null
  /** A proposal, which serves nobody yet. */
  draft: boolean
  synthetic: boolean
}
export interface Offer {
  item: string
  name: string
  modes: ServiceMode[]
  authority: string
  since: string
  until: string | null
}
export type OutletDetail = Outlet & { offers: Offer[] }
/** What a person writes of an outlet; a change holds from a day on. */
export interface OutletChange {
  name?: string
  point?: Point
  opening_hours?: string | null
  /** Of a mobile stop only. */
  calendar?: string
  windows?: number
  capacity?: number | null
  from?: string
  until?: string | null
  /** false takes a proposal into use. */
  draft?: false
}
export type NewOutlet = Omit<OutletChange, 'draft'> & { name: string; kind: OutletKind; point: Point }
export interface Service {
  code: string
  name: string
  modes: ServiceMode[]
  delegated: boolean
  kind: ServiceKind
  utility: string | null
  online: boolean
  synthetic: boolean
}

export interface Reach {
  season: Season
  estimated: boolean
  resolution: number
  cells: string[]
  /** Minutes to the nearest outlet; null where none can be reached. */
  minutes: (number | null)[]
  outlets: string[]
  nearest: (number | null)[]
}
export type TriedReach = Reach & { change: { uncovered_before: Count; uncovered_after: Count } }

export interface ClassShare {
  households: Count
  share: number | null
}
export type Classes = Record<CoverClass, ClassShare>
export interface CoveredVillage {
  code: string
  name: string
  class: CoverClass
  minutes: number | null
  households: Count
  access: number | null
}
export interface Missing {
  kind: 'station' | 'seal' | 'bureau' | 'delegated_item'
  area: string
  name: string
  item: string | null
}
export interface Coverage {
  season: Season
  estimated: boolean
  on: string
  classes: Classes
  by_area_type: { area_type: AreaType; minutes_standard: number; classes: Classes }[]
  villages: CoveredVillage[]
  missing: Missing[]
}
export interface NamedOutlet {
  id: string
  name: string
}
export interface Link {
  grid: string
  kind: OutletKind
  responsible: NamedOutlet | null
  nearest: NamedOutlet | null
  minutes: number | null
  share_within: number | null
  by_hand: boolean
  reason: string | null
}

export interface PlacementForm {
  goal: 'count' | 'all'
  count?: number
  kind: OutletKind
  within_min: number
  season: Season
  item?: string
}
export interface Site {
  point: Point
  village: string
  village_name: string
  adds_households: Count
}
export interface Placement {
  status: 'open' | 'accepted' | 'discarded'
  sites: Site[]
  covered: Count
  bound: Count
  households: Count
}
export interface ChecklistRow {
  code: string
  name: string
  organs: number | null
  institutions: number | null
  seal: boolean
  bureau: boolean
  centre: boolean
  windows: number
  delegated_offered: number
  delegated_all: number
  stations: number
  villages: number
  missing: { zh: string; en: string }[]
}
export interface Spot {
  grid: string | null
  village: { code: string; name: string } | null
  outlets: {
    id: string
    name: string
    kind: OutletKind
    minutes: number | null
    open_now: boolean | null
    opening_hours: string | null
  }[]
  worker_post: { filled: boolean; role: string } | null
}

type Signal = AbortSignal | undefined
const id = encodeURIComponent
const area = (code: string): string => `/areas/${id(code)}`

export const outletsApi = {
  outlets: (code: string, query: { kind?: OutletKind; on?: string }, signal?: Signal) =>
    call<{ outlets: Outlet[] }>('GET', `${area(code)}/outlets`, { query, signal }),
  outlet: (outlet: string, signal?: Signal) =>
    call<OutletDetail>('GET', `/outlets/${id(outlet)}`, { signal }),
  make: (code: string, body: NewOutlet) => call<Outlet>('POST', `${area(code)}/outlets`, { body }),
  change: (outlet: string, body: OutletChange) => call<Outlet>('PATCH', `/outlets/${id(outlet)}`, { body }),
  offer: (outlet: string, item: string, body: { authority: string; since: string }) =>
    call<void>('PUT', `/outlets/${id(outlet)}/offers/${id(item)}`, { body }),
  endOffer: (outlet: string, item: string) =>
    call<void>('DELETE', `/outlets/${id(outlet)}/offers/${id(item)}`),
  file: (code: string, ending: 'csv' | 'xlsx' | 'geojson', on: string) =>
    withQuery(`/api/v1${area(code)}/outlets.${ending}`, { on }),
  services: (query: { search?: string; kind?: ServiceKind; delegated?: boolean }, signal?: Signal) =>
    call<{ services: Service[] }>('GET', '/services', { query, signal }),

  reach: (code: string, season: Season, signal?: Signal) =>
    call<Reach>('GET', `${area(code)}/reach`, { query: { season }, signal }),
  tryStops: (code: string, season: Season, add: { lon: number; lat: number }[], signal?: Signal) =>
    call<TriedReach>('POST', `${area(code)}/reach`, { body: { season, add }, signal }),
  coverage: (code: string, query: { season: Season; item?: string; on?: string }, signal?: Signal) =>
    call<Coverage>('GET', `${area(code)}/coverage`, { query, signal }),
  spot: (lon: number, lat: number, season: Season, signal?: Signal) =>
    call<Spot>('GET', '/at', { query: { lon, lat, season }, signal }),

  links: (code: string, signal?: Signal) => call<{ links: Link[] }>('GET', `${area(code)}/links`, { signal }),
  setLink: (grid: string, kind: OutletKind, body: { outlet: string; reason: string }) =>
    call<void>('PUT', `/grids/${id(grid)}/links/${kind}`, { body }),
  freeLink: (grid: string, kind: OutletKind) => call<void>('DELETE', `/grids/${id(grid)}/links/${kind}`),
  makeLinks: (code: string) => call<Job>('POST', `${area(code)}/links`, { body: {} }),

  place: (code: string, body: PlacementForm) => call<Job>('POST', `${area(code)}/placements`, { body }),
  placement: (placement: string, signal?: Signal) =>
    call<Placement>('GET', `/placements/${id(placement)}`, { signal }),
  acceptPlacement: (placement: string, body: { sites: number[]; name?: string }) =>
    call<unknown>('POST', `/placements/${id(placement)}/acceptance`, { body }),
  checklist: (code: string, on: string, signal?: Signal) =>
    call<{ townships: ChecklistRow[] }>('GET', `${area(code)}/checklist`, { query: { on }, signal }),
}

/** A file goes up as it is; the work on it is a job. */
export async function sendFile(
  code: string,
  what: 'outlets' | 'services' | 'workers',
  file: File,
  { dryRun, crs }: { dryRun: boolean; crs?: string },
): Promise<Job> {
  const path = withQuery(`/api/v1${area(code)}/imports/${what}`, {
    name: file.name,
    dry_run: dryRun || undefined,
    crs,
  })
  let response: Response
  try {
    response = await fetch(path, {
      method: 'POST',
      headers: { 'X-Khot-Request': '1', 'Content-Type': 'application/octet-stream' },
      credentials: 'same-origin',
      body: file,
    })
  } catch {
    throw new Problem(0, 'unreachable', '')
  }
  const body = (await response.json().catch(() => ({}))) as { code?: string; detail?: string }
  if (!response.ok) throw new Problem(response.status, body.code ?? 'unknown', body.detail ?? '')
  return body as unknown as Job
}
