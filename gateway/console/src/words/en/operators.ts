import type { Words } from '../vocabulary'
import type { operators as chinese } from '../zh/operators'

export const operators: Words<typeof chinese> = {
  operators: {
    title: 'Accounts',
    login: 'Account',
    name: 'Name',
    roles: 'Roles',
    add: 'New account',
    addTitle: 'New account',
    password: 'First password',
    disable: 'Disable',
    enable: 'Enable',
    disabled: 'Disabled',
    enabled: 'In use',
    added: 'The account was made.',
    changed: 'Changed.',
    disableWarn: 'Sessions and pictures of this account end at once.',
    empty: 'No accounts',
  },
}
