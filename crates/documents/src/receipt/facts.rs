//! The facts of a purchase as they are handed out, each with where it stands and how sure it is.

use super::date::Order;
use serde::{Deserialize, Serialize};

/// What a document is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Receipt,
    Invoice,
    /// Many movements, in `rows`.
    Statement,
    /// Nothing was bought by it, or nothing says what; `why` tells.
    #[default]
    Other,
}

/// Where something stands in a document.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct At {
    /// Counted from 0; `None`: the document itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attachment: Option<usize>,
    /// Counted from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// Counted from 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<usize>,
    /// Counted from 1, within the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub row: Option<usize>,
    /// Counted from 1, within the row.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
}

/// What was asked before and is now known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hints {
    /// The order of day and month, where nothing in the document proves it.
    #[serde(default)]
    pub day_month: Option<Order>,
    /// A currency code, for amounts whose mark may stand for it.
    #[serde(default)]
    pub currency: Option<String>,
}

/// A text and where it stands.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    pub value: Option<String>,
    pub at: Option<At>,
}

/// One reading of a date.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayReading {
    pub order: Order,
    /// ISO.
    pub value: String,
}

/// The day of the purchase.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct DayFact {
    /// ISO; `None` where it is open or absent.
    pub value: Option<String>,
    /// More than one where the order of day and month is open.
    pub candidates: Vec<DayReading>,
    /// As the document writes it.
    pub text: Option<String>,
    pub at: Option<At>,
    /// How the order was told, or where the date comes from.
    pub why: Option<String>,
}

/// One amount that the total may be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AmountReading {
    /// Decimal.
    pub amount: String,
    pub label: String,
    pub at: At,
}

/// What was paid.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TotalFact {
    /// Decimal, negative for money back; `None` where it is open or absent.
    pub amount: Option<String>,
    /// Likeliest first; empty where the amount is known.
    pub candidates: Vec<AmountReading>,
    /// The words beside it.
    pub label: Option<String>,
    pub at: Option<At>,
    /// Something else in the document confirms it, and what.
    pub proof: Option<String>,
}

/// A tax within the total.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tax {
    /// Percent.
    pub rate: Option<String>,
    pub amount: String,
    pub at: At,
}

/// What it was paid in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct CurrencyFact {
    pub code: Option<String>,
    /// Likeliest first; empty where the code is known.
    pub candidates: Vec<String>,
    /// The mark that is in doubt, such as `$`; `None`: there is none at all.
    pub mark: Option<String>,
    pub why: Option<String>,
}

/// A movement of a statement by which money went out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    pub date: DayFact,
    pub vendor: String,
    pub text: String,
    pub amount: String,
    pub currency: CurrencyFact,
    /// The same money in other currencies, as the row's text says.
    pub also: Vec<Foreign>,
    pub at: At,
}

/// An amount in a currency that is not the row's own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Foreign {
    pub amount: String,
    pub code: String,
}

/// A movement that is no purchase.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Aside {
    pub text: String,
    pub amount: String,
    pub why: String,
    pub at: At,
}

/// What a document says about purchases.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    pub kind: Kind,
    /// Why it is of that kind, in words that continue "it is".
    pub why: String,
    /// Money that came back.
    pub is_refund: bool,
    pub vendor: Said,
    pub date: DayFact,
    pub total: TotalFact,
    pub tax: Vec<Tax>,
    pub currency: CurrencyFact,
    pub number: Said,
    /// `cash` or `card`.
    pub payment: Option<String>,
    pub language: Option<String>,
    pub rows: Vec<Row>,
    pub set_aside: Vec<Aside>,
    pub problems: Vec<String>,
}
