//! Leases: who of several processes on one database does a thing (R5).
//!
//! A holder raises its row's `counter` every third of the lease time. Whoever wants the lease watches the counter; only
//! when it stood still for the whole lease time *on the watcher's own monotonic clock* ([`Still`]) may it be taken, by
//! compare-and-set on that counter, which raises the `fence`. No wall clock is compared, so skewed clocks do no harm. A
//! process that bears the name of a dead predecessor takes over that one's leases at once.
//!
//! A lease saves work, and promises nothing: a holder that was stopped for a while does not know yet that it lost it.
//! What must happen once is made sure of by the row that is written.

use super::still::Still;
use crate::kernel::{
    Result,
    db::{Connection, Db, schema::leases},
};
use diesel::prelude::*;
use std::time::{Duration, Instant};

/// How long a counter must stand still.
pub const LEASE: Duration = Duration::from_secs(15);
/// How often a holder raises it.
pub const RENEW: Duration = Duration::from_secs(5);
/// Looks further apart do not make one watch: after an outage the holder gets the time to renew before it counts as dead.
const GAP: Duration = RENEW;

/// A lease that is wanted or held.
#[derive(Debug)]
pub struct Lease {
    name: String,
    owner: String,
    held: Option<Held>,
    seen: Option<Still<i64>>,
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
    /// A lease by name, wanted by the process `owner`.
    #[must_use]
    pub fn new(owner: &str, name: impl Into<String>) -> Self {
        Self { name: name.into(), owner: owner.to_owned(), held: None, seen: None }
    }

    /// Takes, renews or watches, whichever is due at `now`. Cheap when nothing is.
    ///
    /// # Errors
    /// The database's.
    pub async fn keep(&mut self, db: &Db, now: Instant) -> Result<bool> {
        if self.held.is_some_and(|held| now.duration_since(held.renewed) < RENEW) {
            return Ok(true);
        }
        let (name, owner, held, seen) = (self.name.clone(), self.owner.clone(), self.held, self.seen);
        let step = db.write(move |conn| Ok(step(conn, &name, &owner, held, seen, now)?)).await?;
        match step {
            Step::Held { counter, fence } => {
                self.held = Some(Held { counter, fence, renewed: now });
                self.seen = None;
            }
            Step::Watching { seen } => {
                self.held = None;
                self.seen = Some(seen);
            }
        }
        Ok(self.held.is_some())
    }

    /// Gives it back, so that another need not wait.
    ///
    /// # Errors
    /// The database's.
    pub async fn release(&mut self, db: &Db) -> Result<()> {
        let Some(held) = self.held.take() else { return Ok(()) };
        let name = self.name.clone();
        db.write(move |conn| {
            let mine = leases::table.filter(leases::name.eq(&name)).filter(leases::fence.eq(held.fence));
            diesel::update(mine).set(leases::owner.eq("")).execute(conn)?;
            Ok(())
        })
        .await
    }
}

enum Step {
    Held { counter: i64, fence: i64 },
    Watching { seen: Still<i64> },
}

fn step(
    conn: &mut Connection,
    name: &str,
    owner: &str,
    held: Option<Held>,
    seen: Option<Still<i64>>,
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
    let seen = Still::look(seen.as_ref(), row.counter, now, GAP);
    if !(mine || free || seen.time() >= LEASE) {
        return Ok(Step::Watching { seen });
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
    Ok(if won == 1 { Step::Held { counter, fence } } else { Step::Watching { seen } })
}
