import type { Words } from '../vocabulary'
import type { needs as chinese } from '../zh/needs'

export const needs: Words<typeof chinese> = {
  needs: {
    tab: 'Review of need',
    hint: 'Once a year the managing unit says of every camera whether it is still needed. One that is not has to leave service, and stands first until it has.',
    none: 'No review is due. A camera is listed here a year after it was added or last reviewed.',
    owner: 'Managing unit',
    since: 'Last review, or added',
    standing: 'State',
    due: 'to review',
    never: 'never reviewed',
    unneeded: 'not needed, still in service',
    review: 'Review',
    retire: 'Take out of service',
    title: 'Review of need: {name}',
    question: 'Is this camera still needed?',
    needed: 'Still needed',
    notNeeded: 'Not needed',
    note: 'Reason',
    noteHint: 'for example: the junction still floods (sample)',
    notNeededHint: 'It is then listed as not needed. Take it out of service on its page next; records and evidence stay for their time.',
    needAnswer: 'Say whether it is still needed.',
    needNote: 'Give the reason.',
    saved: 'The review was written down',
    savedUnneeded: 'Written down as not needed; take it out of service on its page',
    history: 'Earlier reviews',
    noHistory: 'Not reviewed so far',
    by: 'By',
    result: 'Result',
  },
}
