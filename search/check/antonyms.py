"""Antonyms by language, and German verbs with their particles, "lehnte ... ab", which mean the opposite without them."""

# ruff: noqa: RUF001 - dashes

from __future__ import annotations

import re
from collections import defaultdict
from functools import cache
from itertools import product

from newsdex.words import Analyzer

# Words that say the same on either side of a slash; "|" or a line separates such pairs.
_ENGLISH = """
won win / lost lose conceded|winner loser|more less|more fewer|above below|
support oppose|supported opposed|favour against|approve accept passed backed / reject vetoed|
rise rose risen grew grow grown climbed jumped surged soared increase up raise / fall fell fallen drop declined plunged decrease down|
convict acquit|convicted acquitted|convict clear|convicted cleared|guilty innocent|guilty acquitted|welcome condemn|welcomed criticised|
welcome criticise|allow forbid|allowed forbidden|allowed banned|allow ban|allow bar|allows bars|legal illegal|alive dead|survive die|
survived died|survived killed|survived body|survived dead|open close|opened closed|begin end|began ended|start stop|start finish|
before after|earlier later|confirm deny|confirmed denied|admit deny|admit reject|admitted denied|admits rejects|admits denies|north south|
east west|northern southern|eastern western|largest smallest|biggest smallest|highest lowest|oldest youngest|best worst|cheaper dearer|
faster slower|father mother|son daughter|husband wife|brother sister|buy sell|bought sold|keep lose|kept lost|kept gave|keep drop|
cut raise|cut left|raised cut|gain loss|success failure|safe dangerous|minority majority|import export|imports exports|accident deliberate|
forward off|arrive leave|arrived left|arrested released|arrest release|sent withdrew|join leave|joined left|strengthen weaken|
strengthened weakened|agree disagree|agreed refused|agree refuse|agreed rejected|signed vetoed|sign refuse|possible impossible|
necessary unnecessary|popular unpopular|voluntary forced|experienced inexperienced|experienced without|experienced no|public private|
rich poor|warm cold|early late|help hinder|hire fire|praised criticised|praise criticise|defend attack|success defeat|victory defeat|
beat lost|beaten won|healthy ill|full empty|true false|yes no|likely unlikely|able unable|happy unhappy|stable unstable|known unknown|
clear unclear|certain uncertain|lawful unlawful|peaceful violent|
uphold upheld confirm confirmed affirm affirmed / overturn overturned quash quashed annul annulled void voided reverse reversed revoked|
imprisoned jailed detained / released freed bailed|alive / died killed|open opened reopened / shut closed|
visit visited enter entered admitted / excluded|failed succeeded|kept keeps retained / loses
"""
# A separable verb is listed joined with its particle, as it is in a clause: "abnahm" for "nahm ... ab".
_GERMAN = """
steigt steigen stieg stiegen gestiegen anstieg ansteigt anstiegen ansteigen angestiegen erhöht erhöhen erhöhte erhöhten erhöhung zunimmt
zunahm zunehmen zunahmen zugenommen zunahme wächst wachsen wuchs wuchsen gewachsen wachstum klettert kletterte geklettert anhebt anhob
angehoben anheben anhebung verteuert /
sinkt sinken sank sanken gesunken senkt senken senkte senkten gesenkt senkung fällt fiel fielen gefallen zurückgeht zurückgehen zurückging
zurückgingen zurückgegangen rückgang abnimmt abnehmen abnahm abnahmen abgenommen abnahme schrumpft schrumpfte geschrumpft reduziert
reduzieren reduzierte reduktion kürzt kürzen kürzte gekürzt kürzung verbilligt|
öffnet öffnen öffnete geöffnet eröffnet eröffnen eröffnete eröffnung wiedereröffnet offen aufgeht aufging aufmacht /
schliesst schliessen schloss schlossen geschlossen schliessung zumacht zugeht zuging|
erlaubt erlauben erlaubte erlaubten zulässig gestattet gestattete zugelassen zulässt zuliess legal rechtmässig gesetzmässig rechtens /
verboten verbietet verbieten verbot verbots verbote untersagt untersagte unzulässig illegal unrechtmässig rechtswidrig gesetzwidrig|
genehmigt genehmigte genehmigten genehmigen angenommen annimmt annehmen annahm annahmen annahme zustimmt zustimmen zustimmte zustimmten
zugestimmt zustimmung gutgeheissen gutheisst guthiess guthiessen billigt billigte billigten gebilligt bewilligt bewilligte verabschiedet
verabschiedete akzeptiert akzeptierte /
ablehnt ablehnen ablehnte ablehnten abgelehnt ablehnung verwirft verwarf verwarfen verworfen zurückweist zurückwies zurückwiesen
zurückgewiesen verweigert verweigerte|
gewinnt gewinnen gewann gewannen gewonnen sieg siegt siegte / verliert verlieren verlor verloren unterliegt unterlag niederlage|
gewinn überschuss / verlust verluste defizit|gewählt wiedergewählt gewinnt gewann / abgewählt|
verurteilt verurteilte verurteilten verurteilung schuldig schuldspruch /
freigesprochen freispruch freispricht freisprach freisprachen unschuldig|
überlebt überlebte überlebten überlebende überlebenden / starb sterben stirbt starben gestorben tot tote
toten getötet umgekommen umkam umkamen|
verhaftet verhaftete verhafteten verhaftung festgenommen festnimmt festnahm festnahmen festnahme inhaftiert /
freigelassen freilässt freiliess freiliessen freikommt freikam entlassen entliess|
einstellt einstellen einstellte einstellten eingestellt anheuert schafft schuf geschaffen ausbaut ausbaute ausgebaut aufbaut /
entlässt entliess entlassen entlassung kündigt kündigte abbaut abbaute abgebaut abbau streicht strich gestrichen|
beginnt beginnen begann begannen begonnen startet startete gestartet beginn anfängt anfing angefangen aufnimmt aufnahm aufgenommen /
endet endete beendet beendete beendeten aufhört aufhörte einstellt einstellte eingestellt stoppt stoppte gestoppt|
beitritt beitrat beitraten beigetreten eintritt eintrat / austritt austrat austraten ausgetreten verlässt verliess verliessen|
bestätigt bestätigte bestätigten bestätigung / aufhebt aufhob aufhoben aufgehoben aufhebung annulliert annullierte kassiert kassierte
kippt kippte gekippt|lebt leben lebendig lebend / tot tote starb gestorben stirbt|inhaftiert / freigelassen freikommt freikam|
offen geöffnet / gesperrt|
bestätigt bestätigte bestätigten zugibt zugab zugaben zugegeben einräumt einräumte eingeräumt gesteht gestand gestanden geständig /
bestreitet bestritt bestritten dementiert dementierte leugnet leugnete abstreitet abstritt zurückweist zurückwies|
befürwortet befürwortete befürworter unterstützt unterstützte unterstützten verteidigt / bekämpft bekämpfte gegner kritisiert|
lobt lobte begrüsst begrüsste verteidigt verteidigte / kritisiert kritisierte verurteilt rügt rügte|
einführt einführte eingeführt einführung / abschafft abschaffte abgeschafft abschaffung aufhebt aufhob aufgehoben aufhebung|
stärkt stärkte gestärkt / schwächt schwächte geschwächt|kauft kaufte gekauft / verkauft verkaufte|mehr weniger|erste letzte|
höher / niedriger tiefer|höchste / niedrigste tiefste|grösser kleiner|grösste kleinste|älteste jüngste|beste / schlechteste schlimmste|
nördlich südlich|norden süden|östlich westlich|osten westen|früher später|importe exporte|import export|mehrheit minderheit|
erfolg / misserfolg scheitern|öffentlich privat|reich arm|warm kalt|gesund krank|voll leer|wahr / falsch unwahr|möglich unmöglich|
sicher / unsicher gefährlich|bekannt unbekannt|gültig ungültig|zufrieden unzufrieden|abhängig unabhängig|verletzt unverletzt|
bruder schwester|vater mutter|sohn tochter|ehemann ehefrau
"""
_FRENCH = """
monte monté augmente augmenté augmentation hausse progresse progressé grimpe grimpé relève relevé croît croissance bondit bondi /
baisse baissé diminue diminué diminution recule reculé recul chute chuté réduit réduite réduire réduction abaisse abaissé|
ouvre ouvrent ouvrir ouvert ouverte ouvrira ouvriront rouvre rouvrent rouvrir rouvert rouverte rouvrira ouverture réouverture /
ferme fermé fermée fermera fermeture|
autorise autorisé autorisation permis permet légalise tolère / interdit interdite interdits interdire interdiction prohibé prohibe banni|
légal légale légaux licite légalement / illégal illégale illégaux illicite illégalement|
approuve approuvé approbation accepte accepté adopte adopté adoption / rejette rejeté refuse refusé rejet refus repousse repoussé|
gagne gagné remporte remporté victoire vainqueur / perd perdu perdent perdre défaite|bénéfice / perte déficit|
condamne condamné condamnation coupable / acquitte acquitté acquittement relaxe relaxé innocent innocenté blanchi|
mort morte morts mortes décédé décédée tué tuée tués tuées péri meurt meurent mourir / survécu survit survivent survivant rescapé|
interpelle interpellé arrêté arrête incarcéré écroué arrestation / libère libéré relâche relâché libération|
embauche embauché engage engagé recrute recruté crée créé créera création /
licencie licencié licenciement supprime supprimé suppression congédie congédié|
commence commencé débute débuté entame entamé démarre démarré lance lancé / arrête arrêté cesse cessé termine terminé stoppe stoppé|
rejoint rejoignent rejoindre adhère adhéré intègre / quitte quitté|
confirme confirmé confirmée confirmation maintient maintenu / annule annulé annulée annulation casse cassé infirme infirmé|
vivant vivante / mort morte décédé décédée tué tuée|
confirme confirmé admet admis admettent reconnaît reconnu avoue avoué / nie nié nient dément démenti démentent conteste contesté réfute
réfuté|
favorable soutient soutenu soutiennent défend défendu appuie partisan /
contre opposé oppose opposant défavorable critique critiqué combat hostile|
salue salué loue loué / critique critiqué dénonce dénoncé condamne|
introduit introduite instaure instauré / abolit aboli supprime supprimé abroge abrogé|
renforce renforcé / affaiblit affaibli|achète acheté / vend vendu|élevé bas|premier première / dernier dernière|
meilleur pire|nord sud|oriental occidental|importation exportation|majorité minorité|succès échec|public privé|
riche pauvre|chaud froid|plein vide|vrai faux|possible impossible|certain incertain|connu inconnu|valable invalable|frère / soeur sœur|
père mère|fils fille|époux épouse|recevable irrecevable|responsable irresponsable|indemne blessé
"""
_SPANISH = """
sube suben subió subieron subido subida subirá subirán aumenta aumentan aumentó aumentaron aumentado aumento crece crecen creció crecieron
crecido crecimiento incrementa incrementó incremento eleva elevó alza repunta repuntó /
baja bajan bajó bajaron bajado bajada bajará bajarán disminuye disminuyen disminuyó disminuyeron disminución cae caen cayó cayeron
caído caída reduce reducen redujo redujeron reducido reducción recorta recortó recorte desciende descendió descendieron descenso|
abre abren abrió abrieron abierto abierta abrirá reabre reabrió apertura reapertura /
cierra cierran cerró cerraron cerrado cerrada cierre cerrará|
permite permiten permitió permitieron permitido autoriza autorizó autorizado legaliza legalizó /
prohíbe prohíben prohibió prohibieron prohibido prohibición prohibir veta vetó vetado|
legal legales lícito legalmente / ilegal ilegales ilícito ilegalmente|
aprueba aprueban aprobó aprobaron aprobado aprobación acepta aceptó aceptaron aceptado avala avaló /
rechaza rechazan rechazó rechazaron rechazado rechazo deniega denegó denegado tumba tumbó|
gana ganan ganó ganaron ganado victoria / pierde pierden perdió perdieron perdido|ganancia beneficio / pérdida pérdidas|
condena condenó condenaron condenado culpable / absuelve absolvió absolvieron absuelto absuelta absolución inocente|
murió murieron muerto muerta muertos muere mueren mató mataron fallece falleció fallecieron fallecido /
sobrevive sobreviven sobrevivió sobrevivieron sobrevivido sobreviviente superviviente|
detuvo detuvieron detenido detenida detiene arresta arrestó arrestaron arrestado detención encarcela encarceló /
libera liberó liberaron liberado liberada liberación excarcelado|
contrata contrató contrataron contratado contratación / despide despidió despidieron despedido despido|
empieza empiezan empezó empezaron comienza comienzan comenzó comenzaron comenzado inicia inició iniciaron arranca arrancó /
termina terminan terminó terminaron terminado finaliza finalizó finalizaron cesa cesó cesaron interrumpe interrumpió suspende suspendió|
ingresa ingresó ficha fichó / deja dejó dejaron abandona abandonó|
confirma confirman confirmó confirmaron confirmado ratifica ratificó mantiene mantuvo /
anula anulan anuló anularon anulado anulada anulación revoca revocó revocado|
vivo viva / muerto muerta murió murieron falleció|encarcelado / liberado liberada liberó liberaron excarcelado|
confirma confirman confirmó confirmaron admite admiten admitió admitieron reconoce reconoció reconocieron /
niega niegan negó negaron negado desmiente desmintió desmintieron|
favor apoya apoyan apoyó apoyaron respalda respaldó defiende defendió partidario / contrario opone opuso critica criticó criticaron|
elogia elogió celebra / critica criticó condena denuncia|
introduce introdujo / elimina eliminó deroga derogó suprime suprimió|
refuerza reforzó / debilita debilitó|compra compró / vende vendió|primero primera / último última|mayor menor|mejor peor|
norte sur|este oeste|importaciones exportaciones|importación exportación|mayoría minoría|éxito fracaso|público privado|
rico pobre|caliente frío|lleno vacío|verdadero falso|posible imposible|conocido desconocido|válido inválido|hermano hermana|padre madre|
hijo hija|marido esposa|seguro / inseguro peligroso|ileso herido|capaz incapaz|necesario innecesario
"""
_ITALIAN = """
aumenta aumentano aumentato aumento cresce crescono cresciuto crescita sale salgono salito salita rialzo incremento alza alzano alzato
rincaro /
diminuisce diminuiscono diminuito diminuzione cala calano calato calo scende scendono sceso scesa riduce riducono ridotto riduzione abbassa
abbassano abbassato ribasso taglia tagliato|
apre aprono aperto aperta aprirà riapre riaperto riapertura apertura / chiude chiudono chiuso chiusa chiuderà chiusura|
permette permettono permesso consente consentito autorizza autorizzato /
vieta vietano vietato vietata divieto proibisce proibito|
legale legali lecito legalmente / illegale illegali illecito illegalmente|
approva approvano approvato approvazione accetta accettato accoglie accolto accolta adotta adottato /
respinge respingono respinto respinta boccia bocciato bocciatura rifiuta rifiutato rifiuto rigetta rigettato|
vince vincono vinto vinse vittoria / perde perdono perso persa perse sconfitta|utile guadagno / perdita deficit|
condanna condannato condannata colpevole / assolve assolto assolta assolti assoluzione innocente|
morto morta morti morte muore muoiono ucciso uccisa uccide deceduto deceduta /
sopravvissuto sopravvissuta sopravvissuti sopravvive superstite|
arresta arrestato arrestata arresto incarcerato / rilascia rilasciato rilasciata libera liberato liberata scarcerato|
assume assumono assunto assunzione / licenzia licenziano licenziato licenziamento|
inizia iniziano iniziato comincia cominciano cominciato avvia avviato /
finisce finiscono finito termina terminano terminato cessa cessato interrompe interrotto sospende sospeso smette smesso|
aderisce aderito / lascia lasciato esce uscito abbandona abbandonato|
conferma confermano confermato confermata convalida / annulla annullano annullato annullata annullamento ribalta ribaltato revoca|
vivo viva / morto morta deceduto deceduta|incarcerato / scarcerato scarcerata liberato liberata rilasciato rilasciata|
conferma confermato ammette ammesso riconosce riconosciuto confessa confessato / nega negano negato smentisce smentito contesta
contestato|
favorevole favore sostiene sostengono appoggia appoggiato difende / contro contrario critica criticato oppone opposto|
loda lodato elogia / critica criticato condanna denuncia|
introduce introdotto / abolisce abolito elimina eliminato revoca revocato|
rafforza rafforzato / indebolisce indebolito|compra comprato acquista / vende venduto|primo prima / ultimo ultima|maggiore minore|
migliore peggiore|nord sud|importazioni esportazioni|importazione esportazione|maggioranza minoranza|successo fallimento|
pubblico privato|ricco povero|caldo freddo|pieno vuoto|vero falso|possibile impossibile|noto ignoto|valido invalido|fratello sorella|
padre madre|figlio figlia|marito moglie|sicuro / insicuro pericoloso|illeso ferito|capace incapace|ammissibile inammissibile
"""
# The languages with a list of opposites, and it.
OPPOSITES = {"en": _ENGLISH, "de": _GERMAN, "fr": _FRENCH, "es": _SPANISH, "it": _ITALIAN}
# Phrases, and the words that say the same in one.
_STANCE = r"(sich|stimmt|stimmte|stimmten|gestimmt|votiert|votierte|kämpft|kämpfte|ist|sind|war|waren)"
_HELD = "in (?:a |the )?(?:prison|jail|custody|detention)|behind bars"
_PHRASES = {
    "en": (
        (rf"(?:remain(?:s|ed)?|stay(?:s|ed)?|(?:is|are)(?: still)?|still) (?:{_HELD})", "imprisoned"),
        (r"(?:released|freed|walk(?:s|ed) free|out on bail) from (?:a |the )?(?:prison|jail|custody|detention)", "released"),
        (r"(?:left|leaves|walked out of) (?:a |the )?(?:prison|jail|custody|detention)", "released"),
        (r"(?:refused|denied|barred from|kept from) (?:entry|entering|access|admission|admittance)", "excluded"),
    ),
    "de": (
        (r"ums leben", "umgekommen"),
        (r"am leben", "lebendig"),
        (rf"{_STANCE} für", r"\1 befürworter"),
        (rf"{_STANCE} gegen", r"\1 gegner"),
        (r"(?:sitzt|bleibt|ist|noch|weiterhin|weiter) (?:im gefängnis|in haft|hinter gittern)", "inhaftiert"),
        (r"(?:aus dem gefängnis|aus der haft) (?:entlassen|freigelassen|gekommen)", "freigelassen"),
    ),
    "fr": (
        (r"(vote|votent|voté|votait) pour", r"\1 favorable"),
        (r"en vie", "vivant"),
        (r"(?:reste|demeure|toujours|encore) (?:en prison|en détention|derrière les barreaux|détenue?)", "incarcéré"),
        (r"(?:sort|sortie?|sortis) de (?:prison|détention)|remise? en liberté", "libéré"),
    ),
    "es": (
        (r"en contra", "contrario"),
        (r"(?:deja|dejan|dejó|dejaron) de", "cesó"),
        (r"con vida", "vivo"),
        (r"(?:sigue|siguen|permanece|continúa|está) (?:en (?:la )?(?:prisión|cárcel)|pres[oa]|entre rejas)", "encarcelado"),
        (r"(?:salió|sale|salido) de (?:la )?(?:prisión|cárcel)|(?:en|recuperó la) libertad", "liberado"),
    ),
    "it": (
        (r"in vita", "vivo"),
        (r"(?:resta|rimane|ancora|tuttora) in (?:carcere|prigione|cella)", "incarcerato"),
        (r"(?:esce|uscit[oa]) (?:dal carcere|di prigione|di cella)", "scarcerato"),
    ),
}
_PARTICLES = ("ab", "an", "auf", "aus", "bei", "ein", "fest", "frei", "gut", "um", "zu", "zurück")
# A mark within a number ends no clause.
_CLAUSE = re.compile(r"[^\W\d_]+|[,;:.()!?—–](?!\d)")
_ENDS = frozenset(",;:.()!?—–") | {"und", "oder", "aber"}


def opposites(term: str, language: str = "en") -> frozenset[str]:
    """Return the antonyms of a term; those of English in a language of which none are known."""
    return _opposites(language if language in OPPOSITES else "en").get(term, frozenset())


@cache
def _opposites(language: str) -> dict[str, frozenset[str]]:
    stem = Analyzer(language)
    found: defaultdict[str, set[str]] = defaultdict(set)
    for pair in OPPOSITES[language].split("|"):
        some, others = (stem.terms(side) for side in (pair.split("/") if "/" in pair else pair.split()))
        for a, b in product(some, others):
            found[a].add(b)
            found[b].add(a)
    return {term: frozenset(others - {term}) for term, others in found.items()}


def with_particles(text: str, language: str) -> str:
    """Return ``text`` with the parts of separable verbs joined, and phrases for which there is a word replaced by it."""
    for phrase, word in _phrases(language):
        text = phrase.sub(word, text)
    if language != "de":
        return text
    joined, clause = [*_CLAUSE.finditer(text)], 0
    found: dict[int, str] = {}
    for at, token in enumerate(joined):
        if token[0].casefold() in _ENDS:
            clause = at + 1
        elif token[0] in _PARTICLES and (at + 1 == len(joined) or joined[at + 1][0].casefold() in _ENDS):
            verb = next((n for n in range(clause, at) if token[0] + joined[n][0].casefold() in _separable()), None)
            if verb is not None:
                found |= {verb: token[0] + joined[verb][0], at: ""}
    if not found:
        return text
    last, parts = 0, []
    for at, word in found.items():
        parts += [text[last : joined[at].start()], word]
        last = joined[at].end()
    return "".join([*parts, text[last:]])


def phrase_of(text: str, term: str, language: str) -> str:
    """Return the phrase of ``text`` that is replaced by a word with the ``term``; "" if there is none."""
    stem = Analyzer(language).terms
    found = (phrase.search(text) for phrase, word in _phrases(language) if term in stem(re.sub(r"\\\d", "", word)))
    return next((each[0] for each in found if each), "")


@cache
def _phrases(language: str) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(rf"\b{phrase}\b", re.IGNORECASE), word) for phrase, word in _PHRASES.get(language, ()))


@cache
def _separable() -> frozenset[str]:
    return frozenset(re.findall(r"\w+", _GERMAN.casefold()))
