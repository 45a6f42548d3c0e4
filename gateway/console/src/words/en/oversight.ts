import type { Words } from '../vocabulary'
import type { oversight as chinese } from '../zh/oversight'

export const oversight: Words<typeof chinese> = {
  oversight: {
    title: 'Oversight',
    alerts: 'Unusual viewing',
    onlyWaiting: 'Only those waiting',
    what: 'What happened',
    note: 'What came of it',
    notePlaceholder: 'Result of the check',
    acknowledge: 'Acknowledge',
    noAlerts: 'Nothing unusual',
    unused: 'Access that nobody uses',
    grantee: 'Given to',
    target: 'On',
    given: 'Given',
    lastUsed: 'Last used',
    never: 'never',
    suggestion: 'Suggestion',
    approvedUnused: 'approved and never used: ask who wanted it',
    endIt: 'end it',
    noUnused: 'No idle access',
    needs: 'Yearly review of need due',
    owner: 'Managing unit',
    since: 'Last review, or added',
    noNeeds: 'No review is due',
  },
  alertKind: {
    many_cameras: '{figure} cameras opened one by one within ten minutes',
    many_on_wall: '{figure} cameras on a tour within ten minutes',
    off_hours: '{figure} looks at night',
    no_ticket: '{figure} looks without a ticket in a day',
  },
}
