//! How interactions end (S106): the outlines of each campaign and of all, and which of them an interaction may end with.

use crate::kernel::{
    Error, Result,
    db::{
        Connection, MultiBackend, arms,
        schema::{campaigns, dispositions},
    },
};
use diesel::prelude::*;
use shared::{
    api::dispositions::{DispositionInput, DispositionView, DispositionsView, leaves, paths},
    ids::{CampaignId, DispositionId},
    validate::Rule,
};

/// Space of the advisory lock under which an outline changes.
const LOCK: i32 = 0x6469;

/// What a campaign offers; without a campaign, what all offer.
///
/// # Errors
/// `not_found`; the database's.
pub fn offered(conn: &mut Connection, campaign: Option<CampaignId>) -> QueryResult<DispositionsView> {
    let (required, items) = match campaign {
        Some(id) => {
            (campaigns::table.find(id).select(campaigns::disposition_required).first(conn)?, outline(conn, Some(id))?)
        }
        None => (false, Vec::new()),
    };
    Ok(DispositionsView { required, items, global: outline(conn, None)? })
}

/// Those of a campaign, or those of all.
fn of(campaign: Option<CampaignId>) -> dispositions::BoxedQuery<'static, MultiBackend> {
    let all = dispositions::table.into_boxed();
    match campaign {
        Some(id) => all.filter(dispositions::campaign_id.eq(id)),
        None => all.filter(dispositions::campaign_id.is_null()),
    }
}

fn outline(conn: &mut Connection, campaign: Option<CampaignId>) -> QueryResult<Vec<DispositionView>> {
    let rows: Vec<(DispositionId, i32, String)> = of(campaign)
        .filter(dispositions::active.eq(true))
        .order((dispositions::position.asc(), dispositions::id.asc()))
        .select((dispositions::id, dispositions::level, dispositions::name))
        .load(conn)?;
    let view = |(id, level, name)| DispositionView { id, level: u32::try_from(level).unwrap_or(0), name };
    Ok(rows.into_iter().map(view).collect())
}

/// The name, with those above it, of what an interaction of `campaign` ends with.
///
/// # Errors
/// `invalid`: it is not offered there, or none was chosen where one is required; the database's.
pub fn chosen(
    conn: &mut Connection,
    campaign: CampaignId,
    disposition: Option<DispositionId>,
) -> Result<Option<String>> {
    let own_or_global = dispositions::campaign_id.eq(campaign).or(dispositions::campaign_id.is_null());
    let offered = dispositions::table
        .filter(own_or_global.assume_not_null())
        .filter(dispositions::active.eq(true))
        .filter(dispositions::leaf.eq(true));
    let Some(id) = disposition else {
        let required: bool = campaigns::table.find(campaign).select(campaigns::disposition_required).first(conn)?;
        if required && offered.count().get_result::<i64>(conn)? > 0 {
            return Err(Error::field("disposition_id", Rule::Required, "is required in this campaign"));
        }
        return Ok(None);
    };
    let path: Option<String> =
        offered.filter(dispositions::id.eq(id)).select(dispositions::path).first(conn).optional()?;
    match path {
        Some(path) => Ok(Some(path)),
        None => {
            let words = "is none that the campaign offers, or has others below it";
            Err(Error::field("disposition_id", Rule::UnknownValue, words))
        }
    }
}

/// Requires one in a campaign, or does so no more.
///
/// # Errors
/// The database's.
pub fn require(conn: &mut Connection, campaign: CampaignId, required: bool) -> QueryResult<()> {
    diesel::update(campaigns::table.find(campaign)).set(campaigns::disposition_required.eq(required)).execute(conn)?;
    Ok(())
}

/// Replaces an outline. A line without an id is the one that had its name at its place before, even if it was left out
/// meanwhile; else it is new. What is left out names what was.
///
/// # Errors
/// `invalid`: an id of another outline; the database's.
pub fn set(conn: &mut Connection, campaign: Option<CampaignId>, items: &[DispositionInput]) -> Result<()> {
    arms::lock_pair(conn, LOCK, campaign.map_or(0, |id| id.0))?;
    let mut known: Vec<(DispositionId, String)> = of(campaign)
        .order((dispositions::active.desc(), dispositions::id.asc()))
        .select((dispositions::id, dispositions::path))
        .load(conn)?;
    let mut ids: Vec<Option<DispositionId>> = Vec::with_capacity(items.len());
    for (index, item) in items.iter().enumerate() {
        if let Some(id) = item.id {
            let place = known.iter().position(|(known, _)| *known == id);
            let Some(place) = place else {
                let words = "is no disposition of this outline";
                return Err(Error::field(&format!("items/{index}/id"), Rule::UnknownValue, words));
            };
            known.swap_remove(place);
        }
        ids.push(item.id);
    }
    let paths = paths(items.iter().map(|item| (item.level, item.name.as_str())));
    for (id, path) in ids.iter_mut().zip(&paths).filter(|(id, _)| id.is_none()) {
        let place = known.iter().position(|(_, known)| known == path);
        *id = place.map(|place| known.remove(place).0);
    }
    let levels: Vec<u32> = items.iter().map(|item| item.level).collect();
    let off = dispositions::active.eq(false);
    match campaign {
        Some(id) => {
            diesel::update(dispositions::table.filter(dispositions::campaign_id.eq(id))).set(off).execute(conn)?
        }
        None => {
            diesel::update(dispositions::table.filter(dispositions::campaign_id.is_null())).set(off).execute(conn)?
        }
    };
    let lines = items.iter().zip(ids).zip(paths).zip(leaves(&levels));
    for (position, (((item, id), path), leaf)) in (0_i32..).zip(lines) {
        let values = (
            dispositions::campaign_id.eq(campaign),
            dispositions::position.eq(position),
            dispositions::level.eq(i32::try_from(item.level).unwrap_or(0)),
            dispositions::name.eq(&item.name),
            dispositions::path.eq(path),
            dispositions::leaf.eq(leaf),
            dispositions::active.eq(true),
        );
        match id {
            Some(id) => diesel::update(dispositions::table.find(id)).set(values).execute(conn)?,
            None => diesel::insert_into(dispositions::table).values(values).execute(conn)?,
        };
    }
    Ok(())
}
