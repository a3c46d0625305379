"""GPR's loss, one cell at a time, written from the equations of methods.md, section 6."""

import math


def gpr_cell(logit, state, proposal, weight, *, w, b, mu, sigma, q2, q3, lam1, lam2, rho):
    p = 1 / (1 + math.exp(-logit))
    if state == 1:
        return -math.log(p)
    if state == -1:
        return -math.log(1 - p)
    k = 1 / (1 + math.exp(-(w * p + b)))
    v = math.exp(-0.5 * ((p - mu) / sigma) ** 2)
    if proposal == 1:
        trust = max(lam2, min(lam1, 1 - v))
        return weight * trust * (-rho * math.log(p) - (1 - rho) * math.log(1 - p))
    if proposal == -1:
        return weight * v * -math.log(1 - p)
    return v * (k * (1 - p**q2) / q2 + (1 - k) * (1 - (1 - p) ** q3) / q3)
