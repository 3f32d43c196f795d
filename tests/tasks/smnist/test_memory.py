from __future__ import annotations

import numpy as np

from tasks.smnist import memory


def test_traces_follow_equation_2_up_to_the_end_of_each_row():
    rng = np.random.default_rng(0)
    z = (rng.random((12, 2, 3)) < 0.4).astype(float)  # 3 rows of 4 ms, 2 digits, 3 neurons
    rho = np.array([0.5, 0.9, 0.99])

    found = memory._traces(z.reshape(3, 4, 2, 3), rho)

    b, ends = np.zeros((2, 3)), []
    for t in range(12):
        b = rho * b + (1 - rho) * z[t]
        ends.append(b)
    np.testing.assert_allclose(found, np.array(ends)[3::4], rtol=1e-5)


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
