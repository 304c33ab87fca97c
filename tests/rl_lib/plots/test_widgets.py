"""Explorers: what a notebook and a website receive."""

import sys
from html.parser import HTMLParser

import matplotlib.pyplot as plt
import pytest

from rl_lib.plots.widgets import explore

VIEW = "application/vnd.jupyter.widget-view+json"


def draw(count):
    figure, axes = plt.subplots(figsize=(3, 2))
    axes.bar(range(count), range(1, count + 1))
    return figure


def bars(values=(1, 2, 3), **options):
    return explore(draw, 'Bars "n"', values, alt=lambda n: f"{n} bars < {n + 1}", **options)


class Elements(HTMLParser):
    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def all(self, tag):
        return [attrs for found, attrs in self.found if found == tag]


def test_website_receives_every_picture_and_a_native_slider():
    elements = Elements(bars(value=2)._repr_mimebundle_()["text/html"])
    images = elements.all("img")
    assert [image["alt"] for image in images] == ["1 bars < 2", "2 bars < 3", "3 bars < 4"]
    assert all(image["src"].startswith("data:image/png;base64,") for image in images)
    assert [image["data-label"] for image in images] == ["1", "2", "3"]
    (slider,) = elements.all("input")
    assert (slider["type"], slider["min"], slider["max"], slider["value"]) == (
        "range",
        "0",
        "2",
        "1",
    )
    assert slider["aria-valuetext"] == "2"


def test_without_script_the_first_picture_stands_alone():
    elements = Elements(bars(value=2)._repr_mimebundle_()["text/html"])
    shown = [image["alt"] for image in elements.all("img") if "hidden" not in image]
    assert shown == ["2 bars < 3"]
    (control,) = [div for div in elements.all("div") if div["class"] == "explorer-control"]
    assert "hidden" in control


def test_notebook_receives_a_live_view_that_follows_its_slider():
    widgets = pytest.importorskip("ipywidgets")
    explorer = bars()
    assert VIEW in explorer._repr_mimebundle_()
    view = explorer.live()
    assert isinstance(view, widgets.VBox)
    slider, picture = view.children
    assert 'alt="1 bars &lt; 2"' in picture.value
    slider.value = 2
    assert 'alt="3 bars &lt; 4"' in picture.value


def test_without_ipywidgets_only_the_website_view_is_given(monkeypatch):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    assert set(bars()._repr_mimebundle_()) == {"text/html", "text/plain"}


def test_the_same_pictures_give_the_same_bytes_and_no_figure_stays_open():
    assert bars()._repr_mimebundle_()["text/html"] == bars()._repr_mimebundle_()["text/html"]
    assert plt.get_fignums() == []


@pytest.mark.parametrize(
    ("values", "options", "message"),
    [
        ([], {}, "values is empty"),
        ([1, 2], {"value": 5}, "value is 5; it must be one of values"),
    ],
)
def test_what_cannot_be_shown_is_refused(values, options, message):
    with pytest.raises(ValueError, match=message):
        bars(values, **options)


def test_a_picture_without_text_alternative_is_refused():
    with pytest.raises(ValueError, match=r"alt\(2\) is empty"):
        explore(draw, "Bars", [1, 2], alt=lambda n: "one bar" if n == 1 else " ")
