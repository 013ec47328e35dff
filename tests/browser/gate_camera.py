"""What a fake camera is fed: moving, turned, blurred codes as an mjpeg, which is JPEG after JPEG."""

import io
from collections.abc import Sequence
from pathlib import Path

import segno
from PIL import Image, ImageFilter

WALL = (112, 120, 117)
SIZE = (1280, 720)


def code(text: str, pixels: int = 4) -> Image.Image:
    """The symbol as it is printed: the address in bytes, the digits of a token in numeric mode."""
    address, mark, digits = text.rpartition("#")
    parts = [(f"{address}#", 4), (digits, 1)] if mark and digits.isdigit() else text
    buffer = io.BytesIO()
    segno.make(parts, error="m", boost_error=False, micro=False).save(buffer, kind="png", scale=pixels, border=4)
    return Image.open(buffer).convert("RGB")


def frame(codes: Sequence[Image.Image], turn: float, shift: int, blur: float) -> bytes:
    picture = Image.new("RGB", SIZE, WALL)
    for place, symbol in enumerate(codes, start=1):
        turned = symbol.rotate(turn, expand=True, fillcolor=WALL, resample=Image.Resampling.BICUBIC)
        left = SIZE[0] * place // (len(codes) + 1) - turned.width // 2 + shift
        picture.paste(turned, (left, (SIZE[1] - turned.height) // 2 + shift // 2))
    buffer = io.BytesIO()
    picture.filter(ImageFilter.GaussianBlur(blur)).save(buffer, "JPEG", quality=82)
    return buffer.getvalue()


def hold(feed: Path, picture: Image.Image) -> None:
    """Put a whole picture before the camera, a little turned."""
    frames = []
    for step in range(4):
        buffer = io.BytesIO()
        turned = picture.convert("RGB").rotate(step - 2, fillcolor=WALL, resample=Image.Resampling.BICUBIC)
        turned.save(buffer, "JPEG", quality=88)
        frames.append(buffer.getvalue())
    beside = feed.with_suffix(".new")
    beside.write_bytes(b"".join(frames))
    beside.replace(feed)


def show(feed: Path, *texts: str, pixels: int = 4, blur: float = 0.7) -> None:
    """Put these codes before the camera; none = a wall."""
    codes = [code(text, pixels) for text in texts]
    frames = [frame(codes, turn=-14 + 4 * step, shift=6 * (step % 4), blur=blur) for step in range(6)]
    beside = feed.with_suffix(".new")
    beside.write_bytes(b"".join(frames))
    beside.replace(feed)
