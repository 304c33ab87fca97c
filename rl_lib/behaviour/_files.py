"""Files that stand elsewhere, known by their checksum.

A file comes from a folder that the reader names, else it is downloaded from a source that cannot
change (a commit) and kept. Either way its SHA-256 is compared before anything in it is read.
"""

import hashlib
import os
import pickle
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from rl_lib._check import Ints

FOLDER_VARIABLE = "RL_LIB_DATA"
CACHE = "inverse-q-learning"

SWIRL = (
    "https://raw.githubusercontent.com/BRAINML-GT/SWIRL/9a5c441278a5351976705df9047a37ec7c3f6dbd"
)
DYNAMIC_IRL = (
    "https://raw.githubusercontent.com/97aditi/dynamic_irl/58b7225e793acb6818768175f35025e70abecac9"
)

SHA256 = {
    "swirl/labyrinth/emissions500new.npy": (
        "99cccb73f444fd1bec47590610157014f0662c52a3d391e06abfe6416dcc2321"
    ),
    "swirl/labyrinth/trans_probs.npy": (
        "e680ffd2ccb7ea768e3c7a7fced084811b29c4cb90c245caa8ceb57264f5e86b"
    ),
    "swirl/spontda/seqs.npy": "bb5d187cc0e241917f2792a731001dfde3b7410875fda8b165aec9f070dcf843",
    "swirl/spontda/z_features.npy": (
        "824aa766be8f7c021bd0424ee38a82ba45d5cd670469e2fa0b3e5be5f62dd9f2"
    ),
    "swirl/gw5/xs.npy": "3245db9be4d14ba16150c50890ab402843a6ae1f21af55d5bd406ace8cc80048",
    "swirl/gw5/acs.npy": "9d2fa547d55f38393456fe48e4200ebee34814171d636e2dddfb687d29b5f2b2",
    "swirl/gw5/zs.npy": "1ac81245ad7c134a9d1ab1242213df573a8668dd905140dab5edee22837a4d4c",
    "swirl/gw5/trans_probs.npy": "f4d4678677e571619ec1a8e6102dbde6af4179e699b77c6770c88d5093bdd937",
    "labyrinth/water_restricted_mice_trajs.pickle": (
        "aacd49c7ec6d578bd591e1b29b2b8e0ef08015caf68dfee65139e797e469af23"
    ),
    "labyrinth/restricted_train_indices.npy": (
        "86370012f54d7be0ccad18ec8e7d4674479b6582697f04a6df589da32c5947cd"
    ),
    "labyrinth/restricted_val_indices.npy": (
        "519a4e3ef68da6d4943829344206ec3f526fe45a78fff199e25a322f42adeeea"
    ),
    "labyrinth/water_unrestricted_mice_trajs.pickle": (
        "3bd2f1f4361410a93f6825ba08d543f9559cc729fe444ac97f4f865bfcc3edf3"
    ),
    "labyrinth/unrestricted_train_indices.npy": (
        "3d2391a61b28228f455e21432c5fabb03bbd23d78b9877869d3460f4f622656c"
    ),
    "labyrinth/unrestricted_val_indices.npy": (
        "3da3ecb32fbb540260cedd5a8ad3deede5ea22ac02f4d7cf0a326508e78baa28"
    ),
}


class DataUnavailable(OSError):
    """A recording is neither in the folder that was named, nor can it be downloaded."""


def read(name: str, folder: str | os.PathLike[str] | None) -> bytes:
    """The content of a file whose checksum is right; ValueError if it is another."""
    given = os.environ.get(FOLDER_VARIABLE) if folder is None else folder
    path = Path(given) / name if given else _downloaded(name)
    try:
        content = path.read_bytes()
    except OSError as problem:
        raise _unavailable(str(path), problem.strerror) from None
    found = hashlib.sha256(content).hexdigest()
    if found != SHA256[name]:
        raise ValueError(
            f"{path} has SHA-256 {found}; it must have {SHA256[name]}: "
            "the file is damaged, or another version"
        )
    return content


def read_array(name: str, folder: str | os.PathLike[str] | None) -> Any:
    """The array in an `.npy` file."""
    return np.load(BytesIO(read(name, folder)), allow_pickle=False)


def read_pickle(name: str, folder: str | os.PathLike[str] | None) -> Any:
    """What a pickle of plain containers and arrays holds."""
    return unpickled(read(name, folder), name)


def _downloaded(name: str) -> Path:
    try:
        import pooch  # optional, and slow to import
    except ImportError:
        raise _unavailable(name, "pooch is not installed") from None
    store = pooch.create(
        path=pooch.os_cache(CACHE),
        base_url="",
        registry={name: f"sha256:{SHA256[name]}"},
        urls={name: address(name)},
    )
    log = pooch.get_logger()
    level = log.level
    log.setLevel("WARNING")  # it would write to the terminal where it downloads to
    try:
        # Whole, or pooch leaves the connection open after an error; the files are small.
        whole = pooch.HTTPDownloader(timeout=30, stream=False)
        return Path(store.fetch(name, downloader=whole))
    except OSError as problem:
        reason = " ".join(str(problem).split())
        raise _unavailable(name, f"{type(problem).__name__}: {reason}") from None
    finally:
        log.setLevel(level)


def address(name: str) -> str:
    """Where a file is downloaded from."""
    _, *study, file = name.split("/")
    return f"{SWIRL}/{study[0]}/data/{file}" if study else f"{DYNAMIC_IRL}/data/mouse_data/{file}"


def _unavailable(what: str, why: str | None) -> DataUnavailable:
    return DataUnavailable(
        f"{what} cannot be read ({why}); name a folder that holds the recordings, as folder=… or "
        f"in the environment variable {FOLDER_VARIABLE}, or name none, install pooch and be online"
    )


class _Int64:
    """Stands in for NumPy's dtype: whole numbers of 64 bits, and nothing else."""

    def __init__(self, code: str, *_: Any) -> None:
        if code != "i8":
            raise pickle.UnpicklingError(f"it holds an array of {code!r}; it may hold int64")

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        if state[1] != "<":
            raise pickle.UnpicklingError(f"its byte order is {state[1]!r}; it must be '<'")


def _array(buffer: bytes, _: _Int64, shape: tuple[int, ...], order: Any) -> Ints:
    return np.frombuffer(bytes(buffer), "<i8").astype(np.intp).reshape(shape, order=order)


# NumPy's own are not called: what they accept is more than an array.
_ADMITTED = {
    ("numpy", "dtype"): _Int64,
    ("numpy.core.numeric", "_frombuffer"): _array,  # as NumPy 1 wrote it
    ("numpy._core.numeric", "_frombuffer"): _array,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ADMITTED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(
                f"it names {module}.{name}, and only arrays and plain containers are read"
            ) from None


def unpickled(content: bytes, name: str) -> Any:
    """What a pickle holds; ValueError if that is more than plain containers and int64 arrays."""
    try:
        return _Unpickler(BytesIO(content)).load()
    except Exception as problem:  # a pickle that is none can raise anything
        raise ValueError(f"{name} is refused: {problem}") from None
