"""What a new user does with a network of one's own, by public names alone, and what goes wrong."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import scipy.sparse as sp
from matplotlib.figure import Figure

from analysis import voltages
from lsnn_core import (
    LSNN,
    Adam,
    Analog,
    Connections,
    DeepR,
    Layout,
    NeuronParameters,
    Record,
    SpikeTrains,
    UsageError,
    from_nir,
    gradcheck,
    to_nir,
)

N_IN, N_REGULAR, N_ADAPTIVE, N_OUT, LONGEST = 12, 24, 16, 2, 8
N = N_REGULAR + N_ADAPTIVE


def my_connections(seed: int = 3) -> Connections:
    """A ring with shortcuts: nearest neighbours, and a few connections across, in scipy."""
    rng = np.random.default_rng(seed)
    rows, columns = np.nonzero(rng.random((N, N)) < 0.15)
    ring = np.arange(N)
    rows, columns = np.append(rows, ring), np.append(columns, (ring + 1) % N)
    site = np.unique(rows * N + columns)
    rows, columns = np.divmod(site[site // N != site % N], N)
    W_rec = sp.coo_array((rng.standard_normal(len(rows)) / 3, (rows, columns)), (N, N)).tocsr()
    delay = W_rec.copy()
    delay.data = rng.integers(1, LONGEST + 1, W_rec.nnz)
    W_in = sp.random_array((N_IN, N), density=0.4, rng=rng, data_sampler=rng.standard_normal)
    W_out = sp.random_array((N, N_OUT), density=0.6, rng=rng, data_sampler=rng.standard_normal)
    sign = {
        k: m.sign().astype(int)
        for k, m in zip(("W_in", "W_rec", "W_out"), (W_in, W_rec, W_out), strict=True)
    }
    return Connections.from_sparse(
        W_in, W_rec, W_out, delay={"W_rec": delay.astype(int), "W_in": 2}, sign=sign
    )


def my_network() -> LSNN:
    rng = np.random.default_rng(4)
    neurons = NeuronParameters.create(
        N_REGULAR,
        N_ADAPTIVE,
        tau_m_ms=rng.uniform(15, 30, N),
        tau_a_ms=rng.uniform(100, 300, N_ADAPTIVE),
        b0={"R": 0.01, "A": rng.uniform(0.008, 0.012, N_ADAPTIVE)},
        n_ref=3,
    )
    return LSNN(my_connections(), neurons, [0.0, 0.0], max_delay=LONGEST)


def my_batch(rng: np.random.Generator, size: int) -> tuple[SpikeTrains, np.ndarray]:
    """Times and ids: one half of the inputs bursts, and 100 ms later the net is asked which."""
    label, examples = rng.integers(0, 2, size), []
    for right in label:
        burst = rng.integers(0, N_IN // 2, 40) + right * (N_IN // 2)
        noise = rng.integers(0, N_IN, 24)
        times = np.append(rng.uniform(0, 40, 40), rng.uniform(0, 160, 24))
        examples.append((times, np.append(burst, noise)))
    return SpikeTrains.from_times(examples, n_steps=160, n=N_IN), label


def my_loss(run: Any, label: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
    loss, d_y = run.cross_entropy(label, first_step=140)
    penalty, d_z = run.rate_penalty(target_hz=20.0, weight=1.0)
    return loss + penalty, d_y, d_z


def accuracy(net: LSNN) -> float:
    trains, label = my_batch(np.random.default_rng(99), 400)
    return float(np.mean(net.forward(trains).y[140:].mean(0).argmax(1) == label))


def test_from_ones_own_matrices_to_a_trained_network_in_a_file(tmp_path):
    net, rng = my_network(), np.random.default_rng(5)
    trains, label = my_batch(rng, 4)

    # its potentials can be seen, its gradient can be checked
    run = net.forward(trains, record=Record(("V", "B"), neurons=[0, N - 1]))
    assert run.recorded["V"].shape == (160, 4, 2)
    drawn = Figure().subplots()
    voltages(drawn, run)
    assert drawn.get_ylabel()
    assert len(drawn.lines) >= 2
    report = gradcheck(net, trains.dense(), lambda run: my_loss(run, label))
    assert report.good, report

    # it learns, and rewires
    before, deep_r = accuracy(net), DeepR(0.005, clip_norm=1.0, seed=3)
    for _ in range(120):
        trains, label = my_batch(rng, 48)
        run = net.forward(trains)
        _, d_y, d_z = my_loss(run, label)
        net = deep_r.step(net, net.backward(run, d_y, d_z))
    assert before < 0.7
    assert accuracy(net) > 0.95
    assert not np.array_equal(net.connections.target, my_connections().target)

    # what was learned is kept, to the bit
    net.save(tmp_path / "net.h5")
    again = LSNN.load(tmp_path / "net.h5")
    assert again.connections.equals(net.connections)
    assert accuracy(again) == accuracy(net)
    matrices = {name: again.connections.sparse(name) for name in ("W_in", "W_rec", "W_out")}
    parts = {
        what: {name: again.connections.sparse(name, what) for name in matrices}
        for what in ("delay", "sign")
    }
    assert Connections.from_sparse(**matrices, **parts).equals(net.connections)

    # and goes to other programs
    with pytest.warns(UserWarning, match="NIR cannot say all"):
        graph = to_nir(net)
    back = from_nir(graph)
    assert back.connections.equals(net.connections)
    assert accuracy(back) == accuracy(net)


NET, X = my_network(), np.zeros((20, N_OUT, N_IN))  # as many examples as outputs, on purpose
CREATE = NeuronParameters.create


def forward(x: Any = X, **options: Any) -> Any:
    return NET.forward(x, **options)


@pytest.mark.parametrize(
    ("call", "named"),
    [
        (
            lambda: Connections.from_dense(
                Layout(N_IN, N, N_OUT), *map(NET.connections.sparse, ("W_in", "W_rec", "W_out"))
            ),
            "W_in",
        ),
        (
            lambda: Connections.from_sparse(np.ones((2, 3)), np.ones((3, 3)), np.ones((3, 1))),
            "W_in",
        ),
        (lambda: CREATE(2, 3, tau_a_ms=[1.0, 2.0]), "tau_a_ms"),
        (lambda: CREATE(2, 3, beta=[1.0] * 4), "beta"),
        (lambda: CREATE(2, 3, tau_m_ms={"B": 3.0}), "tau_m_ms"),
        (lambda: NeuronParameters(20.0, 700.0, 1.8, 0.01, 5), "b0"),
        (lambda: LSNN(NET.connections, NET.neurons, [0.0]), "b_out"),
        (lambda: LSNN(NET.connections, CREATE(2, 3), [0.0, 0.0]), "neurons"),
        (lambda: forward(X.transpose(1, 0, 2)[..., :3]), "x"),
        (lambda: forward(X + 0.5), "x"),
        (lambda: forward(Analog(X[..., :3])), "x"),
        (lambda: forward(SpikeTrains.from_dense(X, 0.1)), "x"),
        (lambda: forward(record="U"), "record"),
        (lambda: forward(record=Record("V", neurons=[N])), r"record\.neurons"),
        (lambda: forward(gradient_of="alpha"), "gradient_of"),
        (lambda: forward(dtype="float16"), "dtype"),
        (lambda: forward(initial=forward(X[:, :1]).final), r"initial\.V"),
        (lambda: forward(noise_keys=[1]), "noise_keys"),
        (lambda: forward().cross_entropy(np.zeros((2, 1), int)), "label"),
        (lambda: forward().cross_entropy([0, 2]), "label"),
        (lambda: forward().cross_entropy([0.0, 1.0]), "label"),
        (lambda: forward().cross_entropy([0, 1], first_step=20), "first_step"),
        (lambda: forward().mean_squared_error(np.zeros((20, 2))), "target"),
        (lambda: forward().rate_penalty(-1.0, 1.0), "target_hz"),
        (lambda: NET.backward(forward(), np.zeros((20, 2))), "d_y"),
        (lambda: NET.backward(forward(), np.zeros((20, 2, 2)), np.zeros((20, 2, 2))), "d_z"),
        (lambda: replace(NET, gamma=0.2).backward(forward(), np.zeros((20, 2, 2))), "run"),
        (lambda: Adam("fast"), "lr"),
        (lambda: DeepR(budget="soft"), "rewiring"),
        (lambda: SpikeTrains.from_times([([21.0], [0])], 20, N_IN), r"examples\[0\] times"),
        (lambda: gradcheck(NET, X, lambda run: 0.0), "loss"),
    ],
)
def test_a_wrong_call_gives_one_line_that_names_the_argument(call, named):
    with pytest.raises(UsageError, match=rf"^{named}\b") as refused:
        call()
    assert "\n" not in str(refused.value)
