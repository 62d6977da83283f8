"""Words that name nobody although they are capitals, abbreviations, or in no dictionary."""

from typing import Final


def words_of_text(text: str) -> frozenset[str]:
    """The words of a list."""
    return frozenset(text.split())


# Capitalised in the middle of a sentence, they are bodies, offices, feasts, months.
BODIES: Final = words_of_text(
    """
    smart city living open day
    comune municipio provincia regione stato repubblica italia europa unione europea governo
    ministero comunale provinciale regionale nazionale pubblica pubblico civico civica consiglio
    giunta commissione comitato assemblea quartiere circoscrizione settore servizio servizi
    ufficio uffici area direzione sportello anagrafe tributi ragioneria protocollo segreteria
    urbanistica edilizia verde urbano urbana ambiente ecologia mobilità trasporti viabilità strade
    lavori pubblici patrimonio cultura turismo sport istruzione sociale sociali politiche
    giovanili polizia locale carabinieri vigili fuoco protezione civile questura prefettura
    tribunale procura finanza guardia agenzia entrate poste italiane ferrovie stazione ospedale
    ospedali civili pronto soccorso azienda sanitaria società fondazione associazione cooperativa
    consorzio istituto scuola scuole liceo università politecnico biblioteca museo musei teatro
    grande duomo castello chiesa parrocchia oratorio parco giardino giardini piazza via viale
    corso largo vicolo contrada piazzale ponte porta torre palazzo villa galleria tangenziale
    autostrada ring metro metropolitana tram autobus bus linea fermata capolinea parcheggio centro
    nord sud est ovest gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre
    novembre dicembre lunedì martedì mercoledì giovedì venerdì sabato domenica pasqua ferragosto
    capodanno natale carnevale epifania codice fiscale partita iva art legge decreto regolamento
    delibera determina ordinanza verbale pratica bando gara sindaco sindaca assessore assessora
    assessorato presidente segretario segretaria direttore direttrice dirigente responsabile
    consigliere consigliera egregio egregi gentile gentili gentilissimi gentilissima gentilissimo
    spettabile signor signora signori dottore dottoressa dottor avvocato ingegnere architetto
    geometra professore professoressa oggetto allegato allegati nota data luogo ora nome cognome
    telefono indirizzo residenza codici tipo descrizione motivo utente cliente richiesta
    segnalazione reclamo pagamento bolletta abbonamento tessera smart card covid internet wifi
    facebook instagram whatsapp google maps android iphone amazon telepass samsung fiat ford audi
    bmw opel renault toyota dacia golf panda punto tipo vespa ikea coop conad lidl iper esselunga
    giornale cordiali saluti distinti grazie buongiorno buonasera salve signore cittadino
    cittadina
    """
)
ACRONYMS: Final = words_of_text(
    """
    tari imu ici ztl isee spid pec pin puk pod pdr cf iva asl ats asst urp suap sue pgt cre rsa
    inps inail aci tv pdf sms gps rfid wifi wi fi app qr led usb cap bs mi bg vr mn cr it id ok ko
    eu ue onu usa a2a aler acli cai arci avis anpi cgil cisl uil dpcm dl dlgs rup rpd dpo srl spa
    snc sas onlus odv aps asd ets scarl cag nil gtt imei mac ip ipv ssid iban bic cie ts team cns
    spa sp ss sr a4 a21 pm co no so2 nox led lcd nfc tpl amt arpa enel eni tim istat anas rfi ntv
    ctp cup cig mepa pnrr vvf sos dna hiv bar tir suv gpl gas ups kw kwh mwh mc mq km cm mm kg lt
    ml ha mt min sec ore hh gg nr nn aa vs tel cell fax mail http https www com org html xml json
    csv api url log info warn error get post put ok dns ssl ms rssi ap
    """
)
SHORT: Final = words_of_text(
    """
    sig ra dott ssa dr ing avv arch geom prof rag gent egr spett le mo ma tel cell cel fax mail
    email pec es ecc etc art artt co comma lett cfr vd pag pagg n nr num civ int sc scala p pal
    app fraz loc prov cap st max min ca gg mm aa h ore hh mc mq kwh kw km cm mm kg gr lt ml eur
    euro cod rif prot prat fatt boll doc docs all lun mar mer gio ven sab dom gen feb apr mag giu
    lug ago set ott nov dic x xke xchè cmq nn qnd qlc pls ok okay raga boh vabbè tt tutt app web
    online offline link file password login user username account smartphone tablet pc wifi bus
    tram metro bici bike sharing car scooter moto auto suv parking ticket smart card sms pos
    bancomat report feedback trekking jogging skate park playground bar pub fast food take away
    delivery last first whatsapp facebook instagram google chrome android iphone apple po un' l'
    dell' nell' all' dall' sull' c' d' s' m' t' v' n' quest' quell' tutt' nient' anch' senz' mezz'
    sant' bell' dev' com' dov' cos' quant' po' mo' fa' va' sta' da' di' to' ne' de' coll' gl'
    teleriscaldamento mastello mastelli cro trn spid isee ztl tari imu suap urp rfid pod pdr
    """
)
# What firms, works and places are called beside the name of whom they are named after.
TRADES: Final = words_of_text(
    """
    impianti costruzioni serramenti ristorazione amministrazioni trasporti autotrasporti spurghi
    edilizia immobiliare arredamenti carrozzeria officine officina termoidraulica elettronica
    elettrodomestici autonoleggio assicurazioni consulenze consulting service services group gruppo
    holding store shop market club team calcio volley basket rugby cafè café caffè bar pub pizzeria
    trattoria osteria ristorante gelateria pasticceria panetteria panificio forno macelleria
    ferramenta farmacia libreria cartoleria edicola tabacchi abbigliamento calzature gioielleria
    ottica parrucchieri estetica viaggi tour traslochi pulizie multiservizi logistica metalli
    acciai vini vivai garden hotel residence camping autoscuola auto motors gomme pneumatici
    ascensori caldaie idraulica vernici legnami marmi scavi ponteggi prefabbricati laterizi
    condominio cooperativa consorzio fondazione associazione confraternita circolo polisportiva
    onlus eredi f.lli fratelli ditta impresa studio sala cimitero auditorium rifugio
    torneo trofeo memorial premio coppa mostra convegno festival palio cappella santuario basilica
    """
)
BRANDS: Final = words_of_text(
    """
    fiat ford opel audi bmw renault peugeot citroen citroën toyota dacia volkswagen golf skoda seat
    nissan hyundai kia mazda suzuki honda yamaha kawasaki ducati piaggio vespa aprilia iveco volvo
    mercedes smart jeep alfa lancia menarinibus candy bosch whirlpool indesit samsung lg miele
    ariston vaillant immergas rex electrolux zoppas daikin philips sony panasonic apple huawei
    xiaomi nokia motorola hp epson canon lenovo dell asus acer invicta ikea decathlon lidl conad
    esselunga coop iper auchan eurospin carrefour bennet italmark nexi paypal satispay amazon google
    microsoft vodafone wind iliad fastweb tim enel eni edison sorgenia hera iren aprica unareti a2a
    trenord trenitalia arriva italo flixbus intesa unicredit ubi bpm postepay inps inail pumps
    """
)
# Written with a capital, or found in lists of surnames; nobody is called so in a text of ours.
NEVER_NAMES: Final = words_of_text(
    """
    foto video badge tess prot iva pums us uso pasquetta pentecoste quaresima ramadan natale
    chiocciola punto trattino underscore sbloccato bloccato allego allegata saluti firma fake spam
    pod pdr tag chip rfid imei mac ip wifi pos atm bancomat email mail pec spid cie isee tari imu
    server admin root guest browser router firmware backup login logout timeout client host desktop
    notebook toner reset ping proxy cache cookie token driver plugin update upgrade download upload
    legambiente ansa strabrescia rai sky mediaset dazn mille miglia gioco lotto superenalotto
    epifania befana babbo corpus domini ognissanti immacolata assunta avvento quaresima vigilia
    uno due tre quattro cinque sei sette otto nove dieci zero associato associata associati
    bravi bravo brava bravissimi vittoria speriamo caro cara buonasera buongiorno
    """
)
