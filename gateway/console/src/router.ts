/** Pages and who sees them. Addresses follow a # so that the console works below any path and needs no rules on the server. */

import { createRouter, createWebHashHistory, type RouteRecordRaw } from 'vue-router'
import { onLocked, onProofNeeded, onSignedOut } from './api/client'
import { forgetCatalogue } from './state/catalogue'
import { forgetInbox } from './state/inbox'
import { closeControls, forgetLock } from './state/idle'
import { hush } from './state/messages'
import { askForProof } from './state/proof'
import { acts, forget, isManager, may, resume, session } from './state/session'

export interface PageItem {
  name: string
  word: string
  path: string
  allowed: () => boolean
}

export interface NavItem extends PageItem {
  /** Further pages under the same heading, shown as tabs once there are several. */
  pages?: readonly PageItem[]
}

/** In the order of the top bar; the first that is allowed is home. */
export const NAV: readonly NavItem[] = [
  { name: 'wall', word: 'nav.wall', path: '/wall', allowed: () => may('view_live') && !isManager.value },
  { name: 'candidates', word: 'nav.candidates', path: '/candidates', allowed: () => may('see_events') },
  {
    name: 'tickets',
    word: 'nav.tickets',
    path: '/tickets',
    allowed: () => may('handle_tickets'),
    pages: [
      { name: 'exports', word: 'exports.title', path: '/exports', allowed: () => may('see_events') },
      { name: 'inquiries', word: 'inquiries.tab', path: '/inquiries', allowed: () => acts('district_operator', 'shift_leader', 'township_operator', 'department_staff') },
      { name: 'legal-holds', word: 'holds.tab', path: '/legal-holds', allowed: () => may('manage') && !isManager.value },
      { name: 'deletion-receipts', word: 'receipts.tab', path: '/deletion-receipts', allowed: () => may('manage') && !isManager.value },
    ],
  },
  {
    name: 'sharing',
    word: 'nav.sharing',
    path: '/sharing',
    allowed: () => may('share') || acts('security_manager'),
    pages: [
      { name: 'sharing-people', word: 'sharing.people', path: '/sharing/people', allowed: () => may('share') || acts('security_manager') },
      { name: 'sharing-matrix', word: 'sharing.matrix', path: '/sharing/matrix', allowed: () => may('share') || acts('security_manager') },
      { name: 'areas', word: 'areas.tab', path: '/sharing/areas', allowed: () => acts('district_operator', 'shift_leader') },
      { name: 'requests', word: 'requests.tab', path: '/requests', allowed: () => may('view_live') || may('share') || acts('audit_manager') },
      { name: 'deputies', word: 'deputies.tab', path: '/delegations', allowed: () => may('share') },
      { name: 'emergencies', word: 'emergencies.tab', path: '/emergencies', allowed: () => may('share') || acts('audit_manager', 'security_manager') },
    ],
  },
  {
    name: 'cameras',
    word: 'nav.cameras',
    path: '/cameras',
    allowed: () => may('list'),
    pages: [
      { name: 'rates', word: 'rates.title', path: '/rates', allowed: () => may('list') },
      { name: 'filing', word: 'filing.tab', path: '/filing', allowed: () => may('list') },
      { name: 'signs', word: 'signs.tab', path: '/signs', allowed: () => may('list') },
      { name: 'need-reviews', word: 'needs.tab', path: '/need-reviews', allowed: () => may('list') },
    ],
  },
  {
    name: 'operators',
    word: 'nav.operators',
    path: '/operators',
    allowed: () => acts('system_manager', 'security_manager'),
    pages: [
      { name: 'services', word: 'services.tab', path: '/operators/services', allowed: () => isManager.value },
      { name: 'access-review', word: 'review.tab', path: '/operators/review', allowed: () => acts('system_manager', 'security_manager') },
      { name: 'erasures', word: 'erasures.tab', path: '/audit/erasures', allowed: () => acts('system_manager') },
      { name: 'sessions', word: 'accounts.sessions', path: '/operators/sessions', allowed: () => acts('system_manager', 'security_manager') },
    ],
  },
  { name: 'view-records', word: 'nav.viewRecords', path: '/view-records', allowed: () => acts('audit_manager') },
  {
    name: 'audit',
    word: 'nav.audit',
    path: '/audit',
    allowed: () => acts('audit_manager'),
    pages: [
      { name: 'oversight', word: 'oversight.title', path: '/oversight', allowed: () => acts('audit_manager') },
      { name: 'erasures', word: 'erasures.tab', path: '/audit/erasures', allowed: () => acts('audit_manager') },
      { name: 'legal-holds', word: 'holds.tab', path: '/legal-holds', allowed: () => acts('audit_manager') },
      { name: 'deletion-receipts', word: 'receipts.tab', path: '/deletion-receipts', allowed: () => acts('audit_manager') },
    ],
  },
]

/** Names of the pages that stand under no heading. */
const TITLES: Readonly<Record<string, string>> = {
  'sign-in': 'signIn.title',
  'set-up': 'setUp.title',
  enrol: 'factor.demandedTitle',
  notices: 'notices.title',
}

/** The pages under a heading that the operator may open, its own first. */
export function pagesOf(item: NavItem): PageItem[] {
  return [item, ...(item.pages ?? [])].filter((page) => page.allowed())
}

/** The heading that a page stands under; a page of one thing stands where its list does, one of several headings under the operator's own. */
export function headingOf(name: unknown): NavItem | undefined {
  const listed = name === 'camera' ? 'cameras' : name
  const holding = NAV.filter((item) => [item, ...(item.pages ?? [])].some((page) => page.name === listed))
  return holding.find((item) => pagesOf(item).some((page) => page.name === listed)) ?? holding[0]
}

/** The word that names a page, for its title and its first heading. */
export function wordOf(name: unknown): string {
  const heading = headingOf(name)
  return [heading, ...(heading?.pages ?? [])].find((page) => page?.name === name)?.word ?? heading?.word ?? TITLES[String(name)] ?? 'brandLong'
}

export function home(): string {
  const first = NAV.find((item) => pagesOf(item).length > 0)
  return first === undefined ? '/nothing' : (pagesOf(first)[0]?.path ?? '/nothing')
}

const routes: RouteRecordRaw[] = [
  { path: '/sign-in', name: 'sign-in', component: () => import('./pages/SignIn.vue') },
  { path: '/set-up/:token', name: 'set-up', component: () => import('./pages/SetUp.vue') },
  { path: '/enrol', name: 'enrol', component: () => import('./pages/Enrol.vue') },
  {
    path: '/',
    component: () => import('./pages/Shell.vue'),
    children: [
      { path: '', name: 'home', component: () => import('./pages/Nothing.vue') },
      { path: 'wall', name: 'wall', component: () => import('./pages/Wall.vue') },
      { path: 'candidates/:id?', name: 'candidates', component: () => import('./pages/Candidates.vue') },
      { path: 'tickets/:id?', name: 'tickets', component: () => import('./pages/Tickets.vue') },
      { path: 'exports/:id?', name: 'exports', component: () => import('./pages/Exports.vue') },
      { path: 'inquiries/:id?', name: 'inquiries', component: () => import('./pages/Inquiries.vue') },
      { path: 'legal-holds/:id?', name: 'legal-holds', component: () => import('./pages/LegalHolds.vue') },
      { path: 'deletion-receipts', name: 'deletion-receipts', component: () => import('./pages/DeletionReceipts.vue') },
      { path: 'sharing', name: 'sharing', component: () => import('./pages/Sharing.vue') },
      { path: 'sharing/people', name: 'sharing-people', component: () => import('./pages/SharingPeople.vue') },
      { path: 'sharing/areas', name: 'areas', component: () => import('./pages/Areas.vue') },
      { path: 'sharing/matrix', name: 'sharing-matrix', component: () => import('./pages/SharingMatrix.vue') },
      { path: 'cameras', name: 'cameras', component: () => import('./pages/Cameras.vue') },
      { path: 'rates', name: 'rates', component: () => import('./pages/Rates.vue') },
      { path: 'filing', name: 'filing', component: () => import('./pages/Filing.vue') },
      { path: 'signs', name: 'signs', component: () => import('./pages/Signs.vue') },
      { path: 'need-reviews', name: 'need-reviews', component: () => import('./pages/NeedReviews.vue') },
      { path: 'cameras/:id', name: 'camera', component: () => import('./pages/CameraPage.vue') },
      { path: 'operators', name: 'operators', component: () => import('./pages/Operators.vue') },
      { path: 'operators/sessions', name: 'sessions', component: () => import('./pages/Sessions.vue') },
      { path: 'operators/review', name: 'access-review', component: () => import('./pages/AccessReview.vue') },
      { path: 'operators/services', name: 'services', component: () => import('./pages/ServiceAccounts.vue') },
      { path: 'view-records', name: 'view-records', component: () => import('./pages/ViewRecords.vue') },
      { path: 'audit', name: 'audit', component: () => import('./pages/Audit.vue') },
      { path: 'audit/erasures', name: 'erasures', component: () => import('./pages/Erasures.vue') },
      { path: 'oversight', name: 'oversight', component: () => import('./pages/Oversight.vue') },
      { path: 'requests/:id?', name: 'requests', component: () => import('./pages/Requests.vue') },
      { path: 'delegations', name: 'deputies', component: () => import('./pages/Deputies.vue') },
      { path: 'emergencies/:id?', name: 'emergencies', component: () => import('./pages/Emergencies.vue') },
      { path: 'notices', name: 'notices', component: () => import('./pages/Notices.vue') },
      { path: ':rest(.*)*', name: 'nothing', component: () => import('./pages/Nothing.vue') },
    ],
  },
]

export const router = createRouter({ history: createWebHashHistory(), routes })

router.beforeEach(async (to) => {
  if (to.name === 'set-up') return true
  const known = session.value !== null || (await resume().catch(() => false))
  if (to.name === 'sign-in') return known ? home() : true
  if (!known) return { name: 'sign-in', query: to.fullPath === '/' ? {} : { to: to.fullPath } }
  if (session.value?.hold === 'second_factor') return to.name === 'enrol' ? true : { name: 'enrol' }
  if (to.name === 'enrol') return home()
  if (to.name === 'home') return home() === '/nothing' ? true : home()
  const heading = headingOf(to.name)
  if (heading === undefined) return true
  const page = [heading, ...(heading.pages ?? [])].find((one) => one.name === to.name) ?? heading
  return page.allowed() ? true : home()
})

onProofNeeded(askForProof)
onLocked(closeControls)

onSignedOut(() => {
  if (session.value === null) return
  forget()
  forgetCatalogue()
  forgetInbox()
  forgetLock()
  hush()
  void router.push({ name: 'sign-in', query: { ended: '1', to: router.currentRoute.value.fullPath } })
})
