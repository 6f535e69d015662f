"""What evaluating raises."""

from corpus.errors import InputError


class InvalidDataset(InputError):
    """A data set that cannot be evaluated."""

    code = "invalid_dataset"
    example = (
        "No passage of the index holds any evidence of mine.jsonl; index the documents that it is about first, or"
        " check its 'evidence' fields with: pincite dataset check"
    )


class InvalidRun(InputError):
    """An output folder of an evaluation that cannot be read, or is of another one."""

    code = "invalid_run"
    example = "out holds a run already; add --resume to go on with it, or name another folder."


class InvalidGate(InputError):
    """A gate that is not written as one, or names no measure."""

    code = "invalid_gate"
    example = "'answers.f1' is no gate; write a measure, >= or <=, and a number: answers.f1>=0.7."


class TooFewQuestions(InputError):
    """A set too small to fit anything on."""

    code = "too_few_questions"
    example = (
        "Confidence needs at least 20 questions answered rightly and 20 wrongly to be fitted, and this set gave "
        "12 and 3; add questions, unanswerable ones among them."
    )
