import { describe, expect, it } from 'vitest'
import { PASSWORD_MIN, rules } from './password'

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
  })

  it('are not met by nothing', () => {
    expect(Object.values(rules('', '', ''))).toEqual([false, false, false])
  })
})
