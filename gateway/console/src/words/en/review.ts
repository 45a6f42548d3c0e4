import type { Words } from '../vocabulary'
import type { review as chinese } from '../zh/review'

export const review: Words<typeof chinese> = {
  review: {
    tab: 'Access review',
    hint: 'Once a quarter, look through every account: is it still needed, are its roles right? Disable, change and extend under Accounts; keep the CSV when you are done.',
    empty: 'There is no such account',
    account: 'Account',
    roles: 'Roles',
    lastSignIn: 'Last sign-in',
    lapses: 'Lapses',
    lapsesBy: 'By',
    contract: 'Contract',
    created: 'Made',
    remarks: 'Remarks',
    anyRemark: 'Remarks: all',
    clean: 'none',
    csv: 'Download CSV',
    file: 'access-review',
    count: '{shown} of {total} accounts',
    remark: {
      disabled: 'disabled',
      lapsed: 'lapsed',
      lapsing: 'lapses soon',
      never_used: 'never signed in',
      unused: 'not used for ninety days',
      no_second_factor: 'no second factor',
      vendor: 'vendor',
    },
  },
}
