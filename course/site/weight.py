"""Make built pages light: what they load is what they show.

- Of the theme's icons, a font with those in use takes the place of a script with all of them.
- Pictures inside a page become files, and pictures are loaded when a reader comes near them; their
  sizes are told, so that nothing jumps when they arrive.
"""

import base64
import hashlib
import re
import struct
from collections.abc import Iterator
from pathlib import Path

from fontTools import subset

_ICON_SCRIPT = re.compile(r"\s*<script[^>]*/fontawesome\.js[^>]*></script>")
_ICON_COMMENT = re.compile(r"\s*<!-- So that users can add custom icons -->")
_IMAGE = re.compile(r"<img\b[^>]*>")
_SOURCE = re.compile(r'\bsrc="([^"]*)"')
_DATA = "data:image/png;base64,"
_FONTS = Path("_static/vendor/fontawesome/webfonts")


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
        light = _IMAGE.sub(lambda found, page=page: _image(found[0], page, html), light)
        if light != text:
            page.write_text(light, "utf8")
    static = html / "_static"
    _keep_icons(html / _FONTS, set(_icons(html)))
    for needless in (*static.rglob("*.map"), static / "scripts" / "fontawesome.js"):
        needless.unlink(missing_ok=True)


def _image(tag: str, page: Path, html: Path) -> str:
    found = _SOURCE.search(tag)
    if found is None or 'loading="' in tag:
        return tag
    source = found[1]
    if source.startswith(_DATA):
        picture = base64.b64decode(source.removeprefix(_DATA))
        file = html / "_images" / f"{hashlib.sha256(picture).hexdigest()}.png"
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(picture)
        depth = len(page.relative_to(html).parts) - 1
        tag = tag.replace(source, f"{'../' * depth}_images/{file.name}")
    else:
        file = page.parent / source
    more = ' loading="lazy"' if "_images" in file.parts else ""
    if more and " width=" not in tag and file.suffix == ".png" and file.is_file():
        width, height = struct.unpack(">II", file.read_bytes()[16:24])
        more += f' width="{width}" height="{height}"'
    end = "/>" if tag.endswith("/>") else ">"
    return tag.removesuffix(end).rstrip() + more + end


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
        for code in re.findall(r'(?:content|--pst-[a-z-]+):\s*"\\(f[0-9a-f]{3})"', _rules(file)):
            yield int(code, 16)


def _rules(sheet: Path) -> str:
    """A style sheet without the rules of single icons."""
    return re.sub(r"\.fa-[^{}]*\{[^{}]*\}", "", sheet.read_text("utf8"))


def _keep_icons(fonts: Path, codes: set[int]) -> None:
    for font in fonts.glob("*.woff2"):
        options = subset.Options(flavor="woff2", layout_features=[], notdef_outline=True)
        # The theme's own font, which a build before this one may have made smaller.
        whole = subset.load_font(font.with_suffix(".ttf"), options)
        chosen = subset.Subsetter(options)
        chosen.populate(unicodes=codes)
        chosen.subset(whole)
        subset.save_font(whole, font, options)
