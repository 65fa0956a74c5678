//! The catalogue as the server needs it: where packages and price books are kept, the books that commands carry, and the
//! commands that need more than their request says.

mod books;
pub mod diff;
pub mod file;
pub mod terms;

use std::sync::Arc;

use domain::Command;
use domain::commands::{Amount, Expiry, RecordPurchase};
use domain::free_credits::Welcome;
use domain::package::{Package, PackageId};
use domain::price::PriceBooks;
use sqlx::PgPool;
use store::Clock;
use store::catalogue::{Author, CatalogueError, packages};

use crate::auth::Caller;
use crate::problem::Problem;
use crate::problems::of_catalogue;
use crate::request::auto_recharge::PolicyAsked;
use crate::request::{Asked, PackagePurchase};
use books::Books;

/// Seconds of a day, for the validity of packages.
const DAY_SECONDS: u32 = 24 * 3600;

/// The catalogue of one server.
pub struct Catalogue {
    pool: PgPool,
    clock: Arc<dyn Clock>,
    books: Arc<Books>,
}

impl Catalogue {
    #[must_use]
    pub fn new(pool: PgPool, clock: Arc<dyn Clock>) -> Self {
        let books = Books::new(pool.clone(), Arc::clone(&clock));
        Self { pool, clock, books }
    }

    #[must_use]
    pub fn pool(&self) -> &PgPool {
        &self.pool
    }

    /// Who changes the catalogue, now.
    #[must_use]
    pub fn author(&self, caller: &Caller) -> Author {
        Author { actor: caller.actor.to_string(), at: self.clock.now() }
    }

    /// The books that a command may be priced by: what was published more than a second ago is there.
    ///
    /// # Errors
    /// No book has been read yet, and the database is unavailable.
    pub async fn books(&self) -> Result<Arc<PriceBooks>, Problem> {
        self.books.current().await
    }

    /// Reads the books anew, after a publication or where a version is missing.
    ///
    /// # Errors
    /// The database is unavailable.
    pub async fn refresh(&self) -> Result<(), Problem> {
        self.books.refresh().await
    }

    /// What an organization is given that appears now, by the last books that could be read: a command without a price
    /// does not fail because they cannot be read again.
    ///
    /// # Errors
    /// As [`Self::books`].
    pub async fn welcome(&self) -> Result<Option<Welcome>, Problem> {
        let books = match self.books().await {
            Ok(books) => books,
            Err(problem) => self.books.known().ok_or(problem)?,
        };
        Ok(books.at(self.clock.now()).ok().and_then(|published| published.book.welcome().cloned()))
    }

    /// The command that a request asks for.
    ///
    /// # Errors
    /// There is no such package for sale, or the catalogue cannot be read.
    pub async fn complete(&self, asked: Asked) -> Result<Command, Problem> {
        match asked {
            Asked::Command(command) => Ok(command),
            Asked::Priced(command) => Ok(priced(command, self.books_for_a_price().await?)),
            Asked::Package(purchase) => self.purchase(purchase).await.map(Command::RecordPurchase),
            Asked::Policy(policy) => self.policy(policy).await,
        }
    }

    /// Where there is no book in force, the first one may have been published a moment ago.
    ///
    /// # Errors
    /// As [`Self::books`].
    pub async fn books_for_a_price(&self) -> Result<Arc<PriceBooks>, Problem> {
        let books = self.books().await?;
        if books.at(self.clock.now()).is_ok() {
            return Ok(books);
        }
        self.refresh().await?;
        self.books().await
    }

    async fn purchase(&self, purchase: PackagePurchase) -> Result<RecordPurchase, Problem> {
        let PackagePurchase { package_id, payment_reference, expiry, metadata } = purchase;
        let package = for_sale(self.package(&package_id).await?)?;
        let validity = package.terms.validity_days.map(|days| Expiry::In(days.saturating_mul(DAY_SECONDS)));
        let expiry = expiry.or(validity).unwrap_or(Expiry::Never);
        Ok(RecordPurchase { offer: package.offer(), payment_reference, expiry, metadata })
    }

    /// A policy that is switched off may name what is not for sale any more.
    async fn policy(&self, asked: PolicyAsked) -> Result<Command, Problem> {
        let package = match asked.enabled {
            true => self.for_sale(&asked.package_id).await?,
            false => self.package(&asked.package_id).await?,
        };
        Ok(Command::ConfigureAutoRecharge(Some(asked.of(&package))))
    }

    /// A package that can be bought now.
    ///
    /// # Errors
    /// There is none of this id, or it is retired, or the catalogue cannot be read.
    pub async fn for_sale(&self, given: &str) -> Result<Package, Problem> {
        for_sale(self.package(given).await?)
    }

    async fn package(&self, given: &str) -> Result<Package, Problem> {
        let id = PackageId::try_new(given).map_err(|_| no_such_package(given))?;
        packages::current(&self.pool, &id).await.map_err(|error| match error {
            CatalogueError::NoPackage(_) => no_such_package(given),
            other => of_catalogue(&other),
        })
    }
}

fn no_such_package(id: &str) -> Problem {
    let detail = format!("there is no package `{id}`; `GET /v1/packages` lists what is for sale");
    Problem::invalid("no_such_package", "No such package", detail).with("field", "package_id")
}

/// Only what is for sale now can be bought; what a purchase once was stands in its events.
fn for_sale(package: Package) -> Result<Package, Problem> {
    if package.terms.is_active {
        return Ok(package);
    }
    let detail = format!("package `{}` is retired", package.id);
    Err(Problem::invalid("package_retired", "Not for sale", detail))
}

/// The command with the books that price it.
fn priced(mut command: Command, books: Arc<PriceBooks>) -> Command {
    match &mut command {
        Command::Consume(c) => c.amount = Amount::Priced(books),
        Command::Reserve(c) => c.amount = Amount::Priced(books),
        Command::ConfirmReservation(c) => c.books = Some(books),
        // A request of another kind is never asked for as a priced one.
        _ => {}
    }
    command
}
