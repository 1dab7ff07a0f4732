//! What is shown: steps as they are done, progress, the result. Colours and moving lines on a terminal only.

use std::io::{IsTerminal as _, Write as _};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use crate::application::Application;
use crate::bookings::Bookings;
use crate::front::Front;
use crate::outcome::Outcome;
use crate::server::Server;

const GREEN: &str = "32";
const YELLOW: &str = "33";
const RED: &str = "31";
const BOLD: &str = "1";

/// Standard output.
pub struct Screen {
    is_terminal: bool,
}

impl Screen {
    pub fn new() -> Self {
        Screen { is_terminal: std::io::stdout().is_terminal() }
    }

    /// A step is done, which began then.
    pub fn done(&self, what: &str, begun: Instant) {
        let millis = begun.elapsed().as_millis();
        self.line(&format!("{} {what} ({millis} ms)", self.coloured(GREEN, "✓")));
    }

    /// Something that one should know.
    pub fn note(&self, what: &str) {
        self.line(&format!("{} {what}", self.coloured(YELLOW, "!")));
    }

    /// Shows bookings until so many are acknowledged.
    pub async fn progress(&self, bookings: &mut Bookings, until: usize) {
        while bookings.acknowledged() < until {
            bookings.next().await;
            self.passing(&format!("  {} booked", bookings.acknowledged()));
        }
    }

    /// Shows how far the bookings have come.
    pub fn counting(&self, outcome: &Outcome) {
        self.passing(&format!("  {} billed · {} audited", outcome.billed, outcome.audited));
    }

    /// The last line.
    pub fn result(&self, outcome: &Outcome) {
        let Outcome { booked, billed, audited, lost } = outcome;
        let line = format!("{booked} booked · {billed} billed · {audited} audited · {lost} lost");
        self.line(&self.coloured(if outcome.is_whole() { GREEN } else { RED }, &line));
    }

    /// It could not be carried through.
    pub fn failed(&self, error: &anyhow::Error) -> ExitCode {
        self.line(&format!("{} {error:#}", self.coloured(RED, "✗")));
        ExitCode::FAILURE
    }

    /// How to look at what was left running.
    pub fn how_to_look(&self, server: &Server, application: &Application, folder: &Path) {
        let aws = format!("  aws --endpoint-url {}", server.url());
        self.line(&self.coloured(BOLD, "It runs on. With the AWS CLI:"));
        self.line("  export AWS_ACCESS_KEY_ID=test AWS_SECRET_ACCESS_KEY=test AWS_DEFAULT_REGION=us-east-1");
        self.line(&format!("{aws} dynamodb scan --table-name {}", application.table));
        self.line(&format!(
            "{aws} sqs get-queue-attributes --attribute-names All --queue-url {}",
            application.audit_url
        ));
        self.line(&format!("{aws} lambda list-functions"));
        self.line(&format!("{aws} lambda list-event-source-mappings"));
        self.line(&format!("Book another trip in a browser: {}", application.page));
        self.line("or without one:");
        let trip = r#"{"id":"mine","traveller":"me","from":"here","to":"there"}"#;
        let Front { address, key, token, .. } = &*application.front;
        let headers = format!("-H 'authorization: Bearer {token}' -H 'x-api-key: {key}'");
        self.line(&format!(
            "  curl {headers} -H 'content-type: application/json' -d '{trip}' '{address}/trips'"
        ));
        let id = server.id().unwrap_or_default();
        self.line(&format!("Its data and its log are in {}. Stop it with: kill {id}", folder.display()));
    }

    fn coloured(&self, colour: &str, text: &str) -> String {
        if self.is_terminal { format!("\x1b[{colour}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// A line that stays.
    fn line(&self, text: &str) {
        println!("{}{text}", if self.is_terminal { "\r\x1b[K" } else { "" });
    }

    /// A line that the next one replaces; nothing where lines cannot be replaced.
    fn passing(&self, text: &str) {
        if self.is_terminal {
            print!("\r\x1b[K{text}");
            // Progress that cannot be shown is no reason to stop.
            let _ = std::io::stdout().flush();
        }
    }
}
