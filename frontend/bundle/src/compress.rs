//! Compression at build time, at the highest level, so that the server never compresses the page itself.

use std::io::Write;

use anyhow::Result;
use brotli::enc::BrotliEncoderParams;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::cache;
use crate::layout::Layout;
use crate::site::Site;

/// File names that end so hold text or code. Pictures and fonts are compressed by their own formats.
const COMPRESSIBLE: &[&str] = &[".html", ".js", ".css", ".wasm", ".svg", ".json", ".txt", ".xml", ".webmanifest"];

/// Adds a `.br` and a `.gz` beside each file that gains from it.
///
/// # Errors
/// Only those of the cache's disk.
pub fn all(layout: &Layout, site: &mut Site) -> Result<()> {
    let mut made = Vec::new();
    for (path, bytes) in site.files() {
        if !COMPRESSIBLE.iter().any(|ending| path.ends_with(ending)) {
            continue;
        }
        let hash = cache::hash(&[bytes]);
        let br = cache::remember(&layout.cache, &format!("br11-{hash}"), || brotli(bytes))?;
        let gz = cache::remember(&layout.cache, &format!("gz9-{hash}"), || gzip(bytes))?;
        made.push((format!("{path}.br"), br));
        made.push((format!("{path}.gz"), gz));
    }
    for (path, bytes) in made {
        site.add_file(&path, bytes);
    }
    cache::prune(&layout.cache);
    Ok(())
}

fn brotli(mut bytes: &[u8]) -> Result<Vec<u8>> {
    let mut out = Vec::new();
    let params = BrotliEncoderParams { quality: 11, lgwin: 22, size_hint: bytes.len(), ..Default::default() };
    brotli::BrotliCompress(&mut bytes, &mut out, &params)?;
    Ok(out)
}

fn gzip(bytes: &[u8]) -> Result<Vec<u8>> {
    // No file name and no time in the header: the same input gives the same bytes.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    Ok(encoder.finish()?)
}

#[cfg(test)]
mod tests {
    use std::io::Read;

    use super::*;

    #[test]
    fn both_forms_give_the_original_back() {
        let text = "posta ".repeat(1000).into_bytes();
        let (mut from_br, mut from_gz) = (Vec::new(), Vec::new());
        brotli::Decompressor::new(brotli(&text).unwrap().as_slice(), 4096).read_to_end(&mut from_br).unwrap();
        flate2::read::GzDecoder::new(gzip(&text).unwrap().as_slice()).read_to_end(&mut from_gz).unwrap();
        assert!(from_br == text && from_gz == text);
        assert!(brotli(&text).unwrap().len() < 100);
    }
}
