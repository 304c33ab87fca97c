"""Tables of trials: what people save, and what must not be read without a word."""

import numpy as np
import pytest
from numpy.testing import assert_array_equal

from rl_lib import Demonstrations, rat, read_trials

PLAIN = "trial,state,action,end\n1,0,0,0\n1,1,1,1\n2,0,1,0\n"


def read(tmp_path, text, encoding="utf8"):
    path = tmp_path / "trials.csv"
    path.write_bytes(text.encode(encoding))
    return read_trials(path)


@pytest.mark.parametrize(
    "text",
    [
        PLAIN,
        PLAIN.replace(",", ";"),
        PLAIN.replace(",", "\t"),
        PLAIN.replace("\n", "\r\n"),
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\n\n") + ",,,\n",
        "Trial, State ,ACTION,End\n1,0,0,False\n1,1,1,TRUE\n2,0,1,false\n",
        '"trial","state","action","end"\n"1","0.0","0","0"\n"1","1.0","1","1"\n"2","0.0","1","0"\n',
        "rt,trajectory,state,action,terminated\n.3,1,0,0,0\n,1,1,1,1\n.1,2,0,1,0\n",
        "trial,step,state,action,next_state,end\n1,3,0,0,1,0\n1,4,1,1,,1\n2,0,0,1,NA,0\n",
        "session,trial,state,action,end\na,1,0,0,0\na,1,1,1,1\nb,1,0,1,0\n",
    ],
)
def test_tables_as_spreadsheets_save_them(tmp_path, text):
    found = read(tmp_path, text)
    assert found.demonstrations == Demonstrations.from_trajectories(
        [[(0, 0), (1, 1)], [(0, 1)]], terminated=[True, False]
    )
    assert found.state_names == found.action_names == ("0", "1")


def test_names_are_numbered_in_order(tmp_path):
    text = "trial,state,action,next_state\nx,wait,hold,cue\nx,cue,let go,gone\n"
    found = read(tmp_path, text)
    assert found.state_names == ("cue", "gone", "wait")
    assert found.action_names == ("hold", "let go")
    assert_array_equal(found.demonstrations.states, [2, 0])
    assert_array_equal(found.demonstrations.next_states, [0, 1])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("1,0,0,0", "1,0,0", "row 2 has 3 entries; it must have 4"),
        ("1,0,0,0", "1,0,0,no", "column end, row 2, is 'no'; it must be 1 or 0, or true or false"),
        ("1,0,0,0", "1,0,0,", "column end, row 2, is ''; it must be filled in"),
        ("1,0,0,0", "1,0,0,1", "column end, row 2, is True, but column trial, row 2, goes on"),
        ("1,0,0,0", "1,left,0,0", "column state, row 2, is 'left'; it must be a whole number"),
        ("1,0,0,0", "1,0.5,0,0", "column state, row 2, is '0.5'; it must be a whole number"),
        ("1,0,0,0", "1,-1,0,0", "column state, row 2, is '-1'; it must be a whole number from 0"),
        ("1,1,1,1", "1,1,1000000000,1", "column action, row 3, is '1000000000'; .* to 9999999"),
        ("1,0,0,0", "1,NaN,0,0", "column state, row 2, is 'NaN'; it must be filled in"),
        ("1,0,0,0", ",0,0,0", "column trial, row 2, is ''; it must be filled in"),
        ("2,0,1,0\n", "2,0,1,0\n1,0,0,0\n", "column trial, row 5, is '1' again, after other"),
        ("trial,", "tiral,", "the table has columns tiral, state, action, end; it needs trial"),
        ("end", "state", "the table has column state twice"),
        ("end", "Terminated", None),
        (PLAIN, "", "holds no row"),
        (PLAIN, "trial,state,action\n", "holds no row"),
        (PLAIN, '"trial,state\n', "is no table"),
        ("trial,state,action,end\n", "trial,state,action,step\n",
         "column step, row 3, is 1, after 0|must count up by one"),
        ("end", "next_state", "must be the state of the following step"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named_by_its_row(tmp_path, old, new, message):
    assert old in PLAIN
    text = PLAIN.replace(old, new, 1)
    if message is None:
        read(tmp_path, text)
        return
    if "step" in new:
        text = text.replace("1,1,1,1", "1,1,1,2")
    with pytest.raises(ValueError, match=message) as caught:
        read(tmp_path, text)
    assert "\n" not in str(caught.value)


def test_what_is_no_text_is_refused(tmp_path):
    with pytest.raises(ValueError, match="is no text in UTF-8"):
        read(tmp_path, PLAIN.replace("0", "é"), "latin1")
    with pytest.raises(ValueError, match="is no t"):
        read(tmp_path, PLAIN, "utf16")


def test_what_pandas_writes_comes_back(tmp_path):
    walks = rat("noisy").demonstrate(40, rng=np.random.default_rng(0))
    walks.to_pandas().to_csv(tmp_path / "trials.csv", index=False)
    assert read_trials(tmp_path / "trials.csv").demonstrations == walks
