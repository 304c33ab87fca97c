"""Small pages of a book, and what is wrong with a page for those who read it otherwise."""

HEAD = """---
jupytext:
  text_representation:
    extension: .md
    format_name: myst
kernelspec:
  display_name: Python 3
  language: python
  name: python3
---
"""

# Between the themes only colours differ.
RULES = {
    "light": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]},
    "dark": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]},
}


def violations(page, theme):
    from axe_playwright_python.sync_playwright import Axe

    page.emulate_media(color_scheme=theme, reduced_motion="reduce")
    page.wait_for_function(f"(document.documentElement.dataset.theme || '{theme}') === '{theme}'")
    # What a reader can unfold is checked as well; what fades in is not yet theirs.
    page.add_style_tag(content="* { transition: none !important; animation: none !important; }")
    page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    # Preloading makes axe ask for the style sheets again, at wrong addresses.
    options = {"runOnly": RULES[theme], "preload": False, "resultTypes": ["violations"]}
    results = Axe().run(page, options=options).response
    assert "color-contrast" in [rule["id"] for rule in results["passes"]], "axe saw no text"
    return [
        f"{theme}: {violation['id']}: {node['html'][:200]}"
        for violation in results["violations"]
        for node in violation["nodes"]
    ]


def page_of(text, title="A page", head=HEAD):
    """A page with code, as it stands in a book."""
    return f"{head}\n# {title}\n\n{text}"
