// Runs once for the head of the page: documents are dropped anywhere, or chosen with the button, and go one after
// another to the same endpoint that programs use, with its limits and its answer. Nothing here makes HTML of a text.

// Gradio may put the head's content in again after this has run, so that nodes are found when they are needed.
const find = (id) => element.querySelector(id);
const REFUSED = [401, 403]; // who sends, not what: the next file would fare no better
let before = Promise.resolve();

const made = (name, text, className) => {
  const node = document.createElement(name);
  node.textContent = text;
  if (className) node.className = className;
  return node;
};

function outcome(file, status, said) {
  if (status === 201) {
    const titles = (documents) => documents.map((document) => document.title).join(", ");
    return made("p", said.replaced.length ? `Replaced: ${titles(said.replaced)}` : `Added: ${titles(said.added)}`);
  }
  let why = said.detail || "The server could not be asked; is it still running?";
  if (status === 413) why = "It is larger than the server takes at once; split it into smaller files.";
  return made("p", why.includes(file.name) ? why : `${file.name}: ${why}`, "problem");
}

// `progress` is told the share that was sent, and null when all of it was and is being read.
function send(file, progress) {
  return new Promise((settled) => {
    const form = new FormData();
    form.append("files", file, file.name);
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/documents");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => progress(event.total ? event.loaded / event.total : null));
    request.upload.addEventListener("load", () => progress(null));
    request.addEventListener("loadend", () => settled([request.status, request.response || {}]));
    request.send(form);
  });
}

// What became of each file stays until it is closed; below it stands the one that is under way.
async function addAll(files) {
  const now = made("p", "");
  const bar = made("progress", "");
  bar.setAttribute("aria-label", "Adding documents");
  find("#adding .act")?.remove();
  find("#adding").append(now, bar);
  let first;
  for (const [number, file] of files.entries()) {
    now.textContent = `Adding ${number + 1} of ${files.length}: ${file.name}`;
    const [status, said] = await send(file, (share) => {
      if (share === null) bar.removeAttribute("value");
      else bar.value = share;
    });
    now.before(outcome(file, status, said));
    first ??= said.added?.[0] ?? said.replaced?.[0];
    if (REFUSED.includes(status)) break;
  }
  const close = made("button", "Close", "act");
  close.type = "button";
  close.addEventListener("click", () => find("#adding").replaceChildren());
  now.remove();
  bar.replaceWith(close);
  if (first) trigger("upload", { doc: first.doc_id });
}

function add(list) {
  const files = [...list];
  if (files.length) before = before.then(() => addAll(files));
}

element.addEventListener("click", (event) => {
  if (event.target.closest("#add-documents")) find("#chosen-documents").click();
});
element.addEventListener("change", (event) => {
  if (event.target.id !== "chosen-documents") return;
  add(event.target.files);
  event.target.value = "";
});
// Leaving one element for another within the page fires both events, so they are counted.
let inside = 0;
const carriesFiles = (event) => event.dataTransfer?.types.includes("Files");
const dropping = () => document.body.classList.toggle("dropping", inside > 0);
document.addEventListener("dragenter", (event) => {
  if (carriesFiles(event)) inside += 1;
  dropping();
});
document.addEventListener("dragleave", (event) => {
  if (carriesFiles(event)) inside = Math.max(0, inside - 1);
  dropping();
});
document.addEventListener("dragover", (event) => {
  if (carriesFiles(event)) event.preventDefault();
});
document.addEventListener("drop", (event) => {
  inside = 0;
  dropping();
  if (!carriesFiles(event)) return;
  event.preventDefault();
  add(event.dataTransfer.files);
});
