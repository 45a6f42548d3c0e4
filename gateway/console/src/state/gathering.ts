/** Many bells, few answers: runs at most once per interval, at once for the first and once more for the rest. */
export function gathering(run: () => void, everyMs: number): () => void {
  let timer: ReturnType<typeof setTimeout> | null = null
  let again = false
  return () => {
    if (timer !== null) {
      again = true
      return
    }
    run()
    timer = setTimeout(function over() {
      timer = null
      if (!again) return
      again = false
      run()
      timer = setTimeout(over, everyMs)
    }, everyMs)
  }
}
