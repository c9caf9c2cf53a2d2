import { describe, expect, it } from 'vitest'
import { formatVisits, parseVisits, sayHours } from './hours'

describe('opening hours in words', () => {
  it('says a usual office week', () => {
    expect(sayHours('Mo-Fr 08:30-12:00,14:30-17:30; PH off', 'zh')).toEqual([
      '周一至周五 08:30–12:00、14:30–17:30',
      '法定节假日 不开',
    ])
    expect(sayHours('Mo-Fr 08:30-12:00; PH off', 'en')).toEqual([
      'Mon–Fri 08:30–12:00',
      'public holidays closed',
    ])
  })
  it('says the weeks of a month and the season', () => {
    expect(sayHours('Apr-Oct Th[1,3] 10:00-16:00', 'zh')).toEqual([
      '4 月至10 月 每月第 1 个、第 3 个周四 10:00–16:00',
    ])
    expect(sayHours('Apr-Oct Th[1,3] 10:00-16:00', 'en')).toEqual(['Apr–Oct 1st and 3rd Thu 10:00–16:00'])
  })
  it('leaves what it does not know as it is', () => {
    expect(sayHours('sunrise-sunset', 'en')).toEqual(['sunrise–sunset'])
    expect(sayHours('24/7', 'zh')).toEqual(['全天开放'])
  })
})

describe('the calendar of a mobile stop', () => {
  const visits = {
    fromMonth: 4,
    toMonth: 10,
    days: ['Tu' as const, 'Th' as const],
    weeks: [1, 3],
    from: '10:00',
    to: '16:00',
  }
  it('is written and read back', () => {
    expect(formatVisits(visits)).toBe('Apr-Oct Tu[1,3],Th[1,3] 10:00-16:00')
    expect(parseVisits(formatVisits(visits))).toEqual(visits)
  })
  it('leaves out what is always so', () => {
    const always = { ...visits, fromMonth: 1, toMonth: 12, weeks: [] }
    expect(formatVisits(always)).toBe('Tu,Th 10:00-16:00')
    expect(parseVisits('Tu,Th 10:00-16:00')).toEqual(always)
    expect(formatVisits({ ...visits, days: [] })).toBe('')
  })
  it('does not read what the form cannot hold', () => {
    expect(parseVisits('Mo-Fr 08:30-12:00,14:30-17:30')).toBeNull()
    expect(parseVisits('Tu[1],Th[3] 10:00-16:00')).toBeNull()
    expect(parseVisits('Dec 24 10:00-12:00')).toBeNull()
  })
})
