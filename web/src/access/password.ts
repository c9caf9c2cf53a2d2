/** The rules for a new password that can be told while it is being typed; the server checks them all again. */

/** Characters, not bytes. */
export const PASSWORD_MIN = 10
/** Shorter user names stand in many words. */
const TELLING = 3

export type Rule = 'ruleLength' | 'ruleDifferent' | 'ruleName'

export function rules(fresh: string, current: string, username: string): Record<Rule, boolean> {
  const holdsName = username.length >= TELLING && fresh.toLowerCase().includes(username.toLowerCase())
  return {
    ruleLength: [...fresh].length >= PASSWORD_MIN,
    ruleDifferent: fresh !== '' && fresh !== current,
    ruleName: fresh !== '' && !holdsName,
  }
}

/** 2 to 63 small letters, digits and hyphens, no hyphen at the beginning. */
export const isUsername = (text: string): boolean => /^[a-z0-9][a-z0-9-]{1,62}$/.test(text)
