/** What somebody types is asked for once the typing rests, not letter by letter. */

import { onScopeDispose, watch, type WatchSource } from 'vue'

export function onTyped(typed: WatchSource<string>[], run: () => void, restMs = 250): void {
  let resting: ReturnType<typeof setTimeout> | undefined
  watch(typed, () => {
    clearTimeout(resting)
    resting = setTimeout(run, restMs)
  })
  onScopeDispose(() => clearTimeout(resting))
}
