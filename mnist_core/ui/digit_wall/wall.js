// A wall of images. Streamlit calls the default export on every rerun: the wall is built once and refreshed.

const STEPS = { ArrowLeft: () => -1, ArrowRight: () => 1, ArrowUp: (row) => -row, ArrowDown: (row) => row }

export default function ({ parentElement, data, setTriggerValue }) {
  const list = parentElement.querySelector("ul")
  list.wall ??= createWall(list)
  list.wall(data, (number) => setTriggerValue("pick", number))
}

function createWall(list) {
  let send
  let reached = 0 // the tile that the Tab key comes to

  function refresh(data, tell) {
    send = tell
    const count = data.names.length
    const kind = data.buttons ? "button" : "div"
    if (list.querySelector(".tile")?.localName !== kind) list.replaceChildren()
    while (list.children.length > count) list.lastElementChild.remove()
    while (list.children.length < count) list.append(item(kind))
    list.setAttribute("aria-label", data.label)
    list.classList.toggle("paper", data.paper)
    list.style.setProperty("--side", `${data.side}px`)
    list.style.setProperty("--sprite", `url(${data.sprite})`)
    reached = Math.min(data.picked ?? reached, Math.max(0, count - 1))
    ;[...list.children].forEach((element, i) => fill(element.firstElementChild, i, data))
  }

  function item(kind) {
    const element = document.createElement("li")
    element.innerHTML = `<${kind} class="tile"><span class="picture" role="img"></span><span></span></${kind}>`
    const tile = element.firstElementChild
    if (kind === "button") {
      tile.type = "button"
      tile.addEventListener("click", () => send([...list.children].indexOf(element)))
      tile.addEventListener("keydown", (event) => move(event, element))
    }
    return element
  }

  function fill(tile, i, data) {
    const [picture, caption] = tile.children
    const share = data.names.length > 1 ? (100 * i) / (data.names.length - 1) : 0
    picture.style.backgroundPosition = `0 ${share}%`
    picture.setAttribute("aria-label", data.names[i])
    caption.textContent = data.captions[i] ?? ""
    if (!data.buttons) return
    tile.setAttribute("aria-pressed", i === data.picked)
    tile.tabIndex = i === reached ? 0 : -1
  }

  function move(event, element) {
    const tiles = [...list.children]
    const row = getComputedStyle(list).gridTemplateColumns.split(" ").length
    const target = tiles[tiles.indexOf(element) + STEPS[event.key]?.(row)]
    if (!target) return
    event.preventDefault()
    tiles[reached].firstElementChild.tabIndex = -1
    reached = tiles.indexOf(target)
    target.firstElementChild.tabIndex = 0
    target.firstElementChild.focus()
  }

  return refresh
}
