# SPDX-License-Identifier: BSD-2-Clause
"""Plots as SVG, by hand: lines over a logarithmic axis, readable on light and on dark pages, without any library.

    plot("Call, by users", "registered users", "µs of CPU", [("call", [(1000, 40.1), (1000000, 43.0)])])"""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 640, 360
LEFT, RIGHT, TOP, BOTTOM = 64, 24, 44, 60
COLOURS = ("#0b6bcb", "#c2410c", "#15803d", "#7e22ce")
DARK = ("#6cb6ff", "#f69d50", "#6bc46d", "#dcbdfb")
STYLE = """<style>
text { font: 13px sans-serif; fill: #1f2328 } .title { font-weight: bold; font-size: 15px }
.grid { stroke: #d1d9e0; stroke-width: 1 } .axis { stroke: #59636e; stroke-width: 1 } .page { fill: #ffffff }
%s
@media (prefers-color-scheme: dark) { text { fill: #f0f6fc } .grid { stroke: #3d444d } .axis { stroke: #9198a1 } .page { fill: #0d1117 } %s }
</style>"""


def steps(most, wanted=5):
    """Round numbers from 0 to one that is not below `most`."""
    rough = max(most, 1e-9) / wanted
    size = 10 ** math.floor(math.log10(rough))
    step = size * next(n for n in (1, 2, 2.5, 5, 10) if n * size >= rough * (1 - 1e-9))
    return [i * step for i in range(math.ceil(most / step - 1e-9) + 1)]


def decades(least, most):
    """Powers of ten from at most the least to at least the most."""
    first, last = math.floor(math.log10(least) + 1e-9), math.ceil(math.log10(most) - 1e-9)
    return [10 ** n for n in range(first, max(last, first + 1) + 1)]


def short(value):
    """1000 as 1k, 2500000 as 2.5M."""
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if value >= size:
            return "%g%s" % (value / size, letter)
    return "%g" % value


def text(x, y, words, anchor="middle", more=""):
    return '<text x="%.1f" y="%.1f" text-anchor="%s"%s>%s</text>' % (x, y, anchor, more, escape(words))


def line(kind, x1, y1, x2, y2):
    return '<line class="%s" x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f"/>' % (kind, x1, y1, x2, y2)


def style():
    def of(colours):
        return " ".join(".l%d { stroke: %s; fill: none; stroke-width: 2 } .d%d { fill: %s }" % (i, c, i, c) for i, c in enumerate(colours))
    return STYLE % (of(COLOURS), of(DARK))


def plot(title, x_label, y_label, series):
    """The whole file; series are (name, [(x > 0, y >= 0), ...]), at least one with a point. The y axis begins at 0."""
    points = [point for _, some in series for point in some]
    ys, xs = steps(1.1 * max(y for _, y in points)), decades(min(x for x, _ in points), max(x for x, _ in points))
    low, high = math.log10(xs[0]), math.log10(xs[-1])

    def at_x(x):
        return LEFT + (WIDTH - LEFT - RIGHT) * (math.log10(x) - low) / (high - low)

    def at_y(y):
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * y / ys[-1]

    out = ['<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" width="%d" height="%d" role="img">' % (WIDTH, HEIGHT, WIDTH, HEIGHT),
           "<title>%s</title>" % escape(title), style(), '<rect class="page" width="%d" height="%d"/>' % (WIDTH, HEIGHT),
           text(LEFT, 24, title, "start", ' class="title"')]
    for y in ys:
        out += [line("grid", LEFT, at_y(y), WIDTH - RIGHT, at_y(y)), text(LEFT - 8, at_y(y) + 4, short(y), "end")]
    for x in xs:
        out += [line("grid", at_x(x), TOP, at_x(x), at_y(0)), text(at_x(x), at_y(0) + 18, short(x))]
    out += [line("axis", LEFT, at_y(0), WIDTH - RIGHT, at_y(0)), line("axis", LEFT, TOP, LEFT, at_y(0)),
            text((LEFT + WIDTH - RIGHT) / 2, at_y(0) + 38, x_label),
            text(0, 0, y_label, more=' transform="translate(16 %.1f) rotate(-90)"' % ((TOP + at_y(0)) / 2))]
    for i, (name, some) in enumerate(series):
        colour = i % len(COLOURS)
        out.append('<polyline class="l%d" points="%s"/>' % (colour, " ".join("%.1f,%.1f" % (at_x(x), at_y(y)) for x, y in some)))
        out += ['<circle class="d%d" cx="%.1f" cy="%.1f" r="3.5"/>' % (colour, at_x(x), at_y(y)) for x, y in some]
        out += ['<circle class="d%d" cx="%.1f" cy="%.1f" r="5"/>' % (colour, LEFT + 12 + 150 * i, HEIGHT - 10),
                text(LEFT + 22 + 150 * i, HEIGHT - 6, name, "start")]
    return "\n".join(out + ["</svg>", ""])
