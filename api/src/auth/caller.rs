//! The caller of a request.

use std::fmt;
use std::sync::Arc;

use domain::{KeyNamespace, OrganizationId};
use http::StatusCode;
use serde::{Deserialize, Serialize};
use store::keys::Hash;
use utoipa::ToSchema;

use crate::problem::Problem;
use crate::problems::organization_not_found;

/// What a key may do; each scope may do what those before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// Reads.
    Read,
    /// Spends: consumptions, their refunds, and reservations.
    Command,
    /// Makes and takes back credits (grants, purchases, adjustments), changes settings, manages keys.
    Admin,
}

impl Scope {
    #[must_use]
    pub fn name(self) -> &'static str {
        store::keys::Scope::from(self).as_str()
    }
}

impl From<store::keys::Scope> for Scope {
    fn from(scope: store::keys::Scope) -> Self {
        match scope {
            store::keys::Scope::Read => Self::Read,
            store::keys::Scope::Command => Self::Command,
            store::keys::Scope::Admin => Self::Admin,
        }
    }
}

impl From<Scope> for store::keys::Scope {
    fn from(scope: Scope) -> Self {
        match scope {
            Scope::Read => Self::Read,
            Scope::Command => Self::Command,
            Scope::Admin => Self::Admin,
        }
    }
}

/// What a caller came with.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A key, or a session that stands for one: its hash, which passes are made of.
    Key(Hash),
    /// A browser token: a page of an end customer's, which may do little (see [`Caller::must_not_be_a_page`]).
    Page,
}

impl fmt::Debug for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Key(_) => "Key(..)",
            Self::Page => "Page",
        })
    }
}

/// A caller whose key is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// As it stands in the metadata of events: `key:<id>`, or `token:<subject>`.
    pub actor: Arc<str>,
    pub scope: Scope,
    /// The one organization that the caller may see, if it is bound to one.
    pub organization: Option<OrganizationId>,
    pub role: Role,
}

impl Caller {
    /// # Errors
    /// 403 when the caller's scope is smaller.
    pub fn must_have(&self, scope: Scope) -> Result<(), Problem> {
        if self.scope >= scope {
            return Ok(());
        }
        let (has, needs) = (self.scope.name(), scope.name());
        let detail = format!("this needs a key with the scope `{needs}`; yours has `{has}`");
        Err(Problem::new(StatusCode::FORBIDDEN, "scope_too_small", "Not allowed", detail))
    }

    /// As [`Self::must_have`], for what the customer may also do on a page of its own: buy, and set up recharges.
    ///
    /// # Errors
    /// 403 when the caller's scope is smaller.
    pub fn must_have_or_be_a_page(&self, scope: Scope) -> Result<(), Problem> {
        match self.role {
            Role::Page => Ok(()),
            Role::Key(_) => self.must_have(scope),
        }
    }

    /// Whose idempotency keys the caller's are (CORRECTNESS C22).
    #[must_use]
    pub fn key_namespace(&self) -> KeyNamespace {
        match self.role {
            Role::Key(_) => KeyNamespace::Client,
            Role::Page => KeyNamespace::Page,
        }
    }

    /// # Errors
    /// 403 for a browser token. Every handler says so by the extractor that it takes its caller from; those that a page
    /// may use take [`Visitor`](crate::routes) ones.
    pub fn must_not_be_a_page(&self) -> Result<(), Problem> {
        match self.role {
            Role::Key(_) => Ok(()),
            Role::Page => {
                let detail = "a browser token may read its organization's balance, movements, usage and purchases, \
                              estimate and buy; this needs an API key";
                Err(Problem::new(StatusCode::FORBIDDEN, "browser_token_not_allowed", "Not allowed", detail))
            }
        }
    }

    #[must_use]
    pub fn is_a_page(&self) -> bool {
        self.role == Role::Page
    }

    /// # Errors
    /// 404 when the caller is bound to another organization, as if that did not exist.
    pub fn must_see(&self, organization: &OrganizationId) -> Result<(), Problem> {
        match &self.organization {
            Some(own) if own != organization => Err(organization_not_found()),
            Some(_) | None => Ok(()),
        }
    }

    /// # Errors
    /// 403 when the caller is bound to an organization: what it asks for is about all of them.
    pub fn must_be_unbound(&self) -> Result<(), Problem> {
        if self.organization.is_none() {
            return Ok(());
        }
        let detail = "this needs a key that is not bound to an organization";
        Err(Problem::new(StatusCode::FORBIDDEN, "key_is_bound", "Not allowed", detail))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(scope: Scope, organization: Option<&str>) -> Caller {
        let organization = organization.map(|id| OrganizationId::try_new(id).expect("valid"));
        Caller { actor: "key:1".into(), scope, organization, role: Role::Key([0; 32]) }
    }

    #[test]
    fn scopes_include_the_smaller_ones() {
        assert!(caller(Scope::Admin, None).must_have(Scope::Read).is_ok());
        let refused = caller(Scope::Read, None).must_have(Scope::Command).expect_err("too small");
        assert_eq!((refused.status, refused.code), (StatusCode::FORBIDDEN, "scope_too_small"));
    }

    #[test]
    fn a_page_is_held_back_by_default_and_buys_without_a_scope() {
        let page = Caller { role: Role::Page, ..caller(Scope::Read, Some("acme")) };
        assert_eq!(page.must_not_be_a_page().expect_err("held back").code, "browser_token_not_allowed");
        assert!(page.must_have_or_be_a_page(Scope::Command).is_ok());
        assert!(caller(Scope::Read, None).must_have_or_be_a_page(Scope::Command).is_err());
    }

    #[test]
    fn a_bound_key_cannot_tell_a_foreign_organization_from_a_missing_one() {
        let other = OrganizationId::try_new("other").expect("valid");
        assert_eq!(caller(Scope::Admin, Some("acme")).must_see(&other), Err(organization_not_found()));
        assert!(caller(Scope::Read, None).must_see(&other).is_ok());
    }
}
