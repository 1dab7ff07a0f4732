//! The web front: a page in a bucket, served by the bucket's website.

use anyhow::Result;
use aws_sdk_s3::Client;
use aws_sdk_s3::types::{ErrorDocument, IndexDocument, WebsiteConfiguration};
use serde_json::json;

use crate::front::Front;

const BUCKET: &str = "trips-web";
/// Name, type and contents of its files.
const FILES: [(&str, &str, &str); 4] = [
    ("index.html", "text/html; charset=utf-8", include_str!("../../web/index.html")),
    ("style.css", "text/css; charset=utf-8", include_str!("../../web/style.css")),
    ("graph.js", "text/javascript; charset=utf-8", include_str!("../../web/graph.js")),
    ("trips.js", "text/javascript; charset=utf-8", include_str!("../../web/trips.js")),
];

/// Uploads the page, told where trips are booked, and where to hear of them.
pub async fn deploy(s3: &Client, front: &Front, news: &str) -> Result<()> {
    s3.create_bucket().bucket(BUCKET).send().await?;
    for (name, kind, contents) in FILES {
        put(s3, name, kind, contents.into()).await?;
    }
    let Front { address, key, token, .. } = front;
    let told = json!({ "front": address, "key": key, "token": token, "news": news });
    put(s3, "config.json", "application/json", told.to_string()).await?;
    let website = WebsiteConfiguration::builder()
        .index_document(IndexDocument::builder().suffix("index.html").build()?)
        .error_document(ErrorDocument::builder().key("index.html").build()?);
    s3.put_bucket_website().bucket(BUCKET).website_configuration(website.build()).send().await?;
    Ok(())
}

/// Where the page is, in a cloud with that URL.
pub fn address(url: &str) -> String {
    let port = url.rsplit(':').next().unwrap_or_default();
    format!("http://{BUCKET}.s3-website.localhost:{port}/")
}

async fn put(s3: &Client, name: &str, kind: &str, contents: String) -> Result<()> {
    let put = s3.put_object().bucket(BUCKET).key(name).content_type(kind);
    // The page and what it is told change with a deployment.
    put.cache_control("no-cache").body(contents.into_bytes().into()).send().await?;
    Ok(())
}
