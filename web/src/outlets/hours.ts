/** Opening hours in the OSM form, said in plain words; and the calendars of mobile stops, put together and taken apart. */
import type { Language } from '@/words'

const DAYS = ['Mo', 'Tu', 'We', 'Th', 'Fr', 'Sa', 'Su'] as const
export type Day = (typeof DAYS)[number]
export const WEEKDAYS: readonly Day[] = DAYS
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'] as const

const ZH_DAYS = ['周一', '周二', '周三', '周四', '周五', '周六', '周日']
const EN_DAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun']
const EN_NTH = ['1st', '2nd', '3rd', '4th', '5th']

export const dayName = (day: Day, language: Language): string =>
  (language === 'zh' ? ZH_DAYS : EN_DAYS)[DAYS.indexOf(day)] ?? day

type Say = (match: RegExpExecArray) => string

/** What a piece of a rule is called; the first that fits at the place is taken. */
const pieces = (language: Language): [RegExp, Say][] => {
  const zh = language === 'zh'
  const nth = (n: string): string =>
    n === '-1' ? (zh ? '最后一个' : 'last ') : zh ? `第 ${n} 个` : `${EN_NTH[Number(n) - 1] ?? n} `
  return [
    [/^24\/7/, () => (zh ? '全天开放' : 'open at all times')],
    [
      /^(Mo|Tu|We|Th|Fr|Sa|Su)\[(-?\d(?:,-?\d)*)\]/,
      ([, day, ns]) =>
        `${zh ? '每月' : ''}${(ns ?? '')
          .split(',')
          .map((n) => nth(n))
          .join(zh ? '、' : 'and ')}${dayName(day as Day, language)}`,
    ],
    [/^(Mo|Tu|We|Th|Fr|Sa|Su)/, ([, day]) => dayName(day as Day, language)],
    [
      /^(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)( \d\d?)?/,
      ([, month, day]) => {
        const number = MONTHS.findIndex((m) => m === month) + 1
        if (zh) return `${number} 月${day ? `${day.trim()} 日` : ''}`
        return `${month}${day ?? ''}`
      },
    ],
    [/^week (\d+)(?:-(\d+))?(?:\/(\d+))?/, ([whole]) => (zh ? `第${whole.slice(4)} 周` : whole)],
    [/^PH/, () => (zh ? '法定节假日' : 'public holidays')],
    [/^SH/, () => (zh ? '学校假期' : 'school holidays')],
    [/^(off|closed)/, () => (zh ? '不开' : 'closed')],
    [/^\d\d:\d\d(?:-\d\d:\d\d)?\+?/, ([time]) => time.replace('-', '–')],
    [/^-/, () => (zh ? '至' : '–')],
    [/^,\s*/, () => (zh ? '、' : ', ')],
    [/^\s+/, () => ' '],
  ]
}

function sayRule(rule: string, language: Language): string {
  const known = pieces(language)
  let rest = rule.trim()
  let said = ''
  while (rest !== '') {
    const hit = known.map(([pattern, say]) => [pattern.exec(rest), say] as const).find(([match]) => match)
    const [match, say] = hit ?? []
    said += match && say ? say(match) : rest[0]
    rest = rest.slice(match ? match[0].length : 1)
  }
  return said
}

/** One line for each rule. */
export const sayHours = (text: string, language: Language): string[] =>
  text
    .split(/;|\|\|/)
    .map((rule) => sayRule(rule, language))
    .filter((line) => line.trim() !== '')

/** When a mobile stop comes: in these months, on these days, in these weeks of the month (none: every week). */
export interface Visits {
  fromMonth: number
  toMonth: number
  days: Day[]
  weeks: number[]
  from: string
  to: string
}
export const EVERY_YEAR: Pick<Visits, 'fromMonth' | 'toMonth'> = { fromMonth: 1, toMonth: 12 }

export function formatVisits(visits: Visits): string {
  const { fromMonth, toMonth, weeks } = visits
  const days = DAYS.filter((day) => visits.days.includes(day))
  if (days.length === 0) return ''
  const whole = fromMonth === 1 && toMonth === 12
  const month = (n: number): string => MONTHS[n - 1] ?? 'Jan'
  const season = whole
    ? ''
    : `${fromMonth === toMonth ? month(fromMonth) : `${month(fromMonth)}-${month(toMonth)}`} `
  const nth = weeks.length > 0 ? `[${[...weeks].sort().join(',')}]` : ''
  return `${season}${days.map((day) => day + nth).join(',')} ${visits.from}-${visits.to}`
}

const VISITS =
  /^(?:(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)(?:-(Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec))? )?((?:(?:Mo|Tu|We|Th|Fr|Sa|Su)(?:\[[1-5](?:,[1-5])*\])?,?)+) (\d\d:\d\d)-(\d\d:\d\d)$/

/** null where it says more than the form can hold. */
export function parseVisits(text: string): Visits | null {
  const match = VISITS.exec(text.trim())
  if (!match) return null
  const [, first, last, days = '', from = '', to = ''] = match
  const found = [...days.matchAll(/(Mo|Tu|We|Th|Fr|Sa|Su)(?:\[([\d,]+)\])?/g)]
  const weeks = found.map(([, , ns]) => ns ?? '')
  // Different weeks on different days don't fit the form.
  if (new Set(weeks).size > 1) return null
  const number = (month: string | undefined): number => MONTHS.findIndex((m) => m === month) + 1
  return {
    fromMonth: first ? number(first) : 1,
    toMonth: first ? number(last ?? first) : 12,
    days: found.map(([, day]) => day as Day),
    weeks: (weeks[0] ?? '').split(',').filter(Boolean).map(Number),
    from,
    to,
  }
}
