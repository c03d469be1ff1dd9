"""The names and abbreviations of months in the languages that most dates are written in, by number, in small letters and without points.

They are those of the Unicode CLDR, which babel has for all languages; to load a score of them from there takes as long as twenty web pages.
A test compares them.
"""

# ruff: noqa: RUF001 - letters of several scripts

from __future__ import annotations

MONTHS = {
    "en": "january jan | february feb | march mar | april apr | may | june jun | july jul | august aug | september sept sep | october oct "
          "| november nov | december dec",
    "de": "januar jan | februar feb | märz mär | april apr | mai | juni jun | juli jul | august aug | september sept sep | oktober okt | "
          "november nov | dezember dez",
    "fr": "janvier janv | février févr | mars | avril avr | mai | juin | juillet juil | août | septembre sept | octobre oct | novembre nov "
          "| décembre déc",
    "es": "enero ene | febrero feb | marzo mar | abril abr | mayo may | junio jun | julio jul | agosto ago | septiembre sept | octubre oct "
          "| noviembre nov | diciembre dic",
    "it": "gennaio gen | febbraio feb | marzo mar | aprile apr | maggio mag | giugno giu | luglio lug | agosto ago | settembre set | "
          "ottobre ott | novembre nov | dicembre dic",
    "pt": "janeiro jan | fevereiro fev | março mar | abril abr | maio mai | junho jun | julho jul | agosto ago | setembro set | outubro "
          "out | novembro nov | dezembro dez",
    "nl": "januari jan | februari feb | maart mrt | april apr | mei | juni jun | juli jul | augustus aug | september sep | oktober okt | "
          "november nov | december dec",
    "pl": "stycznia styczeń sty | lutego luty lut | marzec marca mar | kwiecień kwietnia kwi | maja maj | czerwiec czerwca cze | lipiec "
          "lipca lip | sierpień sierpnia sie | wrzesień września wrz | października październik paź | listopada listopad lis | grudzień "
          "grudnia gru",
    "sv": "januari jan | februari feb | mars | april apr | maj | juni | juli | augusti aug | september sep | oktober okt | november nov | "
          "december dec",
    "da": "januar jan | februar feb | marts mar | april apr | maj | juni jun | juli jul | august aug | september sep | oktober okt | "
          "november nov | december dec",
    "nb": "januar jan | februar feb | mars mar | april apr | mai | juni jun | juli jul | august aug | september sep | oktober okt | "
          "november nov | desember des",
    "fi": "tammikuuta tammikuu tammi | helmikuuta helmikuu helmi | maaliskuuta maaliskuu maalis | huhtikuuta huhtikuu huhti | toukokuuta "
          "toukokuu touko | kesäkuuta kesäkuu kesä | heinäkuuta heinäkuu heinä | elokuuta elokuu elo | syyskuuta syyskuu syys | lokakuuta "
          "lokakuu loka | marraskuuta marraskuu marras | joulukuuta joulukuu joulu",
    "cs": "leden ledna led | února únor úno | březen března bře | duben dubna dub | květen května kvě | červen června čvn | července "
          "červenec čvc | srpen srpna srp | září zář | říjen října říj | listopadu listopad lis | prosince prosinec pro",
    "sk": "januára január jan | februára február feb | marca marec mar | apríla apríl apr | mája máj | júna jún | júla júl | augusta "
          "august aug | september septembra sep | október októbra okt | november novembra nov | december decembra dec",
    "hu": "január jan | február febr | március márc | április ápr | május máj | június jún | július júl | augusztus aug | szeptember szept "
          "| október okt | november nov | december dec",
    "ro": "ianuarie ian | februarie feb | martie mar | aprilie apr | mai | iunie iun | iulie iul | august aug | septembrie sept | "
          "octombrie oct | noiembrie nov | decembrie dec",
    "tr": "ocak oca | şubat şub | mart mar | nisan nis | mayıs may | haziran haz | temmuz tem | ağustos ağu | eylül eyl | ekim eki | kasım "
          "kas | aralık ara",
    "ru": "январь января янв | февраль февраля февр | марта март мар | апрель апреля апр | май мая | июнь июня июн | июль июля июл | "
          "августа август авг | сентябрь сентября сент | октябрь октября окт | ноябрь ноября нояб | декабрь декабря дек",
    "uk": "січень січня січ | лютого лютий лют | березень березня бер | квітень квітня квіт | травень травня трав | червень червня черв | "
          "липень липня лип | серпень серпня серп | вересень вересня вер | жовтень жовтня жовт | листопада листопад лист | грудень грудня "
          "груд",
    "bg": "януари яну | февруари фев | март | април апр | май | юни | юли | август авг | септември сеп | октомври окт | ноември ное | "
          "декември дек",
    "el": "ιανουάριος ιανουαρίου ιαν | φεβρουάριος φεβρουαρίου φεβ | μάρτιος μαρτίου μάρ μαρ | απρίλιος απριλίου απρ | μάιος μαΐου μάι μαΐ "
          "| ιουνίου ιούνιος ιουν ιούν | ιουλίου ιούλιος ιουλ ιούλ | αυγούστου αύγουστος αυγ αύγ | σεπτέμβριος σεπτεμβρίου σεπ | οκτωβρίου "
          "οκτώβριος οκτ | νοέμβριος νοεμβρίου νοέ νοε | δεκέμβριος δεκεμβρίου δεκ",
    "sq": "janar jan | shkurt shk | mars mar | prill pri | maj | qershor qer | korrik korr | gusht gush | shtator sht | tetor tet | nëntor "
          "nën | dhjetor dhj",
    "sr_Latn": "januar jan | februar feb | mart mar | april apr | maj | jun | jul | avgust avg | septembar sep | oktobar okt | novembar "
               "nov | decembar dec",
    "hr": "siječanj siječnja sij | veljača veljače velj | ožujak ožujka ožu | travanj travnja tra | svibanj svibnja svi | lipanj lipnja "
          "lip | srpanj srpnja srp | kolovoza kolovoz kol | rujan rujna ruj | listopada listopad lis | studenoga studeni stu | prosinac "
          "prosinca pro",
    "sl": "januar jan | februar feb | marec mar | april apr | maj | junij jun | julij jul | avgust avg | september sep | oktober okt | "
          "november nov | december dec",
    "id": "januari jan | februari feb | maret mar | april apr | mei | juni jun | juli jul | agustus agu | september sep | oktober okt | "
          "november nov | desember des",
}  # fmt: skip


def months_of(language: str) -> dict[str, int]:
    """The months of one of the languages, by their names; none of another."""
    groups = MONTHS.get(language, "").split("|")
    return {name: number for number, names in enumerate(groups, 1) for name in names.split()}
