//! Published versions of the price book.

use chrono::{DateTime, Utc};
use domain::price::Document;
use serde::Serialize;
use store::catalogue::price_books::Publication;
use utoipa::ToSchema;

/// A version, without what it says.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PriceBookVersion {
    /// From 1; priced consumptions name it.
    pub version: u32,
    /// From when on it holds, until the next one does.
    pub valid_from: DateTime<Utc>,
    pub published_at: DateTime<Utc>,
    pub actor: String,
    /// How many prices it has.
    pub prices: usize,
}

/// A version with what it says.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PriceBookView {
    #[serde(flatten)]
    pub version: PriceBookVersion,
    /// As it was published.
    #[schema(value_type = Object)]
    pub book: Document,
}

impl From<&Publication> for PriceBookVersion {
    fn from(publication: &Publication) -> Self {
        Self {
            version: publication.published.version,
            valid_from: publication.published.valid_from,
            published_at: publication.published_at,
            actor: publication.actor.clone(),
            prices: publication.published.book.prices().len(),
        }
    }
}

impl From<&Publication> for PriceBookView {
    fn from(publication: &Publication) -> Self {
        Self { version: publication.into(), book: publication.published.book.document().clone() }
    }
}
