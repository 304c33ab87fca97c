"""All known mistakes and right answers, by the names of the steps."""

from course.exercise.mistakes import inverse_q_learning, maxent_irl, q_learning, value_iteration
from course.exercise.mistakes.form import Function, Mistake

EXERCISES = (value_iteration, q_learning, maxent_irl, inverse_q_learning)

KNOWN: dict[str, tuple[Mistake, ...]] = {
    step: known for exercise in EXERCISES for step, known in exercise.MISTAKES.items()
}

RIGHT: dict[str, Function] = {
    step: right for exercise in EXERCISES for step, right in exercise.RIGHT.items()
}

PAGES: dict[str, dict[str, str]] = {
    step: {mistake.words: mistake.see for mistake in known if mistake.see}
    for step, known in KNOWN.items()
}
"""Where the book explains a mistake, by step and by the words of the mistake."""
