/** The rules for a new password that can be told while it is being typed; the server checks them all again. */

/** Characters, not bytes. */
export const PASSWORD_MIN = 12

export type Rule = 'ruleLength' | 'ruleDifferent' | 'ruleName'

export function rules(fresh: string, current: string, username: string): Record<Rule, boolean> {
  const name = username.toLowerCase()
  return {
    ruleLength: [...fresh].length >= PASSWORD_MIN,
    ruleDifferent: fresh !== '' && fresh !== current,
    ruleName: fresh !== '' && (name === '' || !fresh.toLowerCase().includes(name)),
  }
}
