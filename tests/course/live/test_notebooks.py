"""Pages as notebooks: what Sphinx would have made of their text."""

import copy

import nbformat
import pytest
from website import HEAD, page_of

from course.live.notebooks import live_notebook
from course.site.launch import live_pages


class Cache:
    """Whatever is looked for has been run, and gave `outputs`."""

    def __init__(self, *outputs):
        self.outputs = outputs

    def merge_match_into_notebook(self, notebook):
        notebook = copy.deepcopy(notebook)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = list(self.outputs)
        return 1, notebook


@pytest.fixture
def notebook(tmp_path):
    def write(text, *outputs):
        (tmp_path / "references.bib").write_text(
            "@book{sutton2018, author={Sutton, Richard S. and Barto, Andrew G.}, year=2018}\n"
            "@book{many, author={One, A and Two, B and {van Three}, C}, year=2020}\n",
            "utf8",
        )
        (tmp_path / "page.md").write_text(page_of(text), "utf8")
        return live_notebook(tmp_path, "page", Cache(*outputs))

    (tmp_path / "other.md").write_text(
        page_of("$$\nx\n$$ (eq-there)\n\n```{code-cell}\n1\n```\n", "Another page"), "utf8"
    )
    (tmp_path / "still.md").write_text("# A page without code\n", "utf8")
    return write


def text_of(notebook):
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("A {term}`contraction` and {term}`these <state>`.", "A contraction and these."),
        ("See {doc}`other`.", "See [Another page](<other.ipynb>)."),
        ("See {doc}`that one <other>`.", "See [that one](<other.ipynb>)."),
        ("See {doc}`still` and {doc}`this\none <still>`.",
         "See A page without code and this\none."),
        ("By {cite:t}`sutton2018`.", "By Sutton and Barto (2018)."),
        ("Known {cite:p}`sutton2018, many`.", "Known (Sutton and Barto 2018; One et al. 2020)."),
        ("{math}`x^2` and $y$.", "$x^2$ and $y$."),
        ("$$\nx = 1\n$$ (eq-x)\n\nBy {eq}`eq-x`.", "$$\nx = 1\n\\tag{1}\n$$\n\nBy (1)."),
        ("$$\na &= 1 \\\\\n&= 2\n$$",
         "$$\n\\begin{aligned}\na &= 1 \\\\\n&= 2\n\\end{aligned}\n$$"),
        ("(a-label)=\nText.", "Text."),
        ("$$x = 1$$ (eq-x) {eq}`eq-x`", "$$x = 1\\tag{1}\n$$ (1)"),
        ("By {eq}`eq-there`.", "By (see [Another page](<other.ipynb>))."),
        (":::{prf:theorem} Rest\n:label: here\n\n$$\nx\n$$\n:::\n\nBy {prf:ref}`here`.",
         "> **Theorem: Rest**\n>\n> $$ x $$\n\nBy *Rest*."),
        ("```python\n# {term}`this`\n```", "```python\n# {term}`this`\n```"),
        (":::{note}\nMind *this*.\n:::", "> **Note**\n>\n> Mind *this*."),
        (":::{admonition} To take away\n:class: takeaway\nOne.\n\nTwo.\n:::",
         "> **To take away**\n>\n> One.\n>\n> Two."),
        ("```{exercise} Why\n:label: why\n\nWhy?\n```", "> **Exercise: Why**\n>\n> Why?"),
        (":::{practice} value_iteration action_values\n:::\n\nText.", "Text."),
        ("```python\nx = 1\n```", "```python\nx = 1\n```"),
        ("```{eval-rst}\n.. automodule:: x\n```\n\nText.", "Text."),
    ],
)  # fmt: skip
def test_text(notebook, written, shown):
    assert text_of(notebook(written)).removeprefix("# A page").strip() == shown


@pytest.mark.parametrize(("text", "form", "shown"), [
    ("1e-05", ".0e", "1e-05"), ("3.0", "d", "3"), ("'one'", "", "one"), ("0.5", "", "0.5"),
])  # fmt: skip
def test_a_number_is_written_as_on_the_website(notebook, text, form, shown):
    output = nbformat.v4.new_output(
        "display_data",
        {"application/papermill.record/text/plain": text},
        metadata={"scrapbook": {"name": "it"}},
    )
    asked = f"it:{form}" if form else "it"
    made = notebook(f"{{glue:text}}`{asked}`\n\n```{{code-cell}}\n1\n```\n", output)
    assert text_of(made).endswith(shown)


def test_answers_fold(notebook):
    text = text_of(notebook("````{solution} why\n:class: dropdown\n\n```python\n1\n```\n````"))
    assert "<summary>\n\nSolution\n\n</summary>" in text
    assert "```python\n1\n```" in text
    assert text.endswith("</details>")


def test_numbers_are_those_of_the_website(notebook):
    output = nbformat.v4.new_output(
        "display_data",
        {"application/papermill.record/text/plain": "0.61234"},
        metadata={"scrapbook": {"name": "share"}},
    )
    text = text_of(notebook("It is {glue:text}`share:.1%`.\n\n```{code-cell}\n1\n```\n", output))
    assert "It is 61.2%." in text


def test_code_is_the_pages_own_and_has_no_outputs(notebook):
    made = notebook("```{code-cell} ipython3\n:tags: [remove-input]\n\nx = 1\n```\n")
    (cell,) = (cell for cell in made.cells if cell.cell_type == "code")
    assert cell.source == "x = 1"
    assert cell.outputs == []
    assert cell.metadata == {"jupyter": {"source_hidden": True}}
    nbformat.validate(made)


def test_which_pages_run(notebook, tmp_path):
    notebook("```{code-cell}\n1\n```\n")
    (tmp_path / "not.md").write_text(
        page_of(
            "```{code-cell}\n1\n```", head=HEAD.replace("kernelspec", "live: false\nkernelspec")
        ),
        "utf8",
    )
    assert live_pages(tmp_path) == ["other", "page"]
