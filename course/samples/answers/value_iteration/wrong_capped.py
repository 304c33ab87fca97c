"""A thousand sweeps at most."""

LOSES = "value_iteration"

CHANGES = {
    "value_iteration": {
        "while True:": "for sweep in range(1000):",
        "if delta < theta:": "if delta < theta or sweep == 999:",
    }
}
