"""What cannot be used is refused in one line, with its exit code, before anything is written."""

from __future__ import annotations

import gzip
from pathlib import Path

import h5py
import pytest

from lsnn_core.cli import main
from lsnn_core.files import read_run
from tasks.smnist.mnist import SHIPPED, TEST_LABELS
from tests.helpers.program import lsnn, train

pytestmark = pytest.mark.timeout(200)
USAGE, BAD_FILE, NUMERICAL = 2, 3, 4


@pytest.fixture(scope="module")
def complete(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("complete") / "run.h5"
    done = lsnn(*train(path, training__iterations=2))
    assert done.returncode == 0, done.stderr
    return path


def complaint(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str]:
    """Exit code and the one line on stderr."""
    code = main([str(argument) for argument in arguments])
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("lsnn: error: ")
    assert err.count("\n") == 1
    return code, err


@pytest.mark.parametrize("verb", ["resume", "evaluate", "inspect"])
@pytest.mark.parametrize("kept", [0, 1, 2000, -1])
def test_a_truncated_run_file(complete, tmp_path, capsys, verb, kept):
    path = tmp_path / "cut.h5"
    path.write_bytes(complete.read_bytes()[:kept])
    code, line = complaint(capsys, verb, path)

    assert code == BAD_FILE
    assert str(path) in line
    assert [file.name for file in tmp_path.iterdir()] == ["cut.h5"]


@pytest.mark.parametrize("verb", ["resume", "evaluate", "inspect"])
def test_a_run_file_with_an_external_link(complete, tmp_path, capsys, verb):
    path, secret = tmp_path / "run.h5", tmp_path / "secret.h5"
    path.write_bytes(complete.read_bytes())
    with h5py.File(secret, "w") as file:
        file["data"] = [42.0]
    with h5py.File(path, "r+") as file:
        del file["weights/W_rec/data"]
        file["weights/W_rec/data"] = h5py.ExternalLink(str(secret), "data")
    code, line = complaint(capsys, verb, path)

    assert code == BAD_FILE
    assert "link" in line
    assert "42" not in line.replace(str(tmp_path), "")


def test_a_run_file_of_another_configuration(complete, tmp_path, capsys):
    path = tmp_path / "run.h5"
    path.write_bytes(complete.read_bytes())
    with h5py.File(path, "r+") as file:
        text = file["config"][()].decode()
        del file["config"]
        file["config"] = text.replace("n_regular = 10", "n_regular = 11")
    code, line = complaint(capsys, "resume", path)

    assert code == BAD_FILE
    assert "config" in line


@pytest.mark.parametrize(
    ("override", "hint"),
    [
        ("training.batsh=8", "batch"),
        ("trainng.batch=8", "training"),
        ("task.n_symbol=5", "n_symbols"),
        ("task.name=store", "store-recall"),
    ],
)
def test_a_misspelt_key_is_answered_with_the_right_one(tmp_path, capsys, override, hint):
    path = tmp_path / "run.h5"
    code, line = complaint(capsys, "train", "store-recall", "--out", path, "--set", override)

    assert code == USAGE
    assert hint in line
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "override",
    [
        "training.batch=0",
        "training.batch=2.5",
        "training.lr=nan",
        "training.iterations=-1",
        "network.delays=0",
        "network.n_regular=-3",
        "network.tau_m_ms=0",
        "seed=-1",
    ],
)
def test_a_value_that_cannot_be(tmp_path, capsys, override):
    path = tmp_path / "run.h5"
    code, line = complaint(capsys, "train", "store-recall", "--out", path, "--set", override)

    assert code == USAGE
    assert override.partition("=")[0] in line
    assert list(tmp_path.iterdir()) == []


def test_an_image_file_with_the_wrong_md5(tmp_path, capsys):
    data = tmp_path / "mnist"
    data.mkdir()
    for file in SHIPPED.glob("*.gz"):
        (data / file.name).symlink_to(file)
    damaged = data / TEST_LABELS.name
    content = bytearray(gzip.decompress(damaged.read_bytes()))
    content[-1] ^= 1
    damaged.unlink()
    damaged.write_bytes(gzip.compress(content))
    out = tmp_path / "run.h5"
    code, line = complaint(
        capsys, "train", "smnist-deepr", "--out", out, "--set", f"task.data_dir={data}"
    )

    assert code == BAD_FILE
    assert str(damaged) in line
    assert TEST_LABELS.md5 in line
    assert not out.exists()


def test_a_missing_data_folder(tmp_path, capsys):
    out, data = tmp_path / "run.h5", tmp_path / "nowhere"
    code, line = complaint(
        capsys, "train", "smnist-lif", "--out", out, "--set", f"task.data_dir={data}"
    )

    assert code == BAD_FILE
    assert str(data) in line


def test_an_output_that_exists_is_not_replaced(complete, capsys):
    before = complete.read_bytes()
    code, line = complaint(capsys, *train(complete))

    assert code == USAGE
    assert "--overwrite" in line
    assert complete.read_bytes() == before


def test_an_overflow_keeps_the_last_good_checkpoint(tmp_path):
    path = tmp_path / "run.h5"
    huge = {"training__lr": 3e38, "rewiring__policy": "none"}
    done = lsnn(*train(path, training__checkpoint_every=1, **huge))
    announced, line = done.stderr.splitlines()

    assert done.returncode == NUMERICAL
    assert announced.endswith(f"-> {path}")
    assert line.startswith("lsnn: error: iteration 1: V[0] of example 0 became inf")
    with read_run(path) as run:
        assert (run.status, run.iteration) == ("running", 1)
    again = lsnn("resume", str(path))
    assert (again.returncode, again.stderr.splitlines()[-1]) == (NUMERICAL, line)


def test_an_overflow_of_the_first_update_leaves_no_file(tmp_path):
    path = tmp_path / "run.h5"
    done = lsnn(*train(path, training__lr=1e39, rewiring__policy="none"))
    _, line = done.stderr.splitlines()

    assert done.returncode == NUMERICAL
    assert "iteration 0: weight[" in line
    assert list(tmp_path.iterdir()) == []
