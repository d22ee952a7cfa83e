//! A folder of receipts of any size: plain, different from each other, and without traps, so that
//! what is measured is the work and not the questions.

use std::fs;
use std::io;
use std::path::Path;

const VENDORS: &[&str] = &[
    "Café Morgenrot",
    "Hotel Zur Post",
    "Stadtwerke Bonn",
    "Blue Bottle Books",
    "Taxi Ortega",
    "Papeterie du Lac",
    "Kirjakauppa Oy",
    "Ferrovie Regionali",
    "Northwind Parking",
    "Bakkerij Smit",
];

/// Writes `count` documents: texts, web pages and mails in turn.
pub(super) fn write(folder: &Path, count: usize) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    for number in 0..count {
        let receipt = Receipt::new(number);
        let (end, text) = match number % 3 {
            0 => ("txt", receipt.text()),
            1 => ("html", receipt.page()),
            _ => ("eml", receipt.mail()),
        };
        fs::write(folder.join(format!("receipt-{number:04}.{end}")), text)?;
    }
    Ok(())
}

struct Receipt {
    vendor: &'static str,
    number: usize,
    date: String,
    net: String,
    tax: String,
    total: String,
}

impl Receipt {
    fn new(number: usize) -> Self {
        let net = 500 + (number * 7919) % 90_000;
        let tax = net * 19 / 100;
        let money = |cents: usize| format!("{}.{:02}", cents / 100, cents % 100);
        Self {
            vendor: VENDORS[number % VENDORS.len()],
            number,
            date: format!("2026-{:02}-{:02}", 1 + number % 6, 1 + number / 6 % 28),
            net: money(net),
            tax: money(tax),
            total: money(net + tax),
        }
    }

    fn text(&self) -> String {
        let Self { vendor, number, date, net, tax, total } = self;
        format!(
            "{vendor}\n\nReceipt no. R-{number:05}\nDate: {date}\n\nNet        EUR {net}\n\
             VAT 19%    EUR {tax}\nTotal      EUR {total}\n\nThank you!\n"
        )
    }

    fn page(&self) -> String {
        let Self { vendor, number, date, net, tax, total } = self;
        format!(
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>Receipt</title>\
             </head><body><h1>{vendor}</h1>\
             <p>Receipt no. R-{number:05}</p><p>Date: {date}</p>\
             <table><tr><td>Net</td><td>EUR {net}</td></tr>\
             <tr><td>VAT 19%</td><td>EUR {tax}</td></tr>\
             <tr><td>Total</td><td>EUR {total}</td></tr></table></body></html>\n"
        )
    }

    fn mail(&self) -> String {
        let Self { vendor, number, .. } = self;
        format!(
            "From: {vendor} <billing@example.com>\r\nTo: you@example.com\r\n\
             Subject: Your receipt R-{number:05}\r\nMIME-Version: 1.0\r\n\
             Content-Type: text/plain; charset=utf-8\r\n\r\n{}",
            self.text().replace('\n', "\r\n")
        )
    }
}
