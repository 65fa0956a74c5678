//! `credit-ledger packages`.

use clap::{Args, Subcommand};
use domain::grant::Currency;
use domain::package::{Package, PackageChange, PackageId, PackageTerms, smallest};
use domain::{Credits, Scale, money};
use sqlx::PgPool;
use store::catalogue::{CatalogueError, packages};

use super::actor::author;
use super::output::say;
use super::price_book::scale;
use super::{DatabaseArgs, Failure, Purpose};
use crate::answers::PackageView;
use crate::catalogue::terms::{Fields, currency, features, terms, text};

/// Versions that one look at a history shows.
const HISTORY_MAX: u32 = 1_000;
/// What takes a value away that a package need not have.
const NONE: &str = "none";

/// Makes, changes, retires and lists what is for sale. Prices are in major units: 999 is $999.
#[derive(Debug, Args)]
#[command(
    after_help = "Examples:\n  credit-ledger packages add enterprise 1000000 999 --feature 'Priority support'\n  \
    credit-ledger packages change enterprise --price 949.50 --bonus 50000\n  \
    credit-ledger packages retire enterprise\n  credit-ledger packages list --json\n  \
    credit-ledger packages history enterprise"
)]
pub struct Packages {
    #[command(subcommand)]
    action: Action,
    /// Print the result as JSON, one package a line.
    #[arg(long, global = true)]
    json: bool,
    #[command(flatten)]
    database: DatabaseArgs,
}

#[derive(Debug, Subcommand)]
enum Action {
    Add(Add),
    Change(Change),
    /// Take a package off sale; what was bought stays bought.
    Retire {
        /// The package's id.
        id: String,
    },
    /// What is for sale, cheapest first, with the price of a credit.
    List {
        /// Retired packages, too.
        #[arg(long)]
        all: bool,
    },
    /// All versions of a package, newest first.
    History {
        /// The package's id.
        id: String,
    },
}

/// Make a package.
#[derive(Debug, Args)]
struct Add {
    /// Its id, for ever.
    id: String,
    /// How many it brings, without the bonus: whole credits, whatever the price book's `scale` says of showing them.
    credits: i64,
    /// In major units of the currency, such as 999 or 9.99.
    price: String,
    /// For customers; default the id.
    #[arg(long)]
    name: Option<String>,
    /// ISO 4217, such as EUR.
    #[arg(long, default_value = crate::request::packages::CURRENCY_DEFAULT)]
    currency: String,
    /// Credits on top, at no further price.
    #[arg(long, default_value_t = 0)]
    bonus: i64,
    /// What else it brings, for customers; may be repeated.
    #[arg(long = "feature", value_name = "TEXT")]
    features: Vec<String>,
    /// Days until bought credits expire; default never.
    #[arg(long, value_name = "DAYS")]
    validity_days: Option<u32>,
    /// The tier of rate limits that it brings.
    #[arg(long, value_name = "TIER")]
    rate_tier: Option<String>,
    /// Its price at Stripe, `price_...`; `credit-ledger stripe setup` makes one where it is left out.
    #[arg(long, value_name = "ID")]
    stripe_price_id: Option<String>,
}

/// Change a package; what is not named stays.
#[derive(Debug, Args)]
struct Change {
    /// The package's id.
    id: String,
    /// How many it brings, without the bonus.
    #[arg(long)]
    credits: Option<i64>,
    /// In major units of the currency that the package has.
    #[arg(long)]
    price: Option<String>,
    /// For customers.
    #[arg(long)]
    name: Option<String>,
    /// Credits on top, at no further price.
    #[arg(long)]
    bonus: Option<i64>,
    /// In place of all features so far; may be repeated.
    #[arg(long = "feature", value_name = "TEXT")]
    features: Vec<String>,
    /// A number of days, or `none`.
    #[arg(long, value_name = "DAYS")]
    validity_days: Option<String>,
    /// A tier, or `none`.
    #[arg(long, value_name = "TIER")]
    rate_tier: Option<String>,
    /// An id, or `none`.
    #[arg(long, value_name = "ID")]
    stripe_price_id: Option<String>,
    /// Put a retired package on sale again.
    #[arg(long)]
    on_sale: bool,
}

impl Packages {
    pub async fn run(self) -> Result<(), Failure> {
        let database = self.database.open(Purpose::Use).await?;
        let result = self.action.run(database.pool()).await;
        database.close().await;
        let (shown, all, scale) = result?;
        for package in &shown {
            let view = PackageView { actor: Some(package.actor.clone()), ..PackageView::among(package, &all) };
            if self.json {
                say(serde_json::to_string(&view).expect("plain JSON"))
            } else {
                say(line(package, &all, scale))
            }
        }
        Ok(())
    }
}

impl Action {
    /// The packages to show, all on sale to compare them with, and how amounts are shown.
    async fn run(self, pool: &PgPool) -> Result<(Vec<Package>, Vec<Package>, Scale), Failure> {
        let shown = match self {
            Self::Add(add) => {
                let (id, terms) = add.terms().map_err(Failure::usage)?;
                vec![packages::create(pool, &id, terms, &author()).await.map_err(failure)?]
            }
            Self::Change(change) => {
                let id = id(&change.id)?;
                let current = packages::current(pool, &id).await.map_err(failure)?;
                let change = change.change(current.terms.price.currency).map_err(Failure::usage)?;
                vec![packages::change(pool, &id, change, &author()).await.map_err(failure)?]
            }
            Self::Retire { id: given } => {
                let change = PackageChange { is_active: Some(false), ..PackageChange::default() };
                vec![packages::change(pool, &id(&given)?, change, &author()).await.map_err(failure)?]
            }
            Self::List { all } => packages::list(pool, all).await.map_err(failure)?,
            Self::History { id: given } => {
                let id = id(&given)?;
                let versions = packages::history(pool, &id, None, HISTORY_MAX).await.map_err(failure)?;
                if versions.is_empty() {
                    return Err(failure(CatalogueError::NoPackage(id)));
                }
                versions
            }
        };
        Ok((shown, packages::list(pool, false).await.map_err(failure)?, scale(pool).await?))
    }
}

impl Add {
    fn terms(self) -> Result<(PackageId, PackageTerms), String> {
        let id = PackageId::try_new(&self.id).map_err(|error| error.to_string())?;
        let currency = currency(Some(&self.currency))?;
        let fields = Fields {
            name: self.name,
            credits: Credits::new(self.credits),
            bonus_credits: Credits::new(self.bonus),
            price: price(&self.price, currency)?,
            features: self.features,
            validity_days: self.validity_days,
            rate_tier: self.rate_tier,
            stripe_price_id: self.stripe_price_id,
        };
        terms(&id, fields).map(|terms| (id, terms))
    }
}

impl Change {
    fn change(self, currency: Currency) -> Result<PackageChange, String> {
        let some = |given: &str| (given != NONE).then(|| given.to_owned());
        let days = |given: String| {
            let parse = |days: String| days.parse().map_err(|_| format!("{days:?} is not a number of days"));
            some(&given).map(parse).transpose()
        };
        Ok(PackageChange {
            name: self.name.map(|name| text("name", &name)).transpose()?,
            credits: self.credits.map(Credits::new),
            bonus_credits: self.bonus.map(Credits::new),
            price: self.price.map(|given| price(&given, currency)).transpose()?,
            is_active: self.on_sale.then_some(true),
            features: Some(self.features)
                .filter(|given| !given.is_empty())
                .map(|given| features(&given))
                .transpose()?,
            validity_days: self.validity_days.map(days).transpose()?,
            rate_tier: match self.rate_tier {
                Some(given) => Some(some(&given).map(|tier| text("rate_tier", &tier)).transpose()?),
                None => None,
            },
            stripe_price_id: match self.stripe_price_id {
                Some(given) => Some(some(&given).map(|id| text("stripe_price_id", &id)).transpose()?),
                None => None,
            },
        })
    }
}

fn id(given: &str) -> Result<PackageId, Failure> {
    PackageId::try_new(given).map_err(Failure::usage)
}

fn price(given: &str, currency: Currency) -> Result<domain::grant::Money, String> {
    money::from_major(given, currency).map_err(|error| format!("the price {given:?} {error}"))
}

/// What a failure of the catalogue means to somebody at the command line.
pub(super) fn failure(error: CatalogueError) -> Failure {
    match error {
        CatalogueError::Log(error) => Failure::caused("the catalogue cannot be read", &error),
        CatalogueError::Package(mistake) => Failure::usage(mistake),
        refusal @ (CatalogueError::NoPackage(_)
        | CatalogueError::PackageExists(_)
        | CatalogueError::TooManyPackages(_)
        | CatalogueError::Book(_)
        | CatalogueError::InThePast { .. }
        | CatalogueError::NoVersion(_)) => Failure::finding(refusal),
    }
}

/// A package in a line: what it costs, what a credit costs, and how much cheaper that is than in the smallest package.
pub(super) fn line(package: &Package, all: &[Package], scale: Scale) -> String {
    let terms = &package.terms;
    let bonus = match terms.bonus_credits.get() {
        0 => String::new(),
        bonus => format!(" + {} bonus", scale.shown(bonus)),
    };
    let currency = String::from(terms.price.currency);
    let comparison = smallest(all, package).filter(|other| other.id != package.id).and_then(|other| {
        let permille = terms.discount_permille(&other.terms)?;
        let (whole, tenth) = (permille.abs() / 10, permille.abs() % 10);
        let word = if permille < 0 { "dearer" } else { "cheaper" };
        (permille != 0).then(|| format!(", {whole}.{tenth} % {word} than {}", other.id))
    });
    let state = if terms.is_active { "" } else { " (retired)" };
    format!(
        "{} v{}: {}{bonus} credits for {}, {} {currency} a credit{}{state}",
        package.id,
        package.version,
        scale.shown(terms.credits.get()),
        money::to_major(terms.price),
        terms.price_per_shown_credit(scale),
        comparison.unwrap_or_default(),
    )
}
