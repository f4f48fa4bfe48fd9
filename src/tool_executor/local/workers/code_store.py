"""Deployed zips, extracted once each: a folder per content hash, shared by runs."""

from __future__ import annotations

import io
import os
import shutil
import tempfile
import threading
import time
import zipfile
from pathlib import Path

_PERMISSION_BITS = 0o777
_KEPT_SECONDS = 7 * 24 * 3600.0


class CodeStore:
    """Extracts zips under `folder`. Safe for several processes: a folder appears complete or not at all."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()

    def task_root(self, content_hash: str, zipped: bytes) -> Path:
        """The folder with the zip's content: what Lambda mounts as /var/task.

        Raises:
            zipfile.BadZipFile: if `zipped` is none.
        """
        target = self._folder / content_hash.replace("/", "_").replace("+", "-").rstrip("=")
        with self._lock:
            if not target.exists():
                self._forget_unused()
                self._extract(zipped, target)
            os.utime(target)
        return target

    def _forget_unused(self) -> None:
        oldest_kept = time.time() - _KEPT_SECONDS
        for folder in self._folder.glob("[!.]*"):
            if folder.stat().st_mtime < oldest_kept:
                shutil.rmtree(folder, ignore_errors=True)

    def _extract(self, zipped: bytes, target: Path) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=".extracting-", dir=self._folder))
        try:
            with zipfile.ZipFile(io.BytesIO(zipped)) as archive:
                archive.extractall(partial)
                for entry in archive.infolist():
                    mode = entry.external_attr >> 16 & _PERMISSION_BITS
                    if mode:
                        (partial / entry.filename).chmod(mode | 0o600)
            try:
                partial.rename(target)
            except OSError:
                # Another process was first, which is as good; anything else is a real failure.
                if not target.exists():
                    raise
        finally:
            if partial.exists():
                shutil.rmtree(partial, ignore_errors=True)
