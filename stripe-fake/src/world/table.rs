//! Rows by id, in the order in which they were made.

use std::collections::HashMap;

use serde_json::Value;

use crate::error::ApiError;
use crate::form::Params;
use crate::objects::card::Card;
use crate::objects::charge::Charge;
use crate::objects::customer::Customer;
use crate::objects::dispute::Dispute;
use crate::objects::endpoint::WebhookEndpoint;
use crate::objects::event::Event;
use crate::objects::intent::Intent;
use crate::objects::list;
use crate::objects::price::Price;
use crate::objects::product::Product;
use crate::objects::refund::Refund;
use crate::objects::session::Session;

/// What a table needs to know of its rows.
pub trait Row {
    fn id(&self) -> &str;
    fn created(&self) -> i64;
    fn show(&self) -> Value;
}

macro_rules! rows {
    ($($name:ident),*) => {
        $(impl Row for $name {
            fn id(&self) -> &str { &self.id }
            fn created(&self) -> i64 { self.created }
            fn show(&self) -> Value { Self::show(self) }
        })*
    };
}

rows!(Card, Charge, Customer, Dispute, Event, Intent, Price, Product, Refund, Session);

impl Row for WebhookEndpoint {
    fn id(&self) -> &str {
        &self.id
    }
    fn created(&self) -> i64 {
        self.created
    }
    fn show(&self) -> Value {
        Self::show(self, false)
    }
}

#[derive(Debug)]
pub struct Table<T> {
    /// As errors call a row.
    what: &'static str,
    rows: Vec<T>,
    places: HashMap<String, usize>,
}

impl<T: Row> Table<T> {
    #[must_use]
    pub fn new(what: &'static str) -> Self {
        Self { what, rows: Vec::new(), places: HashMap::new() }
    }

    pub fn insert(&mut self, row: T) {
        self.places.insert(row.id().to_owned(), self.rows.len());
        self.rows.push(row);
    }

    /// # Errors
    /// There is no such row.
    pub fn get(&self, id: &str) -> Result<&T, ApiError> {
        let place = self.places.get(id).ok_or_else(|| ApiError::no_such(self.what, id))?;
        Ok(&self.rows[*place])
    }

    /// # Errors
    /// There is no such row.
    pub fn get_mut(&mut self, id: &str) -> Result<&mut T, ApiError> {
        let place = self.places.get(id).ok_or_else(|| ApiError::no_such(self.what, id))?;
        Ok(&mut self.rows[*place])
    }

    /// Oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> {
        self.rows.iter()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// A page of the rows that `wanted` lets through, newest first, by the parameters that all lists have.
    ///
    /// # Errors
    /// A parameter cannot be read, or both cursors are given.
    pub fn page(&self, url: &str, params: &mut Params, wanted: impl Fn(&T) -> bool) -> Result<Value, ApiError> {
        const LIMIT_DEFAULT: usize = 10;
        const LIMIT_MAX: usize = 100;
        let limit = params.integer("limit")?.map_or(Some(LIMIT_DEFAULT), |limit| usize::try_from(limit).ok());
        let limit = limit.filter(|limit| (1..=LIMIT_MAX).contains(limit));
        let limit = limit.ok_or_else(|| ApiError::invalid("Invalid limit: must be 1 to 100").with("param", "limit"))?;
        let created = Created::read(params)?;
        let (after, before) = (params.text("starting_after"), params.text("ending_before"));
        let rows: Vec<&T> = self.rows.iter().rev().filter(|row| created.has(row.created()) && wanted(row)).collect();
        let place = |id: &str| self.get(id).map(|_| rows.iter().position(|row| row.id() == id));
        let (page, has_more) = match (after.as_deref(), before.as_deref()) {
            (Some(_), Some(_)) => {
                return Err(ApiError::invalid("Only one of starting_after and ending_before may be set"));
            }
            (after, None) => {
                let from = after.map(place).transpose()?.flatten().map_or(0, |place| place + 1);
                let page: Vec<Value> = rows.iter().skip(from).take(limit).map(|row| row.show()).collect();
                let has_more = rows.len() > from + page.len();
                (page, has_more)
            }
            (None, Some(before)) => {
                let until = place(before)?.unwrap_or(0);
                let from = until.saturating_sub(limit);
                (rows[from..until].iter().map(|row| row.show()).collect(), from > 0)
            }
        };
        Ok(list(url, page, has_more))
    }
}

/// `created[gte]` and its like, or one instant.
#[derive(Default)]
struct Created {
    from: Option<i64>,
    until: Option<i64>,
}

impl Created {
    fn read(params: &mut Params) -> Result<Self, ApiError> {
        if let Some(at) = params.integer("created")? {
            return Ok(Self { from: Some(at), until: Some(at) });
        }
        let Some(mut range) = params.part("created") else { return Ok(Self::default()) };
        let (gte, gt) = (range.integer("gte")?, range.integer("gt")?.map(|at| at + 1));
        let (lte, lt) = (range.integer("lte")?, range.integer("lt")?.map(|at| at - 1));
        range.finish()?;
        Ok(Self { from: gte.max(gt), until: [lte, lt].into_iter().flatten().min() })
    }

    fn has(&self, at: i64) -> bool {
        self.from.is_none_or(|from| at >= from) && self.until.is_none_or(|until| at <= until)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn products() -> Table<Product> {
        let mut table = Table::new("product");
        for n in 0..5_i64 {
            let (id, name) = (format!("prod_{n}"), format!("{n}"));
            table.insert(Product {
                id,
                created: n,
                name,
                description: None,
                active: true,
                metadata: Default::default(),
            });
        }
        table
    }

    fn page(query: &str) -> (Vec<String>, bool) {
        let page = products().page("/v1/products", &mut Params::parse(query), |_| true).unwrap();
        let ids = page["data"].as_array().unwrap().iter().map(|row| row["id"].as_str().unwrap().to_owned()).collect();
        (ids, page["has_more"].as_bool().unwrap())
    }

    #[test]
    fn pages_are_newest_first_in_both_directions() {
        let ids = |numbers: &[u8]| numbers.iter().map(|n| format!("prod_{n}")).collect::<Vec<_>>();
        assert_eq!(page("limit=2"), (ids(&[4, 3]), true));
        assert_eq!(page("limit=2&starting_after=prod_3"), (ids(&[2, 1]), true));
        assert_eq!(page("starting_after=prod_3"), (ids(&[2, 1, 0]), false));
        assert_eq!(page("limit=2&ending_before=prod_1"), (ids(&[3, 2]), true));
        assert_eq!(page("created[gte]=1&created[lt]=3"), (ids(&[2, 1]), false));
    }
}
