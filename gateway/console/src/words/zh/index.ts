import type { Words } from '../vocabulary'
import { accounts } from './accounts'
import { areas } from './areas'
import { cameras } from './cameras'
import { candidates } from './candidates'
import { details } from './details'
import { emergencies } from './emergencies'
import { erasures } from './erasures'
import { exports } from './exports'
import { filing } from './filing'
import { holds } from './holds'
import { inquiries } from './inquiries'
import { needs } from './needs'
import { notices } from './notices'
import { operators } from './operators'
import { oversight } from './oversight'
import { records } from './records'
import { requests } from './requests'
import { review } from './review'
import { services } from './services'
import { sharing } from './sharing'
import { signs } from './signs'
import { shell } from './shell'
import { tickets } from './tickets'
import { upkeep } from './upkeep'
import { wall } from './wall'

/** Every word of the console, a file for each area. */
export const zh = {
  ...accounts,
  ...areas,
  ...cameras,
  ...candidates,
  ...details,
  ...emergencies,
  ...erasures,
  ...exports,
  ...filing,
  ...holds,
  ...inquiries,
  ...needs,
  ...notices,
  ...operators,
  ...oversight,
  ...records,
  ...requests,
  ...review,
  ...services,
  ...sharing,
  ...signs,
  ...shell,
  ...tickets,
  ...upkeep,
  ...wall,
}

/** What every language must say. */
export type Vocabulary = Words<typeof zh>
