"""Worlds: one a module, each a frozen dataclass with its model as `.mdp`."""
