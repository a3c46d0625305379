"""VLPL's loss, one cell at a time, written from the equations of methods.md."""

import math


def vlpl_cell(logit, state, proposal, *, alpha, beta, beta_negative, smoothing):
    p = 1 / (1 + math.exp(-logit))

    def ell(x):
        return -math.log(x + 1e-5)

    if state == 1:
        return ell(p)
    if state == -1:
        return ell(1 - p)
    if proposal == 1:
        return beta * (smoothing * ell(p) + (1 - smoothing) * ell(1 - p))
    if proposal == -1:
        return beta_negative * ((1 - smoothing) * ell(p) + smoothing * ell(1 - p))
    return -alpha * (p * ell(p) + (1 - p) * ell(1 - p))
