from course.grading.feedback import _places


def test_a_known_mistake_leads_to_the_book():
    words = (
        "q is 6.5; it should be 6.1. That is what comes out if it never explores, whatever ε says."
    )
    title = "q learning: exploration"
    assert _places("epsilon_greedy", words, "") == ((title, ""),)
    address = "https://example.org/book/q_learning.html#exploration"
    assert _places("epsilon_greedy", words, "https://example.org/book/") == ((title, address),)
    assert _places("epsilon_greedy", "q is 6.5; it should be 6.1.", "") == ()
