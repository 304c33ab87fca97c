"""The website.

book    the strict build
sphinx  its extension: what the pages would otherwise carry
"""
