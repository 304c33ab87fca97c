"""The website.

book      the strict build
sphinx    its extension: what the pages would otherwise carry
weight    pages load what they show
stacking  wide pictures are cut into panels, for phones
"""
