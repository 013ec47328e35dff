"""Drawings made by rule: the engraved band of a diploma, and pictures in a frame that the page's program can read.

The same input gives the same bytes: sines rounded to hundredths of a millimetre, nothing random.
"""

import base64
from functools import lru_cache
from math import pi, sin

BAND_WIDTH, BAND_HEIGHT = 11.0, 297.0  # millimetres
_STEP = 1.5  # between two points of a line
_LINES = 9
_LONG, _SHORT = 49.5, 16.5  # millimetres in which a wave comes back; both go into the height evenly


@lru_cache(maxsize=64)
def engraving(accent: str) -> str:
    """The band at a page's edge, as SVG: fine lines that swing through each other on a ground of the same colour."""
    lines = "".join(
        f'<path d="{_path(number)}" fill="none" stroke="#fff" stroke-opacity="{0.34 if number % 2 else 0.22}" '
        'stroke-width=".16"/>'
        for number in range(2 * _LINES)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {BAND_WIDTH:g} {BAND_HEIGHT:g}">'
        f'<path d="M0 0h{BAND_WIDTH:g}v{BAND_HEIGHT:g}H0z" fill="{accent}"/>{lines}</svg>'
    )


def _path(number: int) -> str:
    """One line from the top to the bottom."""
    turn = 2 * pi * (number % _LINES) / _LINES
    mirrored = -1 if number >= _LINES else 1
    points = []
    for count in range(int(BAND_HEIGHT / _STEP) + 1):
        y = count * _STEP
        swing = 3.6 * sin(2 * pi * y / _LONG + turn / 3) + 1.3 * sin(2 * pi * y / _SHORT + turn)
        points.append(f"{BAND_WIDTH / 2 + mirrored * swing:.2f} {y:g}")
    return "M" + "L".join(points)


def framed(picture: bytes, kind: str, width: int, height: int) -> str:
    """A picture of that many pixels, as SVG: the only way in which a page's program is handed one.

    kind  png or jpeg
    """
    data = base64.b64encode(picture).decode()
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '
        f'viewBox="0 0 {width} {height}" width="{width}" height="{height}">'
        f'<image width="{width}" height="{height}" xlink:href="data:image/{kind};base64,{data}"/></svg>'
    )
