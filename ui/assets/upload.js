// Runs once for the head of the page: documents are dropped anywhere, or chosen with the button, and go to the same
// endpoint that programs use, with its limits and its answer for each file. Nothing here makes HTML of a text.

// Gradio may put the head's content in again after this has run, so that nodes are found when they are needed.
const find = (id) => element.querySelector(id);
let before = Promise.resolve();

const made = (name, text, className) => {
  const node = document.createElement(name);
  node.textContent = text;
  if (className) node.className = className;
  return node;
};

// One or several lines, and how far it has come: a share, null for "under way", undefined for "done".
function tell(lines, share) {
  const told = find("#adding");
  told.replaceChildren(...lines);
  if (share !== undefined) {
    const bar = document.createElement("progress");
    if (share !== null) bar.value = share;
    bar.setAttribute("aria-label", "Adding documents");
    told.append(bar);
  } else {
    const close = made("button", "Close", "act");
    close.type = "button";
    close.addEventListener("click", () => told.replaceChildren());
    told.append(close);
  }
}

const counted = (number) => `${number} ${number === 1 ? "document" : "documents"}`;

function outcome(status, said) {
  if (status !== 201) return [made("p", said.detail || "The server could not be asked; is it still running?", "problem")];
  const lines = said.added.length ? [made("p", `Added: ${said.added.map((document) => document.title).join(", ")}`)] : [];
  const failed = said.failed.map((file) => made("p", file.error.detail, "problem"));
  return [...lines, ...failed];
}

function send(files) {
  return new Promise((settled) => {
    const form = new FormData();
    files.forEach((file) => form.append("files", file, file.name));
    const request = new XMLHttpRequest();
    request.open("POST", "/v1/documents");
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) =>
      tell([made("p", `Sending ${counted(files.length)}…`)], event.total ? event.loaded / event.total : null));
    request.upload.addEventListener("load", () => tell([made("p", `Reading ${counted(files.length)}…`)], null));
    request.addEventListener("loadend", () => {
      const said = request.response || {};
      tell(outcome(request.status, said));
      if (request.status === 201 && said.added.length) trigger("upload", { doc: said.added[0].doc_id });
      settled();
    });
    request.send(form);
  });
}

function add(list) {
  const files = [...list];
  if (!files.length) return;
  before = before.then(() => send(files));
}

if (find("#add-documents")) {
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
}
