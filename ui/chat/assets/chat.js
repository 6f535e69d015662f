// Runs once for the conversation and once for the source. Gradio calls it with `element`, `trigger` and `watch`.
// Clicks on what the server rendered are sent back with the data of the element; the rest is scrolling.

const stacked = window.matchMedia("(max-width: 860px)");
let shownTurns = 0;
let waited = false; // for an answer: what else changes in the conversation must not scroll it
const smooth = window.matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
const isSource = element.closest("#source") !== null;
const panel = () => document.querySelector("#source .panel");
const keyOf = (node) =>
  ["doc", "text", "start", "end", "answerStart", "answerEnd", "at"].map((name) => node.dataset[name]).join("\n");

// Which citation's source is open, so that a reader sees which chip belongs to what is on the right.
function showWhatIsOpen() {
  const open = panel() ? keyOf(panel()) : "";
  document.querySelectorAll("#conversation [data-open]").forEach((node) => {
    if (keyOf(node) === open) node.setAttribute("aria-current", "true");
    else node.removeAttribute("aria-current");
  });
}

// Beside the conversation only the panel scrolls. Below it (on a phone) the page does, and only on a click: an answer
// that has just come must not be scrolled away. Who opens a source by keyboard goes there, and Escape leads back.
function revealSource(clicked, byKeyboard) {
  const text = panel()?.querySelector(".text");
  if (!text) return;
  const mark = text.querySelector("mark");
  if (stacked.matches) {
    if (clicked) (mark || panel()).scrollIntoView({ block: mark ? "center" : "start", behavior: smooth });
  } else if (mark) {
    const middle = (text.clientHeight - Math.min(mark.offsetHeight, text.clientHeight)) / 3;
    const top = mark.getBoundingClientRect().top - text.getBoundingClientRect().top + text.scrollTop - middle;
    text.scrollTo({ top, behavior: "auto" });
  } else {
    text.scrollTo({ top: 0 });
  }
  if (byKeyboard) {
    if (mark) mark.tabIndex = -1;
    (mark || text).focus({ preventScroll: true });
  }
}

function goBack() {
  const turns = document.querySelectorAll("#conversation .turn");
  const current = [...document.querySelectorAll('#conversation [aria-current="true"]')];
  const opener = current.find((node) => node === window.pinciteOpener) || current[0];
  (opener || turns[turns.length - 1] || document.body).scrollIntoView({ block: "center", behavior: smooth });
  (opener || document.querySelector("#conversation .log")).focus({ preventScroll: true });
}

function revealNewest() {
  const turns = element.querySelectorAll(".turn");
  const newest = turns[turns.length - 1];
  if (newest) newest.scrollIntoView({ block: stacked.matches ? "nearest" : "start", behavior: smooth });
}

// What is folded out stays so when the server renders the conversation anew.
function keepFolds() {
  element.querySelectorAll("details").forEach((node) => (node.open = Boolean(node.foldedOut)));
}

function open(node, byKeyboard) {
  if (!isSource) window.pinciteOpener = node;
  if (panel() && keyOf(panel()) === keyOf(node)) {
    revealSource(true, byKeyboard);
    return;
  }
  window.pinciteOpening = { byKeyboard };
  trigger("click", { ...node.dataset });
}

// The clipboard is closed to pages that came over plain HTTP from another machine; the old way works there too.
async function copyText(button, text) {
  let copied = true;
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    const area = document.createElement("textarea");
    area.value = text;
    area.style.cssText = "position:fixed;opacity:0";
    document.body.append(area);
    area.select();
    copied = document.execCommand("copy");
    area.remove();
    button.focus();
  }
  const words = (button.words ??= button.textContent);
  button.textContent = copied ? "Copied" : "Not copied: the browser does not allow it";
  setTimeout(() => (button.textContent = words), 2000);
}

element.addEventListener("submit", (event) => {
  const form = event.target.closest("form.note");
  if (!form) return;
  event.preventDefault();
  trigger("input", { note: form.elements.note.value, turn: form.dataset.turn });
});

element.addEventListener("click", (event) => {
  const ask = event.target.closest("[data-question]");
  if (ask) {
    trigger("submit", { question: ask.dataset.question });
    return;
  }
  const { copy, rate, turn, export: kind } = event.target.closest("button")?.dataset ?? {};
  if (copy !== undefined) {
    copyText(event.target.closest("button"), copy);
    return;
  }
  if (rate) {
    trigger("like", { rating: rate, turn });
    return;
  }
  if (kind) {
    trigger("select", { kind });
    return;
  }
  const fold = event.target.closest("summary")?.parentElement;
  if (fold) {
    fold.foldedOut = !fold.open; // the browser opens or closes it after this
    return;
  }
  const back = event.target.closest(".back");
  if (back) {
    event.preventDefault();
    goBack();
    return;
  }
  const named = event.target.closest(".cited");
  const node = event.target.closest("[data-open]") || named?.querySelector("[data-open]");
  // A link that is to be opened elsewhere is the browser's business.
  if (!node || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  open(node, event.detail === 0); // a press of a key counts no clicks
});

element.addEventListener("keydown", (event) => {
  if (isSource && event.key === "Escape") goBack();
});

watch("value", () => {
  if (isSource) {
    revealSource(Boolean(window.pinciteOpening), window.pinciteOpening?.byKeyboard);
    window.pinciteOpening = null;
  } else {
    keepFolds();
    const turns = element.querySelectorAll(".turn").length;
    if (turns !== shownTurns || element.querySelector(".waiting") || waited) revealNewest();
    shownTurns = turns;
    waited = element.querySelector(".waiting") !== null;
  }
  showWhatIsOpen();
});
