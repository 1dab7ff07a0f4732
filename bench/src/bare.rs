//! The bare server: hyper reads a whole request and answers a fixed body, or streams a file. No server on this stack can do
//! with less.

use std::convert::Infallible;
use std::io;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use bytes::{Bytes, BytesMut};
use futures_util::stream::try_unfold;
use futures_util::{Stream, StreamExt as _};
use http_body_util::combinators::UnsyncBoxBody;
use http_body_util::{BodyExt as _, Full, StreamBody};
use hyper::body::{Frame, Incoming};
use hyper::service::service_fn;
use hyper::{Method, Request, Response};
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::suite::objects::{LARGE, SMALL, SMALL_BYTES};

/// About as long as an answer of SQS.
const ANSWER: &[u8] = br#"{"MD5OfMessageBody":"0123456789abcdef0123456789abcdef","MessageId":"00000000-0000-4000-8000-000000000000"}"#;
/// What is read of a file at once, and written to one.
const PIECE_BYTES: usize = 1 << 20;

/// Serves until it is killed.
pub(crate) fn serve(port_file: &Path) -> Result<()> {
    let folder: Arc<Path> = port_file.parent().unwrap_or(port_file).into();
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        std::fs::write(port_file, listener.local_addr()?.port().to_string())?;
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let folder = Arc::clone(&folder);
            tokio::spawn(async move {
                let served = auto::Builder::new(TokioExecutor::new())
                    .serve_connection(
                        TokioIo::new(stream),
                        service_fn(|request| answer(Arc::clone(&folder), request)),
                    )
                    .await;
                if let Err(error) = served {
                    eprintln!("bare: {error}");
                }
            });
        }
    })
}

type Body = UnsyncBoxBody<Bytes, io::Error>;

async fn answer(folder: Arc<Path>, request: Request<Incoming>) -> io::Result<Response<Body>> {
    let path = request.uri().path().to_owned();
    if path.starts_with(LARGE) {
        let file = folder.join(path.replace('/', "."));
        return match *request.method() {
            Method::PUT => write(file, request.into_body()).await,
            _ => read(file).await,
        };
    }
    let is_small = path.starts_with(SMALL) && request.method() == Method::GET;
    // A body that breaks off ends the connection by itself.
    let _ = request.into_body().collect().await;
    Ok(Response::new(whole(if is_small { &[b'x'; SMALL_BYTES] } else { ANSWER })))
}

fn whole(bytes: &'static [u8]) -> Body {
    Full::new(Bytes::from_static(bytes)).map_err(|never: Infallible| match never {}).boxed_unsync()
}

/// Writes what comes into a file.
async fn write(path: PathBuf, mut body: Incoming) -> io::Result<Response<Body>> {
    let mut file = File::create(path).await?;
    file.set_max_buf_size(PIECE_BYTES);
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(io::Error::other)?.into_data() {
            file.write_all(&data).await?;
        }
    }
    file.flush().await?;
    Ok(Response::new(whole(b"")))
}

/// Answers what is in a file.
async fn read(path: PathBuf) -> io::Result<Response<Body>> {
    let mut file = File::open(path).await?;
    file.set_max_buf_size(PIECE_BYTES);
    let length = file.metadata().await?.len();
    let mut answer = Response::new(StreamBody::new(pieces(file)).boxed_unsync());
    answer.headers_mut().insert("content-length", length.into());
    Ok(answer)
}

fn pieces(file: File) -> impl Stream<Item = io::Result<Frame<Bytes>>> {
    let pieces = try_unfold(file, |mut file| async move {
        let mut piece = BytesMut::with_capacity(PIECE_BYTES);
        let count = file.read_buf(&mut piece).await?;
        Ok((count > 0).then(|| (Frame::data(piece.freeze()), file)))
    });
    pieces.boxed()
}
