/** Telling a code of the second factor from a password, where one field takes both. */

/** True for six digits and for what a recovery code looks like. */
export function looksLikeCode(typed: string): boolean {
  const plain = typed.trim()
  return /^\d{6}$/.test(plain) || /^[a-z2-9]{4}(-[a-z2-9]{4}){3}$/i.test(plain)
}
