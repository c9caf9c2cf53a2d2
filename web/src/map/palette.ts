/** Colours of the map. Area types use the Okabe–Ito set, safe for colour-blind eyes. */
import type { CoverClass, OutletKind } from '@/api/outlets'
import type { AreaType } from '@/api/types'

export const AREA_TYPES: readonly AreaType[] = ['urban', 'agricultural', 'pastoral', 'mixed']

export const TYPE_COLOUR: Record<AreaType, string> = {
  urban: '#0072B2',
  agricultural: '#009E73',
  pastoral: '#E69F00',
  mixed: '#CC79A7',
}

/** Outlines of grids: the type's darker shade on a light map, its lighter shade on a dark one. */
export const TYPE_EDGE: Record<Theme, Record<AreaType, string>> = {
  light: { urban: '#00507D', agricultural: '#006B4E', pastoral: '#8A5F00', mixed: '#8A4A72' },
  dark: { urban: '#5CB3E4', agricultural: '#4CCBA5', pastoral: '#F2BE55', mixed: '#E2A5C8' },
}

/** Households of a unit, six classes from none to 100 and more: one hue, light to dark. */
export const UNIT_COLOURS: Record<Theme, readonly string[]> = {
  light: ['#F1F3F6', '#D6E3F0', '#A9C6E3', '#6FA0D0', '#3B76B5', '#174B87'],
  dark: ['#23272E', '#233A52', '#2A5279', '#3672A8', '#5A9AD3', '#A5CDF2'],
}

export type Theme = 'light' | 'dark'

export interface Ground {
  land: string
  neighbours: string
  water: string
  coast: string
  outline: string
  faint: string
  label: string
  labelQuiet: string
  halo: string
  selected: string
  casing: string
  veil: string
  hatch: string
}

export const GROUND: Record<Theme, Ground> = {
  light: {
    land: '#FAFAF8',
    neighbours: '#ECEDED',
    water: '#CFDDE8',
    coast: '#C6C9CC',
    outline: '#4A5058',
    faint: '#7C838C',
    label: '#22262B',
    labelQuiet: '#5A616A',
    halo: 'rgba(255,255,255,0.92)',
    selected: '#1F5FBF',
    casing: '#FFFFFF',
    veil: 'rgba(244,245,246,0.62)',
    hatch: '#3A3F46',
  },
  dark: {
    land: '#1B1E23',
    neighbours: '#15171B',
    water: '#1F3345',
    coast: '#3A4048',
    outline: '#AEB5BE',
    faint: '#7E8690',
    label: '#EEF0F2',
    labelQuiet: '#C4CAD1',
    halo: 'rgba(20,22,26,0.92)',
    selected: '#8CBCFF',
    casing: '#0E1013',
    veil: 'rgba(16,18,22,0.6)',
    hatch: '#E8EAED',
  },
}

/** What a division rather doesn't cross. */
export const BARRIER_COLOUR: Record<Theme, string> = { light: '#B3261E', dark: '#FF9A8C' }

export const FONT: string[] = ['Noto Sans CJK SC', 'PingFang SC', 'Microsoft YaHei', 'sans-serif']
export const FONT_BOLD: string[] = ['Noto Sans CJK SC Bold', ...FONT]

/** Kinds of outlet; each has its own shape too. */
export const OUTLET_COLOUR: Record<Theme, Record<OutletKind, string>> = {
  light: {
    centre: '#A3271E',
    station: '#1F5FBF',
    agent_point: '#6B4A00',
    mobile_stop: '#6A3D9A',
    enforcement_bureau: '#39424E',
    approval_seal: '#8A2F62',
  },
  dark: {
    centre: '#FF9A8C',
    station: '#8CBCFF',
    agent_point: '#F0C674',
    mobile_stop: '#CDA9F2',
    enforcement_bureau: '#C4CAD1',
    approval_seal: '#F2A5CF',
  },
}

/** Minutes to the nearest outlet, seven classes from near to far: one order of lightness, towards violet. */
export const REACH_COLOURS: Record<Theme, readonly string[]> = {
  light: ['#E9F3F8', '#C3D9EA', '#9CBBDB', '#8A94C5', '#8569B0', '#7F3A93', '#5A0A63'],
  dark: ['#232C36', '#2E4257', '#405F85', '#6377B4', '#9586CF', '#C799DD', '#F3BBE6'],
}

/** Whether a grid has a worker on the post; what is vacant is hatched as well. */
export const STAFF_COLOUR: Record<Theme, { filled: string; vacant: string; home: string; moved: string }> = {
  light: { filled: '#2B6CA3', vacant: '#D55E00', home: '#1D2126', moved: '#6A3D9A' },
  dark: { filled: '#3F86C2', vacant: '#F08A3C', home: '#EEF0F2', moved: '#CDA9F2' },
}

/** How a village is served. Uncovered stands apart in hue, and each has a texture of its own. */
export const COVER_COLOUR: Record<Theme, Record<CoverClass, string>> = {
  light: { fixed: '#2B6CA3', outreach: '#7FB2DA', mobile: '#C9B3E0', uncovered: '#D55E00' },
  dark: { fixed: '#3F86C2', outreach: '#2F5C82', mobile: '#6A5490', uncovered: '#F08A3C' },
}
