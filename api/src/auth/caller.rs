//! The caller of a request.

use std::sync::Arc;

use domain::OrganizationId;
use http::StatusCode;
use serde::{Deserialize, Serialize};
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

/// A caller whose key is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// As it stands in the metadata of events: `key:<id>`.
    pub actor: Arc<str>,
    pub scope: Scope,
    /// The one organization that the caller may see, if it is bound to one.
    pub organization: Option<OrganizationId>,
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
        Caller { actor: "key:1".into(), scope, organization }
    }

    #[test]
    fn scopes_include_the_smaller_ones() {
        assert!(caller(Scope::Admin, None).must_have(Scope::Read).is_ok());
        let refused = caller(Scope::Read, None).must_have(Scope::Command).expect_err("too small");
        assert_eq!((refused.status, refused.code), (StatusCode::FORBIDDEN, "scope_too_small"));
    }

    #[test]
    fn a_bound_key_cannot_tell_a_foreign_organization_from_a_missing_one() {
        let other = OrganizationId::try_new("other").expect("valid");
        assert_eq!(caller(Scope::Admin, Some("acme")).must_see(&other), Err(organization_not_found()));
        assert!(caller(Scope::Read, None).must_see(&other).is_ok());
    }
}
