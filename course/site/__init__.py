"""The website.

book      the strict build
sphinx    its extension: a map, and what the pages would otherwise carry
map       parts, questions, pages, minutes
launch    links from a page to its notebook
practice  exercises that are checked in the page
weight    pages load what they show
stacking  wide pictures are cut into panels, for phones
"""
