"""Known mistakes, each as code: what is told as a reason has been tried on the same input.

form                what a mistake is
value_iteration     those in the steps of that exercise
q_learning          and of this one
maxent_irl          and of this
inverse_q_learning  and of this
known               all of them, by step
"""
