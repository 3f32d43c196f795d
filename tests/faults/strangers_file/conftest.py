"""Small run files of each kind, without digests: what lies behind them is tested here."""

from __future__ import annotations

import pytest

from lsnn_core import lookover, plugins
from tests.helpers import fuzz_worker
from tests.helpers.run_file import remove_digests


@pytest.fixture(scope="session")
def bases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(plugins, "load", fuzz_worker.load)
        folder = tmp_path_factory.mktemp("bases")
        paths = {name: fuzz_worker.make_base(name, folder) for name in fuzz_worker.BASES}
        for path in paths.values():
            remove_digests(path)
        return {name: path.read_bytes() for name, path in paths.items()}


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.setattr(plugins, "load", fuzz_worker.load)
    monkeypatch.setattr(lookover, "stop", lambda: None)  # one child for all tests
    return tmp_path / "run.h5"
