"""How well a search finds: questions with judgements in, measures with their uncertainty out."""
