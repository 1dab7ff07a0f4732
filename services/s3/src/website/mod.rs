//! Buckets as websites: the front that browsers meet.
//!
//! Follows "Hosting a static website using Amazon S3" in S3's user guide. Objects are read as by anybody else, by somebody who
//! is unknown: where identities are enforced, the bucket's policy has to let everybody in.

mod address;
mod page;
mod redirect;

use std::sync::Arc;

use api_s3 as api;
use http::header::{IF_MATCH, IF_MODIFIED_SINCE, IF_NONE_MATCH, IF_UNMODIFIED_SINCE, LOCATION, RANGE};
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use names::Scope;
use service::{Cloud, Context, CrossOrigin, Result, Visit};
use wire::{Answer, Body, Fault, Operation, Protocol, Timestamp, TimestampFormat};

use crate::bucket::Bucket;
use crate::setting::{self, Setting as _};
use crate::{access_log, cors, errors};
use address::Wanted;

pub(crate) use address::accepts;

/// Answers one visit.
pub(crate) async fn answer(cloud: Arc<Cloud>, visit: Visit) -> Answer {
    let Some(wanted) = Wanted::of(&visit.host, &visit.path) else {
        return page::of_fault(&errors::no_such_bucket(""), None, &visit.request_id);
    };
    let begun = std::time::Instant::now();
    let (bucket, key) = (wanted.bucket.clone(), wanted.key.clone());
    let path = format!("/{bucket}/{key}");
    let request = CrossOrigin { path: &path, method: &visit.method, headers: &visit.headers };
    let for_pages = cors::allowed(&cloud.store.snapshot(), &request);
    if visit.method == Method::OPTIONS {
        return match for_pages {
            Ok(headers) => Answer { status: 200, headers, body: Body::default() },
            Err(fault) => page::of_fault(&fault, None, &visit.request_id),
        };
    }
    let mut answer = match Site::of(&cloud, &visit, wanted) {
        Ok(site) => site.answer().await,
        Err(error) => page::of_fault(&error.into_fault(), None, &visit.request_id),
    };
    if visit.headers.contains_key(http::header::ORIGIN) {
        answer.headers.extend(for_pages.unwrap_or_default());
    }
    access_log::visited(&cloud, &visit, (&bucket, &key), &answer, begun.elapsed());
    answer
}

/// A bucket that is a website, and what is wanted of it.
struct Site<'a> {
    visit: &'a Visit,
    wanted: Wanted,
    setting: api::WebsiteConfiguration,
    context: Context,
}

impl<'a> Site<'a> {
    fn of(cloud: &Arc<Cloud>, visit: &'a Visit, wanted: Wanted) -> Result<Self> {
        let snapshot = cloud.store.snapshot();
        let bucket = Bucket::named(&snapshot, &wanted.bucket)?;
        if wanted.region.is_some_and(|region| region != bucket.region) {
            return Err(elsewhere(&bucket).into());
        }
        let setting = match setting::find(&snapshot, &bucket)? {
            Some(setting) => setting,
            None => api::WebsiteConfiguration::absent(&bucket)?,
        };
        let context = cloud.context_of_visit(visit, Scope::new(bucket.owner, bucket.region));
        Ok(Site { visit, wanted, setting, context })
    }

    async fn answer(&self) -> Answer {
        if let Some(target) = &self.setting.redirect_all_requests_to {
            return self.redirect(&redirect::all(target));
        }
        if !self.is_head() && self.visit.method != Method::GET {
            return page::of_fault(&not_allowed(&self.visit.method), None, &self.visit.request_id);
        }
        if let Some(rule) = self.rule(None) {
            return self.redirect(rule);
        }
        match self.found().await {
            Ok(answer) => answer,
            Err(fault) if fault.status == 304 => self.as_api_says(&fault),
            Err(fault) => match self.rule(Some(fault.status)) {
                Some(rule) => self.redirect(rule),
                None => self.failed(&fault).await,
            },
        }
    }

    /// The object, the folder's index, or the way to it.
    async fn found(&self) -> Result<Answer, Fault> {
        let key = &self.wanted.key;
        let index = self.setting.index_document.as_ref().map_or("", |index| &index.suffix);
        let is_folder = key.is_empty() || key.ends_with('/');
        if is_folder {
            return self.object(format!("{key}{index}"), &self.visit.headers).await;
        }
        let fault = match self.object(key.clone(), &self.visit.headers).await {
            Err(fault) if [403, 404].contains(&fault.status) => fault,
            outcome => return outcome,
        };
        match self.head(format!("{key}/{index}"), &HeaderMap::new()).await {
            Ok(_) => Ok(self.moved(302, &format!("/{}/", redirect::encode(key)))),
            Err(_) => Err(fault),
        }
    }

    /// What is said instead of what is not to be had: the error document, with the status of the error.
    async fn failed(&self, fault: &Fault) -> Answer {
        let request_id = &self.visit.request_id;
        let document = self.setting.error_document.as_ref().filter(|_| (400..500).contains(&fault.status));
        let Some(document) = document else { return page::of_fault(fault, None, request_id) };
        match self.object(document.key.clone(), &HeaderMap::new()).await {
            Ok(mut answer) => {
                answer.status = fault.status;
                page::say_in_headers(fault, &mut answer.headers);
                answer
            }
            Err(other) => page::of_fault(fault, Some(&other), request_id),
        }
    }

    /// An object, or its description alone; or where it says that readers are to go.
    async fn object(&self, key: String, headers: &HeaderMap) -> Result<Answer, Fault> {
        if self.is_head() {
            let output = self.head(key, headers).await?;
            let redirect = output.website_redirect_location.clone();
            return Ok(self.leading(redirect, self.written::<api::HeadObject>(&output)));
        }
        let input = api::GetObjectInput {
            bucket: self.wanted.bucket.clone(),
            key,
            range: text(headers, &RANGE),
            if_match: text(headers, &IF_MATCH),
            if_none_match: text(headers, &IF_NONE_MATCH),
            if_modified_since: date(headers, &IF_MODIFIED_SINCE),
            if_unmodified_since: date(headers, &IF_UNMODIFIED_SINCE),
            ..Default::default()
        };
        let output = self.context.call::<api::GetObject>(input).await?;
        let redirect = output.website_redirect_location.clone();
        Ok(self.leading(redirect, self.written::<api::GetObject>(&output)))
    }

    async fn head(&self, key: String, headers: &HeaderMap) -> Result<api::HeadObjectOutput, Fault> {
        let input = api::HeadObjectInput {
            bucket: self.wanted.bucket.clone(),
            key,
            range: text(headers, &RANGE),
            if_match: text(headers, &IF_MATCH),
            if_none_match: text(headers, &IF_NONE_MATCH),
            if_modified_since: date(headers, &IF_MODIFIED_SINCE),
            if_unmodified_since: date(headers, &IF_UNMODIFIED_SINCE),
            ..Default::default()
        };
        self.context.call::<api::HeadObject>(input).await
    }

    fn written<O: Operation>(&self, output: &O::Output) -> Answer {
        wire::write_output(Protocol::RestXml, O::SERVICE, O::FACTS, output, &self.visit.request_id)
    }

    fn as_api_says(&self, fault: &Fault) -> Answer {
        wire::write_fault(Protocol::RestXml, &api::FACTS, fault, &self.visit.request_id)
    }

    fn leading(&self, redirect: Option<String>, answer: Answer) -> Answer {
        match redirect {
            Some(location) => self.moved(301, &location),
            None => answer,
        }
    }

    /// To another place: of this website, when it begins with a slash.
    fn moved(&self, status: u16, location: &str) -> Answer {
        let base = if location.starts_with('/') { self.wanted.base.as_str() } else { "" };
        let mut headers = HeaderMap::new();
        if let Ok(location) = HeaderValue::from_str(&format!("{base}{location}")) {
            headers.insert(LOCATION, location);
        }
        Answer { status, headers, body: Body::default() }
    }

    fn redirect(&self, rule: &api::RoutingRule) -> Answer {
        let (status, location) = redirect::to(rule, &self.wanted, self.visit);
        self.moved(status, &location)
    }

    /// The first routing rule that is for this key, and for this error or for none.
    fn rule(&self, status: Option<u16>) -> Option<&api::RoutingRule> {
        let mut rules = self.setting.routing_rules.iter().flatten();
        rules.find(|rule| redirect::applies(rule, &self.wanted.key, status))
    }

    fn is_head(&self) -> bool {
        self.visit.method == Method::HEAD
    }
}

fn text(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    headers.get(name)?.to_str().ok().map(str::to_owned)
}

fn date(headers: &HeaderMap, name: &HeaderName) -> Option<Timestamp> {
    Timestamp::parse(headers.get(name)?.to_str().ok()?, TimestampFormat::HttpDate)
}

fn not_allowed(method: &Method) -> Fault {
    Fault::new("MethodNotAllowed", 405, "The specified method is not allowed against this resource.")
        .with_element("Method", method.as_str())
        .with_element("ResourceType", "OBJECT")
        .with_header("allow", "GET, HEAD")
}

fn elsewhere(bucket: &Bucket) -> Fault {
    let message =
        "The specified bucket exists in another region. Please direct requests to the specified endpoint.";
    let endpoint = format!("{}.s3-website-{}.amazonaws.com", bucket.name, bucket.region);
    Fault::new("IncorrectEndpoint", 400, message).with_element("Endpoint", endpoint)
}
