const FIRST_GAP_MS = 100

/**
 * Many bells, few answers: the first is answered at once and the rest together. After some quiet a second bell
 * waits for a short gap only; while bells keep coming the gap doubles up to `everyMs`, so that a flood costs little.
 */
export function gathering(run: () => void, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null
  let again = false
  let gap = FIRST_GAP_MS
  let last = Number.NEGATIVE_INFINITY
  const answer = (): void => {
    const now = Date.now()
    gap = now - last < 2 * everyMs ? Math.min(everyMs, gap * 2) : Math.min(everyMs, FIRST_GAP_MS)
    last = now
    run()
    timer = setTimeout(() => {
      timer = null
      if (!again) return
      again = false
      answer()
    }, gap)
  }
  return () => {
    if (timer !== null) again = true
    else answer()
  }
}
