//! What the papers say.

/// Name and text of the papers that are plain text, Markdown, HTML or CSV.
pub(super) const PLAIN: &[(&str, &str)] = &[
    (
        "2025-03-14 Marktkauf.txt",
        "
          MARKTKAUF LINDENHOF
      Lindenstraße 12, 50674 Köln
          Tel. 0221 / 555 01 23
         USt-IdNr. DE123456789

                                  EUR
Skizzenblock A4                  6,99 A
Bleistifte 12er                  4,49 A
Roggenbrot 750 g                 3,49 B
Äpfel 1,214 kg x 2,99            3,63 B
---------------------------------------
SUMME                    EUR    18,60
Geg. girocard            EUR    18,60

Steuer   %      Netto   Steuer   Brutto
A   19,00%       9,65     1,83    11,48
B    7,00%       6,65     0,47     7,12

14.03.2025    18:22    Bon-Nr. 4711
     Vielen Dank für Ihren Einkauf!
",
    ),
    (
        "Gutschrift Schuhhaus Wendt.txt",
        "
Schuhhaus Wendt e.K.
Hohe Straße 8, 50667 Köln

Gutschrift Nr. 881                      07.04.2025

Retoure Stiefel, Gr. 39               59,90 €
inkl. 19 % MwSt.                       9,56 €
Gesamtbetrag                          59,90 €

Der Betrag wird Ihrer Karte gutgeschrieben.
",
    ),
    (
        "Kartenbeleg Seeblick.txt",
        "
HOTEL SEEBLICK GMBH
88131 LINDAU

      * * KUNDENBELEG * *
Terminal-ID      54321098
05.05.2025       10:02
Kartenzahlung    VISA Debit
Karte            ************4242
Betrag           EUR 226,00
       Zahlung erfolgt
",
    ),
    (
        "Zahlungserinnerung Auental.txt",
        "
Stadtwerke Auental
Kundenservice

Frau Mara Lindqvist
Gartenweg 5, 50733 Köln
                                        12.05.2025
Zahlungserinnerung

zu unserer Rechnung Nr. 20311 vom 01.04.2025

Offener Betrag: 84,20 €

Sicher haben Sie es nur übersehen. Bitte zahlen Sie bis zum 26.05.2025.
",
    ),
    (
        "Kontoauszug März bis Mai.csv",
        "
Buchungstag;Valuta;Buchungstext;Empfänger;Verwendungszweck;Betrag;Währung
03.03.2025;03.03.2025;Dauerauftrag;Hausverwaltung Berg;Atelier Miete März;-420,00;EUR
17.03.2025;17.03.2025;Kartenzahlung;MARKTKAUF LINDENHOF;14.03. 18:22 Köln;-18,60;EUR
24.03.2025;24.03.2025;Überweisung;Studio Nordlicht GmbH;Rechnung 2025-041;-357,00;EUR
28.03.2025;28.03.2025;Gutschrift;Verlag Sommerfeld;Honorar Kinderbuch;2.650,00;EUR
31.03.2025;31.03.2025;Umbuchung;Mara Lindqvist;Sparkonto;-300,00;EUR
01.04.2025;01.04.2025;Dauerauftrag;Hausverwaltung Berg;Atelier Miete April;-420,00;EUR
09.04.2025;09.04.2025;Gutschrift;Schuhhaus Wendt;Retoure 881;59,90;EUR
22.04.2025;22.04.2025;Auszahlung;Sparbank Köln;Geldautomat Neumarkt;-100,00;EUR
02.05.2025;02.05.2025;Dauerauftrag;Hausverwaltung Berg;Atelier Miete Mai;-420,00;EUR
06.05.2025;06.05.2025;Kartenzahlung;HOTEL SEEBLICK GMBH;05.05. 10:02 Lindau;-226,00;EUR
19.05.2025;19.05.2025;Kontoführung;Sparbank Köln;Entgelt Mai;-4,90;EUR
",
    ),
    (
        "ticket brasserie.txt",
        "
        BRASSERIE DU CANAL
       8, quai des Tanneurs
          44000 NANTES
    SIRET 812 345 678 00019

Table 7                2 couverts
Le 11/04/2025 à 13h05

2  Menu du jour             42,00
1  Café gourmand             8,60
1  Verre de Muscadet         6,80
---------------------------------
TOTAL TTC               57,40 EUR
  dont TVA 10 %              4,60
  dont TVA 20 %              1,13
CB                          57,40

Merci de votre visite, à bientôt !
",
    ),
    (
        "harrow-finch-invoice.html",
        "
<!doctype html>
<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Invoice HF-0192</title></head>
<body>
<h1>Harrow &amp; Finch Ltd</h1>
<p>14 Mill Lane, Leeds LS1 4AB<br>VAT No. GB 123 4567 89</p>
<h2>Invoice HF-0192</h2>
<p>Invoice date: 2 May 2025<br>Due date: 1 June 2025</p>
<p>Bill to:<br>Mara Lindqvist<br>Gartenweg 5, Cologne</p>
<table>
<tr><th>Description</th><th>Amount</th></tr>
<tr><td>Fine art prints, 40 sheets</td><td>&pound;180.00</td></tr>
<tr><td>Mounting</td><td>&pound;45.00</td></tr>
<tr><td>Subtotal</td><td>&pound;225.00</td></tr>
<tr><td>VAT 20%</td><td>&pound;45.00</td></tr>
<tr><td><b>Total</b></td><td><b>&pound;270.00</b></td></tr>
</table>
<p>Thank you for your business.</p>
</body></html>
",
    ),
    (
        "taxi receipt.txt",
        "
CITY CAB
Receipt 20418

Date       04/05/2025
From       Airport
To         Old Town

Fare             €16.50
Airport fee       €2.00
Total            €18.50

Paid in cash. Thank you!
",
    ),
    (
        "coffee with Jo.md",
        "
# Maple & Bean

**Receipt**, 18 April 2025

| Item            | Price  |
|-----------------|-------:|
| 2 Flat white    |  $9.00 |
| 1 Cinnamon bun  |  $5.25 |
| **Total**       | **$14.25** |

Paid by card. See you soon!
",
    ),
    (
        "blue heron diner.txt",
        "
BLUE HERON DINER
1420 Alder St
Portland, OR 97205

Check #: 20411      04/22/2025 7:48 PM
Server: Maya        Table 12

1 Patty Melt                  14.50
1 Cobb Salad                  13.75
1 Lemonade                     4.25

Subtotal                      32.50
Tip                            6.50
Total                        $39.00

VISA ************4242         39.00
Thank you, come again!
",
    ),
    (
        "scontrino ferramenta.txt",
        "
     FERRAMENTA BELLINI S.R.L.
   VIA ROMA 4 - 40121 BOLOGNA
      P.IVA 01234567890

      DOCUMENTO COMMERCIALE
   di vendita o prestazione

DESCRIZIONE       IVA     Prezzo(€)
CORNICE 30X40     22%         19,90
GANCI             22%          3,50
Subtotale                     23,40
TOTALE COMPLESSIVO            23,40
di cui IVA                     4,22

Pagamento contante            25,00
Resto                          1,60
16-05-2025 17:03
DOCUMENTO N. 0412-0031
",
    ),
    (
        "paragon piekarnia.txt",
        "
      Piekarnia Pod Dębem
   ul. Krótka 3, 30-001 Kraków
       NIP 123-456-78-90
2025-05-21             nr wydr. 104512
        PARAGON FISKALNY
Chleb żytni      1 x8,99       8,99C
Sernik           2 x8,00      16,00B
Sprzed. opod. PTU B           16,00
Kwota B 08,00%                 1,19
Sprzed. opod. PTU C            8,99
Kwota C 05,00%                 0,43
SUMA PTU                       1,62
SUMA PLN                      24,99
KARTA PLN                     24,99
",
    ),
    (
        "účtenka Javor.html",
        "
<html lang=\"cs\"><head><meta charset=\"utf-8\"></head><body>
<h2>Knihkupectví Javor s.r.o.</h2>
<p>Dlouhá 9, 110 00 Praha 1<br>IČO: 12345678 &nbsp; DIČ: CZ12345678</p>
<h3>Účtenka č. 2025/113</h3>
<p>Datum: 23. 5. 2025</p>
<table>
<tr><td>Atlas ptáků</td><td>1&nbsp;299,00&nbsp;Kč</td></tr>
<tr><td>Pohlednice 3×</td><td>75,00&nbsp;Kč</td></tr>
<tr><td><b>Celkem</b></td><td><b>1&nbsp;374,00&nbsp;Kč</b></td></tr>
</table>
<p>Děkujeme za nákup</p></body></html>
",
    ),
    (
        "kvitto Lövbergs.txt",
        "
Lövbergs Kafé AB
Storgatan 4, 222 20 Lund
Org.nr 556677-8899

KVITTO 30112             2025-05-28 10:12

2 Kaffe                            78,00
2 Kanelbulle                       84,00

Totalt                         162,00 kr
Varav moms 12%                   17,36
Kontokort                       162,00

Tack och välkommen åter!
",
    ),
    (
        "kvittering Bogcaféen.txt",
        "
Bogcaféen Lyng
Torvet 3, 8000 Aarhus
CVR-nr. 12345678

Kvittering

29-05-2025 15:20
1 Kaffe og kage              95,-
1 Bog, tegneserie           104,-
I alt                       199,-
Heraf moms 25%               39,80
Dankort                     199,00

Tak for besøget
",
    ),
    (
        "領収書 みどりマート.txt",
        "
みどりマート 桜通店
東京都中央区桜通1-2-3
登録番号 T1234567890123

2025年 6月 3日(火) 12:05
      領 収 書
おにぎり  2点          ¥360
お弁当                 ¥980
お茶                   ¥460
小計                 ¥1,800
消費税等(10%)          ¥180
合　計               ¥1,980
お預り               ¥2,000
お釣り                  ¥20
ありがとうございました
",
    ),
    (
        "kassabon groentehal.txt",
        "
De Groentehal
Marktplein 2, 3511 Utrecht
KvK 12345678

Kassabon 0091
27-05-2025 12:44

Salade                  € 6,95
Broodje kaas            € 4,50
Koffie                  € 3,20
Totaal                 € 14,65
Waarvan BTW 9%          € 1,21
Pin                    € 14,65

Bedankt en tot ziens!
",
    ),
    (
        "nyugta Napsugár.txt",
        "
Napsugár Kávézó Kft.
1051 Budapest, Tavasz utca 4.
Adószám: 12345678-2-41

NYUGTA

Kávé                     980 Ft
Rétes                  2 000 Ft
ÖSSZESEN:              2 980 Ft
BANKKÁRTYA             2 980 Ft
2025.05.25. 10:12
Köszönjük a vásárlást!
",
    ),
];

/// Name, heading and text of the papers that are PDFs.
pub(super) const PDF: &[(&str, &str, &str)] = &[
    (
        "Rechnung Nordlicht 2025-041.pdf",
        "Studio Nordlicht GmbH",
        "
Hafenweg 21, 48155 Münster            USt-IdNr. DE987654321

Frau Mara Lindqvist
Gartenweg 5
50733 Köln

Rechnung Nr. 2025-041                 Rechnungsdatum: 20.03.2025

Pos.  Leistung                                      Betrag
1     Bildbearbeitung, 4 Stunden                  240,00 €
2     Andrucke                                     60,00 €

      Nettobetrag                                 300,00 €
      zzgl. 19 % USt                               57,00 €
      Rechnungsbetrag                             357,00 €

Zahlbar bis 03.04.2025 ohne Abzug.
",
    ),
    (
        "factura libreria.pdf",
        "Librería Cálamo Nuevo S.L.",
        "
C/ Mayor 22, 28013 Madrid
CIF: B12345678

FACTURA Nº 2025/0317
Fecha: 29/04/2025

Cliente: Mara Lindqvist

Libro ilustrado                               22,00
Cuaderno de dibujo                            15,21

Base imponible                                37,21
IVA 4%                                         1,49
TOTAL                                       38,70 €

Gracias por su compra
",
    ),
    (
        "Hotel Seeblick 10442.pdf",
        "Hotel Seeblick GmbH",
        "
Uferweg 9, 88131 Lindau                 USt-IdNr. DE192837465

Rechnung Nr. 10442                      Rechnungsdatum: 05.05.2025
Anreise: 02.05.2025                     Abreise: 05.05.2025
Gast: Mara Lindqvist

02.05.2025   Übernachtung mit Frühstück              75,00
03.05.2025   Übernachtung mit Frühstück              75,00
04.05.2025   Übernachtung mit Frühstück              70,00
05.05.2025   Kurtaxe                                  6,00

Gesamtbetrag EUR                                    226,00
enthaltene MwSt 7 %                                  14,39

Wir wünschen eine gute Heimreise!
",
    ),
    (
        "Angebot Malerbetrieb Kunze.pdf",
        "Malerbetrieb Kunze",
        "
Angebot Nr. 2025-17                     Datum: 03.04.2025

Frau Mara Lindqvist, Gartenweg 5, 50733 Köln

Wände im Atelier streichen, 42 m²                  850,00 €
MwSt. 19 %                                         161,50 €
Gesamtbetrag                                     1.011,50 €

Das Angebot gilt bis 30.06.2025. Wir freuen uns auf Ihren Auftrag.
",
    ),
];

/// Name and text of the papers that are Word documents.
pub(super) const DOCX: &[(&str, &str)] = &[
    (
        "Quittung Sutter Bern.docx",
        "
Bäckerei Sutter AG
Bahnhofplatz 1, 3011 Bern
CHE-123.456.789 MWST

Quittung
Datum: 08.05.2025

Apéro für 12 Personen   CHF 1'142.00
Lieferung   CHF 92.50
Total   CHF 1'234.50
inkl. 8.1% MwSt   CHF 92.50

Betrag dankend erhalten
",
    ),
    (
        "Lieferschein Holzhandel.docx",
        "
Holzhandel Brandt
Lieferschein Nr. 55120
Datum: 15.05.2025

12 Leisten Fichte, 2 m
4 Platten Birke, 60 x 40 cm

Ware vollständig erhalten: M. Lindqvist
",
    ),
];

/// The statement of the credit card.
pub(super) const CARD: &[&[&str]] = &[
    &["Buchungsdatum", "Händler", "Beschreibung", "Betrag in EUR"],
    &["2025-04-12", "BRASSERIE DU CANAL", "Nantes", "-57.4"],
    &["2025-04-15", "Bahnreisen Direkt", "Ticket 88120 Köln–Nantes", "-129.9"],
    &["2025-04-23", "BLUE HERON DINER", "Portland USD 39.00 Kurs 1.1402", "-34.2"],
    &["2025-04-24", "Alder Art Supply", "Portland USD 21.50 Kurs 1.1402", "-18.86"],
    &["2025-04-30", "Kreditkartenausgleich", "Lastschrift vom Girokonto", "240.36"],
];

/// Name, headers and text of the mails.
pub(super) const MAIL: &[(&str, &str, &str)] = &[
    (
        "Your receipt from Ferro Cloud.eml",
        "
From: Ferro Cloud Billing <billing@ferrocloud.example>
To: Mara Lindqvist <mara@lindqvist.example>
Subject: Your receipt from Ferro Cloud
Date: Mon, 31 Mar 2025 08:12:00 +0000
Message-ID: <2025-0331-77@ferrocloud.example>
",
        "
Hi Mara,

thank you for your payment.

Receipt number: 2025-0331-77
Plan: Small, monthly          US$12.00
Total                         US$12.00
Charged to Visa ending 4242

You can change your plan at any time.
",
    ),
    (
        "Spring at the Greenhouse Club.eml",
        "
From: Greenhouse Club <news@greenhouse.example>
To: Mara Lindqvist <mara@lindqvist.example>
Subject: Newsletter: spring at the Greenhouse Club
Date: Thu, 3 Apr 2025 21:40:00 +0000
Message-ID: <spring-2025@greenhouse.example>
",
        "
Dear friends of the greenhouse,

this week we have tomato plants from £2.50 and herbs from £1.20, and every order over
£30.00 ships for free until Sunday.

Unsubscribe
",
    ),
];

/// Name, heading and text of the invoice within a mail.
pub(super) const ATTACHED: (&str, &str, &str) = (
    "Rechnung-7712.pdf",
    "Papierwerk OHG",
    "
Mühlgasse 3, 04109 Leipzig              USt-IdNr. DE564738291

Rechnung Nr. 7712                       Rechnungsdatum: 12.06.2025

Aquarellpapier 300 g, 20 Bogen                      68,00 €
Versand                                              5,90 €
Nettobetrag                                         62,10 €
MwSt. 19 %                                          11,80 €
Gesamtbetrag                                        73,90 €
",
);

/// Headers and text of the mail around it.
pub(super) const WITH_ATTACHMENT: (&str, &str) = (
    "
From: Papierwerk OHG <shop@papierwerk.example>
To: Mara Lindqvist <mara@lindqvist.example>
Subject: Ihre Rechnung 7712
Date: Thu, 12 Jun 2025 09:30:00 +0200
Message-ID: <7712@papierwerk.example>
",
    "
Guten Tag Frau Lindqvist,

anbei erhalten Sie die Rechnung zu Ihrer Bestellung.

Mit freundlichen Grüßen
Papierwerk OHG
",
);
