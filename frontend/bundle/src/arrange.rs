//! The order of a module's functions, chosen for brotli: functions that begin alike lie beside each other, and pack 3 %
//! better than in the order in which the compiler left them.
//!
//! Functions are told by number everywhere in a module; the optimiser can renumber them by their names. So they are named
//! after the place that they shall have, and the names go again with the optimiser's own.

use std::borrow::Cow;

use anyhow::{Context, Result};
use wasm_encoder::{NameMap, NameSection, Section};
use wasmparser::{Parser, Payload, TypeRef};

/// The optimiser's pass that puts functions in the order of their names; it drops the names.
pub const PASS: &str = "--reorder-functions-by-name";

/// Names what was done, for the cache: another number whenever the optimiser's passes or the order change.
pub const VERSION: &str = "-Oz, then by likeness 1";

/// `module` with each function named after its place in the order.
///
/// # Errors
/// It is no WebAssembly module.
pub fn named(module: &[u8]) -> Result<Vec<u8>> {
    let mut imported = 0_u32;
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(module) {
        match payload.context("the module cannot be read")? {
            Payload::ImportSection(imports) => {
                for import in imports.into_imports() {
                    if matches!(import?.ty, TypeRef::Func(_) | TypeRef::FuncExact(_)) {
                        imported += 1;
                    }
                }
            }
            Payload::CodeSectionEntry(body) => bodies.push(likeness(body.as_bytes())),
            _ => {}
        }
    }
    let mut order: Vec<usize> = (0..bodies.len()).collect();
    // Where two are alike, as the compiler had them: the same sources give the same bytes.
    order.sort_by(|a, b| bodies.get(*a).cmp(&bodies.get(*b)).then(a.cmp(b)));
    let mut places = vec![0; bodies.len()];
    for (place, function) in order.into_iter().enumerate() {
        if let Some(known) = places.get_mut(function) {
            *known = place;
        }
    }
    let mut names = NameMap::new();
    for (function, place) in places.into_iter().enumerate() {
        names.append(imported + u32::try_from(function)?, &format!("{place:08}"));
    }
    let mut section = NameSection::new();
    section.functions(&names);
    let mut out = Cow::Borrowed(module).into_owned();
    section.append_to(&mut out);
    Ok(out)
}

/// A function's code without its larger numbers: which function it calls, and where its data lies, says nothing about what
/// it is like. (Numbers are LEB128: all octets but the last have their highest bit set.)
fn likeness(body: &[u8]) -> Vec<u8> {
    let mut kept = Vec::with_capacity(body.len());
    let mut within = false;
    for octet in body {
        let goes_on = octet & 0x80 != 0;
        if !goes_on && !within {
            kept.push(*octet);
        }
        within = goes_on;
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm_encoder::{CodeSection, Function, FunctionSection, ImportSection, Module, TypeSection};

    #[test]
    fn functions_are_named_after_their_likeness_and_imports_are_not() {
        let mut module = Module::new();
        let mut types = TypeSection::new();
        types.ty().function([], []);
        let mut imports = ImportSection::new();
        imports.import("m", "f", wasm_encoder::EntityType::Function(0));
        let (mut functions, mut code) = (FunctionSection::new(), CodeSection::new());
        for values in [vec![3, 3], vec![1], vec![3, 1], vec![3, 1]] {
            functions.function(0);
            let mut function = Function::new([]);
            for value in values {
                function.instructions().i32_const(value).drop();
            }
            function.instructions().end();
            code.function(&function);
        }
        module.section(&types).section(&imports).section(&functions).section(&code);
        let named = named(&module.finish()).unwrap();
        let mut found = Vec::new();
        for payload in Parser::new(0).parse_all(&named) {
            let Ok(Payload::CustomSection(section)) = payload else { continue };
            let wasmparser::KnownCustom::Name(names) = section.as_known() else { continue };
            for part in names {
                let Ok(wasmparser::Name::Function(map)) = part else { continue };
                found.extend(map.into_iter().map(|naming| naming.unwrap()).map(|one| (one.index, one.name)));
            }
        }
        assert_eq!(found, [(1, "00000003"), (2, "00000000"), (3, "00000001"), (4, "00000002")]);
        assert!(super::named(b"no module").is_err());
    }

    #[test]
    fn larger_numbers_make_no_difference() {
        assert_eq!(likeness(&[0x10, 0x81, 0x82, 0x03, 0x0b]), [0x10, 0x0b]);
        assert_eq!(likeness(&[0x10, 0x05, 0x0b]), [0x10, 0x05, 0x0b]);
    }
}
