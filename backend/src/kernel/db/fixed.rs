//! Words that are always the same, in queries that each connection plans once and keeps.
//!
//! Diesel keeps no statement in which `sql()` stands, no `UPDATE`, and no batch insert: it cannot know that their text does
//! not vary. On hot paths that costs more than the work itself: SQLite compiles the statement anew, PostgreSQL answers once
//! more and plans anew. Here the text is a `&'static str`, so there are as many statements as places that name one; what
//! varies is bound.

use diesel::{
    backend::Backend,
    expression::{AppearsOnTable, Expression, SelectableExpression, ValidGrouping, is_aggregate},
    pg::Pg,
    prelude::*,
    query_builder::{AstPass, Query, QueryFragment, QueryId},
    sql_types::{Array, BigInt, Bool, Nullable, Text},
    sqlite::Sqlite,
};
use std::marker::PhantomData;

/// A condition word for word, as a partial index says it: no planner can tell what a parameter will be.
#[derive(Debug, Clone, Copy)]
pub struct Words(pub &'static str);

impl Expression for Words {
    type SqlType = Bool;
}

impl<QS> AppearsOnTable<QS> for Words {}

impl<QS> SelectableExpression<QS> for Words {}

impl<GB> ValidGrouping<GB> for Words {
    type IsAggregate = is_aggregate::Never;
}

impl QueryId for Words {
    type QueryId = ();
    // Two of them differ in their text: it is by this that the whole statement is told.
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<DB: Backend> QueryFragment<DB> for Words {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, DB>) -> QueryResult<()> {
        out.push_sql("(");
        out.push_sql(self.0);
        out.push_sql(")");
        Ok(())
    }
}

/// A value bound in a [`Statement`].
#[derive(Debug, Clone, Copy)]
pub enum Value<'a> {
    /// A number, a time, an id.
    Number(i64),
    /// The same, or nothing.
    MaybeNumber(Option<i64>),
    /// A text.
    Words(&'a str),
}

/// A list bound in a [`Statement`] as one value.
#[derive(Debug, Clone)]
pub enum List<'a> {
    /// Numbers, times, ids.
    Numbers(Vec<i64>),
    /// The same, or nothing.
    MaybeNumbers(Vec<Option<i64>>),
    /// Texts.
    Words(Vec<&'a str>),
}

/// A whole statement, with a `?` wherever one of `values` stands; `ST`: the types of what it answers. The text holds no
/// other question mark.
#[derive(Debug, Clone)]
pub struct Statement<'a, V, ST = ()> {
    text: &'static str,
    values: &'a [V],
    answers: PhantomData<ST>,
}

impl<'a, V, ST> Statement<'a, V, ST> {
    /// A text with its values.
    #[must_use]
    pub fn new(text: &'static str, values: &'a [V]) -> Self {
        Self { text, values, answers: PhantomData }
    }

    fn walk<'b, DB: Backend>(
        &'b self,
        mut out: AstPass<'_, 'b, DB>,
        mut bind: impl FnMut(&mut AstPass<'_, 'b, DB>, &'b V) -> QueryResult<()>,
    ) -> QueryResult<()> {
        let mut values = self.values.iter();
        for (place, part) in self.text.split('?').enumerate() {
            if place > 0
                && let Some(value) = values.next()
            {
                bind(&mut out, value)?;
            }
            out.push_sql(part);
        }
        Ok(())
    }
}

impl<V, ST> QueryId for Statement<'_, V, ST> {
    type QueryId = ();
    const HAS_STATIC_QUERY_ID: bool = false;
}

impl<V, ST> Query for Statement<'_, V, ST> {
    type SqlType = ST;
}

impl<V, ST, Conn> RunQueryDsl<Conn> for Statement<'_, V, ST> {}

impl<ST> QueryFragment<Sqlite> for Statement<'_, Value<'_>, ST> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Sqlite>) -> QueryResult<()> {
        self.walk(out, |out, value| match value {
            Value::Number(number) => out.push_bind_param::<BigInt, _>(number),
            Value::MaybeNumber(number) => out.push_bind_param::<Nullable<BigInt>, _>(number),
            Value::Words(words) => out.push_bind_param::<Text, _>(words),
        })
    }
}

impl<ST> QueryFragment<Pg> for Statement<'_, Value<'_>, ST> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.walk(out, |out, value| match value {
            Value::Number(number) => out.push_bind_param::<BigInt, _>(number),
            Value::MaybeNumber(number) => out.push_bind_param::<Nullable<BigInt>, _>(number),
            Value::Words(words) => out.push_bind_param::<Text, _>(words),
        })
    }
}

impl<ST> QueryFragment<Pg> for Statement<'_, List<'_>, ST> {
    fn walk_ast<'b>(&'b self, out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        self.walk(out, |out, list| match list {
            List::Numbers(list) => {
                out.push_bind_param::<Array<BigInt>, _>(list)?;
                out.push_sql("::bigint[]");
                Ok(())
            }
            List::MaybeNumbers(list) => {
                out.push_bind_param::<Array<Nullable<BigInt>>, _>(list)?;
                out.push_sql("::bigint[]");
                Ok(())
            }
            List::Words(list) => {
                out.push_bind_param::<Array<Text>, _>(list)?;
                out.push_sql("::text[]");
                Ok(())
            }
        })
    }
}
