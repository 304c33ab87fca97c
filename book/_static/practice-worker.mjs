// Python for the exercises in pages, with the packages of the live notebooks.
let python = null;

onmessage = async ({ data }) => {
  try {
    python ??= start(data.packages);
    const check = await python;
    postMessage({ state: "runs" });
    const result = check(data.setup, data.answer, data.test);
    const [passed, words] = result.toJs();
    result.destroy();
    postMessage({ state: "said", passed, words });
  } catch (problem) {
    postMessage({ state: "failed", words: String(problem.message ?? problem) });
  }
};

async function start(packages) {
  const lockFileURL = `${packages}pyodide-lock.json`;
  const lock = await (await fetch(lockFileURL)).json();
  const home = lock.packages.numpy.file_name.replace(/[^/]*$/, "");
  const { loadPyodide } = await import(`${home}pyodide.mjs`);
  const pyodide = await loadPyodide({ lockFileURL });
  postMessage({ state: "waits", words: "Python is here; now the course's library …" });
  await pyodide.loadPackage("inverse-q-learning", { messageCallback: () => {} });
  const page = pyodide.pyimport("course.exercise.page");
  page.prepare();
  return page.said;
}
