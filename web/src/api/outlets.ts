/** Outlets, what they offer, and who is served: the wire form and the endpoints, one line each. */
import { call, Problem, withQuery } from './client'
import type { components } from './schema'
import type { Job } from './types'

type Schemas = components['schemas']
type Sent<Name extends keyof Schemas> = Required<Schemas[Name]>

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

/** A place has two numbers, and what is absent is sent as null. */
type Placed<Base> = Omit<Base, 'point'> & { point: Point }
export type Outlet = Placed<Sent<'Outlet'>>
export type Offer = Sent<'Offer'>
export type OutletDetail = Outlet & { offers: Offer[] }
/** What a person writes of an outlet; a change holds from a day on. `draft: false` takes a proposal into use. */
export type OutletChange = Schemas['OutletChange']
export type NewOutlet = Placed<Schemas['NewOutlet']>
export type Service = Sent<'Service'>

export type Reach = Omit<Sent<'Reach'>, 'change'>
export type TriedReach = Reach & { change: Sent<'Change'> }

export type ClassShare = Sent<'ClassShare'>
export type Classes = Record<CoverClass, ClassShare>
/** `class` is null where nobody lives. */
export type CoveredVillage = Omit<Sent<'VillageCoverage'>, 'class'> & { class: CoverClass | null }
export const MISSING_KINDS = ['station', 'seal', 'bureau', 'delegated_item'] as const
export type Missing = Omit<Sent<'Missing'>, 'kind'> & { kind: (typeof MISSING_KINDS)[number] }
export type TypeCoverage = Omit<Sent<'TypeCoverage'>, 'classes'> & { classes: Classes }
export type Coverage = Omit<Sent<'Coverage'>, 'classes' | 'by_area_type' | 'villages' | 'missing'> & {
  classes: Classes
  by_area_type: TypeCoverage[]
  villages: CoveredVillage[]
  missing: Missing[]
}
export type NamedOutlet = Sent<'NamedOutlet'>
export type Link = Sent<'Link'>

export type Roads = Sent<'Roads'>
export type PlacementForm = Schemas['PlacementQuestion']
export type Site = Placed<Sent<'PlacementSite'>>
export type Placement = Omit<Sent<'Placement'>, 'sites' | 'status'> & {
  status: 'open' | 'accepted'
  sites: Site[]
}
export type PlacementHead = Omit<Sent<'PlacementHead'>, 'status'> & { status: Placement['status'] }
export type ChecklistRow = Sent<'TownshipCheck'>
export type Spot = Omit<Sent<'At'>, 'outlets'> & { outlets: Placed<Sent<'OutletAt'>>[] }

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
  roads: (code: string, signal?: Signal) => call<Roads>('GET', `${area(code)}/roads`, { signal }),
  removeRoads: (code: string) => call<void>('DELETE', `${area(code)}/roads`),
  placement: (placement: string, signal?: Signal) =>
    call<Placement>('GET', `/placements/${id(placement)}`, { signal }),
  placements: (code: string, signal?: Signal) =>
    call<{ placements: PlacementHead[] }>('GET', `${area(code)}/placements`, { signal }),
  acceptPlacement: (placement: string, body: { sites: number[]; name?: string }) =>
    call<unknown>('POST', `/placements/${id(placement)}/acceptance`, { body }),
  checklist: (code: string, on: string, signal?: Signal) =>
    call<{ townships: ChecklistRow[] }>('GET', `${area(code)}/checklist`, { query: { on }, signal }),
}

export type ImportKind = 'outlets' | 'services' | 'workers' | 'roads'

/** A file goes up as it is; the work on it is a job. */
export async function sendFile(
  code: string,
  what: ImportKind,
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
