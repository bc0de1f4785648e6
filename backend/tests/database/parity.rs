//! Both engines, freshly migrated, are compared with each other and with `schema.rs`: tables, columns, types,
//! nullability, primary, unique and foreign keys, closed sets.

use crate::{Fresh, fresh};
use diesel::{
    QueryableByName, RunQueryDsl, sql_query,
    sql_types::{Bool, Integer, Nullable, Text},
};
use posta::kernel::db::{Connection, Engine};
use std::collections::{BTreeMap, BTreeSet};

const SCHEMA: &str = include_str!("../../src/kernel/db/schema.rs");
const SQLITE: &str = include_str!("../../../migrations/sqlite/00000000000001_foundation/up.sql");
const POSTGRES: &str = include_str!("../../../migrations/postgres/00000000000001_foundation/up.sql");

#[derive(Debug, Default, PartialEq, Eq)]
struct Table {
    /// Name → type as `schema.rs` has it.
    columns: BTreeMap<String, String>,
    primary: Vec<String>,
    /// Columns, and whether only some rows are meant.
    uniques: BTreeSet<(Vec<String>, bool)>,
    /// Column, table, what happens when the target is deleted.
    foreign: BTreeSet<(String, String, String)>,
}

type Tables = BTreeMap<String, Table>;

#[derive(QueryableByName)]
struct Name {
    #[diesel(sql_type = Text)]
    name: String,
}

#[derive(QueryableByName)]
struct SqliteColumn {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    kind: String,
    #[diesel(sql_type = Integer)]
    required: i32,
    #[diesel(sql_type = Integer)]
    pk: i32,
}

#[derive(QueryableByName)]
struct SqliteIndex {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Integer)]
    partial: i32,
}

#[derive(QueryableByName)]
struct Foreign {
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    target: String,
    #[diesel(sql_type = Text)]
    on_delete: String,
}

fn sqlite() -> Tables {
    let fresh = Fresh::new(Engine::Sqlite);
    fresh.read(|conn| {
        let Connection::Sqlite(conn) = conn else { panic!("not SQLite") };
        let ask = |sql: String| sql_query(sql);
        let names: Vec<Name> = ask(
            "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name NOT LIKE '\\_\\_%' \
             ESCAPE '\\'"
                .into(),
        )
        .load(conn)?;
        let mut tables = Tables::new();
        for Name { name: table } in names {
            let mut found = Table::default();
            let columns: Vec<SqliteColumn> = ask(format!(
                "SELECT name, type AS kind, \"notnull\" AS required, pk FROM pragma_table_info('{table}') ORDER BY pk, cid"
            ))
            .load(conn)?;
            for column in columns {
                // A rowid is always 64 bits wide, and its column must be declared INTEGER.
                let kind = match (column.kind.as_str(), column.pk) {
                    ("INTEGER", 1) | ("BIGINT", _) => "BigInt",
                    ("INTEGER", _) => "Integer",
                    ("TEXT", _) => "Text",
                    ("BOOLEAN", _) => "Bool",
                    ("BLOB", _) => "Binary",
                    (other, _) => panic!("{table}.{}: {other}", column.name),
                };
                if column.pk > 0 {
                    found.primary.push(column.name.clone());
                }
                found.columns.insert(column.name, wrapped(kind, column.required == 0));
            }
            let indexes: Vec<SqliteIndex> = ask(format!(
                "SELECT name, partial FROM pragma_index_list('{table}') WHERE \"unique\" = 1 AND origin <> 'pk'"
            ))
            .load(conn)?;
            for index in indexes {
                let columns: Vec<Name> =
                    ask(format!("SELECT name FROM pragma_index_info('{}') ORDER BY seqno", index.name)).load(conn)?;
                let columns = columns.into_iter().map(|column| column.name).collect();
                found.uniques.insert((columns, index.partial == 1));
            }
            let foreign: Vec<Foreign> = ask(format!(
                "SELECT \"from\" AS name, \"table\" AS target, on_delete FROM pragma_foreign_key_list('{table}')"
            ))
            .load(conn)?;
            found.foreign = foreign.into_iter().map(|key| (key.name, key.target, key.on_delete)).collect();
            tables.insert(table, found);
        }
        Ok(tables)
    })
}

#[derive(QueryableByName)]
struct PostgresColumn {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    column_name: String,
    #[diesel(sql_type = Text)]
    data_type: String,
    #[diesel(sql_type = Text)]
    is_nullable: String,
}

#[derive(QueryableByName)]
struct PostgresIndex {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    columns: String,
    #[diesel(sql_type = Bool)]
    is_primary: bool,
    #[diesel(sql_type = Nullable<Text>)]
    predicate: Option<String>,
}

#[derive(QueryableByName)]
struct PostgresForeign {
    #[diesel(sql_type = Text)]
    table_name: String,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    target: String,
    #[diesel(sql_type = Text)]
    on_delete: String,
}

fn postgres() -> Tables {
    let fresh = Fresh::new(Engine::Postgres);
    fresh.read(|conn| {
        let Connection::Postgres(conn) = conn else { panic!("not PostgreSQL") };
        let mut tables = Tables::new();
        let columns: Vec<PostgresColumn> = sql_query(
            "SELECT table_name::text, column_name::text, data_type::text, is_nullable::text \
             FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_%'",
        )
        .load(conn)?;
        for column in columns {
            let kind = match column.data_type.as_str() {
                "bigint" => "BigInt",
                "integer" => "Integer",
                "text" => "Text",
                "boolean" => "Bool",
                "bytea" => "Binary",
                other => panic!("{}.{}: {other}", column.table_name, column.column_name),
            };
            let kind = wrapped(kind, column.is_nullable == "YES");
            tables.entry(column.table_name).or_default().columns.insert(column.column_name, kind);
        }
        let indexes: Vec<PostgresIndex> = sql_query(
            "SELECT t.relname::text AS table_name, i.indisprimary AS is_primary, \
             pg_get_expr(i.indpred, i.indrelid)::text AS predicate, \
             (SELECT string_agg(a.attname, ',' ORDER BY k.n) FROM unnest(i.indkey::int2[]) WITH ORDINALITY AS k(number, n) \
              JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.number)::text AS columns \
             FROM pg_index i JOIN pg_class t ON t.oid = i.indrelid JOIN pg_namespace s ON s.oid = t.relnamespace \
             WHERE i.indisunique AND s.nspname = 'public' AND t.relname NOT LIKE '\\_\\_%'",
        )
        .load(conn)?;
        for index in indexes {
            let table = tables.get_mut(&index.table_name).unwrap();
            let columns: Vec<String> = index.columns.split(',').map(str::to_owned).collect();
            if index.is_primary {
                table.primary = columns;
            } else {
                table.uniques.insert((columns, index.predicate.is_some()));
            }
        }
        let foreign: Vec<PostgresForeign> = sql_query(
            "SELECT t.relname::text AS table_name, a.attname::text AS name, f.relname::text AS target, \
             CASE c.confdeltype WHEN 'a' THEN 'NO ACTION' WHEN 'n' THEN 'SET NULL' WHEN 'c' THEN 'CASCADE' ELSE '?' END \
             AS on_delete FROM pg_constraint c JOIN pg_class t ON t.oid = c.conrelid \
             JOIN pg_class f ON f.oid = c.confrelid JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1] \
             WHERE c.contype = 'f' AND array_length(c.conkey, 1) = 1",
        )
        .load(conn)?;
        for key in foreign {
            let table = tables.get_mut(&key.table_name).unwrap();
            table.foreign.insert((key.name, key.target, key.on_delete));
        }
        Ok(tables)
    })
}

fn wrapped(kind: &str, nullable: bool) -> String {
    if nullable { format!("Nullable<{kind}>") } else { kind.to_owned() }
}

/// Tables of `schema.rs`: columns and primary keys.
fn declared() -> Tables {
    let mut tables = Tables::new();
    for block in SCHEMA.split("diesel::table! {").skip(1) {
        let block = &block[..block.find("\n}").unwrap()];
        let (head, body) = block.split_once('{').unwrap();
        let (name, key) = head.trim().split_once('(').unwrap();
        let primary = key.trim_end_matches([')', ' ']).split(',').map(|column| column.trim().to_owned()).collect();
        let mut table = Table { primary, ..Table::default() };
        for line in body.lines() {
            if let Some((column, kind)) = line.trim().trim_end_matches(',').split_once(" -> ") {
                table.columns.insert(column.trim_start_matches("r#").to_owned(), kind.to_owned());
            }
        }
        tables.insert(name.trim().to_owned(), table);
    }
    tables
}

/// `CHECK (column IN (…))` of a migration, as they stand.
fn closed_sets(migration: &str) -> Vec<String> {
    let mut sets: Vec<String> = migration
        .match_indices("CHECK (")
        .filter_map(|(at, _)| {
            let text = &migration[at..];
            let text = &text[..text.find("))")? + 2];
            (text.contains(" IN (") && !text.contains('\n')).then(|| text.to_owned())
        })
        .collect();
    sets.sort();
    sets
}

#[test]
fn the_engines_carry_the_same_tables() {
    let (sqlite, postgres) = (sqlite(), postgres());
    assert!(sqlite.len() > 20 && sqlite.values().any(|table| !table.uniques.is_empty() && !table.foreign.is_empty()));
    assert_eq!(sqlite.keys().collect::<Vec<_>>(), postgres.keys().collect::<Vec<_>>());
    for (name, table) in &sqlite {
        assert_eq!(table, &postgres[name], "{name}");
    }
}

#[test]
fn the_declared_tables_are_those_of_the_engines() {
    let (declared, sqlite) = (declared(), sqlite());
    assert_eq!(declared.keys().collect::<Vec<_>>(), sqlite.keys().collect::<Vec<_>>());
    for (name, table) in &declared {
        assert_eq!((&table.columns, &table.primary), (&sqlite[name].columns, &sqlite[name].primary), "{name}");
    }
    for line in SCHEMA.lines().filter_map(|line| line.strip_prefix("diesel::joinable!(")) {
        let (table, rest) = line.split_once(" -> ").unwrap();
        let (target, column) = rest.trim_end_matches(");").trim_end_matches(')').split_once(" (").unwrap();
        let known = sqlite[table].foreign.iter().any(|(from, to, _)| from == column && to == target);
        assert!(known, "joinable!({line} names no foreign key");
    }
}

#[test]
fn the_engines_close_the_same_sets() {
    let sets = closed_sets(SQLITE);
    assert!(sets.len() > 15, "{sets:?}");
    assert_eq!(sets, closed_sets(POSTGRES));
}

#[test]
fn a_postgres_server_is_there() {
    assert!(fresh::postgres_url().starts_with("postgres"));
}
