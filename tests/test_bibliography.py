"""What the pages cite: complete, sound, and no more than that."""

import re
import unicodedata
from pathlib import Path

import pytest
from pybtex.database import parse_file

BOOK = Path(__file__).parents[1] / "book"
ENTRIES = parse_file(BOOK / "references.bib", "bibtex", encoding="utf8").entries
VENUES = {"journal", "booktitle", "publisher", "school", "institution", "eprint"}


def cited():
    """The keys that pages cite; a role can hold several."""
    texts = [path.read_text("utf8") for path in BOOK.rglob("*.md")]
    roles = [keys for text in texts for keys in re.findall(r"\{cite(?::\w+)?\}`([^`]+)`", text)]
    return {key.strip() for keys in roles for key in keys.split(",")}


def letters(name):
    plain = unicodedata.normalize("NFKD", name.replace("Ł", "L").replace("ł", "l").lower())
    return re.sub(r"[^a-z]", "", plain)


def test_pages_cite_every_entry_and_nothing_else():
    assert cited() == set(ENTRIES)


def test_entries_are_sorted():
    assert list(ENTRIES) == sorted(ENTRIES)


@pytest.mark.parametrize("key", ENTRIES)
def test_an_entry_is_complete_and_plain(key):
    entry = ENTRIES[key]
    assert {"title", "year"} <= set(entry.fields)
    first = entry.persons["author"][0]
    surname = letters("".join([*first.prelast_names, *first.last_names]))
    assert re.fullmatch(rf"{surname}{entry.fields['year']}[b-z]?", key)
    assert VENUES & set(entry.fields)
    # Neither commands nor formulas: the website would show them as they are.
    people = [str(person) for persons in entry.persons.values() for person in persons]
    for text in [*entry.fields.values(), *people]:
        assert not re.search(r"[\\$]", text), text


@pytest.mark.parametrize("key", ENTRIES)
def test_numbers_of_an_entry_are_well_formed(key):
    fields = ENTRIES[key].fields
    assert re.fullmatch(r"10\.\d{4,9}/\S+", fields.get("doi", "10.1000/none"))
    assert re.fullmatch(r"\d{4}\.\d{4,5}", fields.get("eprint", "0000.0000"))
    assert re.match("https?://", fields.get("url", "https://"))
    assert "--" in fields.get("pages", "--") or re.fullmatch(r"[a-z]*\d+", fields["pages"])
