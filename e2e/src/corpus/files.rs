//! Small valid files to attach: PNG, GIF, PDF, CSV.

use super::rng::Rng;
use super::words::{self, Language};

/// A PNG of noise that is about so many bytes long (RFC 2083; the data stored, not compressed).
pub fn png(rng: &mut Rng, size: usize) -> Vec<u8> {
    const WIDTH: usize = 64;
    let height = (size / (WIDTH * 3 + 1)).max(1);
    let mut pixels = Vec::with_capacity(height * (WIDTH * 3 + 1));
    for _ in 0..height {
        pixels.push(0);
        pixels.extend(rng.bytes(WIDTH * 3));
    }
    let mut zlib = vec![0x78, 0x01];
    let mut blocks = pixels.chunks(65_535).peekable();
    while let Some(block) = blocks.next() {
        let length = u16::try_from(block.len()).unwrap_or(u16::MAX);
        zlib.push(u8::from(blocks.peek().is_none()));
        zlib.extend_from_slice(&length.to_le_bytes());
        zlib.extend_from_slice(&(!length).to_le_bytes());
        zlib.extend_from_slice(block);
    }
    zlib.extend_from_slice(&adler32(&pixels).to_be_bytes());
    let mut header = Vec::new();
    header.extend_from_slice(&u32::try_from(WIDTH).unwrap_or(0).to_be_bytes());
    header.extend_from_slice(&u32::try_from(height).unwrap_or(0).to_be_bytes());
    header.extend_from_slice(&[8, 2, 0, 0, 0]);
    let mut file = b"\x89PNG\r\n\x1a\n".to_vec();
    for (kind, data) in [(b"IHDR", header), (b"IDAT", zlib), (b"IEND", Vec::new())] {
        file.extend_from_slice(&u32::try_from(data.len()).unwrap_or(0).to_be_bytes());
        let begin = file.len();
        file.extend_from_slice(kind);
        file.extend_from_slice(&data);
        let sum = crc32(file.get(begin..).unwrap_or_default());
        file.extend_from_slice(&sum.to_be_bytes());
    }
    file
}

/// A GIF of one transparent pixel.
pub fn gif() -> Vec<u8> {
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff!\xf9\x04\x01\x00\x00\x00\x00,\
      \x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
        .to_vec()
}

/// A PDF of one page with a line of text, about so many bytes long.
pub fn pdf(rng: &mut Rng, line: &str, size: usize) -> Vec<u8> {
    let shown = line.chars().filter(|letter| letter.is_ascii() && !"()\\".contains(*letter)).collect::<String>();
    let page = format!("BT /F1 14 Tf 56 780 Td ({shown}) Tj ET");
    let fill = rng.bytes(size.saturating_sub(900));
    let objects: [Vec<u8>; 6] = [
        b"<< /Type /Catalog /Pages 2 0 R >>".to_vec(),
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>".to_vec(),
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R /Resources << /Font << /F1 5 0 R >> >> >>"
            .to_vec(),
        format!("<< /Length {} >>\nstream\n{page}\nendstream", page.len()).into_bytes(),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>".to_vec(),
        [format!("<< /Length {} >>\nstream\n", fill.len()).as_bytes(), &fill, b"\nendstream"].concat(),
    ];
    let mut file = b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n".to_vec();
    let mut table = String::from("0000000000 65535 f \n");
    for (index, object) in objects.iter().enumerate() {
        table.push_str(&format!("{:010} 00000 n \n", file.len()));
        file.extend_from_slice(format!("{} 0 obj\n", index + 1).as_bytes());
        file.extend_from_slice(object);
        file.extend_from_slice(b"\nendobj\n");
    }
    let start = file.len();
    file.extend_from_slice(
        format!("xref\n0 7\n{table}trailer\n<< /Size 7 /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n").as_bytes(),
    );
    file
}

/// A table of about so many bytes, as spreadsheets export it.
pub fn csv(rng: &mut Rng, size: usize) -> Vec<u8> {
    let mut text = String::from("\u{feff}fecha;referencia;concepto;importe\r\n");
    while text.len() < size {
        let line = words::sentence(rng, Language::Spanish);
        let (day, month) = (rng.between(1, 28), rng.between(1, 12));
        let reference = rng.letters(8);
        text.push_str(&format!(
            "{day:02}/{month:02}/2026;{reference};\"{line}\";{},{:02}\r\n",
            rng.between(1, 900),
            rng.between(0, 99)
        ));
    }
    text.into_bytes()
}

fn adler32(bytes: &[u8]) -> u32 {
    let (mut low, mut high) = (1_u32, 0_u32);
    // 5552 is the most bytes after which the sums still fit.
    for block in bytes.chunks(5_552) {
        for &byte in block {
            low += u32::from(byte);
            high += low;
        }
        low %= 65_521;
        high %= 65_521;
    }
    high << 16 | low
}

fn crc32(bytes: &[u8]) -> u32 {
    const TABLE: [u32; 16] = crc_table();
    let step = |sum: u32, nibble: u8| {
        let at = usize::from(nibble ^ sum.to_le_bytes()[0]) & 15;
        TABLE.get(at).copied().unwrap_or(0) ^ (sum >> 4)
    };
    !bytes.iter().fold(!0, |sum, &byte| step(step(sum, byte), byte >> 4))
}

const fn crc_table() -> [u32; 16] {
    let mut table = [0; 16];
    let mut index = 0;
    let mut value = 0_u32;
    while index < table.len() {
        let mut sum = value;
        let mut bit = 0;
        while bit < 4 {
            sum = if sum & 1 == 1 { 0xedb8_8320 ^ (sum >> 1) } else { sum >> 1 };
            bit += 1;
        }
        #[expect(clippy::indexing_slicing, reason = "computed by the compiler; the loop ends at the table's length")]
        {
            table[index] = sum;
        }
        index += 1;
        value += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_are_those_of_the_standards() {
        assert_eq!(crc32(b"123456789"), 0xcbf4_3926);
        assert_eq!(adler32(b"Wikipedia"), 0x11e6_0398);
    }

    #[test]
    fn table_of_the_pdf_points_at_its_objects() {
        let file = pdf(&mut Rng::new(1), "Factura (copia)", 3_000);
        let text = String::from_utf8_lossy(&file);
        let start = text.rsplit("startxref\n").next().unwrap().lines().next().unwrap().parse::<usize>().unwrap();
        assert!(file[start..].starts_with(b"xref"));
        let table = std::str::from_utf8(&file[start..]).unwrap();
        for (index, line) in table.lines().skip(3).take(6).enumerate() {
            let offset = line.split(' ').next().unwrap().parse::<usize>().unwrap();
            assert!(file[offset..].starts_with(format!("{} 0 obj", index + 1).as_bytes()));
        }
    }
}
