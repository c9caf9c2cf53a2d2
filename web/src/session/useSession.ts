/** Who is signed in. The cookie is HttpOnly: all the page knows is the account that the server tells it. */
import { computed, shallowRef } from 'vue'
import { Problem } from '@/api/client'
import { covers, stateOf } from '@/access/grants'
import { khot } from '@/api/khot'
import type { Account, Capability } from '@/api/types'
import { useMeta } from './useMeta'

const account = shallowRef<Account | null>(null)
let asked = false
/** What whoever looks at the public map may do. */
const VISITOR: readonly Capability[] = ['outline']

export function useSession() {
  const { meta, forgetMeta } = useMeta()

  /** Asks once a page load who is signed in; a Problem other than 401 is passed on. */
  async function restore(): Promise<Account | null> {
    if (asked) return account.value
    try {
      account.value = (await khot.session()).account
    } catch (error) {
      if (!(error instanceof Problem && error.status === 401)) throw error
      account.value = null
    }
    asked = true
    return account.value
  }
  /** Asks again: a grant or the password has changed. */
  async function refresh(): Promise<void> {
    account.value = (await khot.session()).account
  }
  async function signIn(username: string, password: string): Promise<void> {
    const signedIn = (await khot.signIn(username, password)).account
    forgetMeta()
    account.value = signedIn
    asked = true
  }
  async function signOut(): Promise<void> {
    await khot.signOut()
    forget()
  }
  function forget(): void {
    account.value = null
    forgetMeta()
  }
  /** The server has said that the password comes first. */
  function passwordDue(): void {
    if (account.value) account.value = { ...account.value, must_change_password: true }
  }
  /** Can it be done anywhere today? */
  const may = (capability: Capability): boolean =>
    (account.value?.capabilities ?? VISITOR).includes(capability)

  /** Can it be done there, as far as a page can know? A grant that covers the place may be for something else. */
  const mayIn = (capability: Capability, area: string): boolean => {
    const today = meta.value?.today ?? ''
    const reached = account.value?.grants.some((g) => covers(g.area, area) && stateOf(g, today) === 'now')
    return may(capability) && (reached ?? true)
  }

  return {
    account,
    signedIn: computed(() => account.value !== null),
    may,
    mayIn,
    restore,
    refresh,
    signIn,
    signOut,
    forget,
    passwordDue,
  }
}
