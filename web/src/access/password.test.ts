import { describe, expect, it } from 'vitest'
import { isUsername, PASSWORD_MIN, rules } from './password'

describe('the rules of a password', () => {
  it('count characters, not bytes', () => {
    expect(rules('草'.repeat(PASSWORD_MIN), '', 'ming').ruleLength).toBe(true)
    expect(rules('🐎'.repeat(PASSWORD_MIN - 1), '', 'ming').ruleLength).toBe(false)
  })

  it('want another one than before', () => {
    expect(rules('same as before', 'same as before', 'ming').ruleDifferent).toBe(false)
    expect(rules('not as before', 'same as before', 'ming').ruleDifferent).toBe(true)
  })

  it('keep the user name out, however it is written', () => {
    expect(rules('my name is MING ok', '', 'Ming').ruleName).toBe(false)
    expect(rules('quite another thing', '', 'ming').ruleName).toBe(true)
    expect(rules('a name of two letters', '', 'of').ruleName).toBe(true)
  })

  it('are not met by nothing', () => {
    expect(Object.values(rules('', '', ''))).toEqual([false, false, false])
  })
})

describe('a user name', () => {
  it('is made of small letters, digits and hyphens', () => {
    for (const good of ['ab', '9-', 'planner-150102', 'a'.repeat(63)])
      expect(isUsername(good), good).toBe(true)
    for (const bad of ['a', '-ab', 'Ming', '乌云', 'a.b', 'a'.repeat(64)])
      expect(isUsername(bad), bad).toBe(false)
  })
})
