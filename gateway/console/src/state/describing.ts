/** What a person says of cameras before they are added: whose they are, where, what for, and why they are needed. */

import { reactive } from 'vue'
import { i18n } from '../words'
import { session } from './session'

export interface Description {
  owner_id: string
  township_code: string
  kind: string
  purposes: string[]
  latitude: number | null
  longitude: number | null
  datum: string
  filing: { need_statement: string; place_type: string }
}

/** To begin with, what is likely: the person's own unit, township and purpose. */
export function newDescription(): Description {
  return reactive({
    owner_id: session.value?.operator.organisation_id ?? '',
    township_code: session.value?.organisation.township_code ?? '',
    kind: 'junction',
    purposes: session.value?.purpose ? [session.value.purpose] : [],
    latitude: null,
    longitude: null,
    datum: 'WGS-84',
    filing: { need_statement: '', place_type: 'public_road' },
  })
}

/** What it lacks, in words, with what must be said `besides`; "" for nothing. */
export function lackOf(file: Description, besides: readonly string[]): string {
  const { t } = i18n.global
  const said = [file.owner_id, file.township_code, file.filing.need_statement.trim(), ...besides]
  if (said.includes('') || file.purposes.length === 0) return t('errors.bad_input')
  return file.latitude === null || file.longitude === null ? t('add.where') : ''
}
