"""Pictures with a slider, alive in a notebook and on a website without a kernel.

JupyterLab shows an ipywidgets view. A website shows HTML that holds every picture and a native
slider; a few lines of script (`book/_static/explorer.js`) switch between them, and without any
script the first picture stays. No widget library has to be loaded by a page for that.
"""

import base64
import io
from collections.abc import Callable, Iterable
from html import escape
from typing import Any

import matplotlib.pyplot as plt
from matplotlib.figure import Figure
from PIL import Image

# Drawn at twice the shown size, so that text is sharp on fine screens.
SHOWN_DPI = 72
DRAWN_DPI = 144
COLOURS = 128


def explore(
    draw: Callable[[Any], Figure],
    name: str,
    values: Iterable[Any],
    *,
    value: Any = None,
    alt: Callable[[Any], str],
) -> "Explorer":
    """Show what `draw` draws, with a slider for its argument.

    Parameters
    ----------
    draw : callable
        `draw(value)` returns a matplotlib figure; all figures have one size.
    name : str
        What the slider changes, as its label.
    values : iterable
        The values of the slider, in order; each is labelled `str(value)`.
    value : optional
        The value shown first; the first of `values` if not given.
    alt : callable
        `alt(value)` returns the text alternative of the picture: what a reader should see.

    Returns
    -------
    Explorer
        The last expression of a cell displays it.

    Raises
    ------
    ValueError
        If `values` is empty or does not hold `value`, or a text alternative is empty.

    Examples
    --------
    >>> def draw(gamma):
    ...     figure, axes = plt.subplots(figsize=(3, 2))
    ...     axes.plot([gamma**t for t in range(20)])
    ...     return figure
    >>> explorer = explore(
    ...     draw, "discount", [0.5, 0.9], value=0.9,
    ...     alt=lambda gamma: f"Weights of later rewards, falling by the factor {gamma} a step",
    ... )
    >>> explorer.alts[1]
    'Weights of later rewards, falling by the factor 0.9 a step'
    """
    values = list(values)
    if not values:
        raise ValueError("values is empty; it must hold at least one value")
    if value is not None and value not in values:
        raise ValueError(f"value is {value!r}; it must be one of values, {values}")
    alts = [alt(each) for each in values]
    for each, text in zip(values, alts, strict=True):
        if not text.strip():
            raise ValueError(f"alt({each!r}) is empty; it must say what the picture shows")
    first = 0 if value is None else values.index(value)
    pictures = [_png(draw(each)) for each in values]
    return Explorer(name, [str(each) for each in values], alts, pictures, first)


class Explorer:
    """Labelled pictures behind one slider; made by :func:`explore`."""

    def __init__(
        self, name: str, labels: list[str], alts: list[str], pictures: list[bytes], first: int
    ) -> None:
        self.name = name
        self.labels = labels
        self.alts = alts
        self.pictures = pictures
        self.first = first

    def _image(self, index: int, attributes: str = "") -> str:
        data = self.pictures[index]
        width, height = (
            round(pixels * SHOWN_DPI / DRAWN_DPI) for pixels in Image.open(io.BytesIO(data)).size
        )
        return (
            f'<img src="data:image/png;base64,{base64.b64encode(data).decode()}" '
            f'width="{width}" height="{height}" alt="{escape(self.alts[index])}"{attributes}>'
        )

    def _html(self) -> str:
        name, label = escape(self.name), escape(self.labels[self.first])
        images = "\n".join(
            self._image(
                index,
                f' data-label="{escape(text)}"' + ("" if index == self.first else " hidden"),
            )
            for index, text in enumerate(self.labels)
        )
        return (
            '<div class="explorer">\n'
            f'<div class="explorer-control" hidden><label>{name} '
            f'<input type="range" min="0" max="{len(self.labels) - 1}" value="{self.first}" '
            f'autocomplete="off" aria-valuetext="{label}"></label> '
            # The slider itself announces its value; saying it twice would only delay.
            f'<output aria-live="off">{label}</output></div>\n'
            f"{images}\n</div>"
        )

    def live(self) -> Any:
        """Return the ipywidgets view, or None where ipywidgets cannot be imported."""
        try:
            import ipywidgets
        except ImportError:
            return None
        slider = ipywidgets.SelectionSlider(
            options=[(label, index) for index, label in enumerate(self.labels)],
            value=self.first,
            description=self.name,
            style={"description_width": "initial"},
        )
        picture = ipywidgets.HTML(self._image(self.first))
        slider.observe(
            lambda change: setattr(picture, "value", self._image(change["new"])), names="value"
        )
        return ipywidgets.VBox([slider, picture])

    def _repr_mimebundle_(self, include: Any = None, exclude: Any = None) -> dict[str, Any]:
        view = self.live()
        bundle = {} if view is None else view._repr_mimebundle_()
        return {**bundle, "text/plain": repr(self), "text/html": self._html()}

    def __repr__(self) -> str:
        return f"Explorer({self.name!r}, {len(self.labels)} pictures)"


def _png(figure: Figure) -> bytes:
    drawn, stored = io.BytesIO(), io.BytesIO()
    figure.savefig(drawn, dpi=DRAWN_DPI, facecolor="white")
    plt.close(figure)
    # Every picture travels with the page: a palette takes about a third of the bytes.
    image = Image.open(drawn).convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE)
    image.save(stored, format="PNG", optimize=True, dpi=(DRAWN_DPI, DRAWN_DPI))
    return stored.getvalue()
