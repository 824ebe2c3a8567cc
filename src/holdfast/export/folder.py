"""Write a folder whole or not at all, and what several exports put into theirs."""

import shutil
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from pathlib import Path

from holdfast.errors import MissingExtraError, RequestError
from holdfast.model.package import FILES, MANIFEST
from holdfast.model.signature import SIGNATURE

# The rooms that predict; nothing of what trains goes along.
ROOMS = ("model", "serve")
MODULES = ("__init__.py", "errors.py", "arrays.py", "files.py")

# Marks a folder as one of ours, which may be written again.
MARK = ".holdfast-package"


def write_folder(out: Path, contents: Mapping[str, bytes]) -> None:
    """Write files, by path within `out`, under a temporary name, and rename; RequestError for a folder that isn't ours."""
    if out.exists() and not (out / MARK).is_file():
        raise RequestError(
            f"{out} is there already and holds no package of ours; expected a new folder: choose another"
        )
    partial = out.with_name(f".{out.name}.partial")
    try:
        shutil.rmtree(partial, ignore_errors=True)
        for name, data in {**contents, MARK: b""}.items():
            place = partial / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(data)
        shutil.rmtree(out, ignore_errors=True)
        partial.replace(out)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise RequestError(f"{out} can't be written ({error.strerror}); choose a place with room to write") from None


def model_files(folder: Path) -> dict[str, bytes]:
    """The model's own files, its signature too where it has one, to stand in `model/`."""
    names = [MANIFEST, *FILES, *([SIGNATURE] if (folder / SIGNATURE).is_file() else [])]
    return {f"model/{name}": (folder / name).read_bytes() for name in names}


def program_files() -> dict[str, bytes]:
    """The part of Holdfast that predicts and serves, to stand in `holdfast/`."""
    package = files("holdfast")
    found = {f"holdfast/{name}": package.joinpath(name).read_bytes() for name in MODULES}
    for room in ROOMS:
        for each in package.joinpath(room).iterdir():
            if each.name.endswith((".py", ".html")):
                found[f"holdfast/{room}/{each.name}"] = each.read_bytes()
    return found


def requirements(*names: str) -> bytes:
    """Pin libraries to the versions that are installed here, with which the model was proven."""
    try:
        return "".join(f"{name}=={version(name)}\n" for name in names).encode()
    except PackageNotFoundError as error:
        raise MissingExtraError(
            f"packaging a server needs {error.name}, to pin it: pip install 'holdfast[serve]'"
        ) from None
