//! Customers: known by address, named by their mail until an agent names them.

use crate::{
    kernel::{
        Result,
        db::{
            Connection,
            schema::{contacts, conversations},
        },
    },
    mail,
};
use diesel::{dsl::exists, prelude::*};
use shared::{
    api::contacts::ContactView,
    ids::{CampaignId, ContactId},
    time::Timestamp,
};

/// The customer with this address; made when it is new. A name from the mail fills an empty one and never replaces
/// what an agent wrote.
///
/// # Errors
/// The database's.
pub fn known_or_new(
    conn: &mut Connection,
    name: Option<&str>,
    address: &str,
    now: Timestamp,
) -> QueryResult<ContactId> {
    let folded = mail::address::fold(address);
    let name = name.unwrap_or("").chars().take(120).collect::<String>();
    type Known = (ContactId, String, bool);
    let known: Option<Known> = contacts::table
        .filter(contacts::address_folded.eq(&folded))
        .select((contacts::id, contacts::name, contacts::name_by_agent))
        .first(conn)
        .optional()?;
    if let Some((id, stored, by_agent)) = known {
        if !by_agent && !name.is_empty() && stored != name {
            diesel::update(contacts::table.find(id))
                .set((contacts::name.eq(name), contacts::version.eq(contacts::version + 1)))
                .execute(conn)?;
        }
        return Ok(id);
    }
    diesel::insert_into(contacts::table)
        .values((
            contacts::name.eq(name),
            contacts::name_by_agent.eq(false),
            contacts::address.eq(address),
            contacts::address_folded.eq(folded),
            contacts::created_at.eq(now),
            contacts::version.eq(1_i64),
        ))
        .returning(contacts::id)
        .get_result(conn)
}

/// One customer.
///
/// # Errors
/// `not_found`.
pub fn one(conn: &mut Connection, id: ContactId) -> QueryResult<ContactView> {
    let (id, name, address, version) = contacts::table
        .find(id)
        .select((contacts::id, contacts::name, contacts::address, contacts::version))
        .first(conn)?;
    Ok(ContactView { id, name, address, version })
}

/// Whether the customer has a conversation in one of these campaigns (`None`: in any).
///
/// # Errors
/// The database's.
pub fn is_visible(conn: &mut Connection, id: ContactId, campaigns: Option<&[CampaignId]>) -> QueryResult<bool> {
    let of_contact = conversations::table.filter(conversations::contact_id.eq(id));
    match campaigns {
        None => diesel::select(exists(of_contact)).get_result(conn),
        Some(list) => {
            diesel::select(exists(of_contact.filter(conversations::campaign_id.eq_any(list)))).get_result(conn)
        }
    }
}

/// Names a customer.
///
/// # Errors
/// The database's.
pub fn rename(conn: &mut Connection, id: ContactId, name: &str) -> Result<()> {
    diesel::update(contacts::table.find(id))
        .set((
            contacts::name.eq(name),
            contacts::name_by_agent.eq(!name.is_empty()),
            contacts::version.eq(contacts::version + 1),
        ))
        .execute(conn)?;
    Ok(())
}
