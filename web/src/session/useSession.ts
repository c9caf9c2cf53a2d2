/** Who is signed in. The cookie is HttpOnly: all the page knows is the account that the server tells it. */
import { computed, shallowRef } from 'vue'
import { Problem } from '@/api/client'
import { khot } from '@/api/khot'
import type { Account } from '@/api/types'

const account = shallowRef<Account | null>(null)
let asked = false

export function useSession() {
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
  async function signIn(username: string, password: string): Promise<void> {
    account.value = (await khot.signIn(username, password)).account
    asked = true
  }
  async function signOut(): Promise<void> {
    await khot.signOut()
    forget()
  }
  function forget(): void {
    account.value = null
  }
  return { account, signedIn: computed(() => account.value !== null), restore, signIn, signOut, forget }
}
