"""What columns and their words are called in the exports of other systems, English and German.

Written as ``guess.normal`` leaves them: lower case, letters and digits only. The likeliest first.
"""

from leads.imports.targets import ACTIVITY_KINDS, DISPOSITIONS, OUTCOMES

Words = dict[str, tuple[str, ...]]


def _words(table: dict[str, str]) -> Words:
    return {field: tuple(words.split()) for field, words in table.items()}


FIRST_NAMES = ("firstname", "givenname", "vorname")
LAST_NAMES = ("lastname", "surname", "familyname", "nachname", "familienname")

_ORIGIN = {
    "source": "source leadsource utmsource origin quelle leadquelle herkunft channel kanal",
    "campaign": "campaign utmcampaign campaignname kampagne kampagnenname",
    "content": "content utmcontent adcontent anzeigeninhalt",
    "term": "term utmterm keyword suchbegriff keywords",
    "landing_page": "landingpage landingpageid page landingpageurl seite zielseite",
}
_FACTS = {
    "fact.title": "title jobtitle position berufsbezeichnung jobbezeichnung",
    "fact.seniority": "seniority joblevel managementlevel karrierestufe",
    "fact.department": "department abteilung bereich",
    "fact.role": "role rolle buyingrole",
    "fact.occupation": "occupation currentoccupation beschaeftigung",
    "fact.industry": "industry branche sector businesssegment segment",
    "fact.company_size": "companysize employees numberofemployees headcount mitarbeiter "
    "mitarbeiterzahl anzahlmitarbeiter unternehmensgroesse noofemployees",
    "fact.team_size": "teamsize teamgroesse",
    "fact.country": "country land countryregion",
    "fact.region": "region state bundesland province",
    "fact.city": "city stadt ort town",
    "fact.use_case": "usecase anwendungsfall",
    "fact.timeline": "timeline timeframe zeitrahmen purchasetimeframe",
    "fact.budget": "budget budgetrange",
    "fact.procurement": "procurement procurementprocess beschaffung",
}
_PERSON = {
    "email": "email emailaddress mail workemail emailadresse mailadresse primaryemail",
    "phone": "phone phonenumber telephone mobile mobilephone telefon telefonnummer handy",
    "company": "company companyname account accountname firma unternehmen organisation",
    "company_domain": "companydomain domain website companydomainname webseite",
}

FIELDS: dict[str, Words] = {
    "leads": _words(
        {
            "external_id": "id leadid contactid recordid prospectid mqlid externalid kontaktid",
            **_PERSON,
            "name": "name fullname contactname leadname kontaktname ansprechpartner",
            **_ORIGIN,
            "owner": "owner leadowner contactowner contactownername ownername recordowner "
            "besitzer zustaendig verantwortlich",
            "created_at": "createdat createdtime created createdate createddate creationdate "
            "firstcontactdate erstelltam erstellt erstelldatum anlagedatum date datum",
            "order": "leadnumber number nummer",
            "source_stage": "stage leadstatus status lifecyclestage phase",
            "consent_email": "emailconsent consentemail optin newsletteroptin einwilligung",
            "do_not_email": "donotemail emailoptout optout unsubscribed hasoptedoutofemail",
            "do_not_call": "donotcall donotphone nichtanrufen",
            **_FACTS,
        }
    ),
    "activities": _words(
        {
            "external_id": "id activityid callid eventid taskid externalid",
            "lead_external_id": "contactid leadid contactleadid whoid kontaktid contactname",
            "lead_email": _PERSON["email"] + " contactemail leademail",
            "kind": "kind type activitytype calltype eventtype activity art typ aktivitaet",
            "occurred_at": "occurredat time timestamp datetime starttime callstarttime calltime "
            "activitydate eventtime createdat createdtime created date datum zeitpunkt",
            "object": "object url page pageurl asset form subject betreff content seite",
            "duration_s": "durations duration callduration calldurationinseconds "
            "durationinseconds dauer dauerinsekunden",
            "outcome": "outcome status result callstatus callresult disposition ergebnis",
        }
    ),
    "spend": _words(
        {
            "date": "date day datum tag reportingstarts",
            "source": "source channel utmsource quelle kanal platform plattform",
            "campaign": _ORIGIN["campaign"],
            "ad_group": "adgroup adgroupname adset adsetname anzeigengruppe",
            "ad": "ad adname anzeige creative anzeigenname",
            "impressions": "impressions impr impressionen",
            "clicks": "clicks linkclicks klicks",
            "amount": "amount spend cost costs amountspent ausgaben kosten betrag",
            "currency": "currency currencycode waehrung",
        }
    ),
    "handoffs": _words(
        {
            "external_id": "id dealid opportunityid recordid externalid mqlid",
            "lead_external_id": "contactid leadid contactname contact whoid kontaktid",
            "lead_email": _PERSON["email"] + " contactemail leademail",
            "lead_phone": _PERSON["phone"],
            "lead_company": _PERSON["company"],
            "lead_company_domain": _PERSON["company_domain"],
            "made_at": "madeat handedoffat createdtime createdat created createdate createddate "
            "mqldate erstelltam erstellt erstelldatum",
            **_ORIGIN,
            "owner": "owner dealowner dealownername ownername sdr sdrid sdrname besitzer",
            "account_executive": "accountexecutive ae salesrep srid closer vertriebler",
            "source_stage": "stage dealstage status phase salesstage",
            "disposition": "disposition quality leadquality qualification qualifizierung accepted",
            "reason": "reason lostreason rejectionreason reasoncode closedlostreason "
            "disqualificationreason grund ablehnungsgrund verlustgrund",
            "decided_at": "decidedat dispositiondate closingdate closedate qualifiedat "
            "wondate abschlussdatum",
            "decided_by": "decidedby qualifiedby",
            "outcome": "outcome result ergebnis",
            "value": "value amount dealvalue dealamount wert betrag",
            "currency": "currency currencycode waehrung",
        }
    ),
}

_KIND_WORDS = {
    "call_outbound": "outbound outboundcall outgoing call ausgehend anruf dialled",
    "call_inbound": "inbound inboundcall incoming received eingehend",
    "call_missed": "missed missedcall verpasst",
    "email_sent": "email mail emailsent",
    "email_opened": "opened open emailopen emailopened geoeffnet",
    "email_clicked": "clicked click emailclick emaillinkclicked emailclicked geklickt",
    "email_replied": "replied reply emailreply emailreceived antwort",
    "unsubscribed": "unsubscribe emailunsubscribed abgemeldet",
    "sms_sent": "sms smssent",
    "chat": "chat chatconversation livechat",
    "linkedin_outbound": "linkedin linkedinmessage",
    "page_view": "pageview pageviewed visit pagevisitedonwebsite seitenaufruf",
    "form_submitted": "form formsubmission formsubmitted formsubmittedonwebsite formular",
    "content_download": "download contentdownload herunterladen",
    "demo_request": "demo demorequest demorequested demoanfrage",
    "meeting_booked": "meetingbooked meetingscheduled terminvereinbart",
    "meeting_held": "meeting meetingheld meetingcompleted termin",
    "webinar_registered": "webinarregistered webinarregistration",
    "webinar_attended": "webinar webinarattended",
    "subscription": "subscribed subscription blogsubscription newsletter abonniert",
}
_DISPOSITION_WORDS = {
    "accepted": "qualified yes sql angenommen qualifiziert",
    "rejected": "disqualified unqualified no nonqualified notqualified abgelehnt",
}
_OUTCOME_WORDS = {
    "won": "closedwon paymentdone converted gewonnen",
    "lost": "closedlost verloren",
    "open": "inprogress offen",
}
_REASON_WORDS = {
    "no_answer": "noanswer doesntanswer stoppedanswering ringing busy switchedoff",
    "bad_contact_data": "invalidnumber wrongnumber wrongnumbergiven bounced badcontactdata",
    "duplicate": "duplicate dublette duplikat",
    "not_a_fit": "nontarget notafit badfit",
    "not_interested": "notinterested changeddecision keininteresse",
    "bad_timing": "badtiming timing needstimetothink nextstream",
    "no_budget": "nobudget budget expensive tooexpensive zuteuer",
    "competitor": "competitor wenttorivals losttocompetitor wettbewerber",
    "not_a_decision_maker": "notadecisionmaker nodecisionmaker noauthority",
    "unresponsive": "unresponsive noresponse",
    "spam": "spam test spamtest",
    "student": "student",
    "just_exploring": "justexploring justlooking",
    "other": "other sonstiges",
}


def _by_word(table: dict[str, str], codes: tuple[str, ...]) -> dict[str, str]:
    found = {code.replace("_", ""): code for code in codes}
    found |= {word: code for code, words in table.items() for word in words.split()}
    return found


CHOICES: dict[str, dict[str, str]] = {
    "kind": _by_word(_KIND_WORDS, ACTIVITY_KINDS),
    "disposition": _by_word(_DISPOSITION_WORDS, DISPOSITIONS),
    "outcome": _by_word(_OUTCOME_WORDS, OUTCOMES),
    "reason": _by_word(_REASON_WORDS, tuple(_REASON_WORDS)),
}
