"""Pages and exercises that run in a reader's browser, with nothing installed.

lite       a JupyterLite beside the website
bundle     the notebooks to take along
notebooks  the pages as notebooks
packages   what the browser's Python can import
"""
