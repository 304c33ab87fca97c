"""The sign of η is turned round."""

LOSES = "eta"

CHANGES = {"eta": {"np.log(policy) - q_shifted": "q_shifted - np.log(policy)"}}
