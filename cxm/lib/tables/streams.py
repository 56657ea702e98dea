"""Bytes of a file, unpacked if need be, counted so that a bomb is refused while it is still small."""

import gzip
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cxm.lib.tables.model import Damaged, Limits, TooBig

_BUFFER = 256 * 1024
_BROKEN = (EOFError, gzip.BadGzipFile, zlib.error)


class _Counted(io.RawIOBase):
    """The unpacked bytes of a gzip file; refuses beyond the limits."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self._packed = path.stat().st_size
        self._file = gzip.open(path, "rb")  # noqa: SIM115 - closed with this object
        self._limits = limits
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        try:
            count = self._file.readinto(buffer)
        except _BROKEN as error:
            raise Damaged from error
        self._count += count
        crammed = self._count > self._packed * self._limits.ratio and self._count > self._limits.ratio_from
        if crammed or self._count > self._limits.unpacked:
            raise TooBig
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


@contextmanager
def opened(path: Path, *, gzipped: bool, limits: Limits) -> Iterator[io.BufferedReader]:
    """The file's bytes, unpacked. Raises TooBig and Damaged while reading."""
    if not gzipped and path.stat().st_size > limits.unpacked:
        raise TooBig
    raw = _Counted(path, limits) if gzipped else io.FileIO(path)
    with io.BufferedReader(raw, _BUFFER) as stream:
        yield stream
