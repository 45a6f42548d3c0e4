// What the walk through the console asks the page: is it at rest, where is it, what is on it, what can be pressed.
(() => {
  /** What is under way and will change the page: requests, answers that are being read, short delays. */
  const underWay = new Set()
  const whileItLasts = async (promise) => {
    const one = {}
    underWay.add(one)
    try {
      return await promise
    } finally {
      underWay.delete(one)
    }
  }
  const fetched = window.fetch
  window.fetch = (...given) => whileItLasts(fetched(...given))
  for (const way of ['json', 'text', 'blob', 'arrayBuffer', 'formData']) {
    const read = Response.prototype[way]
    Response.prototype[way] = function () {
      return whileItLasts(read.call(this))
    }
  }
  // What drops down, closes or is asked for while somebody types does so after a while; what comes again only later is not waited for.
  const SHORT = 350
  const [delayed, dropped] = [window.setTimeout, window.clearTimeout]
  window.setTimeout = (run, delay = 0, ...given) => {
    if (typeof run !== 'function' || delay > SHORT) return delayed(run, delay, ...given)
    const timer = delayed(() => {
      underWay.delete(timer)
      run(...given)
    }, delay)
    underWay.add(timer)
    return timer
  }
  window.clearTimeout = (timer) => {
    underWay.delete(timer)
    dropped(timer)
  }
  let changes = 0
  new MutationObserver(() => { changes += 1 }).observe(document, { childList: true, subtree: true })

  const PRESSABLE = 'button, [role="tab"], label.el-radio-button, label.el-checkbox, [role="combobox"], [role="menuitem"]'
  /** What orders a page for those who do not see it. */
  const STRUCTURE = 'h1, h2, h3, h4, h5, h6, main, nav, header, footer, aside, form, section, [role="region"], [role="search"]'
  const FOCUSED = 'a[href], button:enabled, input:enabled, textarea:enabled, [tabindex="0"]'
  const LEAST = 24
  const LATE = ['label, [role="tab"]', '[role="combobox"]', '[role="dialog"] [type="submit"]', '[role="dialog"] .ends > button', '[role="dialog"] .el-dialog__headerbtn']
  const NEVER = ['sign-out', 'lock-now', 'enrol-leave', 'language-zh', 'language-en', 'skip']

  const app = () => document.querySelector('#app')?.__vue_app__?.config.globalProperties
  const seen = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true }) && one.getClientRects().length > 0
  const name = (one) => {
    const given = one.closest('[data-test]')?.dataset.test ?? ''
    const own = one.matches('[role="combobox"]') ? `combobox ${one.getAttribute('aria-label') ?? ''}` : (one.getAttribute('aria-label') ?? one.textContent).trim()
    // ids and names of things are no kinds of buttons
    return (one.closest('header.bar') ? 'bar ' : '') + (one.dataset.test ?? `${given} ${given === '' ? own : one.tagName}`).replace(/[0-9a-f]{8}-[0-9a-f-]{27}|(TZ|T|R|D)-?\d[\w-]*|\d+/g, '*')
  }
  /** What is pressed: the field of a choice has an input inside that nobody sees. */
  const hit = (one) => (one.matches('[role="combobox"]') ? (one.closest('.el-select__wrapper') ?? one) : one)
  const LEAVING = '[class*="-leave-active"]'
  const ENTERING = '[class*="-enter-active"]'
  /** The topmost thing that stands over the page: a dialog, or what a button or a field has dropped down. What is leaving does no more. */
  const over = () => {
    const shown = (kind) => [...document.querySelectorAll(kind)].filter((one) => seen(one) && one.closest(LEAVING) === null)
    // The library calls a list of choices a tooltip, too.
    const dropped = shown('.el-popper').filter((one) => one.getAttribute('role') !== 'tooltip' || one.querySelector('[role="listbox"]') !== null)
    const dialogs = shown('[role="dialog"]').filter((one) => !one.classList.contains('el-popper'))
    return dropped.at(-1) ?? dialogs.at(-1) ?? null
  }
  const frame = () => new Promise((resolve) => requestAnimationFrame(resolve))
  const moving = () => document.getAnimations().filter((one) => one.playState === 'running' && one.effect.getComputedTiming().endTime !== Infinity)
  /** What says of itself that it is open, and has nothing open yet. */
  const opening = () => document.activeElement?.matches('[aria-haspopup][aria-expanded="true"]') === true && over() === null
  /** Why the page is not at rest; nothing if it is. */
  const busy = () => {
    if (document.querySelector('#app') !== null) {
      const router = app()?.$router
      if (router === undefined || router.currentRoute.value.matched.length === 0) return 'starting'
      follow(router)
    }
    if (heading !== null) return `on the way to ${heading.fullPath}`
    if (underWay.size > 0) return `${underWay.size} under way`
    if (opening()) return `opening ${document.activeElement.outerHTML}`
    const changing = document.querySelector(`.el-loading-mask, ${LEAVING}`) ?? [...document.querySelectorAll(ENTERING)].find((one) => one.getClientRects().length > 0)
    return changing?.outerHTML ?? moving()[0]?.effect.target?.outerHTML ?? ''
  }
  /** Notes which page is being changed to, whose files are fetched first. */
  let heading = null
  const followed = new WeakSet()
  const follow = (router) => {
    if (followed.has(router)) return
    followed.add(router)
    // One that is turned elsewhere on its way ends as the other.
    const ended = (to) => { heading = to === heading ? null : heading }
    router.beforeEach((to) => { heading = to })
    router.afterEach(ended)
    router.onError((_, to) => ended(to))
  }
  const escaped = new Set()

  const RULES = { runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] }, resultTypes: ['violations'] }
  /** Attributes whose value an assistive device takes in; of the others only counts that they are there, and not empty. */
  const TOLD = /^(class|style|role|type|lang|scope|tabindex|disabled|checked|autocomplete|aria-(hidden|expanded|selected|checked|current|disabled|haspopup|invalid|level|live|modal|orientation|pressed|required|sort))$/
  /** What of it matters to whatever is within, too. */
  const GROUND = /^(class|style|role|lang|hidden|inert|aria-hidden|aria-live)$/
  const REFERS = /^(for|aria-(labelledby|describedby|controls|owns|activedescendant))$/
  const hash = (text) => {
    let [one, other] = [0xdeadbeef, 0x41c6ce57]
    for (let index = 0; index < text.length; index++) {
      one = Math.imul(one ^ text.charCodeAt(index), 2654435761)
      other = Math.imul(other ^ text.charCodeAt(index), 1597334677)
    }
    return (one >>> 0).toString(36) + (other >>> 0).toString(36)
  }
  /** What was taken away again leaves an empty attribute. */
  const worn = (one) => [...one.attributes].filter(({ name, value }) => value !== '' || (name !== 'class' && name !== 'style'))
  const hasText = (one) => [...one.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim() !== '')
  const said = ({ name, value }) => {
    if (REFERS.test(name)) return `${name}=${value.split(/\s+/).filter((id) => id !== '' && document.getElementById(id) === null).length}`
    if (!TOLD.test(name)) return `${name}${value.trim() === '' ? '' : '+'}`
    // How far along, how long and above how much something is drawn differs from thing to thing.
    return `${name}=${name === 'style' ? value.replace(/-?\d+(\.\d+)?(px|%|r?em|deg|m?s)|(?<=z-index: )\d+/g, '*') : value}`
  }
  /** What an element is to those within it: where they stand, and on what ground. */
  const ground = (one) => {
    const own = [one.localName, ...worn(one).filter(({ name }) => GROUND.test(name)).map(said)]
    if (hasText(one)) {
      const style = getComputedStyle(one)
      own.push(style.color, style.backgroundColor, style.opacity, style.fontSize, style.fontWeight)
    }
    return own.join(' ')
  }
  const middle = (one) => {
    const { left, right, top, bottom } = one.getBoundingClientRect()
    return [(left + right) / 2, (top + bottom) / 2]
  }
  /** True of a small target with another so near that a finger may meet that one. */
  const crowded = (one) => {
    if (one.offsetWidth >= LEAST && one.offsetHeight >= LEAST) return false
    const [x, y] = middle(one)
    return [...document.querySelectorAll(FOCUSED)].some((other) => other !== one && seen(other) && Math.hypot(middle(other)[0] - x, middle(other)[1] - y) < LEAST)
  }
  /** What else there is to judge about it, whatever it says: all of this again is nothing new. */
  const mark = (one, doubled) => {
    const own = [seen(one), doubled.has(one.id), ...worn(one).filter(({ name }) => name !== 'id' && !GROUND.test(name)).map(said)]
    if (one.labels !== undefined) own.push(one.labels?.length, one.value === '')
    if (one.matches('a, button, label, legend, summary, th, option, [role]')) own.push(one.textContent.trim() === '')
    // Some rules look at what an element holds, or at how small it is.
    if (one.matches('ul, ol, dl, table, tr, [role]')) own.push(...[...new Set([...one.children].map((child) => `${child.localName} ${child.getAttribute('role')}`))].sort())
    if (one.matches('a, button, [role]') || one.scrollHeight > one.clientHeight || one.scrollWidth > one.clientWidth) own.push(one.querySelector(FOCUSED) === null)
    if (one.matches(FOCUSED)) own.push(one.offsetWidth < LEAST, one.offsetHeight < LEAST, crowded(one))
    return own.join(' ')
  }

  window.walk = {
    /** Waits until nothing is asked, read, delayed, drawn or moved, and three frames have passed so, in which what was drawn begins to move. */
    rest: async (frames = 3) => {
      const since = performance.now()
      for (let still = 0; still < frames; ) {
        const before = changes
        await frame()
        const why = busy()
        still = why !== '' || changes !== before ? 0 : still + 1
        // The generous limit is there to end a hanging test.
        if (performance.now() - since > 120_000) throw new Error(`${location.href} does not come to rest: ${why.slice(0, 300)}`)
      }
    },
    routes: () => app().$router.getRoutes().map((one) => ({ name: String(one.name ?? ''), path: one.path })).filter((one) => one.name !== ''),
    at: () => String(app()?.$route.name),
    go: (path) => app().$router.push(path).then(() => undefined),
    speak: (language) => {
      app().$i18n.locale = language
      document.documentElement.lang = language
      return window.walk.rest(1)
    },
    over: () => {
      const one = over()
      return one === null ? '' : `${one.className} ${one.querySelectorAll('*').length}`
    },
    /** Notes what stands over the page before Escape; false if it was there before another Escape. */
    escaping: (first) => {
      if (first) escaped.clear()
      const [one, before] = [over(), escaped.size]
      return escaped.add(one).size > before
    },
    /** Changes when something is shown that was not before, be it a film in the place of its picture. */
    shape: () => {
      const all = [...document.querySelectorAll('main *, [role="dialog"] *')].filter((one) => one.closest('.player *') === null && seen(one))
      return `${app().$route.fullPath} ${all.length} ${all.filter((one) => one.localName === 'video').length}`
    },
    pressable: () => {
      const within = over() ?? document
      const found = {}
      // What switches the page over comes late, and what leaves a dialog last, so that the rest is met first.
      const late = (one) => LATE.findIndex((kind) => one.matches(kind))
      for (const one of [...within.querySelectorAll(PRESSABLE)].sort((one, other) => late(one) - late(other))) {
        const key = name(one)
        if (key in found || NEVER.includes(one.dataset.test) || one.disabled || one.getAttribute('aria-disabled') === 'true' || !seen(hit(one))) continue
        found[key] = one
      }
      window.walk.found = found
      return Object.keys(found)
    },
    press: (key) => {
      const one = window.walk.found[key]
      if (one === undefined || !one.isConnected) return false
      hit(one).scrollIntoView({ block: 'nearest' })
      one.focus({ preventScroll: true })
      hit(one).click()
      return true
    },
    /** The names of all components on the page. */
    parts: () => {
      const names = new Set()
      const look = (node) => {
        if (node === null || typeof node !== 'object') return
        if (Array.isArray(node)) return node.forEach(look)
        const type = node.component?.type
        if (type) names.add(type.__name ?? type.name)
        look(node.component?.subTree)
        look(node.children)
        look(node.suspense?.activeBranch)
      }
      look(document.querySelector('#app')?._vnode ?? null)
      return [...names].filter(Boolean)
    },
    /** Marks of all that is in front: which elements there are, within which others, and how; and its structure. */
    marks: () => {
      const within = over()
      const ids = [...document.querySelectorAll('[id]')].map((one) => one.id)
      const doubled = new Set(ids.filter((id, index) => ids.indexOf(id) !== index))
      const found = new Map()
      const look = (one, above) => {
        const within = hash(`${above} ${ground(one)}`)
        const its = hash(`${within} ${mark(one, doubled)}`)
        if (!found.has(its)) found.set(its, one)
        for (const child of one.children) look(child, within)
      }
      const root = `${document.documentElement.lang} ${window.innerWidth}`
      look(within ?? document.body, root)
      const shape = [...document.querySelectorAll(STRUCTURE)].filter(seen).map((one) => `${one.localName} ${one.getAttribute('role')} ${one.getAttribute('aria-label')}`)
      window.walk.marked = found
      window.walk.structure = hash(`${root} ${within === null ? `${window.walk.at()} ${shape.join(' ')}` : within.className}`)
      return [window.walk.structure, ...found.keys()].join(' ')
    },
    /** What axe says against the first of each that bears one of these marks, or against all if the structure is among them; null if one of them is gone. */
    axe: async (...marks) => {
      const within = over()
      const all = marks.includes(window.walk.structure)
      const fresh = new Set(marks.filter((one) => window.walk.marked.has(one)).map((one) => window.walk.marked.get(one)))
      if ([...fresh].some((one) => !one.isConnected)) return null
      const options = structuredClone(RULES)
      // Landmarks and headings are a matter of a whole page.
      if (within === null) options.runOnly.values.push('best-practice')
      // A list of choices is scrolled by the arrows of its field, which keeps the focus; axe knows that only of a list that is itself what scrolls.
      if (within?.querySelector('[role="listbox"]')) options.rules = { 'scrollable-region-focusable': { enabled: false } }
      // What is within one of them is judged with it.
      const include = [...fresh].filter((one) => !all && !fresh.has(one.parentElement))
      const { violations } = await axe.run(all ? (within ?? document) : { include }, options)
      const named = (text) => text.replace(/el-id-\d+-\d+|data-v-\w+=""/g, '').replace(/\s+/g, ' ')
      return violations.map((one) => named(`${one.id}: ${one.nodes.slice(0, 3).map((node) => `${node.target.join(' ')} ${node.html.slice(0, 160)} ${(node.any[0] ?? node.all[0] ?? node.none[0])?.message ?? ''}`).join(' | ')}`))
    },
    /** By how many pixels the page is wider than the window. */
    wider: () => document.scrollingElement.scrollWidth - window.innerWidth,
  }
})()
