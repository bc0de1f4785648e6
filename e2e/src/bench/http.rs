//! A load generator for one GET over keep-alive connections: as bare as can be, so that it is not what is measured.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use crate::error::{Doing, LabError};

/// What came of a load.
#[derive(Debug, Default)]
pub struct Load {
    /// Answers a second.
    pub rate: f64,
    /// Milliseconds each took.
    pub times: Vec<f64>,
}

/// Asks for `path` over so many connections, each as fast as it is answered, for so long.
///
/// # Errors
/// An answer other than 200, or a broken connection.
pub fn get(
    address: SocketAddr,
    path: &str,
    token: Option<&str>,
    connections: usize,
    length: Duration,
) -> Result<Load, LabError> {
    let authorization = token.map_or_else(String::new, |token| format!("Authorization: Bearer {token}\r\n"));
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\n{authorization}Accept: application/json\r\n\r\n");
    let begun = Instant::now();
    let lanes: Vec<Result<Vec<f64>, LabError>> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..connections).map(|_| scope.spawn(|| lane(address, request.as_bytes(), begun + length))).collect();
        let panicked = || Err(LabError::Usage("a connection of the load generator panicked".into()));
        threads.into_iter().map(|thread| thread.join().unwrap_or_else(|_| panicked())).collect()
    });
    let took = begun.elapsed().as_secs_f64();
    let mut load = Load::default();
    for lane in lanes {
        load.times.extend(lane?);
    }
    load.rate = super::stats::count(load.times.len()) / took;
    Ok(load)
}

fn lane(address: SocketAddr, request: &[u8], until: Instant) -> Result<Vec<f64>, LabError> {
    let mut stream = TcpStream::connect(address).doing("connecting")?;
    stream.set_nodelay(true).doing("setting NODELAY")?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).doing("setting a time limit")?;
    let mut answers = BufReader::with_capacity(64 * 1024, stream.try_clone().doing("sharing a socket")?);
    let (mut times, mut body, mut line) = (Vec::new(), Vec::new(), String::new());
    while Instant::now() < until {
        let begun = Instant::now();
        stream.write_all(request).doing("asking")?;
        read_answer(&mut answers, &mut line, &mut body)?;
        times.push(begun.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(times)
}

fn read_answer(answers: &mut impl BufRead, line: &mut String, body: &mut Vec<u8>) -> Result<(), LabError> {
    let mut length = None;
    line.clear();
    answers.read_line(line).doing("reading an answer")?;
    if !line.starts_with("HTTP/1.1 200") {
        return Err(LabError::Usage(format!("the load generator was answered: {}", line.trim_end())));
    }
    loop {
        line.clear();
        answers.read_line(line).doing("reading an answer")?;
        let header = line.trim_end();
        if header.is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let length = length.ok_or_else(|| LabError::Usage("an answer without a length".into()))?;
    body.resize(length, 0);
    answers.read_exact(body).doing("reading an answer")
}
