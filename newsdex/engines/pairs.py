"""How far a model tells a question's answer from other texts: cosines of models differ, and a ranking must know their worth."""

from __future__ import annotations

import numpy as np

from newsdex.encoder import Encoder

# Questions with a passage each that answers, of the kinds that archives hold, with few words in common.
_LINES = """\
When will the ministers discuss the budget again?
The ministers of finance meet on Monday to negotiate next year's budget, a spokesman said.
Who won the election in Senegal?
Opposition candidate Bassirou Diomaye Faye was declared the winner of Senegal's presidential vote.
How strong was the earthquake in Taiwan?
A tremor of magnitude 7.4 shook the east coast of Taiwan on Wednesday morning, toppling buildings.
What does a vaccine do in the body?
Vaccines train the immune system to recognise a virus, so that antibodies are made quickly later on.
Why did the bridge collapse?
The span fell into the river after a container ship had lost power and struck one of its piers.
Which team won the cup final?
Leverkusen beat Kaiserslautern 1-0 in Berlin and lifted the German Cup for the second time.
How much did the company earn last quarter?
Net profit rose 12 percent to 3.4 billion dollars in the three months to June, the carmaker reported.
Where was the painting found?
The stolen canvas turned up in the attic of a farmhouse near Lyon, police in France said.
What causes the price of bread to rise?
A poor harvest and dearer fuel have made flour more expensive, and bakeries pass the costs on.
Is coffee bad for the heart?
Drinking three cups a day did not raise the risk of cardiac disease in a study of 20,000 adults.
How do I cancel my train ticket?
Bookings can be refunded online until one hour before departure; later a fee of ten euros applies.
When was the cathedral built?
Construction of the Gothic church began in 1163 and took almost two centuries.
""".splitlines()
PAIRS = tuple(zip(_LINES[::2], _LINES[1::2], strict=True))


def typical_cosines(encoder: Encoder) -> tuple[float, float]:
    """The mean cosine of the questions with their answers, and with the answers to the others, with three digits."""
    questions = encoder.encode_questions([question for question, _ in PAIRS])
    cosines = questions @ encoder.encode_passages([passage for _, passage in PAIRS]).T
    own = np.eye(len(PAIRS), dtype=bool)
    return round(float(cosines[own].mean()), 3), round(float(cosines[~own].mean()), 3)
