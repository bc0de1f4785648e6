//! Leases: who of several processes on one database does a thing (R5).
//!
//! A holder raises its row's `counter` every third of the lease time. Whoever wants the lease watches the counter; only
//! when it stood still for the whole lease time *on the watcher's own monotonic clock* may it be taken, by
//! compare-and-set on that counter, which raises the `fence`. No wall clock is compared, so skewed clocks do no harm. A
//! process that bears the name of a dead predecessor takes over that one's leases at once.

use crate::kernel::{
    Core, Result,
    db::{Connection, schema::leases},
};
use diesel::prelude::*;
use std::time::{Duration, Instant};

/// How long a counter must stand still.
pub const LEASE: Duration = Duration::from_secs(15);
/// How often a holder raises it.
pub const RENEW: Duration = Duration::from_secs(5);

/// A lease that is wanted or held.
#[derive(Debug)]
pub struct Lease {
    name: String,
    owner: String,
    held: Option<Held>,
    seen: Option<(i64, Instant)>,
}

#[derive(Debug, Clone, Copy)]
struct Held {
    counter: i64,
    fence: i64,
    renewed: Instant,
}

#[derive(Queryable)]
struct Row {
    owner: String,
    counter: i64,
    fence: i64,
}

impl Lease {
    /// A lease by name, wanted by this process.
    #[must_use]
    pub fn new(core: &Core, name: impl Into<String>) -> Self {
        Self { name: name.into(), owner: core.node.to_string(), held: None, seen: None }
    }

    /// Whether it is held and surely not yet taken by another.
    #[must_use]
    pub fn is_held(&self) -> bool {
        self.held.is_some_and(|held| held.renewed.elapsed() < LEASE.saturating_sub(RENEW))
    }

    /// Number that grows with every change of holder.
    #[must_use]
    pub fn fence(&self) -> Option<i64> {
        self.held.map(|held| held.fence)
    }

    /// Takes, renews or watches, whichever is due. Cheap when nothing is.
    ///
    /// # Errors
    /// The database's.
    pub async fn keep(&mut self, core: &Core) -> Result<bool> {
        if self.held.is_some_and(|held| held.renewed.elapsed() < RENEW) {
            return Ok(true);
        }
        let (name, owner, held, seen) = (self.name.clone(), self.owner.clone(), self.held, self.seen);
        let now = Instant::now();
        let step = core.db.write(move |conn| Ok(step(conn, &name, &owner, held, seen, now)?)).await?;
        match step {
            Step::Held { counter, fence } => self.held = Some(Held { counter, fence, renewed: now }),
            Step::Watching { counter } => {
                self.held = None;
                self.seen = match self.seen {
                    Some((known, since)) if known == counter => Some((known, since)),
                    _ => Some((counter, now)),
                };
            }
        }
        Ok(self.held.is_some())
    }

    /// Gives it back, so that another need not wait.
    ///
    /// # Errors
    /// The database's.
    pub async fn release(&mut self, core: &Core) -> Result<()> {
        let Some(held) = self.held.take() else { return Ok(()) };
        let name = self.name.clone();
        core.db
            .write(move |conn| {
                let mine = leases::table.filter(leases::name.eq(&name)).filter(leases::fence.eq(held.fence));
                diesel::update(mine).set(leases::owner.eq("")).execute(conn)?;
                Ok(())
            })
            .await
    }
}

enum Step {
    Held { counter: i64, fence: i64 },
    Watching { counter: i64 },
}

fn step(
    conn: &mut Connection,
    name: &str,
    owner: &str,
    held: Option<Held>,
    seen: Option<(i64, Instant)>,
    now: Instant,
) -> QueryResult<Step> {
    let row: Option<Row> =
        leases::table.find(name).select((leases::owner, leases::counter, leases::fence)).first(conn).optional()?;
    let Some(row) = row else {
        diesel::insert_into(leases::table)
            .values((leases::name.eq(name), leases::owner.eq(owner), leases::counter.eq(1), leases::fence.eq(1)))
            .execute(conn)?;
        return Ok(Step::Held { counter: 1, fence: 1 });
    };
    let mine = held.is_some_and(|held| held.fence == row.fence && held.counter == row.counter) && row.owner == owner;
    // What bears our name and is not held by us was held by a predecessor in our data directory, who is dead.
    let free = row.owner.is_empty() || (held.is_none() && row.owner == owner);
    let still = seen.is_some_and(|(counter, since)| counter == row.counter && now.duration_since(since) >= LEASE);
    if !(mine || free || still) {
        return Ok(Step::Watching { counter: row.counter });
    }
    let counter = row.counter.saturating_add(1);
    let fence = if mine { row.fence } else { row.fence.saturating_add(1) };
    let unchanged = leases::table
        .filter(leases::name.eq(name))
        .filter(leases::counter.eq(row.counter))
        .filter(leases::fence.eq(row.fence));
    let won = diesel::update(unchanged)
        .set((leases::owner.eq(owner), leases::counter.eq(counter), leases::fence.eq(fence)))
        .execute(conn)?;
    Ok(if won == 1 { Step::Held { counter, fence } } else { Step::Watching { counter: row.counter } })
}

/// Whether the lease is still at `fence`; asked inside a transaction that must not outlive it.
///
/// # Errors
/// The database's.
pub fn holds(conn: &mut Connection, name: &str, fence: i64) -> QueryResult<bool> {
    diesel::select(diesel::dsl::exists(leases::table.filter(leases::name.eq(name)).filter(leases::fence.eq(fence))))
        .get_result(conn)
}
