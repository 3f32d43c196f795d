"""The neuron, once: a step, and a step back (twins: reference/forward.py, reference/adjoint.py).

Every value is a vector, of one neuron in several examples or of neighbouring neurons in one.
"""

from __future__ import annotations

from .jit import inner
from .vectors.exp import exp
from .vectors.lanes import fabs, fma, select

TRIANGLE, FAST_SIGMOID, MULTI_GAUSSIAN = range(3)  # `Constants.surrogate`: the order of choices.py
SLOPE = 10.0  # this and the others: see reference/surrogate.py
HEIGHT, SCALE, SIGMA = 0.15, 6.0, 0.5
PEAK = 0.3989422804014327  # of a normal density of standard deviation 1


@inner
def adaptation(b, z, rho, rise):
    """b(t) from b(t - 1) and z(t - 1); paper, eq. 2."""
    return fma(rho, b, select(z, rise, 0.0))


@inner
def threshold(b, beta, b0):
    """B(t); paper, eq. 1."""
    return fma(beta, b, b0)


@inner
def potential(V, current, z, B_reset, alpha, gain):
    """V(t) from V(t - 1), I(t) and the reset after z(t - 1)."""
    return fma(alpha, V, gain * current) - select(z, B_reset, 0.0)


@inner
def is_refractory(wait):
    """Where a neuron does not fire, since it still waits."""
    return wait > 0.5


@inner
def wait_after(fired, wait, n_ref):
    """Steps still to wait after this one."""
    return select(fired, n_ref, select(is_refractory(wait), wait - 1.0, 0.0))


@inner
def psi_nonzero(V, B, refractory, surrogate: int):
    """Where psi is not 0. The connections of others need not be read.

    That of the triangle is 0 outside 0 < V < 2 B, the other surrogates never end.
    """
    if surrogate == TRIANGLE:
        return (V > 0.0) & (B + B > V) & ~refractory
    return ~refractory


@inner
def pseudo_derivative(v, gamma: float, surrogate: int):
    """Psi of v = (V - B) / B where it is not 0 (twin: reference/surrogate.py)."""
    if surrogate == FAST_SIGMOID:
        root = 1.0 + SLOPE * fabs(v)
        return gamma / (root * root)
    if surrogate == MULTI_GAUSSIAN:
        wide = density(v - SIGMA, SCALE * SIGMA) + density(v + SIGMA, SCALE * SIGMA)
        return gamma * ((1.0 + HEIGHT) * density(v, SIGMA) - HEIGHT * wide)
    return gamma * (1.0 - fabs(v))


@inner
def density(v, sigma: float):
    """Normal density at v, of mean 0 and standard deviation sigma."""
    return (PEAK / sigma) * exp((-0.5 / (sigma * sigma)) * (v * v))


@inner
def through_spike(gz, V, per_B, nonzero, gamma: float, surrogate: int):
    """What dL/dz adds to dL/dV and to dL/dB of the test V > B; `per_B` is 1 / B."""
    v = V * per_B
    psi = pseudo_derivative(v - 1.0, gamma, surrogate)
    d_fire = select(nonzero, gz * psi * per_B, 0.0)
    return d_fire, 0.0 - d_fire * v


@inner
def left_behind(gz, rise, d_b_next, B_reset, d_V_next, reset_gradient: float):
    """dL/dz with what z left behind in b(t + 1) and, by the reset, in V(t + 1)."""
    return gz + rise * d_b_next - reset_gradient * B_reset * d_V_next


@inner
def through_time(
    d_fire, d_B, z, d_V_next, d_fire_next, alpha, reset_gradient: float, official: bool
):
    """dL/dV(t), and dL/dB with what the reset adds; `z` are the spikes that the reset saw."""
    d_V = fma(alpha, d_V_next, d_fire_next if official else d_fire)
    return d_V, d_B - reset_gradient * select(z, d_V if official else d_V_next, 0.0)


@inner
def through_adaptation(d_b_next, d_B, rho, beta):
    """dL/db(t) from dL/db(t + 1), and from dL/dB(t) of the threshold that b(t) raised."""
    return fma(rho, d_b_next, beta * d_B)


@inner
def per_rho(b, z):
    """What a change of rho does to b(t + 1), from b(t) and z(t): b - z."""
    return select(z, b - 1.0, b)


@inner
def per_alpha(V, B, z, d_V_next, d_fire, gain):
    """What a step brings to gain dL/dalpha, the sum over t of d_V(t) gain (V(t - 1) - I(t)).

    No current is kept: by the equation of `potential`, gain (V(t - 1) - I(t)) is V(t - 1) - V(t)
    less the reset. The sum is put in order of V, so that a step needs its own alone: V(t) meets
    d_V(t + 1) - d_V(t), where d_V(t) = alpha d_V(t + 1) + d_fire (see `through_time`).
    """
    return V * (gain * d_V_next - d_fire) - select(z, B * d_V_next, 0.0)
