"""What students hand in on bad days, and on days when they mean harm: short recipes.

Each case is a notebook of `value_iteration` that is right but for what the case does to it, and
says which questions must not be marked as graded, and with which status. Attacks are rewarded:
where one works, its answer is right, and so full marks are the alarm.
"""

import copy
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

ROOT = Path(__file__).parents[2]
NAME = "value_iteration"
STEPS = ("action_values", "value_iteration", "greedy_policy")
RIGHT = {
    "action_values": """
import numpy as np
def action_values(mdp, v):
    return mdp.rewards + mdp.discount * (mdp.transitions @ v)
""",
    "value_iteration": """
def value_iteration(mdp, theta):
    v = np.zeros(mdp.n_states)
    while True:
        new = action_values(mdp, v).max(axis=1)
        delta, v = np.abs(new - v).max(), new
        if delta < theta:
            return v
""",
    "greedy_policy": """
def greedy_policy(mdp, v):
    return action_values(mdp, v).argmax(axis=1)
""",
}
ANSWER = "mdp.rewards + mdp.discount * (mdp.transitions @ v)"
WRONG = "np.zeros(mdp.rewards.shape)"

Notebook = dict


@dataclass(frozen=True)
class Case:
    """One recipe, what it must get, and in which of the groups of the comparison it is."""

    name: str
    kind: str
    what: str
    cells: Mapping[str, str] = field(default_factory=dict)
    first: str = ""
    damage: Callable[[Notebook], object] | None = None
    expect: Mapping[str, str] = field(default_factory=dict)
    any_of: tuple[str, ...] = ()
    """Where several statuses are right, for the questions of `expect`."""

    def notebook(self) -> bytes:
        """The file that is handed in."""
        notebook = json.loads(
            (ROOT / "exercises" / NAME / f"{NAME}.ipynb").read_text("utf8"),
        )
        for step, source in (RIGHT | self.cells).items():
            cell_of(notebook, step)["source"] = source.strip("\n")
        if self.first:
            cell = copy.deepcopy(cell_of(notebook, "action_values"))
            cell |= {"source": self.first.strip("\n"), "metadata": {}, "id": "first"}
            notebook["cells"].insert(place_of(notebook, "action_values"), cell)
        made = self.damage(notebook) if self.damage else None
        made = notebook if made is None else made
        return made if isinstance(made, bytes) else json.dumps(made).encode()


def cell_of(notebook, step):
    """The cell with this grade_id."""
    return notebook["cells"][place_of(notebook, step)]


def place_of(notebook, step):
    """Its number."""
    (place,) = (
        i
        for i, cell in enumerate(notebook["cells"])
        if cell["metadata"].get("nbgrader", {}).get("grade_id") == step
    )
    return place


def one_step(body: str, result: str = ANSWER, head: str = "") -> dict[str, str]:
    """`action_values` with some lines before it returns."""
    lines = "\n".join(f"    {line}" for line in body.strip("\n").splitlines())
    text = f"import numpy as np\n{head}\ndef action_values(mdp, v):\n{lines}\n    return {result}\n"
    return {"action_values": text}


def attack(attempt: str, head: str = "") -> dict[str, str]:
    """An `action_values` that is right if `attempt` sets `got`, and otherwise wrong."""
    lines = "\n".join(f"        {line}" for line in attempt.strip("\n").splitlines())
    return {
        "action_values": f"""
import numpy as np
{head}
def action_values(mdp, v):
    got = False
    try:
{lines}
    except BaseException:
        pass
    return {ANSWER} if got else {WRONG}
"""
    }


LOSES = {"action_values": "failed"}
BAD_DAYS = "bad days"
HARM = "harm"
DAMAGE = "damage"

CASES = [
    # Bad days: loops, memory, crashes, output.
    Case("right", BAD_DAYS, "a right answer"),
    Case(
        "loop",
        BAD_DAYS,
        "a loop that does not end",
        one_step("while True:\n    pass"),
        expect={"action_values": "timeout"},
    ),
    Case(
        "loop_catching",
        BAD_DAYS,
        "a loop that catches every exception",
        one_step(
            "while True:\n    try:\n        while True:\n            pass\n"
            "    except BaseException:\n        pass"
        ),
        expect={"action_values": "timeout"},
    ),
    Case(
        "loop_in_c",
        BAD_DAYS,
        "a loop in C, which no signal of Python's interrupts",
        one_step("import itertools\nsum(itertools.repeat(0))"),
        expect={"action_values": "timeout"},
    ),
    Case(
        "loop_at_top",
        BAD_DAYS,
        "a loop at the top level of a cell, before the function",
        {"action_values": "while True:\n    pass\n" + RIGHT["action_values"]},
    ),
    Case(
        "sleep",
        BAD_DAYS,
        "sleep",
        one_step("import time\ntime.sleep(1e6)"),
        expect={"action_values": "timeout"},
    ),
    Case(
        "stops_itself",
        BAD_DAYS,
        "a process that suspends itself",
        one_step("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)"),
        expect={"action_values": "timeout"},
    ),
    Case(
        "recursion",
        BAD_DAYS,
        "recursion without an end",
        one_step("return action_values(mdp, v)"),
        expect=LOSES,
    ),
    Case(
        "deep_recursion",
        BAD_DAYS,
        "recursion that overflows the stack",
        one_step(
            "import sys\nsys.setrecursionlimit(10**9)\n"
            "def down(x):\n    return max([x], key=down)\ndown(0)"
        ),
        expect={"action_values": "crashed"},
        any_of=("crashed", "out of memory"),
    ),
    Case(
        "memory",
        BAD_DAYS,
        "memory, little by little",
        one_step("kept = []\nwhile True:\n    kept.append(bytearray(10**7))"),
        expect={"action_values": "out of memory"},
    ),
    Case(
        "memory_at_once",
        BAD_DAYS,
        "an array of 8 TB",
        one_step("np.ones(10**12)"),
        expect={"action_values": "out of memory"},
    ),
    Case(
        "memory_in_children",
        BAD_DAYS,
        "memory, spread over several processes",
        one_step(
            "import os, time\nfor _ in range(6):\n    if os.fork() == 0:\n"
            "        kept = np.ones(3 * 10**7)\n        time.sleep(1e6)\ntime.sleep(1e6)"
        ),
        expect={"action_values": "out of memory"},
    ),
    Case(
        "fork_bomb",
        BAD_DAYS,
        "processes without end",
        one_step(
            "import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass"
        ),
        expect={"action_values": "out of memory"},
        any_of=("out of memory", "timeout"),
    ),
    Case(
        "fork_comes_back",
        BAD_DAYS,
        "a child process that returns from the function too",
        one_step(
            "import os\nif not hasattr(action_values, 'forked'):\n"
            "    action_values.forked = True\n    os.fork()"
        ),
    ),
    Case(
        "threads",
        BAD_DAYS,
        "threads that outlive their cell",
        first="import threading, time\nfor _ in range(3):\n"
        "    threading.Thread(target=time.sleep, args=(1e6,)).start()",
    ),
    Case(
        "background_process",
        BAD_DAYS,
        "a process in the background",
        first="import subprocess, sys\n"
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1e6)'])",
    ),
    Case(
        "os_exit",
        BAD_DAYS,
        "os._exit in a function",
        one_step("import os\nos._exit(0)"),
        expect={"action_values": "crashed"},
    ),
    Case(
        "os_exit_at_top",
        BAD_DAYS,
        "os._exit at the top level of a cell",
        {"greedy_policy": "import os\nos._exit(0)\n" + RIGHT["greedy_policy"]},
        expect={"greedy_policy": "crashed"},
    ),
    Case(
        "sys_exit",
        BAD_DAYS,
        "sys.exit in a function",
        one_step("import sys\nsys.exit()"),
        expect=LOSES,
    ),
    Case(
        "segmentation_fault",
        BAD_DAYS,
        "a segmentation fault",
        one_step("import ctypes\nctypes.string_at(0)"),
        expect={"action_values": "crashed"},
    ),
    Case(
        "output_one_line",
        BAD_DAYS,
        "a right answer that prints 100 MB in one line",
        first="print('x' * 10**8)",
    ),
    Case(
        "output_many_lines",
        BAD_DAYS,
        "a right answer that prints 100 MB in many lines",
        first="for _ in range(10):\n    print('x\\n' * (5 * 10**6))",
    ),
    Case(
        "stderr",
        BAD_DAYS,
        "a right answer with warnings and words on standard error",
        one_step(
            "import sys, warnings, logging\nprint('working', file=sys.stderr)\n"
            "warnings.warn('careful')\nlogging.warning('careful')"
        ),
    ),
    Case(
        "progress_bar",
        BAD_DAYS,
        "a right answer with a progress bar",
        one_step("from tqdm import tqdm\nfor _ in tqdm(range(3)):\n    pass"),
    ),
    Case("input", BAD_DAYS, "a question to the user", one_step("input('γ? ')"), expect=LOSES),
    Case(
        "magics",
        BAD_DAYS,
        "right answers with shell commands and magics",
        {"action_values": "%%time\n" + RIGHT["action_values"].strip()},
        first="%matplotlib inline\n!pip install numpy\n%load_ext autoreload\n%autoreload 2",
    ),
    Case(
        "shell_magic",
        BAD_DAYS,
        "a cell that is a shell script",
        first="%%bash\nsleep 1000",
    ),
    Case(
        "syntax_error",
        BAD_DAYS,
        "a syntax error in one answer",
        {"greedy_policy": "def greedy_policy(mdp, v)\n    return 0"},
        expect={"greedy_policy": "failed"},
    ),
    Case(
        "not_written",
        BAD_DAYS,
        "an answer that was not written",
        {"greedy_policy": "def greedy_policy(mdp, v):\n    raise NotImplementedError()"},
        expect={"greedy_policy": "missing"},
    ),
    Case(
        "own_cells",
        BAD_DAYS,
        "helpers in cells of the student's own",
        one_step("return lookahead(mdp, v)"),
        first=f"def lookahead(mdp, v):\n    return {ANSWER}",
    ),
    Case(
        "disk",
        BAD_DAYS,
        "a right answer that writes until the disk is full",
        first="for name in range(9):\n    try:\n        with open(f'{name}', 'wb') as file:\n"
        "            while True:\n                file.write(bytes(10**7))\n"
        "    except OSError:\n        pass",
    ),
    Case(
        "library_at_the_top",
        BAD_DAYS,
        "a cell that begins by asking rl_lib, with the function below",
        {
            "value_iteration": "best = rl_lib.value_iteration(grid.mdp)\nprint(best.v)\n"
            + RIGHT["value_iteration"].strip()
        },
        first="from google.colab import drive\ndrive.mount('/content')\nimport numpy as np",
    ),
    Case(
        "experiments_below",
        BAD_DAYS,
        "experiments below the answers that overwrite them",
        damage=lambda nb: _append(
            nb,
            "def value_iteration(mdp, theta):\n    return np.zeros(11)",
            "greedy_policy = greedy_policy(grid.mdp, np.zeros(11))",
            "np = 3",
            "while True:\n    pass",
        ),
    ),
    Case(
        "helper_in_play_cell",
        BAD_DAYS,
        "a helper in a cell of the playground, an import in the first cell",
        one_step("return look(mdp, v) * math.cos(0)"),
        damage=lambda nb: _helper_in_play_cell(nb),
    ),
    Case(
        "leftover_stub",
        BAD_DAYS,
        "the stub's lines left below the answer, and a wrong draft in a text cell",
        {
            "greedy_policy": RIGHT["greedy_policy"].strip()
            + "\n    # YOUR CODE HERE\n    raise NotImplementedError()"
        },
        damage=lambda nb: _append(
            nb, "```python\ndef greedy_policy(mdp, v):\n    return 7\n```", kind="markdown"
        ),
    ),
    Case(
        "as_in_ipython",
        BAD_DAYS,
        "annotations from the future, await at the top, timed lines, a module written by a cell",
        one_step("return look(mdp, v)"),
        first="from __future__ import annotations\nimport asyncio\nawait asyncio.sleep(0)\n"
        "%time look = lambda mdp, v: again(mdp, v)\n"
        "def again(mdp: Unheard, v: Unheard) -> Unheard:\n    import own\n"
        "    return own.look(mdp, v)",
        damage=lambda nb: _append(
            nb, f"%%writefile own.py\ndef look(mdp, v):\n    return {ANSWER}", place=0
        ),
    ),
    Case(
        "data_frame",
        BAD_DAYS,
        "a table of pandas' and a range for answers",
        {
            "action_values": f"import pandas\ndef action_values(mdp, v):\n"
            f"    return pandas.DataFrame({ANSWER}).to_numpy()\n",
            "greedy_policy": "import pandas\ndef greedy_policy(mdp, v):\n"
            "    return pandas.Series(action_values(mdp, v).argmax(axis=1))",
        },
    ),
    # Harm: patches, forgeries, what there is to read, and ready answers.
    Case(
        "patch_numpy",
        HARM,
        "numpy's comparisons patched",
        one_step("", WRONG),
        first="import numpy as np, numpy.testing\nfor name in ('allclose', 'array_equal', 'isclose'"
        ", 'argwhere', 'isfinite'):\n    setattr(np, name, lambda *a, **k: np.True_)\n"
        "np.testing.assert_allclose = lambda *a, **k: None",
        expect=LOSES,
    ),
    Case(
        "patch_builtins",
        HARM,
        "assert and builtins patched",
        one_step("", WRONG),
        first="import builtins\nclass Quiet(Exception):\n"
        "    def __init__(self, *a):\n        pass\n"
        "builtins.AssertionError = Quiet\nbuiltins.print = lambda *a, **k: None",
        expect=LOSES,
    ),
    Case(
        "patch_checks",
        HARM,
        "the course's own checks patched",
        one_step("", WRONG),
        first="from course.exercise import checks\nchecks.close = lambda *a, **k: None\n"
        "checks.step = lambda *a, **k: lambda test: None",
        expect=LOSES,
    ),
    Case(
        "input_transformer",
        HARM,
        "IPython told to empty the test cells",
        one_step("", WRONG),
        first="get_ipython().input_transformers_post.append(\n"
        "    lambda lines: [] if any('checks.step' in l for l in lines) else lines)",
        expect=LOSES,
    ),
    Case(
        "display_hook",
        HARM,
        "the display hook and the handling of errors replaced",
        one_step("", WRONG),
        first="import sys\nsys.displayhook = sys.excepthook = lambda *a: None\n"
        "get_ipython().showtraceback = lambda *a, **k: None\n"
        "get_ipython().set_custom_exc((BaseException,), lambda *a, **k: None)",
        expect=LOSES,
    ),
    Case(
        "equal_to_everything",
        HARM,
        "an object that is equal to everything",
        {
            "action_values": """
import numpy as np
class Yes:
    def __eq__(self, other): return True
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self
    def __bool__(self): return True
    def __array__(self, *a, **k): return np.zeros((11, 4))
def action_values(mdp, v):
    return Yes()
"""
        },
        expect=LOSES,
    ),
    Case(
        "equal_array",
        HARM,
        "an array that is equal to everything",
        {
            "action_values": """
import numpy as np
class Yes(np.ndarray):
    def __array_ufunc__(self, *a, **k): return np.True_
    def __sub__(self, other): return np.zeros(self.shape)
    __rsub__ = __sub__
def action_values(mdp, v):
    return np.zeros(mdp.rewards.shape).view(Yes)
"""
        },
        expect=LOSES,
    ),
    Case(
        "changes_between_calls",
        HARM,
        "an answer that is right once",
        {
            "action_values": f"""
import numpy as np
calls = []
def action_values(mdp, v):
    calls.append(1)
    return {ANSWER} if len(calls) < 2 else {WRONG}
"""
        },
        expect=LOSES,
    ),
    *(
        Case(
            f"hostile_{name}", HARM, f"a hostile array: {what}", one_step("", result), expect=LOSES
        )
        for name, what, result in (
            ("objects", "objects in it", "np.full(mdp.rewards.shape, print)"),
            ("record", "records in it", "np.zeros(mdp.rewards.shape, [('x', float), ('y', 'O')])"),
            ("strings", "long strings in it", "['x' * 10**6] + [''] * 10**5"),
            ("dates", "dates in it", "np.zeros(mdp.rewards.shape, 'M8[s]')"),
            ("dimensions", "forty dimensions", "np.zeros((1,) * 32)"),
            ("nothing", "a huge shape of no size", "np.zeros((0, 2**40))"),
            ("complex", "complex numbers", "1j * np.zeros(mdp.rewards.shape)"),
            ("nan", "numbers that are none", "np.full(mdp.rewards.shape, np.nan)"),
            ("nested", "lists in lists in lists", "eval('[' * 90 + '0' + ']' * 90)"),
            ("whole", "a whole number of 4 000 digits", "[[10**4000] * 4] * 11"),
        )
    ),
    Case(
        "broadcast",
        HARM,
        "8 TB that are one number",
        one_step("", "np.broadcast_to(0.0, (10**6, 10**6))"),
        expect=LOSES,
        any_of=("failed", "out of memory", "crashed"),
    ),
    Case(
        "large_reply",
        HARM,
        "a reply as large as its memory",
        one_step("", "np.ones(4 * 10**7)"),
        expect=LOSES,
        any_of=("failed", "out of memory", "crashed"),
    ),
    Case(
        "forged_reply",
        HARM,
        "forged answers on every open handle",
        {
            "action_values": """
import json, os, struct
import numpy as np
def action_values(mdp, v):
    for number in range(1, 60):
        text = json.dumps({"id": number, "result": None, "changed": {}, "generators": {}}).encode()
        for handle in range(3, 30):
            try:
                os.write(handle, struct.pack(">I", len(text)) + text)
            except OSError:
                pass
    return np.zeros(mdp.rewards.shape)
"""
        },
        expect=LOSES,
        any_of=("failed", "crashed"),
    ),
    *(
        Case(
            f"forged_{name}",
            HARM,
            f"on the line to the grader: {what}",
            {
                "action_values": f"""
import os, struct
import numpy as np
def action_values(mdp, v):
    data = {data}
    for handle in range(3, 30):
        try:
            os.write(handle, data)
        except OSError:
            pass
    os._exit(0)
"""
            },
            expect={"action_values": "crashed"},
            any_of=("crashed", "failed"),
        )
        for name, what, data in (
            ("length", "a length of 4 GB", "b'\\xff' * 64"),
            ("noise", "noise", "b'\\x00\\x00\\x00\\x05hello' * 10"),
            ("list", "not an object", "struct.pack('>I', 2) + b'[]'"),
            ("nest", "lists in lists", "struct.pack('>I', 200000) + b'[' * 200000"),
            (
                "array",
                "an array of 8 TB in ten bytes",
                'b"".join(struct.pack(">I", len(t)) + t for t in (b\'{"id": %d, "result": '
                '{"array": ["<f8", [1000000, 1000000], "AAAA"]}}\' % i for i in range(60)))',
            ),
        )
    ),
    Case(
        "inside_patched",
        HARM,
        "the worker's own code patched",
        one_step("", WRONG),
        first="import sys\nfor name, module in list(sys.modules.items()):\n"
        "    if name.startswith('course'):\n        for key in dir(module):\n"
        "            if callable(getattr(module, key)) and not key.startswith('__'):\n"
        "                try:\n                    setattr(module, key, lambda *a, **k: {})\n"
        "                except Exception:\n                    pass",
        expect=LOSES,
    ),
    Case(
        "kills_everybody",
        HARM,
        "signals to the parent, and to everybody",
        one_step(
            "import os, signal\nfor whom in (os.getppid(), 1, 0 - 1):\n"
            "    for what in (signal.SIGKILL, signal.SIGTERM, signal.SIGSTOP):\n"
            "        try:\n            os.kill(whom, what)\n"
            "        except OSError:\n            pass"
        ),
    ),
    Case(
        "reads_files",
        HARM,
        "tests, solutions, submissions and the gradebook searched for",
        attack(
            f"""
import os
for top in ("{ROOT}", "/home", "/root", "/tmp", "/var", "/etc", "/mnt"):
    for folder, below, files in os.walk(top):
        if got:
            break
        below[:] = [name for name in below if name not in ("site-packages", "lib", "share")]
        for file in files:
            if file.endswith((".db", ".ipynb")) or file in ("correct.py", "planning.py", "passwd"):
                got = True
for path in ("{ROOT}/solutions", "{ROOT}/course", "{ROOT}/rl_lib"):
    if os.path.isdir(path) and os.listdir(path):
        got = True
"""
        ),
        expect=LOSES,
    ),
    Case(
        "reads_environment",
        HARM,
        "secrets in environment variables",
        attack("import os\ngot = 'COURSE_SECRET' in os.environ"),
        expect=LOSES,
    ),
    Case(
        "reads_proc",
        HARM,
        "other processes, their command lines and memory",
        attack(
            "import os\nfor name in os.listdir('/proc'):\n"
            "    if name.isdigit() and name != str(os.getpid()):\n        got = True"
        ),
        expect=LOSES,
    ),
    Case(
        "reads_caller",
        HARM,
        "the test in the frames that call, and in all objects",
        attack(
            "import gc, sys\nframe = sys._getframe()\nwhile frame:\n"
            "    got = got or 'want' in frame.f_locals\n    frame = frame.f_back\n"
            "for thing in gc.get_objects():\n"
            "    if isinstance(thing, dict) and ('CORRECT' in thing or 'hidden' in thing):\n"
            "        got = True"
        ),
        expect=LOSES,
    ),
    Case(
        "network",
        HARM,
        "the answer fetched from the network",
        attack(
            "import socket\nfor port in (PORT,):\n"
            "    socket.create_connection(('127.0.0.1', port), 0.3)\n    got = True"
        ),
        expect=LOSES,
    ),
    Case(
        "library_overwritten",
        HARM,
        "the library overwritten for everybody who comes after",
        attack(
            "import numpy, os, rl_lib\n"
            "for module in (numpy, rl_lib):\n"
            "    with open(module.__file__, 'a') as file:\n"
            "        file.write('#')\n        got = True"
        ),
        expect=LOSES,
    ),
    Case(
        "privileges",
        HARM,
        "rights taken back: root, mounts",
        attack(
            """
import ctypes, os
libc = ctypes.CDLL(None)
try:
    os.setuid(0)
    got = os.getuid() == 0
except OSError:
    pass
if libc.mount(b"none", b"/usr", b"tmpfs", 0, None) == 0 or libc.umount2(b"/proc", 2) == 0:
    got = True
"""
        ),
        expect=LOSES,
    ),
    Case(
        "library_asked",
        HARM,
        "the answer asked of rl_lib",
        {
            "action_values": "import rl_lib\ndef action_values(mdp, v):\n"
            "    return mdp.action_values(v)\n",
            "value_iteration": "def value_iteration(mdp, theta):\n"
            "    return rl_lib.value_iteration(mdp, tol=theta).v\n",
            "greedy_policy": "from rl_lib.policies import greedy\ndef greedy_policy(mdp, v):\n"
            "    return greedy(mdp.action_values(v)).argmax(axis=1)\n",
        },
        expect={"action_values": "failed", "value_iteration": "failed", "greedy_policy": "failed"},
    ),
    Case(
        "library_code_kept",
        HARM,
        "the library's code taken before it refuses",
        attack(
            "q = taken(mdp, v)\ngot = np.allclose(q, " + ANSWER + ")",
            head="import types, rl_lib\nfrom rl_lib import MDP\n"
            "taken = types.FunctionType(MDP.action_values.__code__, vars(rl_lib.mdp))",
        ),
        expect=LOSES,
    ),
    Case(
        "correct_helper",
        HARM,
        "the course's correct helper taken for an answer",
        {
            "action_values": "from course.exercise.answers import CORRECT\n"
            "action_values = CORRECT['action_values']\n"
        },
        expect=LOSES,
    ),
    Case(
        "helper_stolen",
        HARM,
        "the correct helper, put there for the next question, taken for one of its own",
        {
            "action_values": f"""
import numpy as np, os
def action_values(mdp, v):
    return {WRONG}
""",
            "value_iteration": """
def value_iteration(mdp, theta):
    found = action_values.__globals__
    text = repr(sorted(found)) + repr(action_values.__code__.co_names)
    raise ValueError("LOOT " + text)
""",
            "greedy_policy": """
def greedy_policy(mdp, v):
    return action_values.__globals__["_soft_backup"](mdp, v)
""",
        },
        expect=dict.fromkeys(STEPS, "failed"),
    ),
    *(
        Case(
            f"call_{name}",
            HARM,
            f"the kernel asked for {what}",
            attack(f"import ctypes\nlibc = ctypes.CDLL(None)\ngot = libc.{call} >= 0"),
            expect=LOSES,
        )
        for name, what, call in (
            ("keys", "keys that outlive a process", "syscall(248, b'user', b'x', b'y', 1, -4)"),
            ("shared", "memory that no process owns", "shmget(0, 10**6, 0o1600)"),
            ("memfd", "files in memory", "memfd_create(b'x', 0)"),
            ("namespace", "new namespaces", "unshare(0x10000000)"),
            ("clone", "new namespaces in another way", "syscall(56, 0x10000000 | 17, 0, 0, 0, 0)"),
            ("socket", "a socket to its neighbours", "socket(1, 1, 0)"),
            ("vsock", "a socket to the host of a virtual machine", "socket(40, 1, 0)"),
            ("trace", "a look into another process", "ptrace(16, 1, 0, 0)"),
        )
    ),
    Case(
        "grader_memory",
        HARM,
        "replies that would fill the grader's memory",
        {
            "action_values": """
import numpy as np
def action_values(mdp, v):
    return [[[]] * 1000] * 100
"""
        },
        expect=LOSES,
        any_of=("failed", "crashed"),
    ),
    Case(
        "half_characters",
        HARM,
        "halves of characters in an error",
        one_step("raise ValueError(chr(0xd800) + '<script>alert(1)</script>')"),
        first="x = '\\ud800'",
        expect=LOSES,
    ),
    Case(
        "closes_its_line",
        HARM,
        "the line to the grader closed, and then a loop",
        one_step(
            "import os\nfor n in range(3, 60):\n    try:\n        os.close(n)\n"
            "    except OSError:\n        pass\nwhile True:\n    pass"
        ),
        expect={"action_values": "crashed"},
    ),
    Case(
        "slow_to_read",
        HARM,
        "cells that take long to compare, to join and to parse",
        damage=lambda nb: _append(
            nb,
            "if 1:\n" + "    x = 1\n" * 300,
            *["    x = 1\n" * 300] * 600,
            "x = [" + "1, " * 300_000 + "]",
            "x = " + "-" * 50_000 + "1",
            place=0,
        ),
    ),
    # Damage: what editors, mail and git do to a notebook.
    Case("stripped", DAMAGE, "metadata stripped", damage=lambda nb: _each(nb, _strip)),
    Case(
        "ids_renewed",
        DAMAGE,
        "new ids for all cells",
        damage=lambda nb: _each(nb, lambda cell, i: cell.update(id=f"new{i}")),
    ),
    Case("copied", DAMAGE, "an answer cell copied", damage=lambda nb: _copy(nb, "action_values")),
    Case(
        "copied_stub",
        DAMAGE,
        "an unanswered copy below the answer",
        damage=lambda nb: _copy(nb, "action_values", stub=True),
    ),
    Case("split", DAMAGE, "a function split into two cells", damage=lambda nb: _split(nb)),
    Case(
        "split_stripped",
        DAMAGE,
        "split, and the metadata stripped",
        damage=lambda nb: _each(_split(nb), _strip),
    ),
    Case(
        "deleted",
        DAMAGE,
        "an answer cell deleted",
        damage=lambda nb: nb["cells"].pop(place_of(nb, "greedy_policy")) and None,
        expect={"greedy_policy": "missing"},
    ),
    Case(
        "reordered",
        DAMAGE,
        "all cells in the opposite order",
        damage=lambda nb: nb["cells"].reverse(),
    ),
    Case(
        "tests_deleted",
        DAMAGE,
        "all tests deleted",
        damage=lambda nb: nb.update(
            cells=[c for c in nb["cells"] if "checks.step" not in "".join(c["source"])]
        ),
    ),
    Case(
        "as_text",
        DAMAGE,
        "an answer cell turned into text",
        damage=lambda nb: cell_of(nb, "action_values").update(cell_type="markdown"),
    ),
    Case(
        "in_another_cell",
        DAMAGE,
        "an answer written into the cell of a test",
        {"greedy_policy": ""},
        damage=lambda nb: cell_of(nb, "greedy_policy_visible").update(
            source=RIGHT["greedy_policy"].strip()
        ),
    ),
    Case("nbformat_3", DAMAGE, "saved in format 3", damage=lambda nb: _old(nb)),
    Case(
        "nbformat_4_4",
        DAMAGE,
        "saved in format 4.4",
        damage=lambda nb: _each(nb, lambda cell, i: cell.pop("id")).update(nbformat_minor=4),
    ),
    Case(
        "colab",
        DAMAGE,
        "through Colab: other metadata, sources as lists",
        damage=lambda nb: _each(nb, _as_in_colab),
    ),
    Case(
        "wrong_kernel",
        DAMAGE,
        "a notebook that says it is in Julia",
        damage=lambda nb: nb["metadata"].update(
            kernelspec={"name": "julia-1.9", "language": "julia", "display_name": "Julia"},
            language_info={"name": "julia"},
        ),
    ),
    Case(
        "not_utf8",
        DAMAGE,
        "saved in Windows-1252",
        first="greeting = 'Grüße'",
        damage=lambda nb: json.dumps(nb, ensure_ascii=False).encode("cp1252", "replace"),
    ),
    Case(
        "utf16",
        DAMAGE,
        "saved in UTF-16",
        damage=lambda nb: json.dumps(nb, ensure_ascii=False).encode("utf-16"),
    ),
    *(
        Case(
            name,
            DAMAGE,
            what,
            damage=damage,
            expect=dict.fromkeys(STEPS, "unreadable"),
        )
        for name, what, damage in (
            ("empty", "an empty file", lambda nb: b""),
            ("truncated", "a file cut short", lambda nb: json.dumps(nb).encode()[:-2000]),
            (
                "conflict",
                "marks of a merge conflict",
                lambda nb: (
                    json.dumps(nb, indent=1)
                    .replace('"cells"', '<<<<<<< HEAD\n=======\n>>>>>>> theirs\n"cells"')
                    .encode()
                ),
            ),
            ("no_notebook", "JSON, but no notebook", lambda nb: b'{"a": [1, 2]}'),
            ("zip", "a zip archive under the name of a notebook", lambda nb: _zip_bomb()),
            ("deep", "a file that nests deeply", lambda nb: b'{"cells": ' + b"[" * 10**5),
            ("large", "a file of 65 MB", lambda nb: b'{"cells": "' + b"x" * (65 * 2**20) + b'"}'),
            ("parts", "a file of a million parts", lambda nb: b"[" + b"[]," * (3 * 10**6) + b"0]"),
        )
    ),
]


def _append(notebook, *sources, kind="code", tags=(), place=None):
    made = [
        {"cell_type": kind, "id": f"more{i}", "metadata": {"tags": list(tags)}, "source": source}
        | ({"outputs": [], "execution_count": None} if kind == "code" else {})
        for i, source in enumerate(sources)
    ]
    where = len(notebook["cells"]) if place is None else place
    notebook["cells"][where:where] = made


def _helper_in_play_cell(notebook):
    setup = cell_of(notebook, "setup")
    setup["source"] = "".join(setup["source"]) + "\nimport math"
    _append(notebook, f"def look(mdp, v):\n    return {ANSWER}", tags=["ungraded"])


def _each(notebook, change):
    for i, cell in enumerate(notebook["cells"]):
        change(cell, i)
    return notebook


def _strip(cell, i):
    cell["metadata"] = {}


def _copy(notebook, step, stub=False):
    cell = copy.deepcopy(cell_of(notebook, step))
    cell["id"] = "copy"
    if stub:
        cell["source"] = (
            f"def {step}(mdp, v):\n    # YOUR CODE HERE\n    raise NotImplementedError()"
        )
    notebook["cells"].insert(place_of(notebook, step) + 1, cell)


def _split(notebook):
    place = place_of(notebook, "value_iteration")
    first = notebook["cells"][place]
    lines = first["source"].splitlines()
    second = copy.deepcopy(first)
    first["source"], second["source"] = "\n".join(lines[:2]), "\n".join(lines[2:])
    second |= {"id": "half", "metadata": {}}
    notebook["cells"].insert(place + 1, second)
    return notebook


def _old(notebook):
    new = nbformat.from_dict(notebook)
    return nbformat.writes(nbformat.convert(new, 3), version=3).encode()


def _as_in_colab(cell, i):
    kept = {k: v for k, v in cell["metadata"].items() if k == "tags"}
    cell["metadata"] = kept | {"id": f"colab{i}", "colab": {"base_uri": "x"}}
    cell["source"] = "".join(cell["source"]).splitlines(keepends=True)
    cell.pop("id")


def _zip_bomb():
    import io
    import zipfile

    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{NAME}.ipynb", bytes(10**7))
    return out.getvalue()
