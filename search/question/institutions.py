"""Acronyms that readers know and articles need not explain, above all those that differ by language: the ECB is the EZB in German and the
BCE in French.
"""

from __future__ import annotations

import re
from functools import cache

from newsdex.values import grouped

# A group a line, acronyms first. Without acronyms that mean something else elsewhere: in English, "CPI" is a price index.
_GROUPS = """
ECB, EZB, BCE, European Central Bank, Europäische Zentralbank, Banco Central Europeo, Banque centrale européenne, Banca centrale europea
EU, UE, European Union, Europäische Union, Unión Europea, Union européenne, Unione europea, União Europeia
UN, ONU, UNO, United Nations, Vereinte Nationen, Vereinten Nationen, Naciones Unidas, Nations unies, Nazioni Unite, Nações Unidas
NATO, OTAN
WHO, OMS, World Health Organization, Weltgesundheitsorganisation, Organización Mundial de la Salud, \
Organisation mondiale de la santé, Organizzazione mondiale della sanità
IMF, IWF, FMI, International Monetary Fund, Internationaler Währungsfonds, Internationale Währungsfonds, Fondo Monetario Internacional, \
Fonds monétaire international, Fondo monetario internazionale
ICC, IStGH, International Criminal Court, Internationaler Strafgerichtshof, Internationale Strafgerichtshof, Corte Penal Internacional, \
Cour pénale internationale, Corte penale internazionale
ICJ, IGH, CIJ, International Court of Justice, Internationaler Gerichtshof, Internationale Gerichtshof, Corte Internacional de Justicia, \
Cour internationale de justice, Corte internazionale di giustizia
ECHR, EGMR, TEDH, CEDH, European Court of Human Rights, Europäischer Gerichtshof für Menschenrechte, \
Tribunal Europeo de Derechos Humanos, Cour européenne des droits de l'homme
ECJ, EuGH, TJUE, CJUE, European Court of Justice, Europäischer Gerichtshof, Europäische Gerichtshof
WTO, OMC, World Trade Organization, Welthandelsorganisation, Organización Mundial del Comercio, \
Organisation mondiale du commerce
OECD, OCDE
OPEC, OPEP
OSCE, OSZE
IAEA, IAEO, OIEA, AIEA
UNHCR, ACNUR
IOC, IOK, International Olympic Committee, Internationales Olympisches Komitee, Internationale Olympische Komitee, \
Comité Olímpico Internacional, Comité international olympique
GDP, BIP, PIB, gross domestic product, Bruttoinlandsprodukt, producto interior bruto, producto interno bruto, produit intérieur brut
VAT, IVA, TVA, MwSt, value added tax, Mehrwertsteuer, impuesto sobre el valor añadido, taxe sur la valeur ajoutée
AI, KI, IA, artificial intelligence, Künstliche Intelligenz, inteligencia artificial, intelligence artificielle, intelligenza artificiale
HIV, VIH
NGO, NRO, ONG
UAE, VAE, United Arab Emirates, Vereinigte Arabische Emirate, Vereinigten Arabischen Emirate, Emiratos Árabes Unidos, Émirats arabes unis
USSR, UdSSR, URSS, Soviet Union, Sowjetunion, Unión Soviética, Union soviétique
BoE, Bank of England
BoJ, Bank of Japan
CDC, Centers for Disease Control
CEO, chief executive
DHS, Department of Homeland Security, Homeland Security
DOJ, Department of Justice, Justice Department
DPRK, North Korea
EPA, Environmental Protection Agency
ESC, Eurovision Song Contest, Eurovision
EV, EVs, electric car, electric vehicle
FAA, Federal Aviation Administration
FDA, Food and Drug Administration
GOP, Republicans, Republican Party
HMRC, Revenue and Customs
IDF, Israeli military, Israeli army, Israel Defense Forces
IRGC, Revolutionary Guards, Revolutionary Guard
ISIS, Islamic State, Islamischer Staat, Estado Islámico, État islamique
LGBT, LGBTQ, LGBTI
NTSB, National Transportation Safety Board
PLO, Palestine Liberation Organization
SCOTUS, Supreme Court
SEC, Securities and Exchange Commission
UCL, Champions League
WW1, WWI, First World War, World War One, Erster Weltkrieg, Ersten Weltkrieg
WW2, WWII, Second World War, World War Two, Zweiter Weltkrieg, Zweiten Weltkrieg
"""
_WORD = re.compile(r"\w+")


def institutions_in(text: str) -> list[tuple[int, int, list[str]]]:
    """The known names in ``text``, the longest where several begin with one word: where each begins and ends, and its other names.

    >>> [others[:2] for _, _, others in institutions_in("EZB senkt Zinsen")]
    [['ECB', 'BCE']]
    """
    words = [(found.start(), found.end(), found[0].casefold()) for found in _WORD.finditer(text)]
    found: list[tuple[int, int, list[str]]] = []
    for place, (start, _, word) in enumerate(words):
        if found and start < found[-1][1]:
            continue
        for name, group in _names().get(word, ()):
            here = words[place : place + len(name)]
            if tuple(each for _, _, each in here) == name:
                found.append((start, here[-1][1], [other for other in group if _folded(other) != name]))
                break
    return found


def _folded(name: str) -> tuple[str, ...]:
    return tuple(_WORD.findall(name.casefold()))


@cache
def _names() -> dict[str, list[tuple[tuple[str, ...], list[str]]]]:
    """The names by their first word in lower case, the longest first, each in words, with its group."""
    groups = [line.split(", ") for line in _GROUPS.strip().splitlines()]
    names = [(_folded(name), group) for group in groups for name in group]
    return grouped((name[0][0], name) for name in sorted(names, key=lambda each: -len(each[0])))
