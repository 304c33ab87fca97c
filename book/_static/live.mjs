// "Start afresh", where a reader has a changed copy of a notebook: it is put aside, not deleted.
const home = new URL("../live/", import.meta.url).pathname;
const DATABASE = `JupyterLite Storage - ${home}`;

const buttons = document.querySelectorAll(".live-again");

async function look() {
  for (const button of buttons) {
    const kept = await withFiles("readonly", (files) => files.getKey(button.dataset.path));
    button.hidden = kept === undefined;
    button.disabled = false;
  }
}

for (const button of buttons) {
  button.addEventListener("click", async () => {
    button.disabled = true;
    const { path } = button.dataset;
    const now = new Date().toISOString().slice(0, 19).replaceAll(":", ".").replace("T", " ");
    const aside = path.replace(/\.ipynb$/, ` (yours, ${now}).ipynb`);
    const name = aside.split("/").pop();
    // One transaction: the copy is there before the original place is empty, or nothing happens.
    await withFiles("readwrite", async (files) => {
      const kept = await answer(files.get(path));
      if (kept === undefined) return;
      files.put({ ...kept, path: aside, name }, aside);
      await answer(files.delete(path));
    });
    location.href = button.previousElementSibling.href;
  });
}
look();
// Back from the notebook, the browser may show this page as it was.
addEventListener("pageshow", (event) => { if (event.persisted) look(); });

async function withFiles(mode, ask) {
  const known = await indexedDB.databases?.().catch(() => []);
  if (!known?.some(({ name }) => name === DATABASE)) return undefined;
  const database = await answer(indexedDB.open(DATABASE));
  try {
    if (!database.objectStoreNames.contains("files")) return undefined;
    const asked = ask(database.transaction("files", mode).objectStore("files"));
    return await (asked instanceof IDBRequest ? answer(asked) : asked);
  } finally {
    database.close();
  }
}

function answer(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}
