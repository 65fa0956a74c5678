//! Which saved card is charged.

use chrono::Datelike;
use domain::Timestamp;

use crate::gateway::Card;

/// The newest that has not expired: it is the one that the customer used last. Where all have, the newest is tried all
/// the same; the bank may know a newer date.
#[must_use]
pub fn choose(newest_first: &[Card], now: Timestamp) -> Option<&Card> {
    newest_first.iter().find(|card| is_valid(card, now)).or_else(|| newest_first.first())
}

/// A card is good to the end of the month that stands on it.
fn is_valid(card: &Card, now: Timestamp) -> bool {
    let this_month = (i64::from(now.year()), now.month());
    (i64::from(card.expires_year), card.expires_month) >= this_month
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gateway::PaymentMethodId;
    use chrono::{TimeZone, Utc};

    #[test]
    fn the_newest_card_that_still_works_is_charged() {
        let now = Utc.with_ymd_and_hms(2026, 11, 30, 23, 0, 0).unwrap();
        let card = |id: &str, month, year| Card {
            id: PaymentMethodId::new(id),
            created: now,
            brand: "visa".to_owned(),
            last4: "4242".to_owned(),
            expires_month: month,
            expires_year: year,
        };
        let chosen = |cards: &[Card]| choose(cards, now).map(|card| card.id.to_string());
        assert_eq!(chosen(&[]), None);
        assert_eq!(chosen(&[card("new", 11, 2026), card("old", 1, 2030)]), Some("new".to_owned()));
        assert_eq!(chosen(&[card("new", 10, 2026), card("old", 1, 2030)]), Some("old".to_owned()));
        assert_eq!(chosen(&[card("new", 12, 2025), card("old", 1, 2020)]), Some("new".to_owned()));
    }
}
