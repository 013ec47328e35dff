"""A printed code as a camera sees it on a bad day: fourteen conditions, each drawn from a seed, ten pixels a mm."""

import io
import math
import random
from collections.abc import Callable, Mapping

import segno
from PIL import Image, ImageChops, ImageDraw, ImageFilter

PIXELS_A_MM = 10
Picture = Image.Image


def printed(text: str, width_mm: float) -> Picture:
    """The code with its quiet zone, that wide, on a white page with room around it."""
    url, _, digits = text.partition("#")
    code = segno.make([(f"{url}#", 4), (digits, 1)], error="m", boost_error=False, micro=False)
    drawn = io.BytesIO()
    code.save(drawn, kind="png", scale=8, border=4)
    size = round(width_mm * PIXELS_A_MM)
    page = Image.new("L", (size + 160, size + 160), "white")
    page.paste(Image.open(drawn).convert("L").resize((size, size), Image.Resampling.LANCZOS), (80, 80))
    return page


def _smaller(picture: Picture, by: float) -> Picture:
    return picture.resize((round(picture.width * by), round(picture.height * by)), Image.Resampling.BILINEAR)


def _turned(picture: Picture, degrees: float) -> Picture:
    return picture.rotate(degrees, Image.Resampling.BICUBIC, expand=True, fillcolor=255)


def _blurred(picture: Picture, mm: float) -> Picture:
    return picture.filter(ImageFilter.GaussianBlur(mm * PIXELS_A_MM))


def _moved(picture: Picture, mm: float, degrees: float) -> Picture:
    """Smeared along a line."""
    steps = max(2, round(mm * PIXELS_A_MM))
    whole: Picture | None = None
    for step in range(steps):
        far = step - steps / 2
        seen = ImageChops.offset(
            picture, round(far * math.cos(math.radians(degrees))), round(far * math.sin(math.radians(degrees)))
        )
        whole = seen if whole is None else Image.blend(whole, seen, 1 / (step + 1))
    return whole or picture


def _seen_from_the_side(picture: Picture, degrees: float) -> Picture:
    """As a camera sees a page that is turned away, from three times its width."""
    width, height = picture.size
    away = math.sin(math.radians(degrees)) / 6
    narrower = math.cos(math.radians(degrees))
    left, right = (1 - narrower) / 2, (1 + narrower) / 2
    near, far = 1 / (1 - away), 1 / (1 + away)
    corners = [  # where the page's corners come to lie
        (left * width, height * (1 - near) / 2),
        (right * width, height * (1 - far) / 2),
        (right * width, height * (1 + far) / 2),
        (left * width, height * (1 + near) / 2),
    ]
    coefficients = _perspective(corners, [(0, 0), (width, 0), (width, height), (0, height)])
    return picture.transform(
        picture.size, Image.Transform.PERSPECTIVE, coefficients, Image.Resampling.BICUBIC, fillcolor=255
    )


def _perspective(there: list[tuple[float, float]], here: list[tuple[float, float]]) -> list[float]:
    """The eight numbers of the transform that takes each point there to the one here (Gauss)."""
    rows = []
    for (x, y), (u, v) in zip(there, here, strict=True):
        rows.append([x, y, 1, 0, 0, 0, -u * x, -u * y, u])
        rows.append([0, 0, 0, x, y, 1, -v * x, -v * y, v])
    for at in range(8):
        best = max(range(at, 8), key=lambda row: abs(rows[row][at]))
        rows[at], rows[best] = rows[best], rows[at]
        rows[at] = [value / rows[at][at] for value in rows[at]]
        for row in range(8):
            if row != at:
                factor = rows[row][at]
                rows[row] = [a - factor * b for a, b in zip(rows[row], rows[at], strict=True)]
    return [row[8] for row in rows]


def _pale(picture: Picture, least: int, most: int) -> Picture:
    """Low contrast, and darker to one side."""
    pale = picture.point([least + (most - least) * value // 255 for value in range(256)])
    shade = Image.linear_gradient("L").resize(picture.size).point([200 + value // 5 for value in range(256)])
    return ImageChops.multiply(pale, shade)


def _dirty(picture: Picture, share: float, chance: random.Random) -> Picture:
    """Spots over that share of it."""
    soiled = picture.copy()
    draw, left = ImageDraw.Draw(soiled), share * picture.width * picture.height
    while left > 0:
        radius = chance.uniform(0.4, 1.6) * PIXELS_A_MM
        x, y = chance.uniform(0, picture.width), chance.uniform(0, picture.height)
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=chance.randrange(40, 200))
        left -= math.pi * radius * radius
    return soiled


def _noisy(picture: Picture, sigma: float) -> Picture:
    noise = Image.effect_noise(picture.size, sigma)
    return ImageChops.add(picture, noise, scale=1, offset=-128)


def _as_jpeg(picture: Picture, quality: int) -> Picture:
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=quality)
    return Image.open(file).convert("L")


def _on_site(picture: Picture, chance: random.Random, hard: float) -> Picture:
    seen = _turned(_dirty(picture, 0.02 * hard, chance), chance.uniform(-25, 25))
    seen = _seen_from_the_side(seen, chance.uniform(10, 25) * hard)
    seen = _blurred(_pale(seen, 50, 200), 0.08 * hard)
    return _as_jpeg(_noisy(_smaller(seen, 0.75 / hard), 10 * hard), 55)


Condition = Callable[[Picture, random.Random], Picture]
CONDITIONS: Mapping[str, Condition] = {
    "clean": lambda page, _: page,
    "30 % smaller": lambda page, chance: _smaller(_turned(page, chance.uniform(-3, 3)), 0.7),
    "half the pixels": lambda page, chance: _smaller(_turned(page, chance.uniform(-3, 3)), 0.5),
    "blur 0.15 mm": lambda page, _: _blurred(page, 0.15),
    "blur 0.25 mm": lambda page, _: _blurred(page, 0.25),
    "motion 0.6 mm": lambda page, chance: _moved(page, 0.6, chance.uniform(0, 180)),
    "from 30°": lambda page, chance: _seen_from_the_side(_turned(page, chance.uniform(-5, 5)), 30),
    "from 50°": lambda page, chance: _seen_from_the_side(_turned(page, chance.uniform(-5, 5)), 50),
    "low contrast": lambda page, chance: _pale(_turned(page, chance.uniform(-3, 3)), 90, 170),
    "dirt 4 %": lambda page, chance: _dirty(page, 0.04, chance),
    "dirt 8 %": lambda page, chance: _dirty(page, 0.08, chance),
    "dirt 12 %": lambda page, chance: _dirty(page, 0.12, chance),
    "on site": lambda page, chance: _on_site(page, chance, 1.0),
    "on site, hard": lambda page, chance: _on_site(page, chance, 1.6),
}


def seen(text: str, width_mm: float, condition: str, seed: int) -> Picture:
    """That code, printed that wide, under that condition."""
    return CONDITIONS[condition](printed(text, width_mm), random.Random(f"{condition} {seed}"))  # noqa: S311 drawn, no secret
