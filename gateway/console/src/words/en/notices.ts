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
      unusual_viewing: 'Unusual viewing: see the oversight page.',
      request_to_decide: 'A request for {cameras} cameras waits for your decision until {until}.',
      request_approved: 'Your request was approved: {cameras} cameras.',
      request_narrowed: 'Your request was approved in part: {cameras} cameras.',
      request_refused: 'Your request was refused ({cameras} cameras).',
      request_withdrawn: 'A request was taken back.',
      request_no_answer: 'The time to decide is over: there was no answer to your request.',
      access_started: 'Your access to {cameras} cameras has begun.',
      access_ending: 'Access to {cameras} cameras ends at {until}.',
      access_ended: 'Access to {cameras} cameras has ended.',
      access_revoked: 'A grant was revoked; {left} cameras of the request are left.',
      access_returned: 'An access was given back before its end.',
      deputy_named: 'You stand in as deputy and decide requests until {until}.',
      emergency_proposed: 'An emergency was proposed and waits for approval until {until}.',
      emergency_refused: 'The proposed emergency was refused.',
      emergency_began: 'Emergency mode has begun: {name}, until {until}.',
      emergency_renewed: 'Emergency mode was renewed: {name}, until {until}.',
      emergency_ended: 'Emergency mode has ended: {name}. The report of what was watched can be read.',
      account_lapses: 'The account {login} lapses on {day}: renew it in time.',
      camera_offline: 'A camera has been offline for {minutes} minutes.',
    },
  },
}
