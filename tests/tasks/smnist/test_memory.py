from __future__ import annotations

import numpy as np

from lsnn_core.gradient_checks import CaseOptions, random_case
from lsnn_core.random.streams import stream
from tasks.smnist import memory
from tasks.smnist.batch import DigitBatch
from tasks.smnist.pixel_encoder import PixelEncoder


def test_thresholds_follow_equation_2_up_to_the_end_of_each_row():
    net = random_case("", stream(3, "memory"), CaseOptions(n_in=80, n_out=10)).net
    pixels = np.random.default_rng(3).integers(0, 256, (3, 784)).astype(np.uint8)
    batch = DigitBatch(PixelEncoder(), pixels, np.arange(3), None)

    found = memory._states(net, batch, row_ms=28, seed=0)["B"]

    p, b, ends = net.neurons, np.zeros((3, net.layout.n)), []
    for z in net.forward(batch.events(0, 3).to_dense(80)).z:
        b = p.rho * b + (1 - p.rho) * z
        ends.append(p.b0 + p.beta * b)
    assert found.max() > 2 * p.b0.max()
    np.testing.assert_allclose(found, np.array(ends)[27::28, :, p.n_regular :], rtol=1e-5)


def test_a_row_of_permuted_digits_is_what_was_shown_in_its_time():
    net = random_case("", stream(3, "memory"), CaseOptions(n_in=80, n_out=10)).net
    pixels = np.random.default_rng(3).integers(0, 256, (64, 784)).astype(np.uint8)
    labels = np.arange(64) % 10
    permuted = DigitBatch(PixelEncoder(permuted=True), pixels, labels, None)
    shown = DigitBatch(PixelEncoder(), permuted.encoder.shown(pixels), labels, None)

    found, expected = (memory.row_decoding(net, batch, 0) for batch in (permuted, shown))
    assert np.isfinite(expected["ink_R"]).any()
    for name, value in expected.items():
        np.testing.assert_array_equal(found[name], value, err_msg=name)


def test_what_the_state_holds_is_told_and_what_it_does_not_is_not():
    rng = np.random.default_rng(1)
    ink = rng.random((400, 28))
    ink[:, 0] = 0.0
    labels = rng.integers(0, 10, 400)
    features = np.hstack([ink[:, 1:4], np.eye(10)[labels], np.zeros((400, 1))])

    score, right = memory._decode(features, ink, labels)

    assert np.isnan(score[0])
    assert score[1:4].min() > 0.95
    assert score[4:].max() < 0.1
    assert right == 1.0


def test_a_constant_of_each_digit_stays_itself_and_noise_does_not():
    rng = np.random.default_rng(2)
    kept = np.broadcast_to(rng.normal(size=(1, 500, 3)), (6, 500, 3))

    np.testing.assert_allclose(memory._correlation(kept), 1.0)
    assert abs(memory._correlation(rng.normal(size=(6, 500, 3)))[1:]).max() < 0.15
