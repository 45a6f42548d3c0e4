import type { Words } from '../vocabulary'
import type { notices as chinese } from '../zh/notices'

export const notices: Words<typeof chinese> = {
  notices: {
    title: 'Notices',
    bell: 'Notices, {count} not seen',
    bellQuiet: 'Notices, none waiting',
    empty: 'No notices',
    all: 'All notices',
    allSeen: 'Mark all as seen',
    onlyUnseen: 'Only those not seen',
    unseen: 'Not seen',
    kinds: {
      camera_offline: 'A camera has been offline for {minutes} minutes.',
    },
  },
}
