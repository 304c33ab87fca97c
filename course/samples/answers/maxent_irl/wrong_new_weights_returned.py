"""Returns new weights instead of the gradient."""

LOSES = "gradient"

CHANGES = {"gradient": {"return observed": "return theta + observed"}}
