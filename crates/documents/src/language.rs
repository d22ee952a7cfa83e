//! Which language a text is in, guessed by its script and its smallest words; and those words,
//! which tell nothing about what a text is about.

use std::collections::{HashMap, HashSet};
use std::sync::LazyLock;

/// Words by which the guess is made.
const WORDS_MAX: usize = 5_000;
/// Fewer small words than this say nothing.
const HITS_MIN: usize = 3;

/// The most common words of each language that tell nothing of the matter.
#[rustfmt::skip]
const SMALL_WORDS: [(&str, &str); 26] = [
    ("en", "the and of to in a is for on with at by from this that it as are be was or an your you \
        we our not have has will if all can please no any may were been their which when who what \
        but they he she his her its i my me us do does more there here about into than then so up \
        out one also only other new these those them how would should could just over after before"),
    ("de", "der die das und in zu den mit von für auf ist im dem nicht ein eine als auch es an werden \
        aus er hat dass sie nach wird bei einer um am sind noch wie einem über einen so zum war haben \
        nur oder aber vor zur bis mehr durch man sich ihre ihr ihnen wir uns unsere bitte ich du mein \
        dein kein keine sein dieser diese dieses wenn vom eines sehr hier bzw inkl zzgl"),
    ("fr", "le la les de des du et en un une est que qui dans pour par sur pas plus au aux avec ce se \
        il elle nous vous votre vos notre nos sont ou ne cette ces son sa ses été être avoir ont a à \
        d l c n s qu mais comme tout leur si y dont merci mon ma mes je tu très sans entre après"),
    ("es", "el la los las de del y en un una que es por para con no se su al lo como más o pero sus le \
        ha me si sin sobre este esta ya entre cuando todo son también fue había muy hasta desde nos \
        usted ustedes nuestro nuestra está están ser tiene gracias mi tu yo les eso estos estas"),
    ("it", "il lo la i gli le di del della dei delle degli e è in un una uno che per con non si da dal \
        dalla al alla sono come anche più ma o su nel nella questo questa suo sua loro ha hanno era \
        essere grazie ci vi ne mio tuo nostro vostro sul sulla tra fra se quando molto dopo prima"),
    ("pt", "o os a as de do da dos das e em um uma que é para com não por se no na nos nas mais como \
        mas foi ao ele seu sua ou ser quando muito há já está eu também só pelo pela até isso ela \
        entre era depois sem mesmo aos ter seus quem esse eles você nosso obrigado são este esta"),
    ("nl", "de het een en van in is dat op te zijn met voor niet aan er om ook als dan maar bij nog uit \
        door naar heeft ze hij wij u uw ons onze deze dit die je jij ik was worden wordt kan al geen \
        tot over af meer hun haar mijn heb of wat zo wel bedankt tegen na onder"),
    ("sv", "och i att det som en på är av för med till den har de inte om ett han men var jag sig från \
        vi så kan man när år under också efter eller nu sin där vid mot ska skulle kommer ut får finns \
        vara hade alla andra mycket än här då sedan din ditt dina era ert tack oss er"),
    ("da", "og i at det er en til på som af for med den har de ikke der et han var jeg sig fra vi kan så \
        men om ved nu efter eller også være skal blev dig din dit dine jer os hvor meget tak deres \
        blive havde alle end hvad når mellem du ind over"),
    ("nb", "og i å det er en til på som av for med den har de ikke der et han var jeg seg fra vi kan så \
        men om ved nå etter eller også være skal ble deg din ditt dine dere oss hvor mye takk deres \
        bli hadde alle enn hva når mellom du inn over vår vårt"),
    ("fi", "ja on ei se että hän oli ovat mutta kun tai niin myös kuin joka sen ole jos vain mukaan sekä \
        nyt olla tämä ne mitä hänen siitä kanssa voi jo kaikki ovat me te minä sinä meidän teidän \
        kiitos oma tässä olemme olette jälkeen ennen asti"),
    ("pl", "i w na z do się nie że jest to o od po za jak dla oraz przez przy ze są był była było czy \
        ale tak który która które lub jego jej ich tym tego już może tylko ma pan pani nas nasz wasz \
        dziękujemy co bez pod nad jako a we mi ja ty być"),
    ("cs", "a v na se je že s z do o k i to za ve pro od po jako by při ale který která které jsou byl \
        byla bylo tak už jen nebo jeho její také podle před mezi být není však bude vám vás děkujeme \
        nás co když jsme jsem ze ke až"),
    ("sk", "a v na sa je že s z do o k aj to za vo pre od po ako by pri ale ktorý ktorá ktoré sú bol bola \
        bolo tak už len alebo jeho jej tiež podľa pred medzi byť nie však bude vám vás ďakujeme nás čo"),
    ("hu", "a az és hogy nem is egy ez azt de meg csak van volt már még ki mint el vagy fel lesz kell \
        után ha szerint pedig ezt minden ami aki mert lehet több nagy őt ön önnek köszönjük kérjük"),
    ("ro", "și de la în a cu pe nu este o un din pentru care că mai sunt au fost prin se sau al ale ca \
        dar după fi lui ei sa său sale acest această vă dvs noi mulțumim nostru nr"),
    ("tr", "ve bir bu da de için ile çok daha en gibi olarak kadar olan ne ya ama o var sonra her şey ki \
        mi mı ise ben sen biz siz onlar değil tarafından göre iki veya lütfen teşekkür ederiz"),
    ("hr", "i u je se na da za su od s o ne što kao iz bi do ili a ali po te koji koja koje biti bio nije \
        sve već samo još prema nakon pri vam vas nas hvala kada to ovaj ova ovo"),
    ("id", "yang dan di ini itu dengan untuk tidak dari dalam akan pada juga saya ke karena tersebut bisa \
        ada mereka lebih kata tahun sudah atau saat oleh menjadi orang kami kita anda adalah terima \
        kasih telah para"),
    ("vi", "và của là có trong được cho không các một với những người này đã đến khi để từ về như tôi \
        cũng ra nhiều sẽ vào tại theo quý khách xin cảm ơn bạn ở"),
    ("ru", "и в не на что с по как это из у за от к для о же так но все он она они мы вы ваш наш был \
        была было были бы или если при до только уже его ее их то а еще я спасибо об со во после"),
    ("uk", "і в не на що з по як це із у за від до для та же так але все він вона вони ми ви ваш наш був \
        була було були би або якщо при тільки вже його її їх то а ще я дякуємо про зі після є"),
    ("bg", "и в не на че с по как това от у за към до да са се е но все той тя те ние вие ваш наш беше \
        или ако при само вече му ги то а още аз благодарим след със във без ще"),
    ("el", "και το η ο να του της των με για από που είναι στο στη στην στον τα οι δεν θα σε μας σας \
        ένα μια αυτό ή αλλά κατά προς μετά ως έχει ευχαριστούμε τον την τους τις"),
    ("ca", "el la els les de del i en un una que és per amb no es al o com més però seu seva ha si sense \
        sobre aquest aquesta ja entre quan tot són també va molt fins des nostre gràcies pel pels dels"),
    ("et", "ja on ei see et oli aga kui või ka ning mis kes oma selle siis veel ainult pärast enne teie \
        meie ma sa ta nad olla mitte juba kõik aitäh eest"),
];

static SMALL: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
    let mut languages: HashMap<&str, Vec<&str>> = HashMap::new();
    for (language, words) in SMALL_WORDS {
        let words: HashSet<&str> = words.split_whitespace().collect();
        for word in words {
            languages.entry(word).or_default().push(language);
        }
    }
    languages
});

/// `true` for words such as "the", in any language we know; the word is in lower case.
pub fn is_small_word(word: &str) -> bool {
    SMALL.contains_key(word)
}

/// ISO 639-1 code of the language of these lines, if it can be told.
pub fn guess<'a>(lines: impl Iterator<Item = &'a str>) -> Option<&'static str> {
    let mut hits: HashMap<&str, f64> = HashMap::new();
    let mut scripts: HashMap<&str, usize> = HashMap::new();
    let mut small = 0_usize;
    let mut words = 0_usize;
    'all: for line in lines {
        for word in line.split(|letter: char| !letter.is_alphanumeric()) {
            if word.is_empty() {
                continue;
            }
            words += 1;
            if words > WORDS_MAX {
                break 'all;
            }
            for letter in word.chars() {
                if let Some(script) = script(letter) {
                    *scripts.entry(script).or_default() += 1;
                }
            }
            if let Some(languages) = SMALL.get(word.to_lowercase().as_str()) {
                small += 1;
                for language in languages {
                    // A word that many languages share says little for each.
                    *hits.entry(language).or_default() += 1.0 / precise(languages.len());
                }
            }
        }
    }
    if let Some(language) = by_script(&scripts) {
        return Some(language);
    }
    let mut ranked: Vec<(&str, f64)> = hits.into_iter().collect();
    ranked.sort_by(|one, other| other.1.total_cmp(&one.1).then(one.0.cmp(other.0)));
    let (best, score) = *ranked.first()?;
    let second = ranked.get(1).map_or(0.0, |(_, score)| *score);
    let clear = small >= HITS_MIN && score >= 1.5 && score > second * 1.15;
    clear.then(|| SMALL_WORDS.iter().map(|(code, _)| *code).find(|code| *code == best))?
}

fn precise(count: usize) -> f64 {
    u32::try_from(count).map_or(f64::MAX, f64::from)
}

/// Scripts that one language uses, more or less; the others are told apart by words.
fn script(letter: char) -> Option<&'static str> {
    Some(match letter {
        '\u{3040}'..='\u{30ff}' => "ja",
        '\u{4e00}'..='\u{9fff}' => "zh",
        '\u{ac00}'..='\u{d7af}' => "ko",
        '\u{590}'..='\u{5ff}' => "he",
        '\u{600}'..='\u{6ff}' => "ar",
        '\u{900}'..='\u{97f}' => "hi",
        '\u{e00}'..='\u{e7f}' => "th",
        '\u{370}'..='\u{3ff}' => "el",
        '\u{10a0}'..='\u{10ff}' => "ka",
        '\u{530}'..='\u{58f}' => "hy",
        letter if letter.is_alphabetic() => "",
        _ => return None,
    })
}

fn by_script(scripts: &HashMap<&'static str, usize>) -> Option<&'static str> {
    let count = |script: &str| scripts.get(script).copied().unwrap_or(0);
    let total: usize = scripts.values().sum();
    // Kana make a text Japanese, however many of its letters are Chinese.
    if count("ja") >= 3 && (count("ja") + count("zh")) * 3 > total {
        return Some("ja");
    }
    let (script, most) = scripts
        .iter()
        .filter(|(script, _)| !script.is_empty() && **script != "ja")
        .max_by_key(|(script, count)| (**count, **script))?;
    (*most >= 4 && most * 3 > total).then_some(*script)
}

#[cfg(test)]
mod tests {
    use super::guess;

    #[test]
    fn languages_are_told_by_their_small_words() {
        for (text, language) in [
            ("Thank you for your order. The total of this invoice is due on receipt.", Some("en")),
            ("Vielen Dank für Ihren Einkauf. Die Rechnung ist bis zum 3. zu zahlen.", Some("de")),
            ("Merci de votre visite. La facture est payable dans les 30 jours.", Some("fr")),
            ("Gracias por su compra. El importe total de la factura es de 12 euros.", Some("es")),
            ("Grazie per il suo acquisto. Il totale della fattura è di 12 euro.", Some("it")),
            ("Obrigado pela sua compra. O total da fatura é de 12 euros para você.", Some("pt")),
            ("Bedankt voor uw bestelling. Het totaal van de factuur is 12 euro.", Some("nl")),
            (
                "Tack för ditt köp. Det här är en kvitto på din order som vi har skickat.",
                Some("sv"),
            ),
            ("Dziękujemy za zakupy. To jest faktura za usługi oraz opłaty przez nas.", Some("pl")),
            (
                "Спасибо за покупку. Это счет за услуги, которые мы вам оказали по договору.",
                Some("ru"),
            ),
            (
                "Дякуємо за покупку. Це рахунок за послуги, що ми надали вам і вашій родині.",
                Some("uk"),
            ),
            ("お買い上げありがとうございます。合計 1,200円", Some("ja")),
            ("谢谢惠顾 合计 一百二十元 日期", Some("zh")),
            ("ευχαριστούμε για την αγορά", Some("el")),
            ("12.50 EUR 2024-03-01", None),
            ("Invoice 4711", None),
        ] {
            assert_eq!(guess(text.lines()), language, "{text}");
        }
    }
}
