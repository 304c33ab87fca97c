// Finding one's way: what a word of the glossary means, and which pages one has read.
document.addEventListener("DOMContentLoaded", () => {
  explainWords();
  markPages();
});

function explainWords() {
  const words = document.querySelectorAll('a[href*="#term-"]');
  const note = document.createElement("div");
  note.className = "word-note";
  note.id = "word-note";
  note.setAttribute("role", "tooltip");
  note.hidden = true;
  document.body.append(note);
  const glossaries = new Map();
  let wanted = null;

  const meaning = async (link) => {
    const address = link.href.split("#")[0];
    if (!glossaries.has(address)) {
      glossaries.set(address, fetch(address).then((answer) => answer.text())
        .then((text) => new DOMParser().parseFromString(text, "text/html")));
    }
    const page = await glossaries.get(address);
    return page.getElementById(decodeURIComponent(link.hash.slice(1)))?.nextElementSibling;
  };
  const show = async (link) => {
    wanted = link;
    const found = await meaning(link).catch(() => null);
    if (!found || wanted !== link) return;
    note.innerHTML = found.innerHTML;
    for (const each of note.querySelectorAll("a")) each.replaceWith(...each.childNodes);
    note.hidden = false;
    const box = link.getBoundingClientRect();
    const width = document.documentElement.clientWidth;
    note.style.left = `${Math.max(8, Math.min(box.left, width - note.offsetWidth - 8)) + scrollX}px`;
    note.style.top = `${box.bottom + scrollY}px`;
    link.setAttribute("aria-describedby", note.id);
  };
  const hide = () => {
    wanted?.removeAttribute("aria-describedby");
    wanted = null;
    note.hidden = true;
  };
  for (const link of words) {
    link.addEventListener("mouseenter", () => show(link));
    link.addEventListener("focus", () => show(link));
    link.addEventListener("blur", hide);
    // A reader may move onto the note, to read it in peace.
    link.addEventListener("mouseleave", (event) => { if (!note.contains(event.relatedTarget)) hide(); });
  }
  note.addEventListener("mouseleave", hide);
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") hide(); });
}

function markPages() {
  const key = "course-read";
  let read;
  try {
    read = JSON.parse(localStorage.getItem(key)) ?? [];
  } catch {
    read = [];
  }
  const name = location.pathname.split("/").pop();
  const summary = document.getElementById("summary");
  if (summary && !read.includes(name)) {
    new IntersectionObserver((seen, watch) => {
      if (!seen.some((each) => each.isIntersecting)) return;
      watch.disconnect();
      try {
        localStorage.setItem(key, JSON.stringify([...read, name]));
      } catch { /* a browser that keeps nothing */ }
    }).observe(summary);
  }
  const links = [...document.querySelectorAll(".course-map li a")];
  let next = null;
  for (const link of links) {
    const done = read.includes(link.pathname.split("/").pop());
    if (done) link.parentElement.insertAdjacentHTML("beforeend", ' <span class="read">✓<span class="visually-hidden"> read</span></span>');
    else next ??= link;
  }
  if (read.length && next) {
    next.setAttribute("aria-current", "step");
    next.insertAdjacentHTML("afterend", ' <span class="here">you are here</span>');
  }
}
