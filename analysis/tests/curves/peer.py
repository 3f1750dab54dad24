"""Curves and what numpy and scipy make of them, one line of numbers each: "name number number ...".

Run: python peer.py (numpy, scipy). The fits are scipy.optimize.curve_fit with its own start near
the truth and tight tolerances, so that both stand at the same minimum.
"""

import numpy as np
from scipy.optimize import curve_fit
from scipy.signal import savgol_filter

RNG = np.random.default_rng(20261121)


def say(name, values):
    print(name, *(repr(float(value)) for value in np.atleast_1d(values)))


def operations():
    x = np.sort(RNG.uniform(-5, 5, 211))
    y = 40 * np.exp(-x**2) + 3 + RNG.normal(0, 0.5, x.size)
    sigma = RNG.uniform(0.1, 0.9, x.size)
    # Beyond the ends of the second curve there is nothing.
    other_x = np.sort(RNG.uniform(-4, 6, 157))
    other_y = 5 + np.cos(other_x)
    for name, values in [("x", x), ("y", y), ("sigma", sigma), ("other_x", other_x), ("other_y", other_y)]:
        say(name, values)
    between = np.interp(x, other_x, other_y, left=np.nan, right=np.nan)
    say("minus", y - between)
    say("over", y / between)
    say("monitor", y / between * other_y.mean())
    say("derivative", np.gradient(y, x))
    say("sum", np.cumsum(y))
    say("sum_sigma", np.sqrt(np.cumsum(sigma**2)))
    say("maximum", y / y.max())
    say("area", y / np.trapezoid(y, x))
    say("point", y / np.interp(0.25, x, y))
    even = np.linspace(-3, 3, 101)
    say("even", even)
    noisy = np.sin(even) + RNG.normal(0, 0.1, even.size)
    say("noisy", noisy)
    say("smooth_7_2", savgol_filter(noisy, 7, 2))
    say("smooth_21_5", savgol_filter(noisy, 21, 5))


def gauss(x, height, centre, fwhm):
    return height * np.exp(-4 * np.log(2) * ((x - centre) / fwhm) ** 2)


def lorentz(x, height, centre, fwhm):
    return height / (1 + 4 * ((x - centre) / fwhm) ** 2)


def pseudo_voigt(x, height, centre, fwhm, eta):
    return eta * lorentz(x, height, centre, fwhm) + (1 - eta) * gauss(x, height, centre, fwhm)


def area(values):
    height, centre, fwhm, eta = values
    return height * fwhm * (eta * np.pi / 2 + (1 - eta) * np.sqrt(np.pi / np.log(2)) / 2)


def fit(name, shape, truth, line, has_sigma, span=(-4, 6), count=301):
    whole = np.linspace(*span, count)
    # Around the middle, or the steps of its derivatives are wider than a narrow peak.
    middle = (whole[0] + whole[-1]) / 2
    x = whole - middle
    truth = [(height, centre - middle, *rest) for height, centre, *rest in truth]
    size = len(truth[0])

    def model(x, constant, slope, *peaks):
        of = [shape(x, *peaks[at : at + size]) for at in range(0, len(peaks), size)]
        return constant + slope * x + sum(of)

    exact = model(x, *line, *np.ravel(truth))
    sigma = np.sqrt(np.abs(exact)) + 0.5
    y = exact + RNG.normal(0, 1, x.size) * sigma
    start = [*line, *np.ravel(truth)]
    best, cov = curve_fit(model, x, y, start, sigma=sigma if has_sigma else None, absolute_sigma=has_sigma,
                          ftol=1e-15, xtol=1e-15, gtol=1e-15, maxfev=100000)
    say(f"{name}.x", whole)
    say(f"{name}.y", y)
    if has_sigma:
        say(f"{name}.sigma", sigma)
    shown = best.copy()
    shown[3::size] += middle
    say(f"{name}.best", shown)
    say(f"{name}.errors", np.sqrt(np.diag(cov)))
    # The area and its error by the slopes of it, numerically.
    own = np.array(best[2 : 2 + size])
    eta = {3: 1.0 if shape is lorentz else 0.0}.get(size)
    all_of = (lambda v: area([*v, eta])) if eta is not None else area
    steps = np.maximum(np.abs(own), 1e-3) * 1e-6
    slopes = [(all_of(own + e) - all_of(own - e)) / (2 * np.abs(e).sum()) for e in np.diag(steps)]
    slopes = np.array(slopes)
    say(f"{name}.area", [all_of(own), np.sqrt(slopes @ cov[2 : 2 + size, 2 : 2 + size] @ slopes)])


operations()
fit("gauss", gauss, [(500, 1.2, 0.9)], (20, 1.5), True)
fit("gauss_bare", gauss, [(500, 1.2, 0.9)], (20, 1.5), False)
fit("lorentz", lorentz, [(300, 0.7, 0.5)], (15, -0.8), True)
fit("pseudo-voigt", pseudo_voigt, [(800, 1.0, 0.8, 0.4)], (10, 0.3), True)
fit("pseudo-voigt_bare", pseudo_voigt, [(800, 1.0, 0.8, 0.4)], (10, 0.3), False)
fit("gauss_two", gauss, [(400, -1.0, 0.8), (250, 2.5, 1.2)], (12, 0.5), True)
fit("lorentz_far", lorentz, [(4000, 12001.2, 0.02)], (15, -0.8), True, (12001.0, 12001.5), 501)
