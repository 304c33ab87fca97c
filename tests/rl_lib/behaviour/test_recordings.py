"""Recordings from a folder and from afar: the published ones, byte for byte, or none."""

import hashlib
import logging
import os
import pickle
import shutil
import subprocess
import sys
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from rl_lib import MDP
from rl_lib.behaviour import _files
from rl_lib.behaviour.recordings import (
    DataUnavailable,
    load_labyrinth,
    load_switching_grid,
    load_syllables,
)

LOADERS = [load_labyrinth, load_syllables, load_switching_grid]


@pytest.fixture
def data(recordings):
    return recordings


@pytest.fixture
def small(tmp_path, monkeypatch):
    """A folder with files of the same names and a few steps, and their checksums."""
    maze = np.zeros((127, 4, 127))
    maze[:, :, 0] = 1
    maze[0] = np.eye(127)[[1, 2, 0, 0]]
    steps = np.array([[[0, 2], [0, 0]], [[1, 1], [0, 2]], [[5, 0], [0, 1]]])
    arrays = {
        "swirl/labyrinth/emissions500new.npy": steps,
        "swirl/labyrinth/trans_probs.npy": maze,
        "swirl/spontda/seqs.npy": np.array([[0, 3], [2, 1]]),
        "swirl/spontda/z_features.npy": np.array([[0.5, -1], [2, 0]], dtype=np.float32),
    }
    for name, array in arrays.items():
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, array)
        known = hashlib.sha256(path.read_bytes()).hexdigest()
        monkeypatch.setitem(_files.SHA256, name, known)
    monkeypatch.delenv("RL_LIB_DATA", raising=False)
    return tmp_path / "data"


def check_split(found):
    assert_array_equal(np.sort(np.append(found.train, found.test)), np.arange(len(found.runs)))


def test_windows(data):
    found = load_labyrinth(folder=data)
    walks = found.demonstrations
    assert len(walks) == 238
    assert_array_equal(walks.lengths, 500)
    assert not walks.terminated.any()
    assert walks.known.all()
    # Counted from the file, by steps: the first node must be where the last step led.
    steps = np.load(data / "swirl/labyrinth/emissions500new.npy")
    follows = [
        found.transitions[(*before[-1], after[0, 0])] == 1 for before, after in pairwise(steps)
    ]
    assert sum(follows) == 189
    assert_array_equal(np.diff(found.runs) == 0, follows)
    assert found.runs[0] == 0
    assert found.runs[-1] == 48
    check_split(found)
    assert_array_equal(found.test, range(0, 238, 5))
    assert (len(found.train), len(found.test)) == (190, 48)
    assert found.encoding == "swirl"
    assert "Rosenberg" in found.source
    assert "MIT" in found.source
    in_the_maze(found)
    times_at = [np.count_nonzero(steps[..., 0] == node, axis=1).min() for node in (116, 0)]
    assert times_at == [7, 7]


def in_the_maze(found):
    found.demonstrations.check(MDP(found.transitions, np.zeros((127, 4)), 0.99))
    assert set(np.unique(found.transitions)) == {0, 1}
    assert (found.transitions.sum(axis=2) == 1).all()


def test_the_two_mazes_are_one_tree_with_two_orientations(data):
    """Each inner node leads to its two children; one action, or one of two, to the parent."""
    node = np.arange(127)
    parent = np.maximum((node - 1) // 2, 0)
    children = np.where(node[:, None] < 63, node[:, None] * 2 + [1, 2], node[:, None])
    swirl, visits = (load_labyrinth(which, folder=data) for which in ("windows", "restricted"))
    leads = swirl.transitions.argmax(axis=2)
    assert_array_equal(np.sort(leads[:, :2]), children)
    assert_array_equal(np.sort(leads[:, 2:]), np.column_stack((parent, node)))
    leads = visits.transitions.argmax(axis=2)
    assert_array_equal(leads, np.column_stack((children, parent, node)))


@pytest.mark.parametrize(
    ("which", "n", "length", "n_train", "n_states"),
    [("restricted", 200, 22, 160, 13), ("unrestricted", 207, 14, 166, 57)],
)
def test_visits(data, which, n, length, n_train, n_states):
    found = load_labyrinth(which, folder=data)
    walks = found.demonstrations
    assert len(walks) == n
    assert_array_equal(walks.lengths, length)
    assert_array_equal(np.flatnonzero(~walks.known), walks.offsets[1:] - 1)
    assert_array_equal(walks.states[walks.offsets[:-1]], 0)
    assert len(np.unique(walks.states)) == n_states
    assert_array_equal(found.runs, range(n))
    check_split(found)
    assert len(found.train) == n_train
    assert found.encoding == "visits"
    assert "do not redistribute" in found.source
    in_the_maze(found)


def test_syllables(data):
    found = load_syllables(folder=data)
    assert found.syllables.shape == found.dopamine.shape == (180, 2500)
    assert (found.syllables.dtype, found.dopamine.dtype) == (np.int64, np.float64)
    assert_array_equal(np.unique(found.syllables), range(57))
    assert (found.syllables[:, 1:] != found.syllables[:, :-1]).all()
    assert_allclose(found.dopamine.mean(axis=1), 0, atol=1e-6)
    assert_allclose(found.dopamine.std(axis=1), 1, atol=1e-6)
    assert "CC BY" in found.source


def test_the_switching_grid(data):
    found = load_switching_grid(folder=data)
    walks = found.demonstrations
    assert len(walks) == 500
    assert_array_equal(walks.lengths, 500)
    assert walks.known.all()
    assert found.transitions.shape == (25, 5, 25)
    walks.check(MDP(found.transitions, np.zeros((25, 5)), 0.95))
    assert found.intentions.shape == (walks.n_steps,)
    assert_array_equal(np.unique(found.intentions), [0, 1])
    assert found.intentions.dtype == np.int64
    states = np.load(data / "swirl/gw5/xs.npy")
    assert_array_equal(walks.states.reshape(500, 500), states)


def test_a_window_that_continues_shares_its_run(small):
    found = load_labyrinth(folder=small)
    assert_array_equal(found.demonstrations.next_states, [0, 1, 0, 0, 0, 2])
    assert_array_equal(found.runs, [0, 0, 1])
    assert_array_equal(found.test, [0])


def test_the_variable_names_the_folder(small, monkeypatch):
    monkeypatch.setenv("RL_LIB_DATA", str(small))
    assert load_syllables().dopamine.tolist() == [[0.5, -1], [2, 0]]


def test_a_flipped_bit_is_noticed(small):
    path = small / "swirl/spontda/seqs.npy"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(ValueError, match=r"seqs\.npy has SHA-256 \w{64}; it must have \w{64}: the"):
        load_syllables(folder=small)


def test_a_published_file_with_a_flipped_bit_is_refused(data, tmp_path):
    name = "labyrinth/water_restricted_mice_trajs.pickle"
    content = bytearray((data / name).read_bytes())
    content[1000] ^= 1
    (tmp_path / "labyrinth").mkdir()
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ValueError, match=r"has SHA-256"):
        load_labyrinth("restricted", folder=tmp_path)


@pytest.mark.parametrize("load", LOADERS)
def test_a_missing_file_is_named_in_one_line(load, tmp_path, monkeypatch):
    with pytest.raises(DataUnavailable, match=r"\.npy cannot be read \(No such file") as caught:
        load(folder=tmp_path / "nowhere")
    told = str(caught.value)
    assert "\n" not in told
    assert str(tmp_path / "nowhere" / "swirl") in told
    assert "folder=" in told
    assert "RL_LIB_DATA" in told
    assert "pooch" in told
    monkeypatch.setenv("RL_LIB_DATA", str(tmp_path))
    with pytest.raises(OSError, match="No such file"):
        load()


@pytest.mark.parametrize("which", ["window", "", None, ["windows"], np.zeros(2)])
def test_other_parts_are_refused(which):
    with pytest.raises(ValueError, match=r"which is .*; it must be 'windows', 'restricted' or"):
        load_labyrinth(which)


class Hostile:
    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_hostile_pickle_is_named_and_not_executed(tmp_path, protocol):
    trace = tmp_path / "trace"
    content = pickle.dumps([{"states": [0], "actions": Hostile(trace)}], protocol)
    with pytest.raises(ValueError, match=rf"x is refused: it names {os.name}\.system") as caught:
        _files.unpickled(content, "x")
    assert "\n" not in str(caught.value)
    assert not trace.exists()
    pickle.loads(content)  # it would have been
    assert trace.exists()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no pickle",
        b"cbuiltins\neval\n(V1\ntR.",
        b"cnumpy\nload\n.",
        b"cnumpy.core.numeric\nfromfile\n.",
        b"\x80\x04\x8c\x05numpy\x8c\x0edtype.__init__\x93.",
        pickle.dumps(np.array([None, print], dtype=object)),
        pickle.dumps(np.arange(3.0)),
        pickle.dumps(np.arange(3, dtype=">i8")),
        pickle.dumps(np.random.default_rng(0)),
        pickle.dumps(Path()),
        b"(lp0\nP1\na.",
    ],
)
def test_what_is_more_than_arrays_and_plain_containers_is_refused(content):
    with pytest.raises(ValueError, match="x is refused"):
        _files.unpickled(content, "x")


def test_whole_numbers_come_out_of_a_pickle_as_they_went_in():
    """Protocol 5 is how the published ones were written."""
    given = [{"states": [1, 2], "actions": np.array([[3, -4]]), "more": (True, None, "w", 0.5)}]
    found = _files.unpickled(pickle.dumps(given, 5), "x")
    assert_array_equal(found[0].pop("actions"), given[0].pop("actions"))
    assert found == given


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@pytest.fixture
def source(small, tmp_path, monkeypatch):
    """The small files on a server of this machine, laid out as in their repository."""
    pooch = pytest.importorskip("pooch")
    served = tmp_path / "served"
    for folder in (small / "swirl").iterdir():
        shutil.copytree(folder, served / folder.name / "data")
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=served))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    monkeypatch.setattr(_files, "SWIRL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "cache" / name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    yield served
    server.shutdown()
    server.server_close()


def test_files_are_downloaded_once_and_in_silence(source, tmp_path):
    log, told = pytest.importorskip("pooch").get_logger(), []
    level, handler = log.level, logging.Handler()
    handler.emit = told.append
    log.addHandler(handler)
    try:
        first = load_syllables()
        assert (tmp_path / "cache/inverse-q-learning/swirl/spontda/seqs.npy").exists()
        shutil.rmtree(source)
        again = load_syllables()
    finally:
        log.removeHandler(handler)
    assert_array_equal(first.syllables, [[0, 3], [2, 1]])
    assert_array_equal(again.dopamine, first.dopamine)
    assert not told
    assert log.level == level


def test_a_damaged_copy_is_downloaded_anew(source, tmp_path):
    load_syllables()
    kept = tmp_path / "cache" / "inverse-q-learning" / "swirl/spontda/seqs.npy"
    kept.write_bytes(b"damaged")
    assert_array_equal(load_syllables().syllables, [[0, 3], [2, 1]])


def test_a_download_that_is_another_file_is_refused(source, tmp_path):
    (source / "spontda/data/seqs.npy").write_bytes(b"another")
    with pytest.raises(ValueError, match="does not match the known hash"):
        load_syllables()
    assert not list((tmp_path / "cache").rglob("*.npy"))


def test_a_source_that_lacks_the_file_or_does_not_answer(source, monkeypatch):
    (source / "spontda/data/seqs.npy").unlink()
    with pytest.raises(DataUnavailable, match=r"seqs\.npy cannot be read \(HTTPError: 404") as one:
        load_syllables()
    monkeypatch.setattr(_files, "SWIRL", "http://127.0.0.1:1")
    with pytest.raises(DataUnavailable, match=r"cannot be read \(ConnectionError") as two:
        load_syllables()
    for told in (str(one.value), str(two.value)):
        assert "\n" not in told
        assert "RL_LIB_DATA" in told


@pytest.mark.parametrize("load", LOADERS)
def test_without_pooch_and_a_folder_both_ways_are_told(load, monkeypatch):
    monkeypatch.delenv("RL_LIB_DATA", raising=False)
    monkeypatch.setitem(sys.modules, "pooch", None)
    with pytest.raises(DataUnavailable, match=r"pooch is not installed.*RL_LIB_DATA.*install") as e:
        load()
    assert "\n" not in str(e.value)


def test_addresses_name_a_commit():
    for name in _files.SHA256:
        top, *study, file = name.split("/")
        assert _files.address(name) == (
            "https://raw.githubusercontent.com/BRAINML-GT/SWIRL/"
            f"9a5c441278a5351976705df9047a37ec7c3f6dbd/{study[0]}/data/{file}"
            if top == "swirl"
            else "https://raw.githubusercontent.com/97aditi/dynamic_irl/"
            f"58b7225e793acb6818768175f35025e70abecac9/data/mouse_data/{file}"
        )


def test_importing_asks_nobody():
    code = (
        "import socket, sys\n"
        "def refuse(*_): raise AssertionError('the network was used')\n"
        "socket.socket.connect = socket.getaddrinfo = refuse\n"
        "import rl_lib.behaviour.recordings\n"
        "assert not {'pooch', 'requests'} & set(sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
