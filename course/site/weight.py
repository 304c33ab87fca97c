"""Make built pages light: what they load is what they show.

- Of the theme's icons, a font with those in use takes the place of a script with all of them.
- Pictures inside a page become files, and pictures are loaded when a reader comes near them; their
  sizes are told, so that nothing jumps when they arrive.
"""

import base64
import hashlib
import logging
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import numpy as np
from fontTools import subset
from PIL import Image

from course.site.stacking import Box, Ink, panels

_ICON_SCRIPT = re.compile(r"\s*<script[^>]*/fontawesome\.js[^>]*></script>")
_ICON_COMMENT = re.compile(r"\s*<!-- So that users can add custom icons -->")
_IMAGE = re.compile(r"<img\b[^>]*>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')
_DATA = "data:image/png;base64,"
SHOWN = 100  # pixels an inch at which figures are shown
LEAST = 72  # with as many, text of 9 points is 9 pixels high, and can be read
PHONE = 4.5  # inches of a figure that a phone can show so
WHITE = 250
_FONTS = Path("_static/vendor/fontawesome/webfonts")


logging.getLogger("fontTools").setLevel(logging.WARNING)


def lighten(html: Path) -> None:
    """Lighten all pages of a website, in place; pages that are light already stay as they are.

    Parameters
    ----------
    html : Path
        The folder that Sphinx has written.
    """
    for page in html.rglob("*.html"):
        text = page.read_text("utf8")
        light = _ICON_COMMENT.sub("", _ICON_SCRIPT.sub("", text))
        light = _IMAGE.sub(partial(_of_page, page, html), light)
        if light != text:
            page.write_text(light, "utf8")
    static = html / "_static"
    _keep_icons(html / _FONTS, set(_icons(html)))
    for needless in (*static.rglob("*.map"), static / "scripts" / "fontawesome.js"):
        needless.unlink(missing_ok=True)


def _of_page(page: Path, html: Path, found: re.Match[str]) -> str:
    return _image(found[0], page, html)


def _image(tag: str, page: Path, html: Path) -> str:
    """The tag of an image with a file, its size and, if it is wide, its form for a phone."""
    told = dict(_ATTRIBUTE.findall(tag))
    source = told.get("src", "")
    if "loading" in told or not (source.startswith(_DATA) or source.endswith(".png")):
        return tag
    file = page.parent / source
    if source.startswith(_DATA):
        data = base64.b64decode(source.removeprefix(_DATA))
        file = html / "_images" / f"{hashlib.sha256(data).hexdigest()}.png"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(data)
        told["src"] = "../" * (len(page.relative_to(html).parts) - 1) + f"_images/{file.name}"
    ink, dots = _picture(file)
    height, width = ink.shape
    shown = float(told.get("width", width / dots * SHOWN))
    told |= {"width": f"{shown:.0f}", "height": f"{shown * height / width:.0f}", "loading": "lazy"}
    label = f' data-label="{told.pop("data-label")}"' if "data-label" in told else ""
    label += " hidden" * (" hidden" in _ATTRIBUTE.sub("", tag))
    whole = "<img" + "".join(f' {name}="{value}"' for name, value in told.items()) + ">"
    if width / dots <= PHONE or "whole" in told.get("class", "").split():
        return f'<span class="picture"{label}>{whole}</span>'
    parts = panels(ink, dots, PHONE)
    stacked = "".join(_part(told, box, ink.shape, dots, box is parts[0]) for box in parts)
    return (
        f'<span class="picture"{label}><span class="picture-wide">{whole}</span>'
        f'<span class="picture-stacked">{stacked}</span></span>'
    )


def _picture(file: Path) -> tuple[Ink, float]:
    """Where a picture is not white, and its dots an inch; its file in few colours from now on."""
    with Image.open(file) as opened:
        dots = float(opened.info.get("dpi", (SHOWN, SHOWN))[0])  # told by figures of matplotlib
        few = opened.copy() if opened.mode == "P" else _few_colours(opened)
    few.save(file, format="PNG", optimize=True, dpi=(dots, dots))
    return np.less(np.asarray(few.convert("L")), WHITE), dots


def _few_colours(picture: Image.Image) -> Image.Image:
    """On white, in 256 colours, which takes about a third of the bytes."""
    white = Image.new("RGBA", picture.size, "white")
    white.alpha_composite(picture.convert("RGBA"))
    return white.convert("RGB").quantize(256, dither=Image.Dither.NONE)


def _part(told: dict[str, str], box: Box, shape: tuple[int, ...], dots: float, first: bool) -> str:
    """A panel: the same file, moved behind a window of the panel's size."""
    wide, high = box.right - box.left, box.bottom - box.top
    place = {"width": shape[1] / wide, "left": -box.left / wide, "top": -box.top / high}
    style = ";".join(f"{name}:{100 * share:.2f}%" for name, share in place.items())
    alt = told.get("alt", "") if first else ""
    return (
        f'<span class="picture-part" style="--least:{wide / dots * LEAST:.0f}px;'
        f'aspect-ratio:{wide}/{high}">'
        f'<img src="{told["src"]}" alt="{alt}" loading="lazy" style="{style}"></span>'
    )


def _icons(html: Path) -> Iterator[int]:
    """Codes of the icons that pages, scripts and style sheets can show."""
    static = html / "_static"
    sheet = (static / "styles" / "pydata-sphinx-theme.css").read_text("utf8")
    codes = {
        name: int(code, 16)
        for names, code in re.findall(
            r'((?:\.fa-[a-z0-9-]+:before,?)+)\{content:"\\([0-9a-f]+)"', sheet
        )
        for name in re.findall(r"\.(fa-[a-z0-9-]+):before", names)
    }
    for file in (*html.rglob("*.html"), *static.glob("scripts/*.js")):
        for name in set(re.findall(r"\bfa-[a-z0-9-]+", file.read_text("utf8"))):
            if name in codes:
                yield codes[name]
    for file in (*static.glob("*.css"), *static.glob("styles/*.css")):
        rules = _rules(file)
        for code in re.findall(r'"\\(f[0-9a-f]{3})"', rules):
            yield int(code, 16)
        yield from {ord(mark) for mark in re.findall("[\uf000-\uf8ff]", rules)}


def _rules(sheet: Path) -> str:
    """A style sheet without the rules of single icons."""
    return re.sub(r"\.fa-[^{}]*\{[^{}]*\}", "", sheet.read_text("utf8"))


def _keep_icons(fonts: Path, codes: set[int]) -> None:
    for font in fonts.glob("*.woff2"):
        options = subset.Options(flavor="woff2", layout_features=[], notdef_outline=True)
        # The theme's own font, which a build before this one may have made smaller.
        with subset.load_font(font.with_suffix(".ttf"), options) as whole:
            chosen = subset.Subsetter(options)
            chosen.populate(unicodes=codes)
            chosen.subset(whole)
            subset.save_font(whole, font, options)
