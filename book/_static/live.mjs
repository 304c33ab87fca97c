// "Start afresh", where a reader has a changed copy of a notebook: it is put aside, not deleted.
const home = new URL("../live/", import.meta.url).pathname;
const DATABASE = `JupyterLite Storage - ${home}`;

for (const button of document.querySelectorAll(".live-again")) {
  const { path } = button.dataset;
  withFiles("readonly", (files) => files.getKey(path)).then((found) => {
    button.hidden = found === undefined;
  });
  button.addEventListener("click", async () => {
    const kept = await withFiles("readonly", (files) => files.get(path));
    const now = new Date().toISOString().slice(0, 19).replaceAll(":", ".").replace("T", " ");
    const aside = path.replace(/\.ipynb$/, ` (yours, ${now}).ipynb`);
    const entry = { ...kept, path: aside, name: aside.split("/").pop() };
    await withFiles("readwrite", (files) => files.put(entry, aside));
    await withFiles("readwrite", (files) => files.delete(path));
    location.href = button.previousElementSibling.href;
  });
}

async function withFiles(mode, ask) {
  const known = await indexedDB.databases?.().catch(() => []);
  if (!known?.some(({ name }) => name === DATABASE)) return undefined;
  const database = await answer(indexedDB.open(DATABASE));
  try {
    if (!database.objectStoreNames.contains("files")) return undefined;
    return await answer(ask(database.transaction("files", mode).objectStore("files")));
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
