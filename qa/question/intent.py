"""What people type that is no question to the corpus: greetings, thanks, "what can you do?", "summarise"."""

import re
from typing import Literal

Intent = Literal["greeting", "thanks", "help", "summary"]

_WHOM = r"(?: (?:there|all|everyone|everybody|pincite|bot|again|you))?"
_THIS = r"(?:this|it|that|the|these|your)"
_TEXT = r"(?:article|document|documents|text|story|piece|page|file|files|corpus|source|report|book|paper|news)"
_TOOL = r"(?:bot|tool|thing|site|app|chatbot)"
_OF_THIS = rf"(?:{_THIS} )?(?:whole |entire )?{_TEXT}|this|it|that|everything"
_PLEASE = r"(?:please |pls |plz |can you |could you |would you |will you |can u )*"
_PATTERNS: dict[Intent, str] = {
    "greeting": rf"(?:hi+|hello+|hey+|hiya|howdy|yo|greetings|good (?:morning|afternoon|evening|day)){_WHOM}"
    r"(?: how are you(?: doing| today)*)?|how are you(?: doing| today)*|what'?s up|sup",
    "thanks": r"(?:ok(?:ay)? |great |cool |perfect )?(?:many |no )?(?:thanks|thank you|thx|ty|cheers|thank u)"
    rf"(?: (?:so much|very much|a lot|a bunch|again|for .*)){{0,2}}{_WHOM}|(?:good)?bye(?: bye)?|see you(?: later)?"
    r"|ok(?:ay)?|great|cool|perfect|got it|nice|awesome",
    "help": rf"{_PLEASE}(?:help(?: me)?|what (?:can|do) (?:you|u) (?:do|know|answer)|what (?:are|r) (?:you|u)"
    r"|who (?:are|r) (?:you|u)|what (?:can|should|could) i (?:ask|do)(?: you| here)?|how (?:do|does|can) "
    rf"(?:i|you|this|it) (?:work|use this|use you|function)|what is (?:this {_TOOL}|pincite))",
    "summary": rf"{_PLEASE}(?:(?:summari[sz]e|sum up|recap)(?: (?:{_OF_THIS}))?(?: for me| please| briefly)*|tl ?dr"
    rf"|(?:give me |write |show me |i want |i need )?(?:a |an |the )?(?:short |brief |quick )?(?:summary|overview|gist|"
    rf"synopsis)(?: (?:of|for) (?:{_OF_THIS}))?(?: please)?"
    rf"|what(?:'?s| is| are| does)? (?:{_OF_THIS})(?: all)?(?: about| say| talk about| cover)"
    rf"|what(?:'?s| is| are)? (?:the )?(?:main |key )(?:idea|point|points|message|topic|takeaway|takeaways)"
    rf"(?: (?:of|in) (?:{_OF_THIS}))?|what happened(?: in (?:{_OF_THIS}))?)",
}
_POINTS_BACK: dict[Intent, re.Pattern[str]] = {
    "help": re.compile(rf"\b(?:it|this|that)\b(?! {_TOOL})"),
    "summary": re.compile(rf"\b(?:it|that)\b(?! {_TEXT})|^what happened$"),
}
_INTENTS = {intent: re.compile(pattern) for intent, pattern in _PATTERNS.items()}


def intent_of(question: str, *, amid: bool = False) -> Intent | None:
    """The intent where the whole question is small talk, None where it should be searched.

    ``amid`` a conversation, "What is it about?", "What happened?" and "How does it work?" ask of what was said.
    """
    plain = re.sub(r"[^\w\s']", "", question.casefold().replace("’", "'"))
    plain = " ".join(plain.split())
    found = next((intent for intent, pattern in _INTENTS.items() if pattern.fullmatch(plain)), None)
    points_back = _POINTS_BACK.get(found) if amid and found else None
    return None if points_back and points_back.search(plain) else found
