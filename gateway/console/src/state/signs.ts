/** How the standing of a sign is coloured. */

import type { SignStanding } from '../api/signs'

export const SIGN_COLOURS: Record<SignStanding, string> = { missing: 'bad', overdue: 'warn', current: 'ok' }
