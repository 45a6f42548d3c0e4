/** Tickets as the gateway answers with them, flat whether they came with their file around them or not. */

import type { AllowedMove, Ticket, TicketMove, TicketPhoto } from '../api/types'
import { nameIn } from '../words'
import { categoryName } from './catalogue'

export type TicketAnswer =
  | Ticket
  | {
      ticket: Ticket
      moves: TicketMove[]
      photos: TicketPhoto[]
      allowed_moves: AllowedMove[]
      suggested_handler_id?: string | null
      suggested_receiver_id?: string | null
    }

export function ticketOf(answer: TicketAnswer): Ticket {
  if (!('ticket' in answer)) return answer
  const { ticket, ...around } = answer
  return { ...ticket, ...around }
}

/** Seconds until the deadline; negative when it has passed. */
export function secondsLeft(ticket: Ticket, now: number): number {
  return (Date.parse(ticket.deadline_at) - now) / 1000
}

const OVER = new Set(['CLOSED', 'FORCED', 'VOID', 'ARCH'])

export function isOver(ticket: Ticket): boolean {
  return OVER.has(ticket.state)
}

export function ticketCategory(ticket: Ticket): string {
  return nameIn(ticket, 'category') || categoryName(ticket.category)
}

/** What people wrote, or the category in the reader's language when nobody wrote anything else. */
export function ticketTitle(ticket: Ticket): string {
  const { category_name_zh: zh, category_name_en: en } = ticket
  const written = !['', zh, en, `${zh} ${en}`].includes(ticket.title)
  return written ? ticket.title : ticketCategory(ticket)
}
