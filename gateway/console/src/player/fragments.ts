/** What the player must know of an MP4 fragment without a parser for all of MP4. */

const NOT_SYNC = 0x0001_0000

/** The content of the first child box of that type within [from, to), as offsets. */
function child(view: DataView, type: string, from: number, to: number): [number, number] | null {
  for (let at = from; at + 8 <= to; ) {
    const size = view.getUint32(at)
    const name = String.fromCharCode(view.getUint8(at + 4), view.getUint8(at + 5), view.getUint8(at + 6), view.getUint8(at + 7))
    if (size < 8 || at + size > to) return null
    if (name === type) return [at + 8, at + size]
    at += size
  }
  return null
}

/** Whether the fragment's first picture can be decoded without any before it (ISO/IEC 14496-12, 8.8.8 trun). */
export function beginsWithKeyframe(bytes: ArrayBuffer): boolean {
  const view = new DataView(bytes)
  const moof = child(view, 'moof', 0, view.byteLength)
  const traf = moof && child(view, 'traf', ...moof)
  const trun = traf && child(view, 'trun', ...traf)
  if (!trun || trun[0] + 8 > trun[1]) return false
  const flags = view.getUint32(trun[0]) & 0xff_ffff
  let at = trun[0] + 8 + (flags & 0x1 ? 4 : 0)
  if (flags & 0x4) return at + 4 <= trun[1] && (view.getUint32(at) & NOT_SYNC) === 0
  if (!(flags & 0x400)) return false
  at += (flags & 0x100 ? 4 : 0) + (flags & 0x200 ? 4 : 0)
  return at + 4 <= trun[1] && (view.getUint32(at) & NOT_SYNC) === 0
}
