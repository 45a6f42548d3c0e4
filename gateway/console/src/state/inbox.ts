/** The operator's notices: how many wait, the latest of them, and where each leads. */

import { ref } from 'vue'
import { get, post } from '../api/client'
import type { Notice } from '../api/notices'
import type { Page } from '../api/types'
import { i18n } from '../words'
import { moment } from '../words/times'

const LATEST = 8

export const unseen = ref(0)
export const latest = ref<readonly Notice[]>([])

/** Asks for the figure and the latest notices; a failure leaves what was known. */
export async function refreshInbox(): Promise<void> {
  try {
    const [count, page] = await Promise.all([
      get<{ unseen: number }>('/notices/count'),
      get<Page<Notice>>('/notices', { limit: LATEST }),
    ])
    unseen.value = count.unseen
    latest.value = page.items
  } catch {
    // The bell rings again; until then it shows what it knew.
  }
}

/** Notes that notices were seen; without ids, all of them. */
export async function markSeen(ids?: readonly string[]): Promise<void> {
  const fresh = ids === undefined ? unseen.value > 0 : ids.length > 0
  if (!fresh) return
  unseen.value = (await post<{ unseen: number }>('/notices/seen', ids === undefined ? {} : { ids })).unseen
  await refreshInbox()
}

export function forgetInbox(): void {
  unseen.value = 0
  latest.value = []
}

/** The notice as a sentence. A kind that nobody has worded yet is shown by its name. */
export function noticeText(notice: Notice): string {
  const { t, te } = i18n.global
  const key = `notices.kinds.${notice.kind}`
  if (!te(key) && !te(key, 'zh-CN')) return notice.kind
  const filled: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(notice.detail)) filled[name] = typeof value === 'string' ? spoken(value) : (value ?? '')
  return t(key, filled)
}

/** Times inside a notice are written as people read them. */
function spoken(value: string): string {
  return /^\d{4}-\d\d-\d\dT\d\d:\d\d/.test(value) ? moment(value) : value
}

const LEADS: Record<string, (id: string) => string> = {
  camera: (id) => `/cameras/${encodeURIComponent(id)}`,
  ticket: (id) => `/tickets/${encodeURIComponent(id)}`,
  candidate: (id) => `/candidates/${encodeURIComponent(id)}`,
  grant: () => '/sharing',
  request: (id) => `/requests/${encodeURIComponent(id)}`,
  delegation: () => '/delegations',
  export: (id) => `/exports/${encodeURIComponent(id)}`,
  inquiry: (id) => `/inquiries/${encodeURIComponent(id)}`,
  legal_hold: (id) => `/legal-holds/${encodeURIComponent(id)}`,
  operator: () => '/operators',
  service: () => '/operators/services',
  emergency: (id) => `/emergencies/${encodeURIComponent(id)}`,
}

/** The page that a notice is about, "" when it leads nowhere. */
export function noticeLeads(notice: Notice): string {
  return LEADS[notice.object_kind]?.(notice.object_id) ?? ''
}
