"""What asking raises."""

from corpus.errors import InputError, PinciteError


class EmptyQuestion(InputError):
    """The question is blank."""

    code = "empty_question"
    example = "The question is empty; type one."


class QuestionTooLong(InputError):
    """The question is over the length limit."""

    code = "question_too_long"
    example = "The question has 2,001 characters, 2,000 are allowed; shorten it."


class InvalidText(InputError):
    """The text is not valid Unicode."""

    code = "invalid_text"
    example = "The question holds half of a surrogate pair, which is no character; send valid Unicode."


class InvalidSetting(InputError):
    """A setting (flag, environment, file) that cannot be used."""

    code = "invalid_setting"
    example = "Cannot listen on 10.0.0.9:8000 (Cannot assign requested address); choose another with --host or --port."


class CitationBroken(PinciteError):
    """A quote differs from its document: a bug, caught before it reaches anyone."""

    code = "citation_broken"
    example = "A quote is not in its document; build the index again, and report this."
