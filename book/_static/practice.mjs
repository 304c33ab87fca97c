// An exercise in the page: an editor, and a check in a worker that can be ended at any time.
// Python is fetched when the first check is asked for, and then serves all editors of the page.
let worker = null;
let busy = null;

for (const box of document.querySelectorAll(".practice")) prepare(box);

function prepare(box) {
  const what = JSON.parse(box.querySelector("script").textContent);
  const field = box.querySelector("textarea");
  const said = box.querySelector(".practice-said");
  const check = box.querySelector(".practice-check");
  const stop = box.querySelector(".practice-stop");
  const again = box.querySelector(".practice-again");

  check.hidden = again.hidden = false; // without this script they could do nothing

  const keep = () => {
    try {
      if (field.value === what.given) localStorage.removeItem(box.id);
      else localStorage.setItem(box.id, field.value);
    } catch { /* private windows keep nothing */ }
  };
  try {
    field.value = localStorage.getItem(box.id) ?? what.given;
  } catch { /* the same */ }

  const say = (kind, words) => {
    said.className = `practice-said practice-${kind}`;
    said.textContent = words;
  };
  const finish = (kind, words) => {
    clearTimeout(box.timer);
    busy = null;
    check.removeAttribute("aria-disabled");
    if (document.activeElement === stop) check.focus();
    stop.hidden = true;
    say(kind, words);
  };
  const end = (words) => {
    worker?.terminate();
    worker = null;
    finish("wrong", words);
  };

  field.addEventListener("input", keep);
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    if (event.ctrlKey || event.metaKey || event.shiftKey) {
      event.preventDefault();
      check.click();
      return;
    }
    event.preventDefault();
    const line = field.value.slice(0, field.selectionStart).split("\n").pop();
    const deeper = line.trimEnd().endsWith(":") ? "    " : "";
    insert(field, `\n${line.match(/^ */)[0]}${deeper}`);
  });
  again.addEventListener("click", () => {
    field.focus();
    field.select();
    insert(field, what.given); // so that the browser's own undo brings the answer back
    say("nothing", "As it was; undo brings your answer back.");
  });
  stop.addEventListener("click", () => end("Stopped."));
  check.addEventListener("click", () => {
    if (busy) return;
    busy = box;
    check.setAttribute("aria-disabled", "true");
    stop.hidden = false;
    say("waits", worker ? "Checking …" : "Python is being fetched; the first time that takes a while …");
    worker ??= new Worker(new URL("practice-worker.mjs", import.meta.url), { type: "module" });
    worker.onerror = (event) => end(`Python could not be started: ${event.message || "is there no connection?"}`);
    worker.onmessage = ({ data }) => {
      if (data.state === "said") finish(data.passed ? "right" : "wrong", data.words);
      else if (data.state === "failed") end(`Python could not be started: ${data.words}`);
      else if (data.state === "waits") say("waits", data.words);
      else {
        say("waits", "Checking …");
        box.timer = setTimeout(() => end(what.endless), 1000 * what.seconds);
      }
    };
    const packages = new URL(what.packages, new URL("..", import.meta.url)).href;
    worker.postMessage({ setup: what.setup, answer: field.value, test: what.test, packages });
  });
}

function insert(field, text) {
  // What is inserted in this way can be undone; other ways forget what was there.
  if (!document.execCommand("insertText", false, text)) {
    field.setRangeText(text, field.selectionStart, field.selectionEnd, "end");
    field.dispatchEvent(new Event("input"));
  }
}
