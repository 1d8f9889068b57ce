"""Draw the manual's plots: plots.py FIGURES.csv PICTURE.svg.

A group of bars for each line, a bar for each column of numbers.  doc/conf.py calls it.
"""

import csv
import sys
from html import escape
from pathlib import Path

COLOURS = ("#9aa5b1", "#e0a458", "#c8553d", "#2a6f97")
LEFT, WIDTH, BAR, GAP, TOP = 210, 620, 14, 16, 34


def text(x, y, words, anchor="start"):
    return f'<text x="{x}" y="{y}" text-anchor="{anchor}">{escape(words)}</text>'


def svg(width, height, parts, size=13):
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" font-size="{size}" font-family="sans-serif" '
        'fill="#333">'
    )
    return "\n".join([head, *parts, "</svg>", ""])


def bars(rows):
    """The drawing's height, and what is in it."""
    _, *names = rows[0]
    numbers = [[float(value) for value in row[1:]] for row in rows[1:]]
    scale = (WIDTH - LEFT - 80) / max(map(max, numbers))
    parts, y = [], TOP
    for place, (name, colour) in enumerate(zip(names, COLOURS)):
        x = LEFT + place * 110
        parts += [f'<rect x="{x}" y="8" width="12" height="12" fill="{colour}"/>']
        parts += [text(x + 17, 18, name)]
    for row, values in zip(rows[1:], numbers):
        parts.append(text(LEFT - 10, y + len(values) * BAR / 2 + 4, row[0], "end"))
        for value, colour in zip(values, COLOURS):
            width = max(1, round(value * scale, 1))
            parts.append(
                f'<rect x="{LEFT}" y="{y}" width="{width}" height="{BAR - 2}" fill="{colour}"/>'
            )
            parts.append(text(LEFT + width + 5, y + BAR - 4, f"{value:,.0f}"))
            y += BAR
        y += GAP
    return y, parts


def draw(source, target):
    with open(source, newline="", encoding="utf-8") as file:
        height, parts = bars(list(csv.reader(file)))
    target.parent.mkdir(exist_ok=True)
    target.write_text(svg(WIDTH, height, parts, 12), encoding="utf-8")


if __name__ == "__main__":
    draw(sys.argv[1], Path(sys.argv[2]))
