import type { Words } from '../vocabulary'
import type { services as chinese } from '../zh/services'

export const services: Words<typeof chinese> = {
  services: {
    tab: 'Service accounts',
    add: 'New service account',
    addHint: "A service account lets a department's system use the API. It has no password and cannot sign in to the console.",
    login: 'Account',
    name: 'System',
    loginHint: 'Lower-case letters, digits, dots and dashes, such as drainage-dispatch',
    tokens: 'Tokens',
    noTokens: 'No valid token',
    issue: 'Issue a token',
    issueTitle: 'Issue a token · {name}',
    label: 'Used where',
    labelHint: 'Such as: drainage dispatch, first server',
    scopes: 'What it may do',
    days: 'Days it is good for',
    until: 'Until {time}',
    lastUsed: 'Last used {time}',
    neverUsed: 'Not used yet',
    revoke: 'Revoke',
    revokeWarn: 'The system that uses this token, and every picture it shows, stops at once.',
    revoked: 'The token was revoked.',
    added: 'The service account was made.',
    onceTitle: 'Keep this token now',
    onceHint: 'It is shown this once. Hand it over, then close; a lost token can only be replaced.',
    copy: 'Copy',
    copied: 'Copied.',
    empty: 'No service accounts yet',
    pickScope: 'Choose at least one thing it may do',
  },
}
