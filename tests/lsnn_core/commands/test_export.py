"""`lsnn export` writes the network of a run, whole, and says what is not in it."""

from __future__ import annotations

import argparse

import pytest

from lsnn_core import from_nir
from lsnn_core.commands.export import export
from lsnn_core.config.recipes import configure
from lsnn_core.errors import BadFileError, LsnnError, UsageError
from lsnn_core.learning.models import make_task
from lsnn_core.learning.trainer import Trainer
from lsnn_core.runs.training_run import TrainingRun
from tests.helpers.equal_networks import differences
from tests.helpers.training_runs import new_run

nir = pytest.importorskip("nir")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    run = new_run(folder / "run.h5")
    run.save("running")
    return folder, run.trainer.learner.net


def exported(*arguments):
    parser = argparse.ArgumentParser()
    export.add_arguments(parser)
    return export.run(parser.parse_args(list(map(str, arguments))))


def test_the_graph_is_the_run_s_network(folder, capsys):
    place, net = folder

    assert exported(place / "run.h5") == 0

    assert differences(from_nir(nir.read(place / "run.nir")), net) == []
    said = capsys.readouterr()
    assert said.out == ""
    assert "subtracts the threshold" in said.err
    assert said.err.splitlines()[-1].endswith(
        f"{len(net.connections)} connections -> {place}/run.nir"
    )


def test_a_graph_is_replaced_only_if_asked_to(folder):
    place, _ = folder
    out = place / "there.nir"
    out.write_text("mine")

    with pytest.raises(UsageError, match="exists"):
        exported(place / "run.h5", "--out", out)

    assert out.read_text() == "mine"
    assert exported(place / "run.h5", "--out", out, "--overwrite") == 0
    assert isinstance(nir.read(out), nir.NIRGraph)


def test_what_is_no_run_is_refused_and_leaves_nothing(tmp_path):
    (tmp_path / "run.h5").write_bytes(b"no HDF5")

    with pytest.raises(BadFileError):
        exported(tmp_path / "run.h5")
    assert [path.name for path in tmp_path.iterdir()] == ["run.h5"]


def test_a_file_that_cannot_be_read_again_does_not_stay(folder, monkeypatch):
    place, _ = folder
    monkeypatch.setattr(nir, "write", lambda file, graph: file.write(b"damaged"))

    with pytest.raises(LsnnError, match="could not be written"):
        exported(place / "run.h5", "--out", place / "damaged.nir")
    assert not (place / "damaged.nir").exists()
    assert [path for path in place.iterdir() if ".tmp." in path.name] == []


def test_a_run_of_rate_cells_is_refused(tmp_path):
    wanted = {"training.batch": 2, "network.n_regular": 4, "training.threads": 1}
    config = configure("smnist-rnn", [f"{name}={value}" for name, value in wanted.items()])
    TrainingRun(Trainer(config, make_task(config)), tmp_path / "run.h5").save("running")

    with pytest.raises(BadFileError, match="holds an rnn, expected a spiking network"):
        exported(tmp_path / "run.h5")
    assert not (tmp_path / "run.nir").exists()
