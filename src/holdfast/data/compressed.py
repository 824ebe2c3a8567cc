"""Bytes of a file, whatever it was compressed with."""

import gzip
import io
import mmap
import zipfile
import zlib
from pathlib import Path
from typing import IO, TypeAlias, cast

import polars as pl

from holdfast.errors import DataError

# A file's bytes, in memory or mapped.
Content: TypeAlias = bytes | mmap.mmap

# What a compressed file may grow to in memory; of zstandard, as far as the file says so itself.
LARGEST = 16 << 30
SPLIT = "cut it into several files and read them by a glob"

# A larger plain file is mapped instead of copied.
MAPPED = 1 << 24


def unpack(path: Path) -> tuple[Content, str]:
    """Return a file's content and its name without the compression's ending."""
    with path.open("rb") as file:
        head = file.read(8)
        packed = head.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PK\x03\x04"))
        if not packed and path.stat().st_size > MAPPED:
            return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ), path.name
    data = path.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        return _gzip(data, path), path.name.removesuffix(".gz")
    if data.startswith(b"\x28\xb5\x2f\xfd"):
        return _zstandard(data, path), path.name.removesuffix(".zst").removesuffix(".zstd")
    if data.startswith(b"PK\x03\x04") and path.suffix.lower() == ".zip":
        return _zip(data, path)
    return data, path.name


def _gzip(data: bytes, path: Path) -> bytes:
    try:
        with gzip.open(io.BytesIO(data)) as file:
            return _to_the_end(file, path)
    except (OSError, EOFError, zlib.error) as error:
        raise DataError(f"{path} is a damaged gzip file ({error}); expected a whole one: fetch it again") from None


def _to_the_end(file: gzip.GzipFile, path: Path) -> bytes:
    content = io.BytesIO()
    while part := file.read(MAPPED):
        content.write(part)
        if content.tell() > LARGEST:
            raise DataError(f"{path} unpacks to more than {LARGEST:,} bytes; expected at most as many: {SPLIT}")
    return content.getvalue()


def _zstandard(data: bytes, path: Path) -> bytes:
    """Let polars unpack it: as a table of one column that holds each line."""
    if (size := _declared(data)) > LARGEST:
        raise DataError(f"{path} unpacks to {size:,} bytes; expected at most {LARGEST:,}: {SPLIT}")
    try:
        lines = pl.read_csv(
            io.BytesIO(data),
            has_header=False,
            separator="\x01",
            quote_char=None,
            new_columns=["line"],
            infer_schema=False,
        )
    except Exception as error:
        raise DataError(
            f"{path} can't be read as zstandard of UTF-8 text ({error}); expected such: unpack it first (zstd -d) if it holds "
            f"anything else, fetch it again if it is damaged"
        ) from None
    return "\n".join(line or "" for line in lines["line"].to_list()).encode()


def _declared(data: bytes) -> int:
    """How many bytes a zstandard file says it unpacks to; 0 where it does not say (RFC 8878, 3.1.1.1)."""
    head = data[4] if len(data) > 4 else 0
    single = head >> 5 & 1
    width, start = (single, 2, 4, 8)[head >> 6], 6 - single + (0, 1, 2, 4)[head & 3]
    return int.from_bytes(data[start : start + width], "little") + (256 if width == 2 else 0)


def _zip(data: bytes, path: Path) -> tuple[bytes, str]:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            member = _only_member(archive, path)
            if member.file_size > LARGEST:
                raise DataError(f"{path} unpacks to {member.file_size:,} bytes; expected at most {LARGEST:,}: {SPLIT}")
            return archive.read(member), member.filename
    except (zipfile.BadZipFile, zlib.error, RuntimeError) as error:
        raise DataError(f"{path} is a damaged zip file ({error}); expected a whole one: fetch it again") from None


def _only_member(archive: zipfile.ZipFile, path: Path) -> zipfile.ZipInfo:
    members = [each for each in archive.infolist() if not each.is_dir() and "__MACOSX" not in each.filename]
    if len(members) != 1:
        names = ", ".join(each.filename for each in members[:5])
        raise DataError(
            f"{path} holds {len(members)} files ({names}); expected exactly one table: unpack the one you mean"
        )
    return members[0]


def stream(path: Path) -> IO[bytes]:
    """Open a file as a stream of its content, which can be sought forward: plain, gzipped, or a zip of one member.

    Raises DataError for a zip of several. A damaged file raises while it is read: one of DAMAGED.
    """
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith(b"\x1f\x8b"):
        return cast(IO[bytes], gzip.open(path, "rb"))
    if head == b"PK\x03\x04" and path.suffix.lower() == ".zip":
        archive = zipfile.ZipFile(path)
        return archive.open(_only_member(archive, path))
    return path.open("rb")


# What reading a compressed file raises that is damaged, encrypted or compressed in a way that is not known.
DAMAGED = (OSError, EOFError, RuntimeError, zlib.error, zipfile.BadZipFile)
