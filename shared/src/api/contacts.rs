//! Customers.

use crate::{
    ids::ContactId,
    validate::{Issues, Validate},
};
use serde::{Deserialize, Serialize};

/// A customer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct ContactView {
    /// Customer.
    pub id: ContactId,
    /// Name, as an agent wrote it or as the mail gave it; may be empty.
    pub name: String,
    /// Address that he wrote from last.
    pub address: String,
    /// For `If-Match`.
    pub version: i64,
}

/// Renames a customer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct UpdateContact {
    /// Name; empty: shown by the address.
    pub name: String,
}

impl Validate for UpdateContact {
    fn validate(&self, issues: &mut Issues) {
        issues.single_line("name", &self.name, 0, 120);
    }
}
