"""From behaviour to reward."""
