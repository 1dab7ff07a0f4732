//! Loads of REST APIs: what API Gateway answers itself, what it passes on, and what it refuses.
//!
//! The bare server gets the same requests; it is also what is behind the API's proxy, and behind nginx, where that is installed.

use std::fs;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};

use super::{Compared, Load, Only, Suite};
use crate::connection::{Connection, get};
use crate::load::{self, Cost};
use crate::process::Server;
use crate::report::Report;

/// Routes of an API with few, and of one with many.
const FEW: usize = 5;
const MANY: usize = 500;
/// WebSockets that are open at once.
const SOCKETS: usize = 2000;
/// How much more one of the many may cost: what is measured is no more exact.
const AS_FEW: f64 = 1.1;
/// How many requests an account may send in a second, beside a burst that no slice of a load comes to.
const ACCOUNT_A_SECOND: f64 = 10_000.0;
/// Where Debian has nginx.
const NGINX: [&str; 2] = ["/usr/sbin/nginx", "/usr/bin/nginx"];

/// The paths of the APIs that are asked.
pub(super) struct Fronts {
    few: String,
    many: String,
}

/// What a method is when it answers by itself, with a small template.
fn mock() -> Value {
    json!({
        "type": "mock",
        "requestTemplates": { "application/json": "{\"statusCode\": 200}" },
        "responses": { "default": {
            "statusCode": "200",
            "responseTemplates": { "application/json": "{\"id\": \"$input.params('id')\", \"at\": \"$context.stage\"}" },
        } },
    })
}

fn method(integration: &Value) -> Value {
    json!({ "get": {
        "responses": { "200": { "description": "ok" } },
        "x-amazon-apigateway-integration": integration,
    } })
}

impl Suite {
    /// Makes two APIs: one with all that is asked, and one with many routes besides.
    pub(super) fn prepare_fronts(&mut self) -> Result<()> {
        let proxy = json!({
            "type": "http_proxy",
            "httpMethod": "GET",
            "uri": format!("http://{}/trips", self.bare.address),
        });
        let asked = [("/mock/{id}", mock()), ("/proxy", proxy), ("/cached", mock()), ("/throttled", mock())];
        let paths = |routes: usize| {
            let routes = (0..routes).map(|at| (format!("/route-{at}/{{id}}/more"), method(&mock())));
            let asked = asked.iter().map(|(path, integration)| ((*path).to_owned(), method(integration)));
            asked.chain(routes).collect::<serde_json::Map<_, _>>()
        };
        let few = self.deploy("few", paths(FEW))?;
        let many = self.deploy("many", paths(MANY))?;
        self.fronts = Some(Fronts { few, many });
        Ok(())
    }

    /// Makes an API of these paths, and gives the path of its stage.
    fn deploy(&self, title: &str, paths: serde_json::Map<String, Value>) -> Result<String> {
        let document =
            json!({ "openapi": "3.0.1", "info": { "title": title, "version": "1" }, "paths": paths });
        let made = self.gateway("POST", "/restapis?mode=import", &document)?;
        let id = made["id"].as_str().context("an API without an id")?;
        let stage = json!({ "stageName": "dev", "cacheClusterEnabled": true, "cacheClusterSize": "0.5" });
        self.gateway("POST", &format!("/restapis/{id}/deployments"), &stage)?;
        let settings = [
            ("/~1cached/GET/caching/enabled", "true"),
            ("/~1throttled/GET/throttling/rateLimit", "0.001"),
            ("/~1throttled/GET/throttling/burstLimit", "1"),
        ];
        let settings = settings.map(|(path, value)| json!({ "op": "replace", "path": path, "value": value }));
        let settings = json!({ "patchOperations": settings });
        self.gateway("PATCH", &format!("/restapis/{id}/stages/dev"), &settings)?;
        Ok(format!("/_aws/execute-api/{id}/dev"))
    }

    fn gateway(&self, method: &str, path: &str, body: &Value) -> Result<Value> {
        let json = [("content-type", "application/json")];
        let request = self.caller.signed("apigateway", method, path, &json, body.to_string().as_bytes())?;
        Ok(serde_json::from_slice(&Connection::open(self.server.address)?.ask(&request)?)?)
    }

    pub(super) fn measure_fronts(&self, report: &mut Report, only: Only) -> Result<Cost> {
        let fronts = self.fronts.as_ref().context("there is no API")?;
        let few = |path: &str| format!("{}{path}", fronts.few);
        let load =
            |path: String| move |it: &Server, turns: Range<usize>| self.fetch(it, turns, &path, is_success);
        match only {
            Only::Mock => self.compare(report, only, Some(3.0), [&load(few("/mock/7")); 2]),
            Only::Cached => self.compare(report, only, Some(2.0), [&load(few("/cached")); 2]),
            Only::Throttled => {
                let path = few("/throttled");
                // The first one has the one token.
                Connection::open(self.server.address)?.exchange(&get(&path))?;
                let refused = |head: &str| head.starts_with("HTTP/1.1 429");
                let bare: Load<'_> = &|it, turns| self.fetch(it, turns, &path, is_success);
                self.compare(
                    report,
                    only,
                    Some(1.5),
                    [bare, &|it, turns| self.fetch(it, turns, &path, refused)],
                )
            }
            Only::Routes => self.measure_routes(report, fronts),
            Only::Sockets => self.measure_sockets(report),
            _ => self.measure_proxy(report, &few("/proxy")),
        }
    }

    fn fetch(
        &self,
        server: &Server,
        turns: Range<usize>,
        path: &str,
        is_good: impl Fn(&str) -> bool + Sync,
    ) -> Result<Cost> {
        let (request, count) = (get(path), turns.len());
        let cost = load::run(server, turns, |connection, _| {
            let (head, body) = connection.exchange(&request)?;
            ensure!(is_good(&head), "{head}\n{}", String::from_utf8_lossy(&body));
            Ok(())
        })?;
        if server.address == self.server.address {
            // An account may ask so often in a second: what was taken of that comes back first.
            std::thread::sleep(Duration::from_secs_f64(count as f64 / ACCOUNT_A_SECOND));
        }
        Ok(cost)
    }

    /// What WebSockets take together that are open and say nothing.
    fn measure_sockets(&self, report: &mut Report) -> Result<Cost> {
        let api = json!({ "name": "sockets", "protocolType": "WEBSOCKET", "routeSelectionExpression": "$request.body.action" });
        let made = self.gateway("POST", "/v2/apis", &api)?;
        let api = made["apiId"].as_str().context("an API without an id")?;
        let stage = json!({ "stageName": "dev", "autoDeploy": true });
        self.gateway("POST", &format!("/v2/apis/{api}/routes"), &json!({ "routeKey": "$default" }))?;
        self.gateway("POST", &format!("/v2/apis/{api}/stages"), &stage)?;
        let request = upgrade(&format!("/_aws/execute-api/{api}/dev"));
        self.server.rest()?;
        let before_mb = self.server.resident_mb()?;
        let begin = |_| {
            let mut connection = Connection::open(self.server.address)?;
            let (head, _) = connection.exchange(&request)?;
            ensure!(head.starts_with("HTTP/1.1 101"), "{head}");
            Ok(connection)
        };
        let sockets = (0..SOCKETS).map(begin).collect::<Result<Vec<_>>>()?;
        self.server.rest()?;
        report.add(Only::Sockets.name(), self.server.resident_mb()? - before_mb, "MB", Some(60.0));
        drop(sockets);
        Ok(Cost { per_second: 0.0, processor_us: 0.0 })
    }

    /// One of few routes, and one of many.
    fn measure_routes(&self, report: &mut Report, fronts: &Fronts) -> Result<Cost> {
        let [few, many] = [(&fronts.few, FEW), (&fronts.many, MANY)]
            .map(|(stage, count)| format!("{stage}/route-{}/7/more", count - 1));
        let load = |path: &str, turns: Range<usize>| self.fetch(&self.server, turns, path, is_success);
        let Compared { cost, ratio, .. } =
            self.by_turns([&|_, turns| load(&few, turns), &|_, turns| load(&many, turns)])?;
        report.add(Only::Routes.name(), ratio, "times", Some(AS_FEW));
        Ok(cost)
    }

    /// What passes on to the bare server, beside nginx that does the same.
    fn measure_proxy(&self, report: &mut Report, path: &str) -> Result<Cost> {
        let load: Load<'_> = &|it, turns| self.fetch(it, turns, path, is_success);
        let cost = self.compare(report, Only::Proxy, None, [load; 2])?;
        let Some(program) = nginx() else {
            println!("nginx is not installed: nothing else passes requests on");
            return Ok(cost);
        };
        let folder = tempfile::tempdir()?;
        let nginx = Server::peer(|port| command(&program, folder.path(), port, self.bare.address))?;
        let Compared { floor_us, ratio, .. } =
            self.by_turns([&|_, turns| load(&nginx, turns), &|it, turns| load(it, turns)])?;
        let what = Only::Proxy.name();
        report.add(&format!("{what}: nginx's processor"), floor_us, "µs", None);
        report.add(&format!("{what}: processor, to nginx's"), ratio, "times", Some(2.0));
        Ok(cost)
    }
}

/// A request for a WebSocket. Its key is the example of RFC 6455.
fn upgrade(path: &str) -> Vec<u8> {
    let head = "connection: Upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13";
    let key = "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==";
    format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n{head}\r\n{key}\r\n\r\n").into_bytes()
}

fn is_success(head: &str) -> bool {
    head.starts_with("HTTP/1.1 200")
}

/// nginx, where it is installed.
fn nginx() -> Option<PathBuf> {
    let named = std::env::var_os("PATH");
    let named = named.iter().flat_map(std::env::split_paths).map(|folder| folder.join("nginx"));
    named.chain(NGINX.map(PathBuf::from)).find(|program| program.is_file())
}

/// nginx as one process, which passes everything on over kept connections.
fn command(program: &Path, folder: &Path, port: u16, to: std::net::SocketAddr) -> Command {
    let folder_name = folder.display();
    let text = format!(
        "daemon off; master_process off; pid {folder_name}/pid; error_log {folder_name}/error.log;
events {{ worker_connections 1024; }}
http {{
  access_log off; client_body_temp_path {folder_name}/body; proxy_temp_path {folder_name}/proxy;
  fastcgi_temp_path {folder_name}/f; uwsgi_temp_path {folder_name}/u; scgi_temp_path {folder_name}/s;
  keepalive_requests 10000000;
  upstream bare {{ server {to}; keepalive 64; keepalive_requests 10000000; }}
  server {{
    listen 127.0.0.1:{port};
    location / {{ proxy_pass http://bare; proxy_http_version 1.1; proxy_set_header Connection \"\"; }}
  }}
}}
"
    );
    let config = folder.join("nginx.conf");
    // What cannot be written is found out by nginx, which then does not start.
    let _ = fs::write(&config, text);
    let mut command = Command::new(program);
    command.arg("-p").arg(folder).arg("-c").arg(config);
    command
}
