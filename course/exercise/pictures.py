"""Pictures in the exercises, with words for those who cannot see them."""

import base64
import io
from html import escape

import matplotlib.pyplot as plt
from IPython.display import HTML
from matplotlib.axes import Axes
from matplotlib.figure import Figure


def picture(drawing: Axes | Figure, alt: str) -> HTML:
    """Show a figure once, with a text alternative.

    Parameters
    ----------
    drawing : matplotlib Figure, or Axes on one
    alt : str
        What there is to see.

    Returns
    -------
    IPython.display.HTML
        An image with its alternative; the figure itself is closed.
    """
    figure = drawing if isinstance(drawing, Figure) else drawing.get_figure(root=True)
    assert figure is not None
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=110)
    plt.close(figure)
    data = base64.b64encode(png.getvalue()).decode("ascii")
    image = f'<img src="data:image/png;base64,{data}" alt="{escape(alt)}" style="max-width: 100%">'
    return HTML(image)
