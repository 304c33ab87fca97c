"""Changes the tables it was given."""

LOSES = "iql_update"
CHANGES = {
    "iql_update": {
        "(np.array(x, float) for x in (q, q_shifted, reward, counts))": (
            "(q, q_shifted, reward, counts)"
        ),
    }
}
