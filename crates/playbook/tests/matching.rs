//! Which requests match which skill, in words as people write them.

use playbook::{Matched, Matcher, Skill, builtin};

fn names(matched: &Matched, skills: &[Skill]) -> String {
    match matched {
        Matched::One(index) => skills[*index].name.clone(),
        Matched::Several(several) => {
            let mut names: Vec<_> = several.iter().map(|index| &*skills[*index].name).collect();
            names.sort_unstable();
            names.join(" or ")
        }
        Matched::None => "-".to_owned(),
    }
}

const TIDY: &str = "
Ruim deze map op
Ukliď tuto složku
Aranjează acest dosar
Rendezd ezt a mappát
Τακτοποίησε αυτόν τον φάκελο
رتب هذا المجلد
סדר את התיקייה הזאת
इस फ़ोल्डर को व्यवस्थित करो
Rapikan folder ini
Sắp xếp thư mục này
จัดระเบียบโฟลเดอร์นี้
Tidy up my downloads
tidy this folder
Please clean up the mess on my desktop
sort my downloads by what they are about
Can you organize these files into folders by type?
Organise my Documents folder by topic and date
my downloads folder is a mess, please sort it out
declutter
Räum meinen Downloads-Ordner auf
Bitte räume den Schreibtisch auf
Sortiere die Dateien in diesem Ordner nach Art und Thema
Kannst du in meinem Download-Ordner Ordnung schaffen?
Ordne meine Downloads
Range mon dossier de téléchargements
Trie les fichiers de ce dossier par type
Peux-tu mettre de l'ordre dans mes téléchargements ?
Ordena mi carpeta de descargas
Organiza los archivos del escritorio por tema
Limpia mis descargas, por favor
Riordina la cartella Scaricati
Metti in ordine i file sulla scrivania
Organizza i miei download per argomento
Ruim mijn downloads op
Sorteer de bestanden op mijn bureaublad
Arruma a minha pasta de transferências
Organize meus downloads por assunto
Posprzątaj folder Pobrane
Uporządkuj pliki na pulpicie
Posortuj moje pliki według tematu
Наведи порядок в папке Загрузки
Разбери мои загрузки
Städa min nedladdningsmapp
Ryd op i mine downloads
ダウンロードフォルダを整理してください
このフォルダを片付けて
整理我的下载文件夹
请帮我把这些文件分类
다운로드 폴더를 정리해줘
";

const DUPLICATES: &str = "
Najdi duplicitní soubory
Găsește fișiere duplicate
Keresd meg az ismétlődő fájlokat
Βρες διπλά αρχεία
ابحث عن الملفات المكررة
מצא קבצים כפולים
डुप्लिकेट फ़ाइलें ढूंढो
Cari file duplikat
Tìm các tệp trùng lặp
ค้นหาไฟล์ซ้ำ
find duplicates
Find duplicate files
find all duplicate photos in this folder
remove the duplicates please
which files are identical?
deduplicate this folder
Which files do I have twice? Free some disk space
Finde doppelte Dateien
Welche Dateien sind doppelt vorhanden?
Suche nach Duplikaten in meinen Bildern
Trouve les doublons
Trouve les fichiers en double dans mes photos
Encuentra archivos duplicados
Busca los archivos repetidos
Trova i file duplicati
Trova i doppioni
Zoek dubbele bestanden
Vind dubbele foto's
Encontra ficheiros duplicados
Encontre arquivos repetidos
Znajdź duplikaty
Znajdź zduplikowane pliki
Найди дубликаты
Найди одинаковые файлы
Hitta dubbletter
重複ファイルを見つけてください
找出重复的文件
查找这个文件夹里的重复照片
중복 파일을 찾아줘
";

const EXPENSES: &str = "
Udělej vyúčtování z těchto účtenek
Vytvor vyúčtovanie výdavkov z týchto bločkov
Készíts költségelszámolást ezekből a nyugtákból
اعمل تقرير مصاريف من هذه الإيصالات
הכן דוח הוצאות מהקבלות האלה
इन रसीदों से खर्च रिपोर्ट बनाओ
Buat laporan pengeluaran dari struk ini
Tạo báo cáo chi phí từ các hóa đơn này
ทำรายงานค่าใช้จ่ายจากใบเสร็จเหล่านี้
Fă un raport de cheltuieli din aceste bonuri
Φτιάξε αναφορά εξόδων από τις αποδείξεις
Направи отчет за разходите от тези бележки
Napravi izvještaj o troškovima iz ovih računa
Make an expense report from these receipts
expense report
add up the receipts in this folder
Mach eine Spesenabrechnung aus diesen Belegen
Erstelle eine Reisekostenabrechnung
Fais une note de frais à partir de ces reçus
Haz un informe de gastos con estos recibos
Crea una nota spese da queste ricevute
Maak een onkostendeclaratie van deze bonnetjes
Faz um relatório de despesas com estes recibos
Zrób raport wydatków z tych paragonów
Сделай отчёт о расходах по этим чекам
Составь авансовый отчет
Gör en reseräkning av dessa kvitton
この領収書から経費精算を作ってください
領収書から経費報告書を作成
把这些发票整理成费用报告
根据这些收据生成报销单
이 영수증으로 경비 보고서를 만들어 주세요
";

const NOTHING: &str = "
write a poem
Write a poem about my downloads folder
book a flight to Rome
delete everything
make a presentation about expenses
Make a presentation from these receipts
what is the weather tomorrow?
translate this letter into French
send an email to my boss
rename all photos by date
convert these pictures to PDF
summarise these documents
compress this folder
sort the list of names alphabetically in this text
back up my computer to the cloud
schreib ein Gedicht
Buche einen Flug nach Rom
écris une lettre
traduis ce texte
escribe un poema
prenota un volo per Roma
schrijf een gedicht
escreve um poema
napisz wiersz
напиши стихотворение о чеках
写一首关于发票的诗
領収書について詩を書いて
翻译这封信
日本語
help me
do it
folder

?!

12345
";

#[test]
fn requests_find_their_skill() {
    let skills = builtin();
    let tables = [
        (TIDY, "tidy-folder"),
        (DUPLICATES, "find-duplicates"),
        (EXPENSES, "expense-report"),
        (NOTHING, "-"),
    ];
    let matcher = Matcher::new(&skills);
    let mut wrong = vec![];
    for (table, expected) in tables {
        for request in table.lines() {
            let found = names(&matcher.find(request), &skills);
            if !request.is_empty() && found != expected {
                wrong.push(format!("{request}: {found} instead of {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
    assert_eq!(matcher.find(""), Matched::None);
}

#[test]
fn a_request_for_two_things_is_a_tie() {
    let mut skills = builtin();
    let twin = skills.iter().find(|skill| skill.name == "expense-report").unwrap().clone();
    skills.push(Skill { name: "expense-table".to_owned(), ..twin });
    let found = Matcher::new(&skills).find("make an expense report from my receipts");
    assert_eq!(names(&found, &skills), "expense-report or expense-table");
}

#[test]
fn no_request_breaks_the_matching() {
    let matcher = Matcher::new(&builtin());
    for request in
        ["ä".repeat(20_000), "a ".repeat(50_000), "\u{301}\u{301}".to_owned(), "日本語".to_owned()]
    {
        assert_eq!(matcher.find(&request), Matched::None);
    }
    assert_eq!(Matcher::new(&[]).find("tidy up"), Matched::None);
}

#[test]
fn usual_requests_set_no_condition() {
    for request in [TIDY, DUPLICATES, EXPENSES].iter().flat_map(|list| list.lines()) {
        let told: Vec<String> =
            playbook::conditions(request).into_iter().map(|it| it.text).collect();
        assert_eq!(told, [""; 0], "{request}");
    }
}
