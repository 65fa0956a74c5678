//! What an organization's events say, read back over HTTP.

use serde_json::Value;

use super::client::Client;
use super::replay::Played;
use super::tariff::Tariff;

/// The API's largest page.
const PAGE: u32 = 1_000;

/// The figures of a stream that a demonstration wrote.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Books {
    pub granted: i64,
    pub reserved: u64,
    pub confirmed: u64,
    pub spent: i64,
    /// By the receipts of the price book.
    pub priced: i64,
    pub balance: i64,
    /// Held by reservations that did not end.
    pub held: i64,
    pub last_sequence: u64,
}

impl Books {
    /// Folds the organization's whole stream.
    ///
    /// # Errors
    /// The server does not answer with events.
    pub async fn read(client: &Client, organization: &str) -> anyhow::Result<Self> {
        let mut books = Self::default();
        loop {
            let after = books.last_sequence;
            let path = format!("/v1/organizations/{organization}/events?after_sequence={after}&limit={PAGE}");
            let page = client.get(&path).await?.expect(200)?;
            let events = page.body["data"].as_array().map(Vec::as_slice).unwrap_or_default();
            for event in events {
                books.add(event)?;
            }
            if events.is_empty() || page.body["next_after_sequence"].is_null() {
                return Ok(books);
            }
        }
    }

    fn add(&mut self, event: &Value) -> anyhow::Result<()> {
        let data = &event["data"];
        let sequence = event["sequence"].as_u64();
        anyhow::ensure!(sequence == Some(self.last_sequence + 1), "a gap before {event}");
        self.last_sequence += 1;
        match event["type"].as_str() {
            Some("CreditsGranted") => self.granted += number(&data["terms"], "amount")?,
            Some("CreditsReserved") => self.reserved += 1,
            Some("ReservationConfirmed") => {
                self.confirmed += 1;
                self.spent += number(data, "amount")?;
                self.priced += data["receipt"]["amount"].as_i64().unwrap_or(0);
            }
            // Alerts and settlements show in the balance.
            Some(_) => {}
            None => anyhow::bail!("an event without a type: {event}"),
        }
        self.balance = number(data, "balance_after")?;
        self.held = number(data, "reserved_after")?;
        Ok(())
    }

    /// Where the stream says something else than the answers did.
    #[must_use]
    pub fn differences(&self, played: &Played, tariff: &Tariff) -> Vec<String> {
        let calls = i64::try_from(played.calls).unwrap_or(i64::MAX);
        let count = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        let figures = [
            ("credits granted", played.granted, self.granted),
            ("reservations", calls, count(self.reserved)),
            ("calls", calls, count(self.confirmed)),
            ("credits spent", played.spent, self.spent),
            match tariff {
                Tariff::Tokens => {
                    ("tokens, at a credit each", played.context_tokens + played.generated_tokens, self.spent)
                }
                Tariff::Model(_) => ("credits by the receipts", played.spent, self.priced),
            },
            ("balance", played.granted - played.spent, self.balance),
            ("credits held", 0, self.held),
        ];
        let differing = figures.into_iter().filter(|(_, answered, logged)| answered != logged);
        differing
            .map(|(what, answered, logged)| {
                format!("{}: {what}: {answered} by the answers, {logged} by the events", played.organization)
            })
            .collect()
    }
}

fn number(object: &Value, field: &str) -> anyhow::Result<i64> {
    object[field].as_i64().ok_or_else(|| anyhow::anyhow!("no number `{field}` in {object}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn fold(events: &[Value]) -> anyhow::Result<Books> {
        let mut books = Books::default();
        events.iter().try_for_each(|event| books.add(event))?;
        Ok(books)
    }

    fn stream() -> Vec<Value> {
        vec![
            json!({ "sequence": 1, "type": "CreditsGranted",
                    "data": { "terms": { "amount": 100 }, "balance_after": 100, "reserved_after": 0 } }),
            json!({ "sequence": 2, "type": "CreditsReserved",
                    "data": { "amount": 50, "balance_after": 100, "reserved_after": 50 } }),
            json!({ "sequence": 3, "type": "ReservationConfirmed",
                    "data": { "amount": 30, "balance_after": 70, "reserved_after": 0 } }),
        ]
    }

    fn played() -> Played {
        Played {
            organization: "acme".to_owned(),
            granted: 100,
            calls: 1,
            refused: 0,
            context_tokens: 20,
            generated_tokens: 10,
            spent: 30,
        }
    }

    #[test]
    fn equal_books_have_no_difference_and_others_name_it() {
        let books = fold(&stream()).expect("a whole stream");
        assert_eq!(books.differences(&played(), &Tariff::Tokens), Vec::<String>::new());
        let short = Played { spent: 29, ..played() };
        assert_eq!(
            books.differences(&short, &Tariff::Tokens),
            [
                "acme: credits spent: 29 by the answers, 30 by the events",
                "acme: balance: 71 by the answers, 70 by the events"
            ]
        );
    }

    #[test]
    fn a_gap_is_an_error() {
        assert!(fold(&stream()[1..]).is_err());
    }
}
